"""Whole sessions with external payment, AC and DC, from the protocol handshake to SessionStop."""

from evcc import Evcc, Evse, charge_parameter, delivery, demand, number, offer
from small_heap import share

from gridkeel.v2g import sap
from gridkeel.v2g.iso2 import status

WASM_GROUP = 1


def stopped_safely(evse):
    evse.run(500)
    assert evse.secc.closing
    charger = evse.charger
    assert not charger.in_session and not charger.broken and not charger.allowed and not charger.contactor_closed
    evse.disconnect()
    assert not charger.broken


def test_an_ac_session_charges_and_ends_in_order():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    assert evse.charger.contactor_closed
    assert evse.charger.limits == (7360, 400, 32.0, None, 60)
    last = ev.charge(5)
    assert number(last["EVSEMaxCurrent"]) == 32 and last["SAScheduleTupleID"] == 1
    assert last["MeterInfo"]["MeterID"] == "METER-1" and last["ReceiptRequired"] is False
    assert last["AC_EVSEStatus"] == {"NotificationMaxDelay": 0, "EVSENotification": "None", "RCD": False}
    evse.charger.offered_w = 2300
    assert number(ev.charge(1)["EVSEMaxCurrent"]) == 10
    ev.stop()
    stopped_safely(evse)
    assert not evse.kinds("refused") and not evse.kinds("late") and not evse.kinds("closed")


def test_the_responses_of_an_ac_session_have_their_contents():
    evse = Evse(changes={"iso15118_energy_modes": 3})
    evse.charger.three_phase = True
    ev = Evcc(evse)
    setup = ev.setup()
    assert setup["EVSEID"] == "DE*GRK*E0001" and setup["EVSETimeStamp"] == 1_790_000_000
    found = ev.ask("ServiceDiscoveryReq", {})
    assert found["PaymentOptionList"] == {"PaymentOption": ["ExternalPayment"]}
    modes = found["ChargeService"]["SupportedEnergyTransferMode"]["EnergyTransferMode"]
    assert modes == ["AC_single_phase_core", "AC_three_phase_core"] and "ServiceList" not in found
    ev.ask("ServiceDetailReq", {"ServiceID": 1})
    ev.ask("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"))
    ev.ask("AuthorizationReq", {})
    found = ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    assert number(found["AC_EVSEChargeParameter"]["EVSEMaxCurrent"]) == 32
    (offered,) = found["SAScheduleList"]["SAScheduleTuple"]
    (entry,) = offered["PMaxSchedule"]["PMaxScheduleEntry"]
    assert number(entry["PMax"]) == 7360
    assert entry["RelativeTimeInterval"] == {"start": 0, "duration": 86400}


def test_external_payment_waits_for_the_customer():
    evse = Evse()
    evse.charger.authorized = 0
    ev = Evcc(evse)
    ev.to_selected()
    for _ in range(3):
        assert ev.ask("AuthorizationReq", {})["EVSEProcessing"] == "Ongoing_WaitingForCustomerInteraction"
        evse.run(1000)
    evse.charger.authorized = 1
    assert ev.ask("AuthorizationReq", {})["EVSEProcessing"] == "Finished"


