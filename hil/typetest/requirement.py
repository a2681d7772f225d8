"""The parts of a profile, each one kind of requirement, in hertz, seconds, p.u. and shares as its source gives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hil.typetest.accuracy import TRANSIENT_HZ, TRANSIENT_PU

UNDER, OVER = -1, 1
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Quantity:
    """Quantity that a trip watches; near: how close to a limit a test goes, the transient accuracy."""

    name: str
    unit: str
    near: float


FREQUENCY = Quantity("frequency", "Hz", TRANSIENT_HZ)
VOLTAGE = Quantity("voltage", "p.u.", TRANSIENT_PU)


@dataclass(frozen=True)
class Trip:
    """Cease to energise once `limit` has been passed for clock_s."""

    name: str
    quantity: Quantity
    side: int
    limit: float
    clock_s: float


@dataclass(frozen=True)
class Activation:
    """Times from a step: the response has begun by initiation_s, half of it flows by half_s, all of it by full_s."""

    full_s: float
    initiation_s: float | None = None
    half_s: float | None = None


@dataclass(frozen=True)
class Droop:
    """Power against frequency: over and under are (deviation in Hz, share of the rating), () where a side is silent.

    range_hz: the frequencies it is tested over.  response_s: open-loop response time to 90 %; activation: where the
    source names times to the whole instead; neither: to the wire.
    """

    over: Points
    under: Points
    range_hz: tuple[float, float]
    response_s: float | None = None
    activation: Activation | None = None

    @property
    def deadband_hz(self) -> float:
        """The narrower deadband of the sides that answer."""
        return min(side[0][0] for side in (self.over, self.under) if side)

    @property
    def settle_s(self) -> float:
        """A time after which the response is steady."""
        return 1.5 * self.activation.full_s if self.activation else 2.5 * (self.response_s or 0.0)

    def side(self, side: int) -> Points:
        return self.over if side == OVER else self.under

    def share(self, deviation_hz: float) -> float:
        """Return the required share of the rating, positive into the vehicle."""
        side = OVER if deviation_hz > 0 else UNDER
        points = self.side(side)
        return side * interpolate(points, abs(deviation_hz)) if points else 0.0


def interpolate(points: Points, x: float) -> float:
    """Return y at x on the straight lines between (x, y) points, the first and last y outside of them."""
    return float(np.interp(x, [one[0] for one in points], [one[1] for one in points]))


def line(deadband_hz: float, span_hz: float) -> Points:
    """Return the straight line that leaves the deadband and draws the rating span_hz past it."""
    return (deadband_hz, 0.0), (deadband_hz + span_hz, 1.0)


@dataclass(frozen=True)
class Stretch:
    """A part of a voltage ride-through: from one voltage to another in for_s; operate: what the power has to do.

    "mandatory": it flows on.  "cessation": none flows, and it is back at once after.  "free": only no trip.
    """

    from_pu: float
    to_pu: float
    for_s: float
    operate: str


@dataclass(frozen=True)
class VoltageRide:
    """Stretches one after the other, to be ridden through without a trip."""

    name: str
    title: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class Enter:
    """Enter service: inside both windows for delay_s, then a ramp to the rating over ramp_s (0: no ramp)."""

    window_hz: tuple[float, float]
    window_pu: tuple[float, float]
    delay_s: float
    ramp_s: float


@dataclass(frozen=True)
class Reserve:
    """A triggered reserve: `power_w` out of the vehicle under trigger_hz.

    full_s: from the trigger to the whole power.  hold_s: how long it stays whole at least.  ramp_off_s: the shortest
    ramp off, 0 where it may be a step.  rearm_s: when it can be triggered again.
    """

    trigger_hz: float
    power_w: float
    full_s: float
    hold_s: float
    ramp_off_s: float
    rearm_s: float


@dataclass(frozen=True)
class Reactive:
    """Reactive power, positive absorbed: largest_var to either side, volt-var as (p.u. of nominal, var) points.

    response_s: open-loop response time of volt-var, to 90 % of a step.
    """

    largest_var: float
    volt_var: Points
    response_s: float
    power_factor: float
