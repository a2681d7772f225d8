"""The charger as a session sees it: one object of plain figures and orders, and nothing in it waits.

Powers in W, positive into the vehicle; voltages and currents in V and A. The control path carries out what is asked
here at its next block.
"""

from binascii import crc32

from gridkeel import TYPE_CHECKING, evse
from gridkeel.evse import contactor, duty, pilot, ports, pwm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridkeel.envelope import Envelope
    from gridkeel.evse.connector import Connector
    from gridkeel.params import Parameters
    from gridkeel.protocols import InverterReadings, Mains
    from gridkeel.services.bundle import Services


class Charger:
    """The connector as an ISO 15118 session sees it.

    services, envelope, inverter, mains: the controller's.  identity: of the device.
    """

    def __init__(
        self,
        parameters: "Parameters",
        connector: "Connector",
        services: "Services",
        envelope: "Envelope",
        inverter: "InverterReadings",
        mains: "Mains",
        identity: bytes,
    ) -> None:
        self._p = parameters
        self._connector = connector
        self._plan = services.plan
        self._envelope = envelope
        self._inverter = inverter
        self._mains = mains
        self._scheduled_w = 0
        name = (identity or b"0").decode()
        self.meter_id = name[:32]
        # ZZ is no country's code: whoever operates the EVSE has an identifier of his own.
        self.evse_id = "ZZ*GKL*E" + "".join([c.upper() if c.isalpha() or c.isdigit() else "*" for c in name])[:29]

    # --- the vehicle and the connector

    @property
    def plugged(self) -> bool:
        return self._connector.pilot.plugged()

    @property
    def plug_number(self) -> int:
        """Counts up with every vehicle that is plugged in."""
        return self._connector.plug_number

    @property
    def wants_power(self) -> bool:
        state = self._connector.pilot.state
        return state == pilot.C or state == pilot.D

    @property
    def digital(self) -> bool:
        """The duty is 5 %: the vehicle may begin to communicate."""
        return self._connector.pwm.digital()

    @property
    def may_begin(self) -> bool:
        """A vehicle may begin a session: the duty is 5 %, or a nominal one by which it charges meanwhile."""
        return self._connector.pwm.state == pwm.BASIC or self._connector.pwm.digital()

    @property
    def ready(self) -> bool:
        """Nothing forbids power, and no fault took the session's consent."""
        return self._connector.ready and not self._connector.lapsed

    @property
    def allowed(self) -> bool:
        """The session's consent is in force."""
        return self._connector.allowed

    @property
    def rcd(self) -> bool:
        return self._connector.levels[ports.RCD] != 0

    @property
    def contactor_closed(self) -> bool:
        return self._connector.contactor.closed()

    @property
    def contactor_open(self) -> bool:
        """The contact is open, or the contactor never closed: not the same as not closed: it may move or be welded."""
        return self._connector.contactor.state in (contactor.OPEN, contactor.STUCK)

    @property
    def contactor_stuck(self) -> bool:
        """It did not close in time, or fell open by itself."""
        return self._connector.contactor.state == contactor.STUCK

    @property
    def welded(self) -> bool:
        return self._connector.contactor.state == contactor.WELDED

    @property
    def authorized(self) -> int:
        """An index of evse.ACCESS."""
        return self._connector.authorized()

    @property
    def stop_asked(self) -> bool:
        return self._connector.pwm.in_session and self._connector.access == evse.REFUSED

    @property
    def isolation(self) -> int:
        """An index of evse.dc.NAMES."""
        return self._connector.dc.isolation

    # --- ratings and figures

    @property
    def dc(self) -> bool:
        return self._p.connector == evse.DC

    @property
    def three_phase(self) -> bool:
        return self._p.phases == 3

    @property
    def max_current_a(self) -> int:
        p = self._p
        return p.dc_current_max_a if p.connector == evse.DC else p.cable_current_max_a

    @property
    def min_current_a(self) -> int:
        p = self._p
        return p.dc_current_min_a if p.connector == evse.DC else duty.LEAST_MA // 1000

    @property
    def max_power_w(self) -> int:
        """The smallest rating of converter, inverter, cable and connector; 0 where AC cannot offer so little."""
        p = self._p
        most_w = min(p.charge_max_w, p.cable_max_w, self._connector.rating_w())
        rated_w = self._inverter.charge_rating_w
        return self._offerable(min(most_w, rated_w) if rated_w else most_w)

    def _offerable(self, power_w):
        p = self._p
        return power_w if p.connector == evse.DC or power_w >= duty.least_w(p.nominal_v, p.phases) else 0

    @property
    def offered_w(self) -> int:
        return self._connector.offered_w

    @property
    def offered_current_a(self) -> float:
        return self._connector.offered_ma / 1000

    @property
    def voltage_v(self) -> float:
        connector = self._connector
        if self._p.connector == evse.DC:
            return connector.levels[ports.DC_MV] / 1000
        return self._mains.voltage_mv / 1000 if connector.contactor.closed() else 0

    @property
    def current_a(self) -> float:
        if self._p.connector == evse.DC:
            return self._connector.levels[ports.DC_MA] / 1000
        volts = self.voltage_v
        return self._inverter.power_w / (volts * self._p.phases) if volts else 0

    @property
    def energy_wh(self) -> int:
        return self._connector.meter.energy_wh

    # --- schedules

    @property
    def schedule(self) -> "tuple[tuple[int, int], ...]":
        """((start_s, power_w), ...) of the price plan from now, () where none rules or comes."""
        self._scheduled_w = self.max_power_w
        upcoming = self._plan.upcoming(self._connector.now_ms, self._scheduled_w)
        return tuple([(start_s, self._offerable(power_w)) for start_s, power_w in upcoming])

    @property
    def schedule_number(self) -> int:
        return self._plan.revision

    @property
    def renegotiate_asked(self) -> bool:
        """The rating is no longer the one that the vehicle's schedule or charging profile was made for."""
        return self._connector.pwm.in_session and self.max_power_w != self._scheduled_w

    # --- what a session orders

    def session(self, on: bool, failed: bool = False) -> None:
        """A session is up, or over; failed: the communication itself came to nothing."""
        self._connector.pwm.session(on, failed)
        if not on:
            self.allow(False)
            self.cable_check(False)
            self._connector.demand.forget()

    def asked(self) -> None:
        """A vehicle asks for a session where the duty is not 5 %: go back to it, if it is time for that."""
        self._connector.pwm.asked()

    def allow(self, on: bool) -> None:
        """Consent to close the contactor, or withdraw it; a consent that lapsed with a fault is forgotten."""
        self._connector.allow(on)
        if not on:
            self._connector.dc.off()

    def set_vehicle_limits(
        self,
        max_w: "float | None",
        max_v: "float | None",
        max_a: "float | None",
        departure_s: "float | None",
        energy_wh: "float | None",
    ) -> None:
        """Take the vehicle's limits and requests, None where not stated; departure_s from now.

        A DC connector gives no voltage or current whose limit is not stated.
        """
        phases = self._p.phases if self._p.connector == evse.AC else 1
        self._connector.demand.limit(max_w, max_v, max_a, phases)
        stated = self._connector.demand.soc_pct_x100
        soc = self._inverter.soc_pct_x100 if stated < 0 else stated
        if departure_s and energy_wh and self._p.battery_wh and soc >= 0:
            needed = soc + int(energy_wh) * 10000 // self._p.battery_wh
            self._envelope.departure.set(int(departure_s), min(needed, 10000), self._connector.now_ms)

    def set_vehicle_identity(self, identity: bytes) -> None:
        """Take what the vehicle calls itself in its session; a checksum of it tells vehicles apart."""
        self._connector.identify(crc32(identity))

    def set_vehicle_soc(self, pct: float) -> None:
        """Take the vehicle's own state of charge, 0..100; of a higher priority than the inverter's in a session."""
        self._connector.demand.charge(pct)

    def set_charging_profile(self, entries: "Sequence[tuple[int, float]]") -> None:
        """Take the profile the vehicle announced: ((start_s, power_w), ...) from now, () for none."""
        self._scheduled_w = self.max_power_w
        self._connector.demand.profile(entries, self._connector.now_ms)

    def cable_check(self, on: bool) -> None:
        """Begin the isolation test of a DC connector, or forget its result."""
        self._connector.dc.check(on)

    def precharge(self, volts: float, amperes: float) -> None:
        """Bring a DC connector to a voltage, with no more than so much current."""
        self._connector.dc.precharge(int(volts * 1000), int(amperes * 1000))

    def dc_target(self, volts: float, amperes: float) -> None:
        """Supply what the vehicle requests, within ratings, offered power and the vehicle's own limits."""
        self._connector.dc.target(int(volts * 1000), int(amperes * 1000))

    def dc_stop(self) -> None:
        """The vehicle ends the transfer: the current to zero."""
        self._connector.dc.stop()
