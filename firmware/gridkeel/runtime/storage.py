"""What a board with flash outside the file system does with it: the journal, and the verdict on a new image."""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.runtime.downloads import Downloads
from gridkeel.runtime.quiet import is_quiet
from gridkeel.runtime.recorder import Recorder
from gridkeel.runtime.updates import Updates
from gridkeel.update import refusals, statuses

if TYPE_CHECKING:
    from gridkeel.link.device import DeviceLink
    from gridkeel.protocols import Area
    from gridkeel.runtime.app import App

_LAST_RECORDS_MS = 1000  # for the records of why the board is started anew


class Storage:
    """recorder: None where the journal cannot be read or written; updates."""

    def __init__(self, app: "App", area: "Area") -> None:
        self._app = app
        self._area = area
        self.updates = Updates(area, app.controller, app.board.ticks_ms())
        self.downloads = Downloads(app, area, self.updates)
        self.recorder: Recorder | None = None
        self._earlier = None  # the link in the name of an earlier boot
        try:
            self.recorder = Recorder(area, app.board.boot_id, app.controller, app.clock)
            self._earlier = self.recorder.earlier(app.config.device_id, None)
        except OSError as error:
            self._give_up(error)
        app.link.keep(self.recorder)
        self._leaving = False
        self._left_ms = 0
        self._hold_power()
        if self.updates.came_back:
            self.downloads.report(statuses.INSTALLATION_FAILED, self.updates.came_back)

    def _hold_power(self):
        app = self._app
        app.commands.hold(self.updates.on_trial)
        app.controller.protection.allow(not (app.config.code or self.updates.on_trial or app.commands.stopped))

    def _give_up(self, error):
        print("gridkeel: no journal: %s" % error)
        self.recorder = self._earlier = None
        self._app.link.keep(None)

    @property
    def due(self) -> bool:
        """Whether `write` has something to do."""
        return self.recorder is not None and self.recorder.due

    def write(self) -> None:
        """Write one page, or erase one block where no power flows."""
        try:
            self.recorder.write()
        except OSError as error:
            self._give_up(error)

    def follow(self, connected: bool, now_ms: int) -> "DeviceLink":
        """Do the round of the service task; return the link that is on the wire: an earlier boot's comes first."""
        self._follow_update(connected, now_ms)
        recorder = self.recorder
        if recorder is not None:
            recorder.follow(connected, now_ms)
            if self._earlier is not None and self._earlier.idle:
                try:
                    self._earlier = recorder.earlier(self._app.config.device_id, self._earlier)
                except OSError as error:
                    self._give_up(error)
        return self._earlier or self._app.link

    def _follow_update(self, connected, now_ms):
        updates = self.updates
        try:
            if updates.on_trial:
                if updates.follow(connected, now_ms):
                    self._hold_power()
                    self.downloads.report(statuses.INSTALLED, refusals.NONE)
            else:
                self.downloads.follow(connected, is_quiet(self._app.controller), now_ms)
        except OSError as error:
            print("gridkeel: the record of the slots cannot be written: %s" % error)
            updates.leave()  # an image that cannot be confirmed ends like one that is not healthy
        if updates.leaving:
            self._leave(now_ms)

    def _leave(self, now_ms):
        """Stop power, let the host hear of it, and start the board anew."""
        app = self._app
        app.controller.protection.allow(False)
        app.board.energise(False)
        if not self._leaving:
            self._leaving = True
            self._left_ms = now_ms
        elif ticks.diff(now_ms, self._left_ms) >= _LAST_RECORDS_MS:
            self._area.reset()
