"""The whole control path with every service on, heap locked from the samples to the Modbus bytes."""

from controller_setup import ControllerSetup, Health, Link
from noalloc import without_heap

from gridkeel import inverter, limits, telemetry
from gridkeel.link import message_ids, messages
from gridkeel.services import accounting, arbiter, events, fast_reserve
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, number
from gridkeel.services.protection import RUN

ALL_ON = {
    "droop_profile": number(DROOP_PROFILES, "dynamic-containment"),
    "droop_hysteresis_mhz": 5,
    "fast_reserve": fast_reserve.NAMES.index("nordic-ffr-49.7"),
    "fast_reserve_w": 1000,
    "return_spread_ms": 0,
    "regulation_w": 500,
    "regulation_ramp_w_s": 100000,
    "reactive_mode": 3,
    "enter_ramp_s": 1,
    "battery_wh": 60000,
    "horizon_s": 5400,
    "temperature_sensor": 1,
    "account_window_s": 60,
    "setpoint_ramp_w_s": 100000,
}


def all_on():
    setup = ControllerSetup(ALL_ON)
    setup.controller.envelope.departure.set(40000, 6000, setup.now)
    setup.run(3500)
    assert setup.controller.protection.state == RUN
    assert setup.controller.inverter.state == inverter.DRIVING
    services = setup.controller.services
    services.plan.begin(7, 3600, 6, 0, 0, 1, setup.now)
    services.plan.put(7, 0, (0, 0, 0, 0, 0, 0))
    services.regulation.signal(-10000, setup.now)
    return setup


def test_every_priority_level_reaches_the_inverter():
    setup = all_on()
    services = setup.controller.services
    setup.run(500)
    assert services.arbiter.level == arbiter.SECONDARY
    assert setup.wset_w() == services.arbiter.base_w == 6900
    services.event.take(events.RESERVE, 0, 2, 3000, 1, setup.now)
    setup.run(500)
    assert services.arbiter.level == arbiter.EVENT
    assert setup.wset_w() == 3900
    setup.sine.set(49.69)
    setup.run(1500)
    assert services.arbiter.level == arbiter.PRIMARY
    assert setup.controller.limiter == limits.FAST_RESERVE
    # 0.31 Hz on the curve are 39.8 % of 7,400 W, and 1,000 W of reserve
    assert abs(services.arbiter.primary_w + 2948 + 1000) < 60
    assert abs(setup.wset_w() - setup.controller.envelope.permitted_w) <= 10


def test_telemetry_explains_the_decision():
    setup = all_on()
    setup.run(500)
    record = telemetry.record()
    fields = messages.fields_of(message_ids.TELEMETRY)
    assert len(record) == len(fields)
    telemetry.fill(record, setup.controller, Health, Link)
    reported = {fields[k][0]: record[k] for k in range(len(record))}
    assert reported["level"] == arbiter.SECONDARY
    assert reported["base_w"] == 6900
    assert reported["primary_w"] == 0
    assert reported["requested_w"] == reported["base_w"] + reported["primary_w"]
    assert reported["demand_response_state"] == events.IDLE
    assert reported["reserve_state"] == fast_reserve.READY
    assert reported["charge_limit_w"] == 7400
    assert reported["charge_limiter"] == limits.CHARGE_RATING
    assert reported["verdict"] == accounting.NONE
    assert 0 < reported["discharge_limit_w"] <= 7400
    # 230 V, in the middle of the deadband; the slave's own figures are behind it
    assert reported["requested_var"] == 0
    assert reported["delivered_var"] == -700
    assert reported["temperature_c"] == 31
    assert len(record) == len(messages.fields_of(message_ids.TELEMETRY))


def test_filling_a_record_needs_no_heap():
    setup = all_on()
    record = telemetry.record()
    without_heap(lambda: telemetry.fill(record, setup.controller, Health, Link))
