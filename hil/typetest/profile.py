"""What a profile demands, in the words of its source, apart from any parameter of the controller under test."""

from __future__ import annotations

from dataclasses import dataclass, field

UNDER, OVER = -1, 1


@dataclass(frozen=True)
class Trip:
    """Cease to energise once `limit_hz` has been passed for clock_s; offered: whether the firmware has such a clock."""

    name: str
    side: int
    limit_hz: float
    clock_s: float
    offered: bool = True


@dataclass(frozen=True)
class Droop:
    """Power against frequency: nothing inside the deadband, the whole rating span_hz past it.

    range_hz: the frequencies it is tested over.  response_s: open-loop response time, None where none is demanded.
    """

    deadband_hz: float
    span_hz: float
    range_hz: tuple[float, float]
    response_s: float | None


@dataclass(frozen=True)
class Enter:
    """Enter service: inside window_hz for delay_s, then a ramp to the rating over ramp_s (0: no ramp)."""

    window_hz: tuple[float, float]
    delay_s: float
    ramp_s: float


@dataclass(frozen=True)
class Profile:
    """Demands, the parameters that set a controller to them, and the groups of figures that no public source confirmed.

    ride_through: (frequency, seconds).  rocof_hz_s: rate of change to ride through.
    open: names among droop, response, trips, ride_through, rocof, enter; what is measured there is never a `pass`.
    """

    name: str
    title: str
    source: str
    nominal_hz: float
    rating_w: float
    droop: Droop
    trips: tuple[Trip, ...]
    ride_through: tuple[tuple[float, float], ...]
    rocof_hz_s: float | None
    enter: Enter
    parameters: dict[str, int] = field(default_factory=dict)
    open: frozenset[str] = frozenset()

    def power_w(self, freq_hz: float, before_w: float = 0.0) -> float:
        """Return the demanded power, into the vehicle, at a frequency and a pre-disturbance power."""
        deviation_hz = freq_hz - self.nominal_hz
        excess_hz = max(0.0, abs(deviation_hz) - self.droop.deadband_hz)
        answer_w = self.rating_w * min(1.0, excess_hz / self.droop.span_hz) * (1 if deviation_hz > 0 else -1)
        return max(-self.rating_w, min(self.rating_w, before_w + answer_w))
