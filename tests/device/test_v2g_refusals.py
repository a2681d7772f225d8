"""What an EV may get wrong with external payment: the response code of the standard, a safe end, a log entry."""

from evcc import EVCC_ID, ClosedError, Evcc, Evse, charge_parameter, delivery, demand, ev_status, offer, value
from session_states import ended_safely, reach
from small_heap import share

from gridkeel.v2g import v2gtp
from gridkeel.v2g.iso2 import states, states_text, status

WASM_GROUP = 1


def refused(ev, name, body, code):
    evse = ev.evse
    evse.drain()
    evse.events.clear()
    ev.ask(name, body, code)
    assert evse.kinds("refused") == [("refused", name, code, 0)]
    assert [event[1] for event in evse.kinds("session")] == ["ended"]
    ended_safely(evse)


def test_another_session_s_id_is_refused():
    for state in share((states.DISCOVERY, states.AUTHORIZATION, states.CHARGING), 1):
        ev = reach(state)
        ev.session_id = bytes(8)
        name = states_text.allowed(state)[0]
        refused(ev, name, ev.request(name), "FAILED_UnknownSession")


def test_an_unknown_service_id_is_refused():
    ev = reach(states.SELECTION)
    refused(ev, "ServiceDetailReq", {"ServiceID": 3}, "FAILED_ServiceIDInvalid")


def selection(payment, *services):
    chosen = [{"ServiceID": service} for service in services]
    return {"SelectedPaymentOption": payment, "SelectedServiceList": {"SelectedService": chosen}}


def test_a_selection_without_charging_or_of_an_unknown_service_is_refused():
    for body, code in (
        (selection("ExternalPayment", 1, 3), "FAILED_ServiceSelectionInvalid"),
        (selection("ExternalPayment", 2), "FAILED_NoChargeServiceSelected"),
    ):
        refused(reach(states.SELECTION), "PaymentServiceSelectionReq", body, code)


def test_a_contract_without_tls_is_refused():
    evse = Evse()
    ev = Evcc(evse)
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})
    refused(ev, "PaymentServiceSelectionReq", selection("Contract", 1), "FAILED_PaymentSelectionInvalid")


def test_the_certificate_service_needs_tls_and_a_contract():
    evse = Evse()
    ev = Evcc(evse)
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})
    refused(ev, "ServiceDetailReq", {"ServiceID": 2}, "FAILED_ServiceIDInvalid")


def test_a_charger_of_contracts_alone_refuses_plain_tcp():
    evse = Evse(changes={"iso15118_payment": 2})
    ev = Evcc(evse)
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {}, "FAILED")
    assert evse.secc.closing


def test_a_refused_authorization_ends_the_session():
    evse = Evse()
    evse.charger.authorized = 2
    ev = Evcc(evse)
    ev.to_selected()
    ev.ask("AuthorizationReq", {}, "FAILED")
    assert evse.secc.closing
    evse.charger.authorized = 1
    ended_safely(evse)


def ac(**changes):
    ev = reach(states.CHARGE_PARAMETER)
    body = charge_parameter(ev)
    body["AC_EVChargeParameter"].update(changes)
    refused(ev, "ChargeParameterDiscoveryReq", body, "FAILED_WrongChargeParameter")


def test_an_ac_voltage_or_least_current_that_does_not_fit_is_refused():
    ac(EVMaxVoltage=value(110, "V"))
    ac(EVMinCurrent=value(40, "A"), EVMaxCurrent=value(63, "A"))


def test_ac_current_limits_that_exclude_each_other_are_refused():
    ac(EVMinCurrent=value(20, "A"), EVMaxCurrent=value(16, "A"))
    ac(EVMaxCurrent=value(0, "A"), EVMinCurrent=value(0, "A"))


def test_an_ac_limit_in_another_unit_is_refused():
    ac(EVMaxVoltage=value(400, "A"))
    ac(EAmount=value(60, "W"))


def dc(code="FAILED_WrongChargeParameter", **changes):
    ev = Evcc(Evse(dc=True), "DC_extended")
    ev.to_authorized()
    body = charge_parameter(ev)
    body["DC_EVChargeParameter"].update(changes)
    refused(ev, "ChargeParameterDiscoveryReq", body, code)


def test_a_dc_limit_that_does_not_fit_is_refused():
    dc(EVMaximumVoltageLimit=value(100, "V"))
    dc(EVMaximumCurrentLimit=value(-5, "A"))


def test_a_dc_power_of_zero_and_an_ev_error_are_refused():
    dc(EVMaximumPowerLimit=value(0, "W"))
    dc("FAILED", DC_EVStatus=ev_status("FAILED_EVRESSMalfunction"))


def test_another_energy_transfer_mode_is_refused():
    ev = reach(states.CHARGE_PARAMETER)
    ev.mode = "DC_extended"
    refused(ev, "ChargeParameterDiscoveryReq", charge_parameter(ev), "FAILED_WrongEnergyTransferMode")
    ev = reach(states.CHARGE_PARAMETER)
    body = charge_parameter(ev)
    ev.mode = "DC_extended"
    body["DC_EVChargeParameter"] = charge_parameter(ev)["DC_EVChargeParameter"]
    del body["AC_EVChargeParameter"]
    refused(ev, "ChargeParameterDiscoveryReq", body, "FAILED_WrongChargeParameter")


def test_the_mode_stays_in_a_renegotiation():
    ev = reach(states.CHARGING)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.mode = "AC_three_phase_core"
    refused(ev, "ChargeParameterDiscoveryReq", charge_parameter(ev), "FAILED_WrongEnergyTransferMode")


