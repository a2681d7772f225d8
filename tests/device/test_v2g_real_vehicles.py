"""Behaviour seen of real vehicles, which the standard does not have and which must not cost them their session."""

from charger_setup import ChargerSetup
from evcc import EVCC_ID, ClosedError, Evcc, Evse, delivery, demand, offer
from session_states import reach

from gridkeel.v2g import sap
from gridkeel.v2g.iso2 import states, status

WASM_GROUP = 0  # several whole sessions a test, and nothing is collected there
DC = "DC_extended"
VENDOR = "urn:vendor:din:2018:MsgDef"


def test_ours_is_taken_behind_namespaces_of_a_vendor_and_of_other_standards():
    ours = offer(7, 3)
    others = (
        offer(1, 1, VENDOR),
        offer(2, 1, "urn:din:70121:2012:MsgDef"),
        offer(3, 1, "urn:iso:std:iso:15118:-20:AC", 1),
        offer(4, 1, "urn:iso:15118:2:2010:MsgDef", 1),
        offer(5, 1, sap.NAMESPACE, 3),
        offer(6, 1, "x" * 100),
        offer(8, 1, "\xfcrn:\u20ac"),
    )
    for other in others:
        for offers in ([other, ours], [ours, other]):
            ev = Evcc(Evse())
            assert ev.negotiate(offers) == {"ResponseCode": sap.OK, "SchemaID": 7}
            ev.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, "OK_NewSessionEstablished")


def test_a_vendor_s_namespace_alone_is_no_protocol_in_common():
    ev = Evcc(Evse())
    assert ev.negotiate([offer(1, 1, VENDOR)]) == {"ResponseCode": sap.FAILED}


def test_a_session_ends_in_order_wherever_around_the_cable_check_it_is_stopped():
    for after in ("discovery", "ongoing", "finished", "pre-charge"):
        for kind in ("Terminate", "Pause"):
            evse = Evse(dc=True)
            ev = Evcc(evse, DC)
            ev.to_offer()
            evse.charger.wants_power = True
            if after == "ongoing":
                assert ev.ask("CableCheckReq", ev.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"
            elif after != "discovery":
                ev.cable_check()
            if after == "pre-charge":
                ev.ask("PreChargeReq", ev.request("PreChargeReq"))
            ev.ask("SessionStopReq", {"ChargingSession": kind})
            evse.run(500)
            charger = evse.charger
            assert not (charger.allowed or charger.contactor_closed or charger.in_session or charger.broken), after
            assert charger.isolation == status.ISOLATION_UNKNOWN, "the next session tests for itself"
            evse.disconnect()
            evse.connect()
            again = Evcc(evse, DC)
            again.session_id = bytes(1)
            again.to_charging()
            again.charge(1)


def test_a_renegotiation_that_an_ev_does_not_follow_ends_nothing():
    for dc in (False, True):
        evse = Evse(dc=dc, changes={"iso15118_notice_s": 1})
        ev = Evcc(evse, DC if dc else "AC_single_phase_core")
        ev.to_charging()
        ev.charge(1)
        evse.charger.schedule_number += 1
        evse.charger.offered_w //= 2
        for _ in range(100):
            last = ev.charge(1)
            evse.run(1000)
            reported = last["DC_EVSEStatus" if dc else "AC_EVSEStatus"]
            assert reported["EVSENotification"] == "ReNegotiation"
        assert evse.charger.contactor_closed
        ev.stop()


def test_an_ev_that_comes_to_state_c_late_is_waited_for():
    for late_ms in (0, 250, 500, 1000, states.PILOT_TIMEOUT_MS - 100):
        ev = reach(states.POWER_DELIVERY)
        evse = ev.evse
        evse.charger.wants_power = False
        ev.send("PowerDeliveryReq", delivery("Start", ev))
        evse.run(late_ms)
        evse.charger.wants_power = True
        assert ev.receive("PowerDeliveryReq")["ResponseCode"] == "OK", late_ms


def test_an_ev_that_was_too_late_for_state_c_may_try_again():
    ev = reach(states.POWER_DELIVERY)
    evse = ev.evse
    evse.charger.wants_power = False
    ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_PowerDeliveryNotApplied")
    evse.disconnect()
    evse.connect()
    again = Evcc(evse)
    again.to_charging()
    again.charge(1)


def test_an_ev_that_fails_and_is_plugged_in_again_is_served_however_often():
    for how in ("refused", "no message", "hung up", "unplugged"):
        evse = Evse()
        for round_ in range(4):
            ev = Evcc(evse)
            ev.to_charging()
            ev.charge(1)
            _fail(evse, ev, how)
            evse.charger.unplug()
            evse.run(200)
            evse.disconnect()
            charger = evse.charger
            assert not (charger.allowed or charger.contactor_closed or charger.in_session), (how, round_)
            evse.charger.plug()
            evse.connect()
        ev = Evcc(evse)
        ev.to_charging()
        ev.charge(1)
        ev.stop()


def _fail(evse, ev, how):
    if how == "refused":
        ev.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, "FAILED_SequenceError")
    elif how == "no message":
        evse.send_frame(b"\x80\x98\xff\xff")
        try:
            evse.answer()
            raise AssertionError("answered")
        except ClosedError:
            pass
    elif how == "hung up":
        evse.disconnect()


def test_a_connector_begins_anew_with_every_plug():
    evse = ChargerSetup()
    charger = evse.charger
    for failed in (True, False, True, True):
        evse.vehicle("B").run()
        assert (charger.plugged, charger.digital, charger.ready) == (True, True, True)
        charger.session(True)
        evse.vehicle("C").run()
        charger.allow(True)
        evse.run()
        assert charger.contactor_closed
        charger.session(False, failed)
        evse.vehicle("A").run(3_300)
        assert charger.contactor_open and not charger.allowed


def test_a_target_over_the_connector_s_voltage_charges_to_the_end():
    ev = reach(states.DEMANDING)
    charger = ev.evse.charger
    ev.evse.parameters.dc_voltage_max_v = 450
    for _ in range(5):
        found = ev.ask("CurrentDemandReq", demand(ev, 481, 20))
        assert found["EVSEVoltageLimitAchieved"] is True and charger.target == (450, 20)
        ev.evse.run(100)
    ev.stop()
