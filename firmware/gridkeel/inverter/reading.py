"""A measured value and its age."""

from gridkeel import ticks

AGE_UNKNOWN = 0x1FFFFFFF  # ms; the largest difference of two ticks
_AGE_MAX_MS = 600000  # past this an age is not counted on, so that it never wraps


class Reading:
    """The last value read, an integer, and when."""

    def __init__(self, unknown: int) -> None:
        self.value = unknown
        self._unknown = unknown
        self._known = False
        self._read_ms = 0

    def take(self, value: int, now_ms: int) -> None:
        self.value = value
        self._known = value != self._unknown
        self._read_ms = now_ms

    def age(self, now_ms: int) -> int:
        """Return the ms since the value was read, AGE_UNKNOWN where there is none or it is long past."""
        if self._known:
            return (now_ms - self._read_ms & ticks.MASK ^ ticks.HALF) - ticks.HALF  # ticks.diff, without its call
        return AGE_UNKNOWN

    def expire(self, now_ms: int) -> None:
        """Forget the age of what is long past; called at least once in a week."""
        if self._known and ticks.diff(now_ms, self._read_ms) > _AGE_MAX_MS:
            self._known = False
