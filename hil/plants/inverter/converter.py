"""The power stage: mains relay, ramp, efficiencies and what the battery allows.

Power is AC side, positive into the vehicle, reactive power positive where it is absorbed. Only commands are ramped; a
battery at its end and lost mains act at once.
"""

from __future__ import annotations

from math import hypot, inf, sqrt

from hil.plants.battery import Battery, Tally
from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.heat import Heat


class MainsRelay:
    """Opens when the mains go, closes after they have been back for the reconnect time (anti-islanding)."""

    def __init__(self, config: InverterConfig):
        self._loss_v = config.nominal_v * config.mains_loss_pct / 100.0
        self._return_v = config.nominal_v * config.mains_return_pct / 100.0
        self._reconnect_s = config.reconnect_s
        self.closed = True
        self.present = True
        self.closes_s = inf

    def sense(self, voltage_v: float, now_s: float) -> None:
        """Take the voltage from now_s on; one that is no number counts as absent."""
        self.present = voltage_v >= self._loss_v
        if not self.present:
            self.closed = False
            self.closes_s = inf
        elif not self.closed:
            if voltage_v < self._return_v:
                self.closes_s = inf
            elif self.closes_s == inf:
                self.closes_s = now_s + self._reconnect_s

    def close(self) -> None:
        """The reconnect time is over."""
        self.closed = True
        self.closes_s = inf


class Converter:
    """Follows `target_w` by its ramp and moves the energy between mains and battery.

    obeys: the share of target_w it aims at, and what it aims at besides.
    vehicle_w: least and most power that an EV at the connector lets through; equal where its own charger converts.
    """

    def __init__(self, config: InverterConfig):
        self.config = config
        self.battery = Battery(config.battery)
        self.relay = MainsRelay(config)
        self.heat = Heat(config)
        self.now_s = 0.0
        self.voltage_v = config.nominal_v
        self.freq_hz = 50.0
        self.power_w = 0.0
        self.target_w = 0.0
        self.var = 0.0
        self.target_var = 0.0
        self.reactive_first = False
        self.ramp_w_s = config.ramp_w_s
        self.reserve_pct = 0.0
        self.connect = True
        self.throttled = False
        self.vehicle_w = (-inf, inf)
        self.obeys = (1.0, 0.0)
        self._in_j = Tally()
        self._out_j = Tally()

    @property
    def energised(self) -> bool:
        """True while it may exchange power with the mains."""
        return self.relay.closed and self.connect

    @property
    def apparent_va(self) -> float:
        """Apparent power now."""
        return hypot(self.power_w, self.var)

    @property
    def in_wh(self) -> float:
        """Energy taken from the mains so far."""
        return self._in_j.value / 3600.0

    @property
    def out_wh(self) -> float:
        """Energy given to the mains so far."""
        return self._out_j.value / 3600.0

    @property
    def dc_voltage_v(self) -> float:
        """Voltage of the battery, whatever flows."""
        config = self.config.battery
        return config.empty_v + (config.full_v - config.empty_v) * self.battery.soc_pct / 100.0

    @property
    def dc_out_w(self) -> float:
        """Power out of the battery now."""
        config = self.config
        share = config.efficiency_charge if self.power_w > 0.0 else 1.0 / config.efficiency_discharge
        return -self.power_w * share

    def sense(self, voltage_v: float, freq_hz: float) -> None:
        """Take the mains from now on."""
        self.voltage_v = voltage_v
        self.freq_hz = freq_hz
        self.relay.sense(voltage_v, self.now_s)
        if not self.energised:
            self.power_w = self.var = 0.0
            self.throttled = False

    def run_to(self, end_s: float) -> None:
        """Integrate up to end_s; nothing but power may change in between, and the step is 1 s at most."""
        step_s = end_s - self.now_s
        self.now_s = end_s
        self.heat.run(self.apparent_va, step_s)
        self._run_var(step_s)
        share, flows_w = self.obeys
        wanted_w = share * self.target_w + flows_w
        if wanted_w == 0.0 and self.power_w == 0.0 and self.vehicle_w[0] <= 0.0:
            self.throttled = False
            return
        if step_s <= 0.0 or not self.energised:
            return
        low_w, high_w = self._battery_limits(step_s)
        start_w = min(high_w, max(low_w, self.power_w))
        goal_w = min(high_w, max(low_w, wanted_w))
        self.throttled = goal_w != wanted_w
        change_w = goal_w - start_w
        ramp_s = abs(change_w) / self.ramp_w_s
        if ramp_s > step_s:
            goal_w = start_w + (self.ramp_w_s if change_w > 0.0 else -self.ramp_w_s) * step_s
            ramp_s = step_s
        self._ramp(start_w, goal_w, ramp_s)
        self._move(goal_w, step_s - ramp_s)
        self.power_w = goal_w

    def _battery_limits(self, step_s: float) -> tuple[float, float]:
        """Return the power range that cannot carry the battery past its ends within one step."""
        config, battery = self.config, self.battery
        charge_w = config.charge_max_w * battery.charge_share()
        discharge_w = config.discharge_max_w
        full_w = battery.room_j() / (config.efficiency_charge * step_s)
        empty_w = battery.stored_j(self.reserve_pct) * config.efficiency_discharge / step_s
        left_w = _other_side(config.full_va, self.var) if self.reactive_first else inf
        least_w, most_w = self.vehicle_w
        high_w = min(charge_w, full_w, left_w, most_w)
        return min(max(-min(discharge_w, empty_w, left_w), least_w), high_w), high_w

    def _run_var(self, step_s: float) -> None:
        if not self.energised:
            return
        most = self.config.var_max
        if not self.reactive_first:
            most = min(most, _other_side(self.config.full_va, self.power_w))
        goal = min(most, max(-most, self.target_var))
        change = self.config.var_ramp_s * step_s
        self.var = min(self.var + change, max(self.var - change, goal))
        self.var = min(most, max(-most, self.var))

    def _ramp(self, start_w: float, end_w: float, time_s: float) -> None:
        if start_w * end_w < 0.0:  # the efficiency changes side at zero
            zero_s = time_s * start_w / (start_w - end_w)
            self._move(start_w / 2.0, zero_s)
            self._move(end_w / 2.0, time_s - zero_s)
        else:
            self._move((start_w + end_w) / 2.0, time_s)

    def _move(self, mean_w: float, time_s: float) -> None:
        energy_j = mean_w * time_s
        if energy_j > 0.0:
            self._in_j.add(energy_j)
            self.battery.add_j(energy_j * self.config.efficiency_charge)
        elif energy_j < 0.0:
            self._out_j.add(-energy_j)
            self.battery.add_j(energy_j / self.config.efficiency_discharge)


def _other_side(whole: float, part: float) -> float:
    return sqrt(max(0.0, whole * whole - part * part))
