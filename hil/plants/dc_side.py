"""The DC side between converter and EV: output capacitor, the EV's contactor and battery, isolation monitor."""

from __future__ import annotations

from dataclasses import dataclass

OFF, CHECK, PRECHARGE, SUPPLY = range(4)


@dataclass(frozen=True, slots=True)
class DcConfig:
    """battery_v: the EV's pack.  join_v: difference at which the EV closes its contactor.  measure_s: isolation."""

    capacity_f: float = 500e-6
    bleed_s: float = 0.15
    battery_v: float = 390.0
    battery_ohm: float = 0.1
    join_v: float = 20.0
    isolation_kohm: int = 2000
    measure_s: float = 0.5
    efficiency: float = 0.95


class DcSide:
    """voltage_v and current_a (into the vehicle) at the connector; joined: the vehicle's contactor is closed."""

    def __init__(self, config: DcConfig | None = None) -> None:
        self.config = config or DcConfig()
        self.isolation_kohm = self.config.isolation_kohm
        self.voltage_v = 0.0
        self.current_a = 0.0
        self.joined = False
        self.most_w = 0.0
        self._measured_s = 0.0
        self._measuring = False

    @property
    def reported_kohm(self) -> int:
        """What the isolation monitor reports, 0 while it has not measured long enough."""
        return self.isolation_kohm if self._measured_s >= self.config.measure_s else 0

    def advance(
        self, step_s: float, live: bool, vehicle_ready: bool, order: tuple[int, float, float], ac_w: float
    ) -> None:
        """Move on; live: the converter has mains.  order: mode, V, A.  ac_w: what the inverter takes from the mains.

        most_w is then the AC power the DC side lets through.
        """
        mode, set_v, set_a = order if live else (OFF, 0.0, 0.0)
        self._join(mode, vehicle_ready)
        if self.joined:
            self._supply(mode, set_v, set_a, ac_w)
        else:
            self._hold(step_s, mode, set_v, set_a)
        self._measured_s = self._measured_s + step_s if mode == CHECK and self.voltage_v >= 0.9 * set_v > 0 else 0.0

    def _join(self, mode: int, vehicle_ready: bool) -> None:
        near = abs(self.voltage_v - self.config.battery_v) <= self.config.join_v
        if not vehicle_ready or mode in (OFF, CHECK):
            self.joined = False
        elif near:
            self.joined = True

    def _supply(self, mode: int, set_v: float, set_a: float, ac_w: float) -> None:
        config = self.config
        limit_a = max(0.0, (set_v - config.battery_v) / config.battery_ohm) if mode == SUPPLY else 0.0
        most_a = min(set_a, limit_a)
        self.most_w = most_a * config.battery_v / config.efficiency
        self.current_a = min(most_a, max(0.0, ac_w) * config.efficiency / config.battery_v)
        self.voltage_v = config.battery_v + self.current_a * config.battery_ohm

    def _hold(self, step_s: float, mode: int, set_v: float, set_a: float) -> None:
        self.current_a = self.most_w = 0.0
        if mode == OFF or set_v < self.voltage_v:
            self.voltage_v = max(
                set_v if mode else 0.0, self.voltage_v * (1.0 - min(1.0, step_s / self.config.bleed_s))
            )
        else:
            self.voltage_v = min(set_v, self.voltage_v + set_a / self.config.capacity_f * step_s)