def power_delivery(code, progress, **named):
    ev = reach(states.POWER_DELIVERY)
    refused(ev, "PowerDeliveryReq", delivery(progress, ev, **named), code)


def test_a_schedule_that_was_not_offered_is_refused():
    power_delivery("FAILED_TariffSelectionInvalid", "Start", tuple_id=2)


def test_a_malformed_charging_profile_is_refused():
    power_delivery("FAILED_ChargingProfileInvalid", "Start", profile=((0, 7000), (0, 6000)))
    power_delivery("FAILED_ChargingProfileInvalid", "Start", profile=((900, 7000), (0, 6000)))
    power_delivery("FAILED_ChargingProfileInvalid", "Start", profile=((0, 7000), (90000, -1)))


def test_a_renegotiation_before_the_start_is_refused():
    power_delivery("FAILED", "Renegotiate")


def test_a_second_start_is_refused():
    ev = reach(states.CHARGING)
    refused(ev, "PowerDeliveryReq", delivery("Start", ev), "FAILED_SequenceError")


def test_a_start_at_a_charger_that_is_not_ready_is_refused():
    ev = reach(states.POWER_DELIVERY)
    ev.evse.charger.ready = False
    ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_PowerDeliveryNotApplied")
    assert ev.last["AC_EVSEStatus"]["EVSENotification"] == "StopCharging"


def test_an_isolation_fault_fails_the_cable_check():
    evse = Evse(dc=True)
    evse.charger.isolation_end = status.ISOLATION_FAULT
    ev = Evcc(evse, "DC_extended")
    ev.to_offer()
    evse.charger.wants_power = True
    assert ev.ask("CableCheckReq", ev.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"
    evse.run(2000)
    found = ev.ask("CableCheckReq", ev.request("CableCheckReq"), "FAILED")
    assert found["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_Malfunction"
    assert found["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Fault"
    evse.charger.isolation_end = status.ISOLATION_VALID
    ended_safely(evse)


def test_a_pre_charge_target_below_zero_is_refused():
    for volts, amperes in share(((-1, 1), (400, -1)), 1):
        body = {
            "DC_EVStatus": ev_status(),
            "EVTargetVoltage": value(volts, "V"),
            "EVTargetCurrent": value(amperes, "A"),
        }
        refused(reach(states.PRE_CHARGE), "PreChargeReq", body, "FAILED")


def test_a_current_demand_below_zero_is_refused():
    for volts, amperes in share(((-1, 20), (400, -1)), 1):
        ev = reach(states.DEMANDING)
        refused(ev, "CurrentDemandReq", demand(ev, volts, amperes), "FAILED")


def closed(evse, reason):
    try:
        evse.answer()
        raise AssertionError("answered")
    except ClosedError:
        assert evse.kinds("closed")[0][1] == reason, evse.events
    ended_safely(evse)


def test_a_payload_that_is_no_message_closes_the_connection():
    ev = reach(states.CHARGING)
    ev.evse.send_frame(b"\x80\x98\x02\xff\xff\xff")
    closed(ev.evse, "message_invalid")


def test_a_message_over_its_length_closes_the_connection():
    ev = reach(states.CHARGING)
    header = bytearray(8)
    v2gtp.header(header, v2gtp.EXI, v2gtp.PAYLOAD_MAX_BYTES + 1)
    ev.evse.send(header)
    closed(ev.evse, "message_too_long")


def test_more_bytes_than_a_message_close_the_connection():
    ev = reach(states.CHARGING)
    ev.evse.send(b"\x01\xfe\x80\x01\x00\x00\x10\x00" + bytes(v2gtp.FRAME_MAX_BYTES))
    closed(ev.evse, "message_overrun")


def test_a_bad_v2gtp_header_closes_the_connection():
    ev = reach(states.CHARGING)
    ev.evse.send(b"GET / HTTP/1.1\r\n")
    closed(ev.evse, "frame_invalid")


def test_a_response_in_place_of_a_request_closes_the_connection():
    ev = reach(states.CHARGING)
    evse = ev.evse
    ev.send("SessionStopRes", {"ResponseCode": "OK"})
    closed(evse, "not_a_request")


def test_two_requests_at_once_are_answered_in_turn():
    evse = Evse()
    ev = Evcc(evse)
    ev.setup()
    ev.send("ServiceDiscoveryReq", {})
    ev.send("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"))
    ev.receive("ServiceDiscoveryReq")
    ev.receive("PaymentServiceSelectionReq")
    ev.ask("AuthorizationReq", {})


def test_an_answer_that_was_not_taken_yet_is_not_lost():
    evse = Evse()
    ev = Evcc(evse)
    ev.setup()
    ev.send("ServiceDiscoveryReq", {})
    evse.run(10)
    ev.send("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"))
    evse.run(10)
    assert "ChargeService" in ev.receive("ServiceDiscoveryReq")
    ev.receive("PaymentServiceSelectionReq")


def test_the_queue_of_log_entries_is_bounded():
    evse = Evse()
    for _ in range(100):
        evse.secc.connected(False, evse.now_ms)
        evse.secc.disconnected(evse.now_ms)
    taken = 0
    while evse.secc.take_event():
        taken += 1
    assert taken == 32


def test_a_protocol_of_another_major_version_is_refused():
    evse = Evse()
    ev = Evcc(evse)
    assert ev.negotiate([offer(1, 1, major=3)])["ResponseCode"] == "Failed_NoNegotiation"
    evse.disconnect()
    evse.connect()
    ev = Evcc(evse)
    ev.negotiate([offer(9, 3), offer(8, 2)])
    ev.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, "OK_NewSessionEstablished")
