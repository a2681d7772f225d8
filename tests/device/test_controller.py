"""The whole control path on every interpreter, heap locked from the samples to the Modbus bytes."""

from controller_setup import ControllerSetup, driving
from noalloc import without_heap

from gridkeel import errors, inverter, limits
from gridkeel.services.grid_codes.listed import TRIP_PROFILES, number
from gridkeel.services.protection import BLOCKED, CEASED, RUN

WASM_GROUP = 2
SIXTY_HZ = {
    "nominal_hz": 60,
    "trip_under_mhz": 56500,
    "trip_over_mhz": 62000,
    "return_low_mhz": 59500,
    "return_high_mhz": 60100,
}


def test_baseline_reaches_the_inverter():
    setup = driving()
    assert setup.controller.envelope.permitted_w == 3000
    assert setup.wset_w() == 3000
    assert setup.controller.limiter == limits.BASELINE
    assert setup.controller.energise


def test_low_frequency_discharges_with_the_sign_turned_once():
    setup = driving({"baseline_w": 0})
    setup.sine.set(49.76)
    setup.run(600)
    # (240 - 20) / 480 of the rating
    assert abs(setup.controller.envelope.permitted_w + 3391) < 40
    assert abs(setup.wset_w() - setup.controller.envelope.permitted_w) <= 10
    assert setup.controller.limiter == limits.DROOP


def test_loss_of_mains_puts_zero_on_the_wire_within_two_cycles_and_a_block():
    setup = driving()
    setup.sine.set(50.0, 0.0)
    setup.run(50)
    assert setup.controller.protection.state == CEASED
    assert not setup.controller.energise
    assert setup.wset_w() == 0
    assert setup.controller.faults.is_active(errors.MAINS_LOST)


def test_lost_samples_cease():
    setup = driving()
    without_heap(setup.lost)
    assert setup.controller.protection.state == CEASED
    assert setup.controller.envelope.permitted_w == 0
    assert setup.controller.limiter == limits.STALE_SAMPLES


def test_one_lost_block_is_ridden_through():
    setup = driving()
    setup.controller.block_lost()
    setup.run(300)
    assert setup.controller.protection.state == RUN
    assert setup.wset_w() == 3000


def test_a_silent_inverter_is_reported_and_taken_back():
    setup = driving()
    setup.slave.mute = True
    setup.run(3000)
    assert setup.controller.inverter.state == inverter.SILENT
    assert setup.controller.limiter == limits.INVERTER_LOST
    assert setup.controller.faults.is_active(errors.INVERTER_SILENT)
    setup.slave.mute = False
    setup.run(8000)
    assert setup.wset_w() == 3000
    assert not setup.controller.faults.is_active(errors.INVERTER_SILENT)


def test_faults_queue_as_events_in_order():
    setup = driving()
    while setup.controller.faults.take():
        pass
    setup.sine.set(50.0, 0.0)
    setup.run(60)
    code, active, _value = setup.controller.faults.take()
    assert (code, active) == (errors.MAINS_LOST, 1)
    assert setup.controller.faults.foremost() == errors.MAINS_LOST


def test_an_allocation_under_the_heap_lock_fails():
    """The proof above would be empty if the lock did nothing."""
    try:
        import micropython  # noqa: F401
        from micropython import heap_lock  # noqa: F401
    except ImportError:
        print("SKIP heap_lock: not MicroPython")
        return
    try:
        without_heap(lambda: [1, 2, bytearray(10)])
    except MemoryError:
        return
    raise AssertionError("an allocation went through")


def test_a_departure_runs_out_with_time():
    charger = driving()
    charger.controller.envelope.departure.set(3600, 8000, charger.now)
    charger.run(2000)
    assert charger.controller.envelope.departure.left_s == 3598


def test_reactive_power_that_nobody_asks_for_is_let_go_once():
    charger = driving({"reactive_mode": 1, "reactive_var": 1000})
    told = []
    react = charger.controller.inverter.react
    charger.controller._decide(charger.now)
    charger.controller.inverter.react = lambda wanted, var, now_ms: (
        told.append((wanted, var)),
        react(wanted, var, now_ms),
    )
    charger.parameters.update({"reactive_mode": 0})
    for _ in range(3):
        charger.controller._decide(charger.now)
    assert told == [(False, 0)]


def test_an_inverter_that_is_found_and_not_driven_yet_is_not_lost():
    charger = driving()
    for state, lost in ((inverter.READY, False), (inverter.DRIVING, False), (inverter.SILENT, True)):
        charger.controller.inverter._line.state = state
        charger.controller._decide(charger.now)
        assert (charger.controller.limiter == limits.INVERTER_LOST) is lost, state
    charger.controller.inverter._line.state = inverter.SILENT
    charger.controller.protection.samples_lost()
    charger.controller._decide(charger.now)
    assert charger.controller.limiter != limits.INVERTER_LOST


def test_what_flows_is_accounted_against_the_baseline():
    charger = driving()
    charger.controller.setpoint.set(-3000, 60000, charger.now)
    charger.run(6000)
    account = charger.controller.services.account
    # 6,000 W less than the baseline, reached by a ramp of 2,000 W/s: 27,000 Ws are 7.5 Wh
    assert account.down_wh in (7, 8)
    assert account.up_wh == 0


def test_momentary_cessation_keeps_the_inverter_supplied():
    charger = ControllerSetup(dict(SIXTY_HZ, trip_profile=number(TRIP_PROFILES, "ieee1547-cat3")))
    charger.sine.set(60.0)
    charger.run(3500)
    assert charger.controller.protection.state == RUN
    charger.sine.set(60.0, 230 * 1.13)
    charger.run(60)
    controller = charger.controller
    assert controller.protection.state == BLOCKED
    assert controller.energise
    assert controller.envelope.permitted_w == 0
