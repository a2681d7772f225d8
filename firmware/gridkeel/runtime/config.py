"""Loading and storing of the configuration: config.json, and config.good.json, the last one that power was allowed on.

config.json   config.good.json      parameters in force   power
valid         any                   config.json           allowed
absent        absent or invalid     defaults              allowed
invalid       valid                 config.good.json      none, fault config_invalid
invalid       absent or invalid     defaults              none, fault config_invalid
absent        valid                 config.good.json      none, fault config_invalid

A controller with an invalid configuration keeps its link, its ports and its measurements. Storing a parameter writes
all parameters in force and clears the fault; power returns with the mode "auto" or at the next start.
"""

from gridkeel import TYPE_CHECKING, evse, params, ticks
from gridkeel.errors import ParameterError
from gridkeel.link import ids

if TYPE_CHECKING:
    from gridkeel.protocols import Board

CONFIG = "config.json"
GOOD = "config.good.json"
GROUP = "group"  # written by provisioning; without it a controller is in no group
_GROUP_BYTES = 64
_RAN_MS = 5000  # a configuration that makes the controller fail never gets so far


class Config:
    """parameters: in force.  code: 0, or the reason for no power (params.py).  device_id: valid, see link/ids.py.

    group: of a fleet, by the same rule; empty for none.

    board: load(name, most), save(name, lines), device_id, connector, check(parameters).
    """

    def __init__(self, board: "Board") -> None:
        self._board = board
        self.code = 0
        self.device_id = ids.device_id(board.device_id)
        good = self._read(GOOD)
        self.code = 0  # an invalid config.good.json counts as absent
        self.parameters = self._read(CONFIG)
        if self.parameters is None:
            if good is not None:
                self.code = self.code or params.MISSING << 8 | params.WHICH_MAX
            self.parameters = good or params.Parameters()
        try:
            self.group = (board.load(GROUP, _GROUP_BYTES) or b"").strip()
        except OSError:
            self.group = b" "
        if self.group and ids.device_id(self.group) != self.group:
            self.group = b""
            self.refuse(params.GROUP)
        if self.device_id != board.device_id:
            self.refuse(params.DEVICE_ID)
            print(
                "gridkeel: invalid device id %r; this controller uses %s"
                % (board.device_id[:40], self.device_id.decode())
            )
        self._kept = self.code or good is not None and good.values() == self.parameters.values()
        self._since_ms = -1

    def set(self, name: str, value: int) -> bool:
        """Set one parameter and store it, or do neither; return whether it was done.  Errors: ParameterError."""
        parameters = self.parameters
        before = getattr(parameters, name)
        parameters.update({name: value})
        try:
            self._check_board(parameters)
            self._board.save(CONFIG, _lines(parameters))
        except (OSError, ParameterError):
            parameters.update({name: before})
            return False
        if self.code >> 8 < params.DEVICE_ID:
            self.code = 0
        self._kept = self.code
        self._since_ms = -1
        return True

    def refuse(self, reason: int) -> None:
        """Allow no power, for a reason of params.py that is none of config.json's."""
        self.code = reason << 8 | params.WHICH_MAX

    def follow(self, runs: bool, now_ms: int) -> None:
        """Write config.good.json once power has been allowed (runs) on these parameters for _RAN_MS."""
        if self._kept:
            return
        if not runs or self._since_ms < 0:
            self._since_ms = now_ms if runs else -1
        elif ticks.diff(now_ms, self._since_ms) >= _RAN_MS:
            self._kept = True
            try:
                self._board.save(GOOD, _lines(self.parameters))
            except OSError as error:
                print("gridkeel: cannot write %s: %s" % (GOOD, error))

    def _read(self, name):
        """Return the Parameters of a file; None if it is absent, or invalid, which sets `code`."""
        try:
            data = self._board.load(name, params.CONFIG_BYTES + 1)
            if data is None:
                return None
            parameters = params.Parameters(params.parse(data))
            self._check_board(parameters)
            return parameters
        except OSError as error:
            self.code = params.UNREADABLE << 8 | params.WHICH_MAX
            print("gridkeel: %s cannot be read: %s" % (name, error))
        except ParameterError as error:
            self.code = error.code or params.AT_ODDS << 8 | params.WHICH_MAX
            print("gridkeel: %s refused: %s" % (name, error))
        return None

    def _check_board(self, parameters):
        if parameters.evse != evse.FIXED and self._board.connector is None:
            code = params.NO_PILOT << 8 | params.index("evse")
            raise ParameterError("evse is not 0, and this board has no control pilot", code)
        self._board.check(parameters)


def _lines(parameters):
    before = "{\n"
    for name in params.NAMES:
        yield '%s "%s": %d' % (before, name, getattr(parameters, name))
        before = ",\n"
    yield "\n}\n"
