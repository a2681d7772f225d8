"""The search for an inverter's registers: when a discovery is begun, gone on with, and begun again.

The questions are the family's (sunspec.discovery.Discovery ...); how each answer leaves its discovery is one of these.
"""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.inverter import states
from gridkeel.inverter.faults import BROKEN, NO_MAP
from gridkeel.inverter.jobs import DIRECT, DISCOVER, MEASURE, SCALE, SET, STORAGE

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Ratings, RegisterDevice
    from gridkeel.inverter.line import Line
    from gridkeel.params import Parameters

WORKING = 0
COMPLETE = 1
NOT_FOUND = 2
FAILED = 3  # there is a map, and what is needed of it could not be read
SETTLED = 4  # the walk did find all there is
INCOMPLETE = 5  # what was refused in the walk is answered now: it has to be walked again

SLOW_POLLS = 5  # measurements to one of what changes slowly
_BACKOFF_MS = 250
_BACKOFF_MAX_MS = 4000


class Search:
    """Keeps a discovery going over one line.  Allocates: nothing.

    ratings: what the device puts its ratings into, the driver.
    """

    def __init__(self, parameters: "Parameters", line: "Line", device: "RegisterDevice", ratings: "Ratings") -> None:
        self._p = parameters
        self._line = line
        self._device = device
        self._ratings = ratings
        self._backoff_ms = _BACKOFF_MS

    def start(self, at_ms: int, careful: bool = False) -> None:
        """Forget what was found and begin at the beginning; careful: no answer may be taken for another one's."""
        p = self._p
        line = self._line
        line.master.configure(p.modbus_unit, p.modbus_timeout_ms, p.modbus_baud)
        line.master.forget(careful)
        line.jobs.clear()
        self._device.forget()
        line.reactive.forget()
        line.faults.clear()
        line.active.missed()
        line.jobs.want(DISCOVER, at_ms)

    def lost(self, now_ms: int) -> None:
        """The inverter fell silent."""
        self._backoff_ms = _BACKOFF_MS
        self._again(now_ms)

    def rescaled(self, now_ms: int) -> None:
        """Scale factors were read once more: where they moved, all follows from them anew."""
        if not self._device.scales.update(self._line.master):
            self.renew(now_ms)
            return
        # What the inverter holds may mean another power by now, and so may the last measurement.
        line = self._line
        line.reactive.missed()
        line.active.missed()
        self._fit(now_ms)
        if line.active.requested and self._device.control is not None:
            line.jobs.want(SET, now_ms)

    def renew(self, now_ms: int) -> None:
        """Ask for the next scale factors, or for the first again after a while."""
        scales = self._device.scales
        if scales is None:
            return
        if scales.renew(False):
            self._line.jobs.want(SCALE, now_ms)
        elif scales.renew(True):
            self._line.jobs.want(SCALE, ticks.add(now_ms, SLOW_POLLS * self._p.inverter_poll_ms))

    def _again(self, now_ms):
        heard = self._device.found.heard
        self.start(ticks.add(now_ms, self._backoff_ms))
        if heard:  # where nothing answers, each request has waited long enough
            self._backoff_ms = min(2 * self._backoff_ms, _BACKOFF_MAX_MS)

    def go_on(self, result: int, now_ms: int) -> None:
        """Take how an answer, a refusal or a silence left the discovery."""
        line = self._line
        if result == WORKING:
            line.jobs.want(DISCOVER, ticks.add(now_ms, self._device.found.wait_ms))
            self._stop_early(now_ms)
        elif result == INCOMPLETE:
            line.enter(states.INCOMPLETE)
            self.start(now_ms, line.master.careful)
        elif result != SETTLED:
            master = line.master
            # A stray answer may have been taken for another, and a part of the map been missed: again, carefully.
            sure = result == COMPLETE and self._device.found.sure()
            careful = master.stray > 0 and not master.careful and not sure
            if careful:
                self.start(now_ms, True)
            elif result == COMPLETE:
                self._fit(now_ms)
            else:
                line.faults.set(NO_MAP, result == NOT_FOUND and self._device.found.heard)
                line.faults.set(BROKEN, result == FAILED)
                self._again(now_ms)

    def _stop_early(self, now_ms):
        """Write zero as soon as the family can: whatever the inverter was left at ends here."""
        if self._line.active.requested and self._device.control is None and self._device.place_early():
            self._line.jobs.want(SET, now_ms)

    def _fit(self, now_ms):
        """Go on with what was found, or search again where it does not do."""
        line = self._line
        device = self._device
        line.faults.set(NO_MAP | BROKEN, False)
        most_w = max(self._p.charge_max_w, self._p.discharge_max_w)
        reacted = device.var_control is not None  # before, where only the scale factors moved
        fits = device.bind(most_w, self._p.reactive_max_var, self._ratings)
        if not fits or reacted and device.var_control is None:
            line.enter(states.LACKING)
            self._backoff_ms = _BACKOFF_MAX_MS
            self._again(now_ms)
            return
        line.enter(states.FOUND)
        line.master.trust()
        self._backoff_ms = _BACKOFF_MS
        if device.measure is not None:
            line.jobs.want(MEASURE, now_ms)
        if device.storage is not None:
            line.jobs.want(STORAGE, now_ms)
        if device.direct is not None:
            line.jobs.want(DIRECT, now_ms)
        self.renew(now_ms)
        line.active.take_hold(now_ms)
        self.go_on(device.found.doubt(), now_ms)
