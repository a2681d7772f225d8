"""Judging of a new image by itself: what must hold, for how long, and by when."""

from gridkeel import TYPE_CHECKING, errors, ticks

if TYPE_CHECKING:
    from gridkeel.faults import Faults

HOLD_MS = 10000  # all of it without a break
LIMIT_MS = 180000  # from the start on: an inverter that is searched for takes up to a minute, a host's own start two

# verdicts
OPEN = 0
HEALTHY = 1
FAILED = 2


class Trial:
    """known: bits of the faults that the judged image had too, Record.known.  now_ms: the start of the image.

    No power is to flow before the verdict is HEALTHY.
    """

    def __init__(self, known: bytes, now_ms: int) -> None:
        self._known = known
        self._begun_ms = now_ms
        self._since_ms = -1
        self.hold_ms = HOLD_MS
        self.limit_ms = LIMIT_MS
        self.verdict = OPEN

    def follow(self, settled: bool, answering: bool, heard: bool, faults: "Faults", now_ms: int) -> int:
        """Take what is seen now and return the verdict, which stays.

        settled: the estimator.  answering: the inverter.  heard: the host is connected.
        """
        if self.verdict != OPEN:
            return self.verdict
        if settled and answering and heard and not self._new_fault(faults):
            if self._since_ms < 0:
                self._since_ms = now_ms
            if ticks.diff(now_ms, self._since_ms) >= self.hold_ms:
                self.verdict = HEALTHY
                return HEALTHY
        else:
            self._since_ms = -1
        if ticks.diff(now_ms, self._begun_ms) >= self.limit_ms:
            self.verdict = FAILED
        return self.verdict

    def _new_fault(self, faults):
        known = self._known
        return any(faults.is_active(code) and not known[code >> 3] >> (code & 7) & 1 for code in errors.FAULTS)


def active_bits(faults: "Faults") -> bytearray:
    """Return the faults that are active as bits, for Record.known."""
    bits = bytearray(16)
    for code in errors.FAULTS:
        if faults.is_active(code):
            bits[code >> 3] |= 1 << (code & 7)
    return bits