def test_a_dc_session_charges_and_ends_in_order():
    evse = Evse(dc=True)
    ev = Evcc(evse, "DC_extended")
    ev.to_charging()
    assert evse.charger.contactor_closed and evse.charger.soc_pct == 40
    assert evse.charger.limits == (80000, 500, 32.0, 7200, 60000)
    last = ev.charge(5)
    assert number(last["EVSEPresentVoltage"]) == 400 and number(last["EVSEPresentCurrent"]) == 20
    assert last["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_Ready"
    assert last["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Valid"
    assert last["EVSEPowerLimitAchieved"] is False and number(last["EVSEMaximumPowerLimit"]) == 50000
    ev.stop()
    stopped_safely(evse)
    assert not evse.kinds("refused") and not evse.kinds("late")


def test_dc_current_follows_the_offer():
    evse = Evse(dc=True)
    ev = Evcc(evse, "DC_extended")
    ev.to_charging()
    ev.charge(2)
    evse.charger.offered_w = 4000
    ev.charge(1)
    last = ev.charge(1)
    assert number(last["EVSEPresentCurrent"]) == 10 and number(last["EVSEMaximumCurrentLimit"]) == 10
    assert last["EVSEPowerLimitAchieved"] is True and last["EVSECurrentLimitAchieved"] is False
    last = ev.ask("CurrentDemandReq", demand(ev, 500, 125))
    assert last["EVSECurrentLimitAchieved"] is True and last["EVSEVoltageLimitAchieved"] is True


def test_the_charger_can_stop_a_session():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    evse.charger.stop_asked = True
    reported = ev.charge(1)["AC_EVSEStatus"]
    assert reported["EVSENotification"] == "StopCharging" and reported["NotificationMaxDelay"] == 10
    ev.stop()
    stopped_safely(evse)


def test_a_fault_of_the_charger_is_a_stop():
    evse = Evse(dc=True)
    ev = Evcc(evse, "DC_extended")
    ev.to_charging()
    evse.charger.ready = False
    reported = ev.charge(1)["DC_EVSEStatus"]
    assert reported["EVSENotification"] == "StopCharging" and reported["EVSEStatusCode"] == "EVSE_Shutdown"


def test_the_charger_can_ask_for_a_renegotiation():
    for dc in share((False, True), 1):
        evse = Evse(dc=dc)
        ev = Evcc(evse, "DC_extended" if dc else "AC_single_phase_core")
        ev.to_charging()
        ev.charge(2)
        evse.charger.schedule = ((0, 2300), (3600, 7000))
        evse.charger.schedule_number += 1
        name = "DC_EVSEStatus" if dc else "AC_EVSEStatus"
        assert ev.charge(1)[name]["EVSENotification"] == "ReNegotiation"
        reported = ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
        evse.run(200)
        assert evse.charger.contactor_closed and name in reported
        found = ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
        entries = found["SAScheduleList"]["SAScheduleTuple"][0]["PMaxSchedule"]["PMaxScheduleEntry"]
        assert [number(entry["PMax"]) for entry in entries] == [2300, 7000]
        if dc:
            ev.cable_check()
            ev.pre_charge()
        ev.ask("PowerDeliveryReq", delivery("Start", ev, profile=((0, 2300), (3600, 7000))))
        assert evse.charger.profile == ((0, 2300), (3600, 7000))
        assert ev.charge(1)[name]["EVSENotification"] == "None"
        ev.stop()
        stopped_safely(evse)


def test_a_paused_session_is_resumed():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    ev.charge(1)
    ev.stop("Pause")
    stopped_safely(evse)
    evse.run(60000)
    evse.connect()
    old_id = ev.session_id
    ev.setup("OK_OldSessionJoined")
    assert ev.session_id == old_id
    found = ev.ask("ServiceDiscoveryReq", {})
    modes = found["ChargeService"]["SupportedEnergyTransferMode"]["EnergyTransferMode"]
    assert modes == ["AC_single_phase_core"]
    ev.ask("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"))
    ev.ask("AuthorizationReq", {})
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    evse.charger.wants_power = True
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    ev.charge(2)
    ev.stop()
    stopped_safely(evse)


def test_an_id_resumes_one_session_once_while_the_ev_stays_plugged_in():
    for between in ("unplugged", "stopped", "forged"):
        evse = Evse()
        ev = Evcc(evse)
        ev.to_charging()
        ev.charge(1)
        ev.stop("Terminate" if between == "stopped" else "Pause")
        evse.disconnect()
        if between == "unplugged":
            evse.charger.unplug()
            evse.charger.plug()
        old_id = ev.session_id
        if between == "forged":
            ev.session_id = bytes(8 * [7])
        evse.connect()
        ev.setup()
        assert ev.session_id not in (old_id, bytes(8 * [7]), bytes(8)), between


def test_a_pause_before_anything_was_agreed_keeps_nothing():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_authorized()
    ev.ask("SessionStopReq", {"ChargingSession": "Pause"})
    evse.disconnect()
    evse.connect()
    ev.setup()
    assert ev.ask("ServiceDiscoveryReq", {})["PaymentOptionList"] == {"PaymentOption": ["ExternalPayment"]}


def test_a_session_is_not_resumed_over_a_weaker_transport():
    evse = Evse(secured=True)
    ev = Evcc(evse)
    ev.to_offer()
    ev.ask("SessionStopReq", {"ChargingSession": "Pause"})
    evse.disconnect()
    evse.secured = False
    evse.connect()
    ev.setup()


def test_plain_tcp_is_refused_where_tls_is_required():
    evse = Evse(changes={"iso15118_tls": 2})
    assert evse.secc.closing and evse.kinds("closed")[0][1] == "tls_required"
    evse.disconnect()
    evse.secured = True
    evse.connect()
    Evcc(evse).setup()


def test_an_ev_may_stop_before_it_charges():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    ev.ask("PowerDeliveryReq", delivery("Stop", ev))
    ev.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    stopped_safely(evse)


def test_without_a_protocol_in_common_the_connection_ends():
    evse = Evse()
    ev = Evcc(evse)
    assert ev.negotiate([offer(1, 1, "urn:din:70121:2012:MsgDef")]) == {"ResponseCode": sap.FAILED}
    assert evse.charger.broken and evse.secc.closing


def test_three_phases_share_the_offered_power():
    evse = Evse()
    evse.charger.three_phase = True
    evse.charger.max_power_w = evse.charger.offered_w = 22080
    ev = Evcc(evse, "AC_three_phase_core")
    ev.to_charging()
    assert evse.charger.limits[0] == 22080
    evse.charger.offered_w = 11040
    assert number(ev.charge(1)["EVSEMaxCurrent"]) == 16


def test_without_a_meter_there_is_no_meter_info():
    evse = Evse()
    evse.charger.meter_id = ""
    ev = Evcc(evse)
    ev.to_charging()
    last = ev.charge(1)
    assert "MeterInfo" not in last and "ReceiptRequired" not in last


def test_an_isolation_warning_is_reported_and_does_not_stop_charging():
    evse = Evse(dc=True)
    evse.charger.isolation_end = status.ISOLATION_WARNING
    ev = Evcc(evse, "DC_extended")
    ev.to_charging()
    assert ev.charge(1)["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Warning"


def test_a_profile_above_the_offer_is_cut_and_the_session_goes_on():
    for dc, most_w in share(((False, 11000), (True, 11000)), 1):
        for asked_w in (11001, 11040, 22000, 32767):
            evse = Evse(dc=dc)
            evse.charger.max_power_w = evse.charger.offered_w = most_w
            ev = Evcc(evse, "DC_extended" if dc else "AC_single_phase_core")
            ev.to_power_delivery()
            evse.charger.wants_power = True
            ev.ask("PowerDeliveryReq", delivery("Start", ev, profile=((0, asked_w),)))
            assert evse.charger.profile == ((0, most_w),)
            reported = ("delivery", "charging_profile_cut", "", asked_w - most_w)
            assert [event for event in evse.kinds("delivery") if "profile" in event[1]] == [reported]
            ev.charge(2)
            ev.stop()
