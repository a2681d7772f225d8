"""When records are due: at the intervals of the parameters, or for a time at those that a host asked for."""

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from gridkeel.params import Parameters

TELEMETRY_MIN_MS = 20
BATTERY_MIN_MS = 100
INTERVAL_MAX_MS = 60000
LIFETIME_MAX_MS = 3600000

TELEMETRY = 0
BATTERY = 1


class Reports:
    """Schedule of the records TELEMETRY and BATTERY; an interval of 0 ms is never due."""

    def __init__(self, parameters: "Parameters", now_ms: int) -> None:
        self._parameters = parameters
        self._next_ms = [ticks.add(now_ms, parameters.telemetry_ms), ticks.add(now_ms, parameters.battery_ms)]
        self._asked_ms: "tuple[int, int] | None" = None
        self._until_ms = 0

    def ask(self, telemetry_ms: int, battery_ms: int, lifetime_ms: int, now_ms: int) -> bool:
        """Take other intervals for a time; return False, and change nothing, where they are outside the limits."""
        if not 1 <= lifetime_ms <= LIFETIME_MAX_MS or max(telemetry_ms, battery_ms) > INTERVAL_MAX_MS:
            return False
        if telemetry_ms < TELEMETRY_MIN_MS or battery_ms < BATTERY_MIN_MS:
            return False
        self._asked_ms = (telemetry_ms, battery_ms)
        self._until_ms = ticks.add(now_ms, lifetime_ms)
        return True

    def due(self, kind: int, now_ms: int) -> bool:
        """Return whether a record of that kind is due; the next one is then an interval later."""
        p = self._parameters
        asked_ms = self._asked_ms
        if asked_ms is not None and ticks.diff(now_ms, self._until_ms) >= 0:
            asked_ms = self._asked_ms = None
        interval_ms = (asked_ms or (p.telemetry_ms, p.battery_ms))[kind]
        late_ms = ticks.diff(now_ms, self._next_ms[kind])
        if -interval_ms <= late_ms < 0:
            return False
        # A rhythm goes on from where it was; one that was left, or was slower than it is asked to be, begins anew.
        kept = 0 <= late_ms < 10 * interval_ms
        self._next_ms[kind] = ticks.add(self._next_ms[kind] if kept else now_ms, interval_ms)
        return interval_ms > 0

    def rest_ms(self, now_ms: int) -> int:
        """Return the ms until the next record of telemetry, under 0 where it is late."""
        return ticks.diff(self._next_ms[TELEMETRY], now_ms)
