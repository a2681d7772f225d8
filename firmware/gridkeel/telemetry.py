"""One telemetry record: the row of link.messages, filled from the controller."""

from gridkeel import TYPE_CHECKING, limits
from gridkeel.link import ids, packed

if TYPE_CHECKING:
    from gridkeel.controller import Controller
    from gridkeel.link.device import DeviceLink
    from gridkeel.protocols import HealthFigures

_U16_MAX = 0xFFFF
FIELDS = len(packed.codes_of(ids.TELEMETRY))


def record() -> "list[int]":
    """Return the list that `fill` writes into, one place a field."""
    return [0] * FIELDS


def fill(values: "list[int]", controller: "Controller", health: "HealthFigures", link: "DeviceLink") -> None:
    """Write the present state into values, in the order of the table.

    health: the runtime's figures (uptime_ms, loop_gap_us, loop_gap_max_us, step_max_us, heap_free).
    """
    mains = controller.mains
    driver = controller.inverter
    doubts = mains.report()
    values[0] = health.uptime_ms
    values[1] = mains.report_uhz
    values[2] = mains.freq_short_uhz
    values[3] = mains.report_mhz_s
    values[4] = mains.voltage_mv
    values[5] = mains.quality | doubts
    values[6] = controller.protection.state
    values[7] = controller.limiter
    values[8] = controller.wish_w
    values[9] = controller.command_w
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
    services = controller.services
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
    connector = controller.connector
    if connector is not None:
        values[35] = connector.pilot.state
        values[36] = connector.contactor.state
        values[37] = connector.pwm.state
        values[38] = connector.pwm.duty_permille
        values[39] = connector.offered_w
        values[40] = connector.meter.energy_wh
    values[41] = driver.var
    values[42] = envelope.temperature_c
    if connector is not None:
        values[43] = connector.contactor.operations
        values[44] = connector.meter.unmetered_ms // 1000
