"""An EV that falls silent, in every state; and our own clocks."""

from evcc import Evcc, Evse, charge_parameter, delivery, ev_status
from fake_charger import STUCK_MS
from session_states import REACH, ended_safely, reach
from small_heap import share

from gridkeel.v2g.iso2 import states, status

WASM_GROUP = 1


def _silent(state):
    """The charger waits as long as the standard says, and no longer."""
    ev = reach(state)
    evse = ev.evse
    early = state in (states.PROTOCOL, states.SETUP)
    allowed_ms = states.SETUP_TIMEOUT_MS if early else states.SEQUENCE_TIMEOUT_MS
    evse.drain()
    evse.run(allowed_ms - 500)
    assert not evse.secc.closing, state
    evse.run(520)
    assert evse.secc.closing and not evse.charger.allowed, state
    assert evse.charger.broken is not early, state
    assert evse.kinds("closed")[0][1] == "request_timeout", state
    evse.charger.wants_power = False
    evse.run(200)
    assert not evse.charger.contactor_closed


def test_every_state_times_out_up_to_authorization():
    for state in share(sorted(REACH)[:7], 2):
        _silent(state)


def test_every_state_times_out_ac():
    for state in share(sorted(REACH)[7:12], 2):
        _silent(state)


def test_every_state_times_out_dc():
    for state in share(sorted(REACH)[12:], 2):
        _silent(state)


def test_the_next_ev_charges_after_a_timeout():
    ev = reach(states.CHARGING)
    ev.evse.run(states.SEQUENCE_TIMEOUT_MS + 100)
    ended_safely(ev.evse)


def test_half_a_message_does_not_extend_the_timeout():
    ev = reach(states.CHARGING)
    evse = ev.evse
    frame = b"\x01\xfe\x80\x01\x00\x00\x00\x20" + bytes(20)
    for _ in range(10):
        evse.run(6000)
        evse.send(frame[:2])
        frame = frame[2:]
    evse.run(100)
    assert evse.secc.closing and not evse.charger.contactor_closed


def test_the_time_for_session_setup_counts_from_the_connection():
    evse = Evse()
    ev = Evcc(evse)
    evse.run(15000)
    ev.negotiate()
    evse.run(4000)
    assert not evse.secc.closing
    evse.run(1500)
    assert evse.secc.closing


def test_the_clock_crosses_the_ticks_wrap():
    evse = Evse(start_ms=0x3FFFFFFF - 10000)
    ev = Evcc(evse)
    ev.to_charging()
    for _ in range(4):
        evse.run(50000)
        ev.charge(1)
    ev.stop()


def test_unplugging_ends_the_session():
    for state in share((states.SELECTION, states.CHARGING, states.DEMANDING), 1):
        ev = reach(state)
        evse = ev.evse
        evse.charger.unplug()
        evse.run(200)
        assert evse.secc.closing and not evse.charger.allowed and not evse.charger.contactor_closed
        assert evse.kinds("closed")[0][1] == "unplugged"
        evse.charger.plug()
        ended_safely(evse)


def test_a_broken_connection_ends_the_session_safely():
    ev = reach(states.CHARGING)
    evse = ev.evse
    evse.disconnect()
    evse.run(200)
    assert not evse.charger.allowed and not evse.charger.contactor_closed and not evse.charger.in_session
    evse.connect()
    Evcc(evse).to_charging()


def test_a_contactor_that_does_not_close_fails_the_start():
    for dc in (False, True):
        evse = Evse(dc=dc)
        ev = Evcc(evse, "DC_extended" if dc else "AC_single_phase_core")
        if dc:
            ev.to_offer()
            ev.cable_check()
            evse.charger.stuck_open = True
            evse.charger.contactor_closed = False
            ev.ask("PreChargeReq", ev.request("PreChargeReq"))
        else:
            ev.to_power_delivery()
            evse.charger.stuck_open = True
        evse.charger.wants_power = True
        begun_ms = evse.now_ms
        ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_ContactorError")
        assert STUCK_MS <= evse.now_ms - begun_ms < STUCK_MS + 100
        evse.charger.stuck_open = False
        ended_safely(evse)


def test_a_start_while_the_contactor_rests_is_not_applied_and_no_contactor_error():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    evse.charger.resting = evse.charger.wants_power = True
    begun_ms = evse.now_ms
    ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_PowerDeliveryNotApplied")
    assert states.CONTACTOR_MS <= evse.now_ms - begun_ms < states.CONTACTOR_MS + 100
    assert ("session", "ended", "contactor_resting", 0) in evse.events
    evse.charger.resting = False
    ended_safely(evse)


def test_an_ev_that_stays_out_of_state_c_is_refused_its_start():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    begun_ms = evse.now_ms
    ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_PowerDeliveryNotApplied")
    assert states.PILOT_TIMEOUT_MS <= evse.now_ms - begun_ms < states.PILOT_TIMEOUT_MS + 100
    ended_safely(evse)


def test_a_welded_contactor_fails_the_stop():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    ev.charge(1)
    evse.charger.stuck_closed = True
    begun_ms = evse.now_ms
    ev.ask("PowerDeliveryReq", delivery("Stop", ev), "FAILED_ContactorError")
    assert evse.now_ms - begun_ms < 500
    assert evse.secc.closing
    evse.disconnect()
    evse.connect()
    ev = Evcc(evse)
    ev.to_power_delivery()
    ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_ContactorError")


def test_a_contactor_that_is_neither_open_nor_welded_fails_the_stop():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    ev.charge(1)
    evse.charger.stuck_closed = True
    evse.charger.weld_reported = False
    begun_ms = evse.now_ms
    ev.ask("PowerDeliveryReq", delivery("Stop", ev), "FAILED_ContactorError")
    assert states.CONTACTOR_OPEN_MS <= evse.now_ms - begun_ms < states.CONTACTOR_OPEN_MS + 100


def test_an_isolation_test_that_never_ends_fails_in_time():
    evse = Evse(dc=True)
    evse.charger.isolation_end = status.ISOLATION_MEASURING
    ev = Evcc(evse, "DC_extended")
    ev.to_offer()
    evse.charger.wants_power = True
    begun_ms = evse.now_ms
    while evse.now_ms - begun_ms < states.CABLE_CHECK_PERFORMANCE_MS - 4000:
        found = ev.ask("CableCheckReq", {"DC_EVStatus": ev_status()})
        assert found["EVSEProcessing"] == "Ongoing"
        assert found["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_IsolationMonitoringActive"
        evse.run(5000)
    evse.run(4500)
    ev.ask("CableCheckReq", {"DC_EVStatus": ev_status()}, "FAILED")
    evse.charger.isolation_end = status.ISOLATION_VALID
    ended_safely(evse)


def test_a_late_answer_is_logged():
    evse = Evse()
    ev = Evcc(evse)
    ev.setup()
    ev.send("ServiceDiscoveryReq", {})
    evse.now_ms += 1600  # the board was busy
    ev.receive("ServiceDiscoveryReq")
    assert evse.kinds("late") == [("late", "ServiceDiscoveryReq", "", 1600)]


def test_an_ev_that_asks_again_and_again_is_not_timed_out():
    evse = Evse()
    evse.charger.authorized = 0
    ev = Evcc(evse)
    ev.to_selected()
    for _ in range(5):
        evse.run(50000)
        ev.ask("AuthorizationReq", {})
    evse.charger.authorized = 1
    ev.ask("AuthorizationReq", {})
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    assert len([event for event in evse.events if event[1] == "AuthorizationReq"]) == 1  # logged once a run
