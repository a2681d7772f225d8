"""A vehicle at the end of the cable: plug, S2, what it reads from the pilot, and the current its own charger draws.

At 5 % duty the offer is in the messages of its session, which no plant reads. What the EVSE commands at its inverter
is that offer: the vehicle's charger takes it up to what it lets through.
"""

from __future__ import annotations

from dataclasses import dataclass

from hil.plants.pilot_line import CONNECTED_OHM, READY_OHM, VENTILATION_OHM, PilotLine, parallel
from host_tools.errors import ToolError

LIVE_SHARE = 0.5  # of nominal voltage at the inlet, from which the vehicle's charger works


@dataclass(frozen=True, slots=True)
class VehicleConfig:
    """Data of one vehicle.

    onboard: its own charger converts, and draws what the pilot offers; False for a converter in the EVSE.
    look_s: how often it looks at the pilot.  s2_s: from an offer to S2.  stop_s: from the offer's end to no current.
    digital_s: at 5 % duty S2 closes so long after it, None where whoever speaks for the vehicle does that.
    """

    onboard: bool = True
    phases: int = 1
    nominal_v: float = 230.0
    max_current_a: float = 32.0
    rise_a_s: float = 20.0
    fall_a_s: float = 100.0
    look_s: float = 0.05
    s2_s: float = 0.5
    stop_s: float = 0.5
    digital_s: float | None = None

    def __post_init__(self) -> None:
        for name, low, high in (
            ("phases", 1, 3),
            ("nominal_v", 50, 1000),
            ("max_current_a", 1, 80),
            ("rise_a_s", 0.1, 1e4),
            ("fall_a_s", 0.1, 1e4),
            ("look_s", 0.001, 5),
            ("s2_s", 0, 600),
            ("stop_s", 0, 60),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ToolError(f"vehicle.{name} = {value} is outside {low:g}..{high:g}")


def offered_a(duty_permille: int) -> float | None:
    """Return the current an EV reads from a duty, None for digital communication (IEC 61851-1, the EV's table)."""
    percent = duty_permille / 10
    if 3.0 <= percent <= 7.0:
        return None
    if 8.0 <= percent < 10.0:
        return 6.0
    if 10.0 <= percent <= 85.0:
        return percent * 0.6
    if 85.0 < percent <= 96.0:
        return (percent - 64.0) * 2.5
    return 80.0 if 96.0 < percent <= 97.0 else 0.0


class Vehicle:
    """plugged, wants (power), ventilation, stubborn (goes on drawing whatever the pilot says): set from outside.

    basic: it charges by the pilot's duty too; False for a vehicle that charges in a session alone.
    s2: the switch in the pilot.  current_a: a phase, positive into the vehicle.  most_a: what it lets through.
    """

    def __init__(self, config: VehicleConfig | None = None) -> None:
        self.config = config or VehicleConfig()
        self.line = PilotLine()
        self.plugged = False
        self.wants = False
        self.ventilation = False
        self.stubborn = False
        self.digital_wants = False
        self.basic = True
        self.s2 = False
        self.current_a = 0.0
        self.most_a = 0.0
        self.now_s = 0.0
        self._offer_a = 0.0
        self._digital = False
        self._next_look_s = 0.0
        self._ready_since_s: float | None = None
        self._left_s = 0.0

    @property
    def power_w(self) -> float:
        """Power its own charger draws at nominal voltage."""
        return self.current_a * self._w_per_a

    @property
    def range_w(self) -> tuple[float, float]:
        """Least and most power it lets the inverter take: one figure where it follows the pilot alone."""
        if self._follows_session:
            return 0.0, self.most_a * self._w_per_a
        return self.power_w, self.power_w

    @property
    def _w_per_a(self) -> float:
        return self.config.nominal_v * self.config.phases

    @property
    def _follows_session(self) -> bool:
        return self._digital and not self.stubborn

    def advance(self, now_s: float, duty_permille: int, volts: float, ac_w: float = 0.0) -> None:
        """Move on to now_s: duty, voltage at the inlet (0 over an open contactor), the inverter's power."""
        step_s, self.now_s = now_s - self.now_s, now_s
        if now_s >= self._next_look_s:
            self._next_look_s = now_s + self.config.look_s
            self._look(duty_permille)
        self._switch()
        self._draw(step_s, volts, ac_w)
        self._set_resistors()

    def _look(self, duty_permille: int) -> None:
        seen = 0.0 if self.line.broken or not self.plugged else offered_a(duty_permille)
        self._digital = seen is None
        if seen:
            self._left_s = self.now_s
        self._offer_a = seen or 0.0

    def _switch(self) -> None:
        wanted = self._wants_s2()
        if not wanted:
            self._ready_since_s = None
            # It ends its current before it opens S2, unless nobody is there to end it.
            if not self.stubborn or not self.plugged:
                self.s2 = self.s2 and self.plugged and self.current_a > 0.0
            return
        if self._ready_since_s is None:
            self._ready_since_s = self.now_s
        delay_s = self.config.digital_s or 0.0 if self._digital else self.config.s2_s
        self.s2 = self.s2 or self.now_s >= self._ready_since_s + delay_s

    def _wants_s2(self) -> bool:
        if not (self.plugged and self.wants):
            return False
        if self._digital:
            return self.digital_wants or self.config.digital_s is not None
        return self.basic and self._offer_a > 0.0

    def _draw(self, step_s: float, volts: float, ac_w: float) -> None:
        config = self.config
        live = self.plugged and self.s2 and volts >= LIVE_SHARE * config.nominal_v
        if not live:
            self.current_a = self.most_a = 0.0
            return
        if self.stubborn:
            return
        if self._digital:
            self.most_a = self._ramped(self.most_a, config.max_current_a if self._takes else 0.0, step_s)
            self.current_a = min(self.most_a, max(0.0, ac_w) / self._w_per_a)
            return
        goal_a = min(self._offer_a, config.max_current_a) if self._takes else 0.0
        if self._offer_a == 0.0 and self.now_s < self._left_s + config.stop_s:
            return
        self.most_a = self.current_a = self._ramped(self.current_a, goal_a, step_s)

    @property
    def _takes(self) -> bool:
        return self.config.onboard and self.wants and self._wants_s2()

    def _ramped(self, from_a: float, goal_a: float, step_s: float) -> float:
        if goal_a >= from_a:
            return min(goal_a, from_a + self.config.rise_a_s * step_s)
        return max(goal_a, from_a - self.config.fall_a_s * step_s)

    def _set_resistors(self) -> None:
        if not self.plugged:
            self.line.vehicle_ohm = None
        elif not self.s2:
            self.line.vehicle_ohm = CONNECTED_OHM
        else:
            self.line.vehicle_ohm = parallel(CONNECTED_OHM, VENTILATION_OHM if self.ventilation else READY_OHM)
