"""A fault of the charger in a session: the EV is asked to stop, and only what is agreed anew closes the contactor."""

from evcc import Evcc, Evse, charge_parameter, delivery
from small_heap import share

from gridkeel.v2g.iso2 import status

WASM_GROUP = 1
DC = "DC_extended"


def charging(dc=False, changes=None):
    evse = Evse(dc=dc, changes=changes)
    ev = Evcc(evse, DC if dc else "AC_single_phase_core")
    ev.to_charging()
    ev.charge(1)
    return evse, ev


def fault(evse, ms=200):
    """A fault that comes and goes."""
    evse.charger.ready = False
    evse.run(ms)
    evse.charger.ready = True
    evse.run(200)


def notification(ev):
    return ev.charge(1)["DC_EVSEStatus" if ev.dc else "AC_EVSEStatus"]["EVSENotification"]


def test_a_stop_asked_for_by_a_fault_is_repeated_after_the_fault_is_gone():
    for dc in share((False, True), 1):
        evse, ev = charging(dc)
        evse.charger.ready = False
        assert notification(ev) == status.STOP
        evse.charger.ready = True
        for _ in range(3):
            assert notification(ev) == status.STOP
        assert not evse.charger.contactor_closed and not evse.charger.allowed


def test_a_fault_between_two_messages_asks_for_a_stop_all_the_same():
    evse, ev = charging()
    fault(evse)
    assert notification(ev) == status.STOP and not evse.charger.contactor_closed


def test_the_ev_s_stop_is_answered_with_ok():
    for dc in share((False, True), 1):
        evse, ev = charging(dc)
        fault(evse)
        ev.stop()
        evse.run(200)
        assert not evse.charger.contactor_closed and not evse.kinds("refused")
        evse.disconnect()


def test_a_new_agreement_closes_the_contactor_again():
    evse, ev = charging()
    fault(evse)
    assert notification(ev) == status.STOP
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    found = ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))["AC_EVSEChargeParameter"]
    assert found["AC_EVSEStatus"]["EVSENotification"] == "None"
    assert not evse.charger.contactor_closed
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    assert evse.charger.contactor_closed and notification(ev) == "None"


def test_a_new_agreement_at_a_dc_connector_tests_the_isolation_again():
    evse, ev = charging(True)
    fault(evse)
    evse.charger.isolation_end = status.ISOLATION_WARNING
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    ev.cable_check_only()
    assert evse.charger.isolation == status.ISOLATION_WARNING
    ev.pre_charge()
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    assert evse.charger.contactor_closed and notification(ev) == "None"


def test_no_new_agreement_is_made_while_the_fault_is_active():
    evse, ev = charging()
    evse.charger.ready = False
    evse.run(200)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    found = ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))["AC_EVSEChargeParameter"]
    assert found["AC_EVSEStatus"]["EVSENotification"] == status.STOP
    ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_PowerDeliveryNotApplied")


def test_a_new_agreement_keeps_the_mode_after_a_fault():
    evse, ev = charging()
    evse.charger.three_phase = True
    fault(evse)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.mode = "AC_three_phase_core"
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev), "FAILED_WrongEnergyTransferMode")


def test_a_fault_in_a_pre_charge_is_reported_until_the_end():
    evse = Evse(dc=True)
    ev = Evcc(evse, DC)
    ev.to_offer()
    ev.cable_check()
    fault(evse)
    found = ev.ask("PreChargeReq", ev.request("PreChargeReq"))["DC_EVSEStatus"]
    assert (found["EVSENotification"], found["EVSEStatusCode"]) == (status.STOP, "EVSE_Shutdown")
    ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_PowerDeliveryNotApplied")
    assert not evse.charger.contactor_closed


def test_a_fault_while_the_contactor_is_waited_for_is_answered_at_once():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    ev.send("PowerDeliveryReq", delivery("Start", ev))
    evse.run(500)
    fault(evse, 10)
    begun_ms = evse.now_ms
    assert ev.receive("PowerDeliveryReq")["ResponseCode"] == "FAILED_PowerDeliveryNotApplied"
    assert evse.now_ms - begun_ms < 50
    assert evse.kinds("session")[-1][2] == "charger_not_ready"


def test_an_ev_that_charges_on_after_a_fault_is_stopped():
    evse, ev = charging(changes={"iso15118_notice_s": 10})
    fault(evse)
    ev.charge(1)
    evse.now_ms += 14899  # asked to stop 100 ms ago, asked again in the same millisecond
    ev.ask(ev.loop, ev.request(ev.loop))
    evse.now_ms += 1
    ev.ask(ev.loop, ev.request(ev.loop), "FAILED")
    assert evse.kinds("session")[-1][2] == "ev_does_not_stop"
