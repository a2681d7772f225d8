"""A DC connector: isolation test, precharge and supply, as orders to the board's DC port.

The inverter's power setting stays the arbiter's and the envelope's; voltage and current here are upper limits. No order
passes the connector's ratings or the vehicle's limits; a limit that the vehicle did not state is 0.
"""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.evse import ports
from gridkeel.evse.times import ISOLATION_MS

if TYPE_CHECKING:
    from array import array

    from gridkeel.evse.demand import Demand
    from gridkeel.params import Parameters

# Result of the isolation test; the figures are IEC 61851-23's, ohms a volt of the connector's highest voltage.
NONE = 0
MEASURING = 1
VALID = 2
WARNING = 3
FAULT = 4
NAMES = ("none", "measuring", "valid", "warning", "fault")
VALID_OHM_V = 500
FAULT_OHM_V = 100

_CHECK_MA = 1000
_SETTLED_PCT = 90


class DcSide:
    """mode, set_mv and set_ma (the orders), isolation; demand_w, what the vehicle requests, -1 where it has not yet.

    Voltages to 10**6 mV, currents to 5 * 10**5 mA.  demand: evse.demand.Demand.  Allocates: nothing in `update`.
    """

    def __init__(self, parameters: "Parameters", demand: "Demand") -> None:
        self._p = parameters
        self._demand = demand
        self.mode = ports.DC_OFF
        self.set_mv = 0
        self.set_ma = 0
        self.isolation = NONE
        self.demand_w = -1
        self._settled = False
        self._settled_ms = 0

    def check(self, on: bool) -> None:
        """Begin the isolation test, or forget its result."""
        self.off()
        self.isolation = MEASURING if on else NONE

    def precharge(self, set_mv: int, set_ma: int) -> None:
        self._order(ports.DC_PRECHARGE, set_mv, set_ma)
        self.demand_w = 0

    def target(self, set_mv: int, set_ma: int) -> None:
        """Follow the vehicle's target."""
        self._order(ports.DC_SUPPLY, set_mv, set_ma)
        # tenths of a volt and of an ampere: 10**4 * 5 * 10**3
        self.demand_w = self.set_mv // 100 * (self.set_ma // 100) // 100

    @property
    def clamped(self) -> bool:
        """Whether an order is held at a limit of the vehicle that is smaller than the connector's rating."""
        demand = self._demand
        voltage = self.set_mv == demand.dc_mv < self._p.dc_voltage_max_v * 1000
        current = self.set_ma == demand.dc_ma < self._p.dc_current_max_a * 1000
        return self.set_mv > 0 and (voltage or current)

    def stop(self) -> None:
        """The vehicle ends the energy transfer: no more current, the voltage stays until `off`."""
        self.set_ma = 0
        self.demand_w = 0

    def off(self) -> None:
        self.mode = ports.DC_OFF
        self.set_mv = 0
        self.set_ma = 0
        self.demand_w = -1
        self._settled = False

    def update(self, closed: bool, levels: "array[int]", now_ms: int) -> None:
        """Carry an isolation test on; closed: the contactor is, so that there is something to test."""
        demand = self._demand
        self.set_mv = min(self.set_mv, demand.dc_mv)  # a limit that falls holds for what was ordered before
        self.set_ma = min(self.set_ma, demand.dc_ma)
        if not closed:
            if self.mode != ports.DC_OFF:
                self.off()
        elif self.isolation == MEASURING:
            self._measure(levels, now_ms)

    def _measure(self, levels, now_ms):
        self._order(ports.DC_CHECK, self._p.dc_voltage_max_v * 1000, _CHECK_MA)
        settled = self.set_mv > 0 and levels[ports.DC_MV] >= self.set_mv // 100 * _SETTLED_PCT
        if not settled or not self._settled:
            self._settled = settled
            self._settled_ms = now_ms
        elif levels[ports.ISOLATION_KOHM] and ticks.diff(now_ms, self._settled_ms) >= ISOLATION_MS:
            self.isolation = self._judged(levels[ports.ISOLATION_KOHM])
            self.off()

    def _judged(self, isolation_kohm):
        # kohm * 1000 / V, kohm to 10**5
        ohm_v = isolation_kohm * 1000 // self._p.dc_voltage_max_v
        if ohm_v > VALID_OHM_V:
            return VALID
        return WARNING if ohm_v > FAULT_OHM_V else FAULT

    def _order(self, mode, set_mv, set_ma):
        self.mode = mode
        demand = self._demand
        self.set_mv = max(0, min(set_mv, self._p.dc_voltage_max_v * 1000, demand.dc_mv))
        self.set_ma = max(0, min(set_ma, self._p.dc_current_max_a * 1000, demand.dc_ma))
