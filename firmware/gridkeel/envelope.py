"""Limits of battery, cable, vehicle and converter on the power: the smallest one is active and reported by name."""

from gridkeel import TYPE_CHECKING, energy, limits
from gridkeel.departure import Departure

if TYPE_CHECKING:
    from gridkeel.evse.connector import Connector
    from gridkeel.inverter.interface import Deviation
    from gridkeel.params import Parameters
    from gridkeel.protocols import InverterReadings

SOC_HYSTERESIS_PCT_X100 = 50
TEMPERATURE_UNKNOWN = -1000


class Envelope:
    """Bounds the requested power; after `limit`: permitted_w and limiter (limits.NAMES, NONE where nothing bounded it).

    charge_w, discharge_w (both 0 or more) and their names charge_by, discharge_by: the bounds that may be counted on:
    where the inverter does not follow, no more than it delivers.

    departure: when the vehicle leaves; required_w: the charge it requires, which the arbiter weighs, no bound.
    connector: evse.connector.Connector, whose bounds count too, None for a fixed vehicle.  headroom_w: the charge
        without them.
    following: the inverter driver's Deviation, which knows what was seen to flow; None without an inverter.
    """

    def __init__(
        self, parameters: "Parameters", following: "Deviation | None" = None, connector: "Connector | None" = None
    ) -> None:
        self._p = parameters
        self.departure = Departure()
        self.permitted_w = 0
        self.limiter = limits.NONE
        self.charge_w = 0
        self.discharge_w = 0
        self.charge_by = limits.STALE_SAMPLES
        self.discharge_by = limits.STALE_SAMPLES
        self.required_w = 0
        self.connector = connector
        self.following = following
        self.headroom_w = 0
        self._floor = 0
        self._floor_reached = False
        self._full_reached = False

    def limit(
        self,
        requested_w: int,
        inverter: "InverterReadings",
        soc_fresh: bool,
        temperature_c: int = TEMPERATURE_UNKNOWN,
        active_left_w: int = limits.NO_BOUND,
    ) -> int:
        """Return permitted_w: what may flow of requested_w.

        inverter: anything with charge_rating_w, discharge_rating_w and soc_pct_x100 (-1 unknown).
        soc_fresh: False where the state of charge is older than soc_stale_ms: it then counts as unknown.
        temperature_c: of the converter.  active_left_w: what reactive power leaves, where it goes first.
        """
        p = self._p
        soc = inverter.soc_pct_x100 if soc_fresh else -1
        connector = self.connector
        if connector is not None and connector.demand.soc_pct_x100 >= 0:
            soc = connector.demand.soc_pct_x100
        self._rate(p, inverter, active_left_w)
        if p.temperature_sensor:
            self._derate(temperature_c)
        departure = self.departure
        self.required_w = 0
        if departure.left_s:
            self.required_w = departure.required_w(p.battery_wh, soc, self.charge_w, p.efficiency_pct)
        self._guard_battery(soc)
        if p.horizon_s:
            self._sustain(soc)
        self.headroom_w = self.charge_w
        if connector is not None:
            self._connect(connector)
        limiter = limits.NONE
        if requested_w > self.charge_w:
            requested_w = self.charge_w
            limiter = self.charge_by
        elif requested_w < -self.discharge_w:
            requested_w = -self.discharge_w
            limiter = self.discharge_by
        self.permitted_w = requested_w
        self.limiter = limiter
        following = self.following
        if following is not None and following.deviation_w:
            # The command stays, so that an inverter that follows again is seen to; nobody may count on it.
            self._bound_charge(following.charge_w, limits.NOT_FOLLOWING)
            self._bound_discharge(following.discharge_w, limits.NOT_FOLLOWING)
        return requested_w

    def _bound_charge(self, most_w, name):
        if most_w < self.charge_w:
            self.charge_w = most_w
            self.charge_by = name

    def _bound_discharge(self, most_w, name):
        if most_w < self.discharge_w:
            self.discharge_w = most_w
            self.discharge_by = name

    def _connect(self, connector):
        if connector.charge_w < self.charge_w:
            self.charge_w = connector.charge_w
            self.charge_by = connector.charge_by
        if connector.discharge_w < self.discharge_w:
            self.discharge_w = connector.discharge_w
            self.discharge_by = connector.discharge_by

    def _rate(self, p, inverter, active_left_w):
        # Without a call for each bound: this is worked out every block.
        cable_w = p.cable_max_w
        most_w = p.charge_max_w
        by = limits.CHARGE_RATING
        if inverter.charge_rating_w < most_w:
            most_w = inverter.charge_rating_w
            by = limits.INVERTER_RATING
        if cable_w < most_w:
            most_w = cable_w
            by = limits.CABLE_RATING
        if p.ev_charge_max_w < most_w:
            most_w = p.ev_charge_max_w
            by = limits.EV_RATING
        self.charge_w = most_w
        self.charge_by = by
        most_w = p.discharge_max_w
        by = limits.DISCHARGE_RATING
        if inverter.discharge_rating_w < most_w:
            most_w = inverter.discharge_rating_w
            by = limits.INVERTER_RATING
        if cable_w < most_w:
            most_w = cable_w
            by = limits.CABLE_RATING
        if p.ev_discharge_max_w < most_w:
            most_w = p.ev_discharge_max_w
            by = limits.EV_RATING
        self.discharge_w = most_w
        self.discharge_by = by
        if active_left_w < limits.NO_BOUND:
            self._bound_charge(active_left_w, limits.REACTIVE)
            self._bound_discharge(active_left_w, limits.REACTIVE)
        if not p.v2g_enable:
            self._bound_discharge(0, limits.V1G)

    def _derate(self, temperature_c):
        p = self._p
        over_k = temperature_c - p.derate_from_c
        if temperature_c == TEMPERATURE_UNKNOWN:
            # A sensor that is fitted and silent counts as hot.
            over_k = p.derate_span_k
        if over_k <= 0:
            return
        left_k = p.derate_span_k - over_k if over_k < p.derate_span_k else 0
        most_w = max(p.charge_max_w, p.discharge_max_w) * left_k // p.derate_span_k
        self._bound_charge(most_w, limits.TEMPERATURE)
        self._bound_discharge(most_w, limits.TEMPERATURE)

    def _guard_battery(self, soc):
        if soc < 0:
            # An unknown battery may be empty. Charging stays: the vehicle itself refuses what it cannot take.
            self._bound_discharge(0, limits.SOC_UNKNOWN)
            return
        floor = self._floor = self._p.soc_reserve_pct_x100
        by = limits.SOC_RESERVE
        if self.departure.left_s:
            needed = self._needed()
            if needed > floor:
                floor = self._floor = needed
                by = limits.DEPARTURE
        if soc <= floor:
            self._floor_reached = True
        elif soc >= floor + SOC_HYSTERESIS_PCT_X100:
            self._floor_reached = False
        if self._floor_reached:
            self._bound_discharge(0, by)
        full = self._p.soc_full_pct_x100
        if soc >= full:
            self._full_reached = True
        elif soc <= full - SOC_HYSTERESIS_PCT_X100:
            self._full_reached = False
        if self._full_reached:
            self._bound_charge(0, limits.SOC_FULL)

    def _needed(self):
        """Return the charge that a departure needs at the horizon's end."""
        p = self._p
        charge_w = self.charge_w if self.following is None else min(self.charge_w, self.following.charge_w)
        return self.departure.floor_pct_x100(p.battery_wh, charge_w, p.efficiency_pct, p.horizon_s)

    def _sustain(self, soc):
        """Bound both sides to what the battery holds out for the whole horizon, losses included."""
        p = self._p
        if not p.battery_wh or soc < 0:
            return
        horizon_s = max(p.horizon_s, energy.TIME_MIN_S)
        out_wh = energy.energy_wh(p.battery_wh, max(soc - self._floor, 0)) * p.efficiency_pct // energy.PERCENT
        self._bound_discharge(energy.power_w(out_wh, horizon_s), limits.SUSTAINED_ENERGY)
        in_wh = energy.energy_wh(p.battery_wh, max(p.soc_full_pct_x100 - soc, 0)) * energy.PERCENT // p.efficiency_pct
        self._bound_charge(energy.power_w(in_wh, horizon_s), limits.SUSTAINED_ENERGY)
