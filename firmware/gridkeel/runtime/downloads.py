"""Updates that a host offers, beside the running control loop; the installer is loaded with the first offer."""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.link import message_ids
from gridkeel.link.download import Download

if TYPE_CHECKING:
    from gridkeel.protocols import Area
    from gridkeel.runtime.app import App
    from gridkeel.runtime.updates import Updates
    from gridkeel.update.install import Installer

KEYS = "update_keys"
_ROUND_US = 4000  # after so long no further step is begun: a step is a page of flash, or a slice of a verification
_KEYS_MOST = 512


class Downloads:
    """Works on one offer after another, some milliseconds a round of the service task."""

    def __init__(self, app: "App", area: "Area", updates: "Updates") -> None:
        self._app = app
        self._area = area
        self._updates = updates
        self._download = Download()
        self._installer: "Installer | None" = None
        self._heard = self._quiet = False
        self.busy = False  # no power flows, and there is more to do: the next round is not to wait
        self._reported = (0, 0)
        app.link.attach(self._download)

    def follow(self, heard: bool, quiet: bool, now_ms: int) -> None:
        """Do some steps and report what changed.  heard: a host is connected.  quiet: no power flows."""
        self._heard = heard
        self._quiet = quiet
        installer = self._installer
        if installer is None:
            if not self._download.number:
                return
            installer = self._installer = self._load()
        ticks_us = self._app.board.ticks_us
        begun_us = ticks_us()
        while installer.work(now_ms, not quiet) and ticks.diff(ticks_us(), begun_us) < _ROUND_US:
            pass
        self.busy = quiet and installer.goes_on
        found = (installer.status, installer.code)
        if found != self._reported:
            self._reported = found
            self.report(*found)

    def report(self, status: int, code: int) -> None:
        """Post the status of an update.  status: of update/statuses.py.  code: of update/refusals.py."""
        self._app.link.post(message_ids.UPDATE, (self._app.health.uptime_ms, status, code))

    def _load(self):
        from gridkeel.update.install import Installer, Target  # much code that a controller needs some days a year

        board = self._app.board
        keys = (self._load_keys, self._save_keys)
        target = Target(board.model, board.chip, self._area, *keys, self._switch, self._heap_free)
        return Installer(target, self._download)

    def _load_keys(self):
        text = self._app.board.load(KEYS, _KEYS_MOST)
        try:
            return None if text is None else bytes.fromhex(text.decode())
        except ValueError:
            return b""  # no set of keys, and named as one that is malformed

    def _save_keys(self, data):
        self._app.board.save(KEYS, (data.hex(),))

    def _heap_free(self):
        return self._app.health.heap_free

    def _switch(self):
        return self._updates.switch(self._heard, self._quiet)
