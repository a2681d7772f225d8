"""Control path of one charger: a block of samples in, bytes for the inverter out.

step: samples -> sensing -> services (protection, droop ...) -> arbiter -> envelope -> inverter
                                                             connector (pilot, contactor) -^
"""

from gridkeel import TYPE_CHECKING, errors, inverter, limits
from gridkeel.envelope import TEMPERATURE_UNKNOWN, Envelope
from gridkeel.faults import Faults
from gridkeel.sensing.frequency import Estimator
from gridkeel.sensing.quality import CLIPPED
from gridkeel.sensing.sample_clock import SampleClock
from gridkeel.services.bundle import Services
from gridkeel.services.protection import BLOCKED, RUN
from gridkeel.services.reactive import OFF

if TYPE_CHECKING:
    from array import array

    from gridkeel.params import Parameters
    from gridkeel.protocols import Mains

# Bits of what was noted last, beside CLIPPED: the inverter does not follow, its power or charge is unknown, a set-point
# or the regulation signal has expired.
_DEVIATES = 1 << 16
_POWER = 2 << 16
_CHARGE = 4 << 16
_EXPIRED = 8 << 16


class Controller:
    """One charger's control: everything between a block of samples and the bytes for its inverter.

    mains: the estimator, where it is not the one of samples (sensing.edges for a board that stamps zero crossings).
    After `step`: envelope.permitted_w, commanded to the inverter; limiter (limits.NAMES); energise (the contactor may
    be shut); power_w, delivered as the inverter measured it lately, limits.UNKNOWN where it did not; temperature_c, of
    the inverter's sensor, TEMPERATURE_UNKNOWN where it is older than temperature_stale_ms.
    connector and charger: pilot and contactor, and a session's view of them; None while parameter evse is 0.
    identity: bytes, unique to this controller; trips and returns are spread by it.
    Allocates: nothing, once the inverter is found.
    """

    def __init__(self, parameters: "Parameters", mains: "Mains | None" = None, identity: bytes = b"") -> None:
        self.parameters = parameters
        self.faults = Faults()
        self.mains = mains or Estimator(parameters)
        self.sample_clock = SampleClock(parameters)
        self.services = Services(parameters, identity)
        self.protection = self.services.protection
        self.droop = self.services.droop
        self.setpoint = self.services.setpoint
        self.inverter = inverter.make(parameters)
        self.receive = self.inverter.receive  # bytes from the RS-485 line, and to it
        self.data_to_send = self.inverter.data_to_send
        connector = charger = None
        if parameters.evse:
            # Imported only where there is one: a fixed vehicle needs none of it in its heap.
            from gridkeel.evse.charger import Charger
            from gridkeel.evse.connector import Connector

            connector = Connector(parameters)
        self.envelope = Envelope(parameters, self.inverter.following, connector)
        if connector is not None:
            charger = Charger(parameters, connector, self.services, self.envelope, self.inverter, self.mains, identity)
        self.connector = connector
        self.charger = charger
        self.power_w = limits.UNKNOWN
        self.temperature_c = TEMPERATURE_UNKNOWN
        self.limiter = limits.STALE_SAMPLES
        self.energise = False
        self._reacting = False
        self._reported = 0
        self._trip = errors.NO_FAULT
        self._inverter_fault = errors.NO_FAULT

    def step(self, samples: "array[int]", n: int, now_ms: int) -> None:
        """Take one block of n samples that ended at now_ms and decide the command."""
        self.sample_clock.block(now_ms)
        if self.mains.update(samples, n):
            self.services.follow(self.mains, now_ms, self.inverter.following.uncommanded)
        self._decide(now_ms)

    def block_lost(self) -> None:
        """Note that samples are missing before the next block."""
        self.mains.block_lost()
        self.sample_clock.lost()

    def samples_lost(self, now_ms: int) -> None:
        """No block came within its time: cease, and let the zero go out."""
        self.block_lost()
        self.protection.samples_lost()
        self._decide(now_ms)
        if self.limiter == limits.CEASED:
            self.limiter = limits.STALE_SAMPLES

    def synchronise(self, unix_s: int, ms: int, now_ms: int) -> None:
        """Take the host's time, which arrived at now_ms, for the sample clock.  Not part of the control path."""
        if self.mains.SAMPLED:
            self.sample_clock.host_time(unix_s, ms, now_ms)
            self.mains.trim(self.sample_clock.ppm)

    def _decide(self, now_ms):
        p = self.parameters
        services = self.services
        driver = self.inverter
        envelope = self.envelope
        connector = self.connector
        permission = self.protection.state
        running = permission == RUN
        supply = running or permission == BLOCKED
        state = driver.state
        ready = state == inverter.DRIVING
        self.power_w = power_w = driver.measured_w(now_ms)
        if connector is not None:
            connector.step(supply, power_w, now_ms, driver.power_age(now_ms))
            if connector.left:
                envelope.departure.set(0, 0, now_ms)  # whoever set it, it was that vehicle's
        if envelope.departure.left_s:
            envelope.departure.update(now_ms)
        requested_w = services.decide(now_ms, ready, envelope.required_w)
        if p.temperature_sensor:
            fresh = driver.temperature_age(now_ms) <= p.temperature_stale_ms
            self.temperature_c = driver.temperature_c if fresh else TEMPERATURE_UNKNOWN
        soc_fresh = driver.soc_age(now_ms) <= p.soc_stale_ms
        reactive = services.reactive
        permitted_w = envelope.limit(requested_w, driver, soc_fresh, self.temperature_c, reactive.active_left_w)
        self.limiter = envelope.limiter or services.arbiter.limiter
        if running and not ready and state != inverter.READY:
            self.limiter = limits.INVERTER_LOST
        self.energise = supply
        if connector is not None:
            connector.offer_power(requested_w, envelope.headroom_w, now_ms)
            self.energise = connector.contactor.order
            connector.report(self.faults)
        driver.command(permitted_w, now_ms)
        if self._reacting or p.reactive_mode != OFF:
            self._react(permitted_w, running, now_ms)
        services.account.update(power_w, now_ms)
        self._note_faults(driver, soc_fresh, ready)

    def _react(self, permitted_w, running, now_ms):
        self._reacting = wanted = self.parameters.reactive_mode != OFF
        var = self.services.reactive.update(self.mains, permitted_w, running, self.inverter, now_ms)
        self.inverter.react(wanted, var, now_ms)

    def _note_faults(self, driver, soc_fresh, driven):
        faults = self.faults
        trip = self.protection.trip
        if trip != self._trip:
            faults.set(self._trip, False)
            faults.set(trip, True, self.mains.freq_short_uhz)
            self._trip = trip
        deviation_w = driver.following.deviation_w
        reported = self._reported
        if deviation_w or reported & _DEVIATES:
            faults.set(errors.INVERTER_NOT_FOLLOWING, deviation_w, deviation_w)
        fault = driver.fault
        if fault == errors.INVERTER_NOT_FOLLOWING:
            fault = errors.NO_FAULT  # reported above, whatever else is wrong
        if fault != self._inverter_fault:
            faults.set(self._inverter_fault, False)
            faults.set(fault, True, driver.bus_errors)
            self._inverter_fault = fault
        expired = self.setpoint.expired or self.services.regulation.expired
        noted = self.mains.quality & CLIPPED
        if deviation_w:
            noted |= _DEVIATES
        if driven and self.power_w == limits.UNKNOWN:
            noted |= _POWER
        if not soc_fresh or driver.soc_pct_x100 < 0:
            noted |= _CHARGE
        if noted != reported or expired:
            self._reported = noted | _EXPIRED if expired else noted
            faults.set(errors.SAMPLES_CLIPPED, noted & CLIPPED)
            faults.set(errors.POWER_UNKNOWN, noted & _POWER)
            faults.set(errors.SOC_UNKNOWN, noted & _CHARGE)
            faults.set(errors.SETPOINT_EXPIRED, self.setpoint.expired)
            faults.set(errors.REGULATION_LOST, self.services.regulation.expired)
