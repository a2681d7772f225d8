"""A car that falls silent, in every state; and our own clocks."""

from evcc import Bench, Car, charge_parameter, delivery, ev_status
from garbage import share
from outlet import STUCK_MS
from reaching import REACH, ended_safely, reach

from gridkeel.v2g.iso2 import states, status

WASM_GROUP = 1


def _silent(state):
    """The charger waits as long as the standard says, and no longer."""
    car = reach(state)
    bench = car.bench
    early = state in (states.PROTOCOL, states.SETUP)
    allowed_ms = states.SETUP_TIMEOUT_MS if early else states.SEQUENCE_TIMEOUT_MS
    bench.drain()
    bench.run(allowed_ms - 500)
    assert not bench.secc.closing, state
    bench.run(520)
    assert bench.secc.closing and not bench.outlet.allowed, state
    assert bench.outlet.broken is not early, state
    assert bench.kinds("closed")[0][1] == "request_timeout", state
    bench.outlet.wants_power = False
    bench.run(200)
    assert not bench.outlet.contactor_closed


def test_every_state_times_out_up_to_authorization():
    for state in share(sorted(REACH)[:7], 2):
        _silent(state)


def test_every_state_times_out_ac():
    for state in share(sorted(REACH)[7:12], 2):
        _silent(state)


def test_every_state_times_out_dc():
    for state in share(sorted(REACH)[12:], 2):
        _silent(state)


def test_the_next_car_charges_after_a_timeout():
    car = reach(states.CHARGING)
    car.bench.run(states.SEQUENCE_TIMEOUT_MS + 100)
    ended_safely(car.bench)


def test_half_a_message_does_not_buy_time():
    car = reach(states.CHARGING)
    bench = car.bench
    frame = b"\x01\xfe\x80\x01\x00\x00\x00\x20" + bytes(20)
    for _ in range(10):
        bench.run(6000)
        bench.send(frame[:2])
        frame = frame[2:]
    bench.run(100)
    assert bench.secc.closing and not bench.outlet.contactor_closed


def test_the_handshake_has_one_clock():
    bench = Bench()
    car = Car(bench)
    bench.run(15000)
    car.negotiate()
    bench.run(4000)
    assert not bench.secc.closing
    bench.run(1500)
    assert bench.secc.closing


def test_the_clock_crosses_the_ticks_wrap():
    bench = Bench(start_ms=0x3FFFFFFF - 10000)
    car = Car(bench)
    car.to_charging()
    for _ in range(4):
        bench.run(50000)
        car.charge(1)
    car.stop()


def test_unplugged_is_over():
    for state in share((states.SELECTION, states.CHARGING, states.DEMANDING), 1):
        car = reach(state)
        bench = car.bench
        bench.outlet.unplug()
        bench.run(200)
        assert bench.secc.closing and not bench.outlet.allowed and not bench.outlet.contactor_closed
        assert bench.kinds("closed")[0][1] == "unplugged"
        bench.outlet.plug()
        ended_safely(bench)


def test_the_connection_breaks():
    car = reach(states.CHARGING)
    bench = car.bench
    bench.disconnect()
    bench.run(200)
    assert not bench.outlet.allowed and not bench.outlet.contactor_closed and not bench.outlet.in_session
    bench.connect()
    Car(bench).to_charging()


def test_a_contactor_that_does_not_close():
    for dc in (False, True):
        bench = Bench(dc=dc)
        car = Car(bench, "DC_extended" if dc else "AC_single_phase_core")
        if dc:
            car.to_offer()
            car.cable_check()
            bench.outlet.stuck_open = True
            bench.outlet.contactor_closed = False
            car.ask("PreChargeReq", car.request("PreChargeReq"))
        else:
            car.to_power_delivery()
            bench.outlet.stuck_open = True
        bench.outlet.wants_power = True
        begun_ms = bench.now_ms
        car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_ContactorError")
        assert STUCK_MS <= bench.now_ms - begun_ms < STUCK_MS + 100
        bench.outlet.stuck_open = False
        ended_safely(bench)


def test_a_start_while_the_contactor_rests_is_not_applied_and_no_contactor_error():
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    bench.outlet.resting = bench.outlet.wants_power = True
    begun_ms = bench.now_ms
    car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_PowerDeliveryNotApplied")
    assert states.CONTACTOR_MS <= bench.now_ms - begun_ms < states.CONTACTOR_MS + 100
    assert ("session", "ended", "contactor_resting", 0) in bench.events
    bench.outlet.resting = False
    ended_safely(bench)


def test_a_car_that_stays_out_of_state_c():
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    begun_ms = bench.now_ms
    car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_PowerDeliveryNotApplied")
    assert states.PILOT_TIMEOUT_MS <= bench.now_ms - begun_ms < states.PILOT_TIMEOUT_MS + 100
    ended_safely(bench)


def test_a_welded_contactor():
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    car.charge(1)
    bench.outlet.stuck_closed = True
    begun_ms = bench.now_ms
    car.ask("PowerDeliveryReq", delivery("Stop", car), "FAILED_ContactorError")
    assert bench.now_ms - begun_ms < 500
    assert bench.secc.closing
    bench.disconnect()
    bench.connect()
    car = Car(bench)
    car.to_power_delivery()
    car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_ContactorError")


def test_a_contactor_that_is_neither_open_nor_told_welded():
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    car.charge(1)
    bench.outlet.stuck_closed = True
    bench.outlet.weld_told = False
    begun_ms = bench.now_ms
    car.ask("PowerDeliveryReq", delivery("Stop", car), "FAILED_ContactorError")
    assert states.CONTACTOR_OPEN_MS <= bench.now_ms - begun_ms < states.CONTACTOR_OPEN_MS + 100


def test_an_isolation_test_that_never_ends():
    bench = Bench(dc=True)
    bench.outlet.isolation_end = status.ISOLATION_MEASURING
    car = Car(bench, "DC_extended")
    car.to_offer()
    bench.outlet.wants_power = True
    begun_ms = bench.now_ms
    while bench.now_ms - begun_ms < states.CABLE_CHECK_PERFORMANCE_MS - 4000:
        found = car.ask("CableCheckReq", {"DC_EVStatus": ev_status()})
        assert found["EVSEProcessing"] == "Ongoing"
        assert found["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_IsolationMonitoringActive"
        bench.run(5000)
    bench.run(4500)
    car.ask("CableCheckReq", {"DC_EVStatus": ev_status()}, "FAILED")
    bench.outlet.isolation_end = status.ISOLATION_VALID
    ended_safely(bench)


def test_a_late_answer_is_told():
    bench = Bench()
    car = Car(bench)
    car.setup()
    car.send("ServiceDiscoveryReq", {})
    bench.now_ms += 1600  # the board was busy
    car.receive("ServiceDiscoveryReq")
    assert bench.kinds("late") == [("late", "ServiceDiscoveryReq", "", 1600)]


def test_a_car_that_asks_again_and_again_is_not_timed_out():
    bench = Bench()
    bench.outlet.authorized = 0
    car = Car(bench)
    car.to_selected()
    for _ in range(5):
        bench.run(50000)
        car.ask("AuthorizationReq", {})
    bench.outlet.authorized = 1
    car.ask("AuthorizationReq", {})
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    assert len([event for event in bench.events if event[1] == "AuthorizationReq"]) == 1  # told once a run
