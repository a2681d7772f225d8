"""One telemetry record: the row of link.messages, filled from the controller."""

from gridkeel import limits
from gridkeel.link import ids, packed
from gridkeel.sensing.quality import TRANSIENT

_U16_MAX = 0xFFFF
FIELDS = len(packed.codes_of(ids.TELEMETRY))


def record():
    """Return the list that `fill` writes into, one place a field."""
    return [0] * FIELDS


def fill(values, controller, health, link):
    """Write the present state into values, in the order of the table.

    health: the runtime's figures (uptime_ms, loop_gap_us, loop_gap_max_us, step_max_us, heap_free).
    """
    mains = controller.mains
    driver = controller.inverter
    services = controller.services
    bits = mains.quality | mains.report()
    if controller.droop.short_rules:
        bits |= TRANSIENT
    values[0] = health.uptime_ms
    values[1] = mains.report_uhz
    values[2] = mains.freq_short_uhz
    values[3] = mains.report_mhz_s
    values[4] = mains.voltage_mv
    values[5] = bits
    values[6] = controller.protection.state
    values[7] = controller.limiter
    values[8] = services.arbiter.requested_w
    values[9] = controller.envelope.permitted_w
    values[10] = 0 if controller.power_w == limits.UNKNOWN else controller.power_w
    values[11] = driver.soc_pct_x100
    values[12] = controller.faults.foremost()
    values[13] = driver.state
    values[14] = health.loop_gap_us
    values[15] = health.loop_gap_max_us
    values[16] = min(health.step_max_us, _U16_MAX)
    values[17] = health.heap_free
    values[18] = driver.bus_errors
    values[19] = link.errors
    values[20] = link.dropped
    values[21] = services.arbiter.level
    values[22] = services.arbiter.base_w
    values[23] = services.arbiter.primary_w
    values[24] = services.reactive.var
    values[25] = services.event.state
    values[26] = services.fast_reserve.state
    envelope = controller.envelope
    values[27] = envelope.charge_w
    values[28] = envelope.discharge_w
    values[29] = envelope.charge_by
    values[30] = envelope.discharge_by
    values[31] = services.account.deviation_wh
    values[32] = services.account.verdict
    values[33] = controller.sample_clock.found_ppm
    values[34] = controller.sample_clock.state
    outlet = controller.outlet
    if outlet is not None:
        values[35] = outlet.pilot.state
        values[36] = outlet.contactor.state
        values[37] = outlet.offer.state
        values[38] = outlet.offer.duty_permille
        values[39] = outlet.offered_w
        values[40] = outlet.meter.energy_wh
    values[41] = driver.var
    values[42] = controller.temperature_c
    if outlet is not None:
        values[43] = outlet.contactor.operations
        values[44] = outlet.meter.unmetered_ms // 1000
