"""Update of the running controller: judges a new image, and orders the switch to one where no power flows."""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter import DRIVING, READY
from gridkeel.sensing.quality import UNUSABLE, WARM_UP_LONG
from gridkeel.update import refusals, selector

if TYPE_CHECKING:
    from gridkeel.controller import Controller
    from gridkeel.protocols import Area
    from gridkeel.update.trial import Trial


_CAME_BACK = {
    selector.OUT_OF_BOOTS: refusals.OUT_OF_BOOTS,
    selector.OUT_OF_TIME: refusals.OUT_OF_TIME,
    selector.NOT_SOUND: refusals.NOT_SOUND,
}


class Updates:
    """on_trial: this image is not judged yet (by trial) and moves no power.  leaving: the board is to be reset.

    came_back: why this image runs in place of a newer one, of refusals.py.
    """

    def __init__(self, area: "Area", controller: "Controller", now_ms: int) -> None:
        self._area = area
        self._controller = controller
        record = selector.read_record(area)
        self.on_trial = record is not None and record.state != selector.CONFIRMED
        self.trial: Trial | None = None
        self.leaving = False
        self.came_back = _CAME_BACK.get(record.reason, refusals.NONE) if record is not None else refusals.NONE
        if self.on_trial:
            from gridkeel.update import trial  # loaded where it is used, as is what writes slots

            self.trial = trial.Trial(record.known, now_ms)

    def follow(self, heard: bool, now_ms: int) -> bool:
        """Look at the image on trial; return True when it has just been confirmed.  Errors: OSError."""
        from gridkeel.update import slots, trial

        settled, answering = self._health()
        verdict = self.trial.follow(settled, answering, heard, self._controller.faults, now_ms)
        if verdict == trial.OPEN:
            return False
        if verdict == trial.HEALTHY and slots.confirm(self._area):
            self.on_trial = False
            return True
        slots.give_up(self._area)
        self.leaving = True
        return False

    def leave(self) -> None:
        """Note that this image is not to run any longer."""
        self.leaving = True

    def _health(self):
        controller = self._controller
        settled = not controller.mains.quality & (UNUSABLE | WARM_UP_LONG)
        state = controller.inverter.state
        return settled, state in (READY, DRIVING)

    def switch(self, heard: bool, quiet: bool) -> bool:
        """Order that the other slot is started next; return False where that has to wait.

        It waits while power flows, and while this image is not well: nobody could tell then whether the new one is.
        Errors: UpdateError, OSError.
        """
        from gridkeel.update import slots, trial

        settled, answering = self._health()
        if not (settled and answering and heard and quiet):
            return False
        slots.switch(self._area, bytes(trial.active_bits(self._controller.faults)), True)
        self.leaving = True
        return True
