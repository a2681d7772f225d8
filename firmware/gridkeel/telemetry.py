"""The telemetry record, filled from the controller."""

from gridkeel import limits
from gridkeel.link import telemetry_fields as field

_U16_MAX = 0xFFFF


def record() -> list:
    """Return a record for `fill`, one place a field."""
    return [0] * field.COUNT


def fill(values: list, controller, health, link) -> None:
    """Write the present state into the record `values`.

    health: the runtime's figures (uptime_ms, loop_gap_us, loop_gap_max_us, step_max_us, heap_free).
    """
    mains = controller.mains
    driver = controller.inverter
    doubts = mains.report()
    values[field.UPTIME_MS] = health.uptime_ms
    values[field.FREQ_UHZ] = mains.report_uhz
    values[field.FREQ_SHORT_UHZ] = mains.freq_short_uhz
    values[field.ROCOF_MHZ_S] = mains.report_mhz_s
    values[field.VOLTAGE_MV] = mains.voltage_mv
    values[field.QUALITY] = mains.quality | doubts
    values[field.STATE] = controller.protection.state
    values[field.LIMITER] = controller.limiter
    values[field.REQUESTED_W] = controller.wish_w
    values[field.PERMITTED_W] = controller.command_w
    values[field.DELIVERED_W] = 0 if controller.power_w == limits.UNKNOWN else controller.power_w
    values[field.SOC_PCT_X100] = driver.soc_pct_x100
    values[field.FAULT] = controller.faults.foremost()
    values[field.INVERTER_STATE] = driver.state
    values[field.LOOP_GAP_US] = health.loop_gap_us
    values[field.LOOP_GAP_MAX_US] = health.loop_gap_max_us
    values[field.STEP_MAX_US] = min(health.step_max_us, _U16_MAX)
    values[field.HEAP_FREE] = health.heap_free
    values[field.BUS_ERRORS] = driver.bus_errors
    values[field.LINK_ERRORS] = link.errors
    values[field.DROPPED] = link.dropped
    services = controller.services
    values[field.LEVEL] = services.arbiter.level
    values[field.BASE_W] = services.arbiter.base_w
    values[field.PRIMARY_W] = services.arbiter.primary_w
    values[field.REQUESTED_VAR] = services.reactive.var
    values[field.DEMAND_RESPONSE_STATE] = services.event.state
    values[field.RESERVE_STATE] = services.fast_reserve.state
    envelope = controller.envelope
    values[field.CHARGE_LIMIT_W] = envelope.charge_w
    values[field.DISCHARGE_LIMIT_W] = envelope.discharge_w
    values[field.CHARGE_LIMITER] = envelope.charge_by
    values[field.DISCHARGE_LIMITER] = envelope.discharge_by
    values[field.DEVIATION_WH] = services.account.deviation_wh
    values[field.VERDICT] = services.account.verdict
    values[field.SAMPLE_CLOCK_PPM] = controller.sample_clock.found_ppm
    values[field.SAMPLE_CLOCK_STATE] = controller.sample_clock.state
    outlet = controller.outlet
    if outlet is not None:
        values[field.PILOT_STATE] = outlet.pilot.state
        values[field.CONTACTOR_STATE] = outlet.contactor.state
        values[field.PWM_STATE] = outlet.offer.state
        values[field.PWM_DUTY_PERMILLE] = outlet.offer.duty_permille
        values[field.OFFERED_W] = outlet.offered_w
        values[field.ENERGY_WH] = outlet.meter.energy_wh
    values[field.DELIVERED_VAR] = driver.var
    values[field.TEMPERATURE_C] = envelope.temperature_c
    if outlet is not None:
        values[field.CONTACTOR_OPERATIONS] = outlet.contactor.operations
        values[field.UNMETERED_S] = outlet.meter.unmetered_ms // 1000
