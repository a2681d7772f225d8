"""The connector in the control path: pilot, contactor and PWM, once a block, and what they leave to the envelope.

`step` before the envelope, `offer_power` behind it; neither allocates. Power is positive into the vehicle.
"""

from array import array

from gridkeel import TYPE_CHECKING, evse, limits, ticks
from gridkeel.evse import contactor, dc, duty, pilot, ports, pwm
from gridkeel.evse.demand import Demand
from gridkeel.evse.meter import Meter
from gridkeel.evse.times import STOP_BASIC_MS, STOP_SESSION_MS
from gridkeel.evse.troubles import forbids, report

if TYPE_CHECKING:
    from gridkeel.faults import Faults
    from gridkeel.params import Parameters

FLOWING_W = 100  # an inverter's idle power is less


class Connector:
    """Bounds for the envelope: charge_w, charge_by, discharge_w, discharge_by.

    plug_number counts the vehicles plugged in since the start; vehicle_id tells them apart, 0 where not known.
    left: in this step one was unplugged.
    levels, orders: the arrays of ports.py.  allowed: a session's consent to close the contactor; lapsed: a fault
    took it.
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.levels = array("i", [0] * ports.LEVELS)
        self.orders = array("i", [0] * ports.ORDERS)
        self.pilot = pilot.Pilot()
        self.contactor = contactor.Contactor()
        self.pwm = pwm.Pwm(parameters)
        self.demand = Demand()
        self.dc = dc.DcSide(parameters, self.demand)
        self.meter = Meter()
        self.plug_number = 0
        self.vehicle_id = 0
        self.allowed = False
        self.lapsed = False
        self.access = evse.WAITING
        self._plugged = False
        self._here_ms = 0  # when the pilot last said anything but A
        self.left = False
        self.ready = False
        self.now_ms = 0
        self.offered_w = 0
        self.offered_ma = 0
        self.charge_w = 0
        self.charge_by = limits.VEHICLE
        self.discharge_w = 0
        self.discharge_by = limits.VEHICLE
        self._reported = False
        self._stopping = False
        self._stop_since_ms = 0
        self._patience_ms = STOP_SESSION_MS
        self._set_orders()

    # No properties in what runs every block: MicroPython then looks through the class at each store.

    def takes(self) -> bool:
        """Return whether the vehicle wants power and may have it here: C, or D where the site is ventilated."""
        state = self.pilot.state
        return state == pilot.C or state == pilot.D and self._p.ventilation == 1

    def rating_w(self) -> int:
        """Return what cable and connector carry."""
        p = self._p
        if p.connector == evse.DC:
            return p.dc_voltage_max_v * p.dc_current_max_a
        return p.cable_current_max_a * p.nominal_v * p.phases

    def allow(self, on: bool) -> None:
        """Take or withdraw a session's consent; a consent that lapsed with a fault is forgotten."""
        self.allowed = on
        self.lapsed = False

    def identify(self, vehicle_id: int) -> None:
        """Take a number that tells this vehicle from others; it is forgotten with the vehicle."""
        self.vehicle_id = vehicle_id

    def grant(self, access: int) -> None:
        """Take the operator's word, an index of evse.ACCESS, for the vehicle that is plugged in."""
        self.access = access

    def authorized(self) -> int:
        """Return an index of evse.ACCESS."""
        if self.access == evse.WAITING and self._p.access_free:
            return evse.GRANTED
        return self.access

    def step(self, supply: bool, power_w: int, now_ms: int, age_ms: int = 0) -> None:
        """Take the levels; supply: protection lets the contactor be closed.

        power_w: as the inverter measured it age_ms ago, limits.UNKNOWN where it does not.
        """
        self.now_ms = now_ms
        p = self._p
        levels = self.levels
        self.pilot.update(levels[ports.HIGH_MV], levels[ports.LOW_MV], self.pwm.duty_permille, now_ms)
        state = self.pilot.state
        plugged = pilot.B <= state <= pilot.D
        self.left = self._plugged and not plugged
        if state != pilot.A:
            self._here_ms = now_ms
        if not plugged:
            self._unplugged(now_ms)
        elif not self._plugged:
            self.plug_number = (self.plug_number + 1) & 0xFFFF
        self._plugged = plugged
        self.ready = ready = supply and plugged and not forbids(self)
        if not ready and self.allowed:
            self.allowed = False
            self.lapsed = True
        takes = state == pilot.C or state == pilot.D and p.ventilation == 1
        consent = self._consents()
        may = takes and ready
        wanted = may and (consent or self._winds_down(power_w, age_ms, now_ms))
        self.contactor.update(wanted, levels[ports.CLOSED], now_ms)
        closed = self.contactor.state == contactor.CLOSED
        direct = self.dc
        if direct.mode or direct.isolation == dc.MEASURING:
            direct.update(closed, levels, now_ms)
        if self.demand.entries:
            self.demand.update(now_ms)
        self.meter.update(power_w if closed else 0, now_ms)
        if closed and may and consent:
            self._bound(p)
        else:
            self.charge_w = 0
            self.charge_by = self.discharge_by = limits.SESSION if takes else limits.VEHICLE

    def offer_power(self, requested_w: int, headroom_w: int, now_ms: int) -> None:
        """Offer the requested power, within what the envelope left (headroom_w) and the connector carries."""
        p = self._p
        offered_w = requested_w if requested_w < headroom_w else headroom_w
        rating_w = self.rating_w()
        if offered_w > rating_w:
            offered_w = rating_w
        if offered_w < 0:
            offered_w = 0
        # 500,000 W * 1000 is 5 * 10**8
        if p.connector == evse.DC:
            offered_ma = offered_w * 1000 // max(self.levels[ports.DC_MV] // 1000, p.dc_voltage_min_v)
        else:
            offered_ma = offered_w * 1000 // (p.nominal_v * p.phases)
            if offered_ma < duty.LEAST_MA:
                offered_w = offered_ma = 0  # no vehicle takes so little: it waits
        self.offered_w = offered_w
        self.offered_ma = offered_ma
        consent = self.ready and self.authorized() == evse.GRANTED
        out = self.contactor.state == contactor.WELDED
        self.pwm.update(self._plugged, out, consent, offered_ma, now_ms)
        self._set_orders()

    def report(self, faults: "Faults") -> None:
        """Report the active faults; while there are none, nothing is set."""
        unventilated = self.pilot.state == pilot.D and not self.takes()
        trouble = unventilated or forbids(self)
        if trouble or self._reported:
            report(self, faults, unventilated)
            self._reported = trouble

    def _unplugged(self, now_ms):
        self.contactor.clear(now_ms, ticks.diff(now_ms, self._here_ms))
        self.allow(False)
        self.access = evse.WAITING
        self.vehicle_id = 0
        self.demand.forget()
        self.dc.check(False)

    def _consents(self):
        state = self.pwm.state
        if state == pwm.BASIC:
            self._patience_ms = STOP_BASIC_MS
            self._stopping = False
            return True
        if state == pwm.DIGITAL and self.allowed:
            self._patience_ms = STOP_SESSION_MS
            self._stopping = False
            return True
        return False

    def _winds_down(self, power_w, age_ms, now_ms):
        """Consent is withdrawn: return whether to wait for the vehicle to end its current before it is cut.

        No current is what was measured since; a power from before, or an unknown one, may flow.
        """
        if not self.contactor.order:
            return False
        if not self._stopping:
            self._stopping = True
            self._stop_since_ms = now_ms
        stopping_ms = ticks.diff(now_ms, self._stop_since_ms)
        flows = power_w >= FLOWING_W or power_w <= -FLOWING_W or age_ms > stopping_ms
        return flows and stopping_ms < self._patience_ms

    def _bound(self, p):
        """Power may flow: bound it to what connector, vehicle and session take."""
        # Neither IEC 61851-1 nor ISO 15118-2 knows a way out of the vehicle.
        self.discharge_by = limits.SESSION
        self.charge_w = self.rating_w()
        self.charge_by = limits.CABLE_RATING
        if not self.offered_ma and p.connector == evse.AC:
            self._bound_by(0, limits.MINIMUM_CURRENT)
        if self.pwm.state == pwm.DIGITAL:
            self._bound_by(self.demand.most_w, limits.VEHICLE)
            self._bound_by(self.demand.profile_w, limits.SESSION)
            if p.connector == evse.DC:
                self._bound_by(max(0, self.dc.demand_w), limits.VEHICLE if self.dc.clamped else limits.SESSION)

    def _bound_by(self, most_w, name):
        if most_w < self.charge_w:
            self.charge_w = most_w
            self.charge_by = name

    def _set_orders(self):
        orders = self.orders
        direct = self.dc
        orders[ports.DUTY_PERMILLE] = self.pwm.duty_permille
        orders[ports.DC_MODE] = direct.mode
        orders[ports.SET_MV] = direct.set_mv
        orders[ports.SET_MA] = direct.set_ma
