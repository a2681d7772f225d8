"""Requirements of a profile, in the words of its source, apart from any parameter of the controller under test."""

from __future__ import annotations

from dataclasses import dataclass, field

from hil.typetest.requirement import Droop, Enter, Reactive, Reserve, Trip, VoltageRide


@dataclass(frozen=True)
class Profile:
    """Demands, the parameters that set a controller to them, and the groups of figures that no public source confirmed.

    ride_through: (frequency, seconds).  rocof_hz_s: rate of change to ride through.  inverter: what the inverter
    behind the controller must be able to do, as keys of hil.plants.inverter.
    open: names among droop, response, half, trips, ride_through, cessation, rocof, enter, reserve, trigger, ramp_off,
    rearm, reactive; what is measured there is never a `pass`.  not_offered: (clause, what) that the firmware has not.
    """

    name: str
    title: str
    source: str
    nominal_hz: float
    rating_w: float
    droop: Droop | None = None
    trips: tuple[Trip, ...] = ()
    ride_through: tuple[tuple[float, float], ...] = ()
    voltage_rides: tuple[VoltageRide, ...] = ()
    rocof_hz_s: float | None = None
    enter: Enter | None = None
    reserve: Reserve | None = None
    reactive: Reactive | None = None
    parameters: dict[str, int] = field(default_factory=dict)
    inverter: dict[str, float] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    not_offered: tuple[tuple[str, str], ...] = ()

    def power_w(self, freq_hz: float, before_w: float = 0.0) -> float:
        """Return the required power, into the vehicle, at a frequency and a pre-disturbance power."""
        share = self.droop.share(freq_hz - self.nominal_hz) if self.droop else 0.0
        return max(-self.rating_w, min(self.rating_w, before_w + share * self.rating_w))
