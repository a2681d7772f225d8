"""What a car may get wrong with external payment: the response code of the standard, a safe end, a log entry."""

from evcc import EVCC_ID, Bench, Car, ClosedError, charge_parameter, delivery, demand, ev_status, offer, value
from garbage import share
from reaching import ended_safely, reach

from gridkeel.v2g import v2gtp
from gridkeel.v2g.iso2 import states, states_text, status

WASM_GROUP = 1


def refused(car, name, body, code):
    bench = car.bench
    bench.drain()
    bench.events.clear()
    car.ask(name, body, code)
    assert bench.kinds("refused") == [("refused", name, code, 0)]
    assert [event[1] for event in bench.kinds("session")] == ["ended"]
    ended_safely(bench)


def test_another_sessions_id():
    for state in share((states.DISCOVERY, states.AUTHORIZATION, states.CHARGING), 1):
        car = reach(state)
        car.session_id = bytes(8)
        name = states_text.allowed(state)[0]
        refused(car, name, car.request(name), "FAILED_UnknownSession")


def test_service_ids():
    car = reach(states.SELECTION)
    refused(car, "ServiceDetailReq", {"ServiceID": 3}, "FAILED_ServiceIDInvalid")


def selection(payment, *services):
    chosen = [{"ServiceID": service} for service in services]
    return {"SelectedPaymentOption": payment, "SelectedServiceList": {"SelectedService": chosen}}


def test_selections():
    for body, code in (
        (selection("ExternalPayment", 1, 3), "FAILED_ServiceSelectionInvalid"),
        (selection("ExternalPayment", 2), "FAILED_NoChargeServiceSelected"),
    ):
        refused(reach(states.SELECTION), "PaymentServiceSelectionReq", body, code)


def test_a_contract_needs_tls():
    bench = Bench()
    car = Car(bench)
    car.setup()
    car.ask("ServiceDiscoveryReq", {})
    refused(car, "PaymentServiceSelectionReq", selection("Contract", 1), "FAILED_PaymentSelectionInvalid")


def test_the_certificate_service_needs_tls_and_a_contract():
    bench = Bench()
    car = Car(bench)
    car.setup()
    car.ask("ServiceDiscoveryReq", {})
    refused(car, "ServiceDetailReq", {"ServiceID": 2}, "FAILED_ServiceIDInvalid")


def test_contracts_alone_over_tcp():
    bench = Bench(changes={"iso15118_payment": 2})
    car = Car(bench)
    car.setup()
    car.ask("ServiceDiscoveryReq", {}, "FAILED")
    assert bench.secc.closing


def test_an_operator_who_says_no():
    bench = Bench()
    bench.outlet.authorized = 2
    car = Car(bench)
    car.to_selected()
    car.ask("AuthorizationReq", {}, "FAILED")
    assert bench.secc.closing
    bench.outlet.authorized = 1
    ended_safely(bench)


def ac(**changes):
    car = reach(states.CHARGE_PARAMETER)
    body = charge_parameter(car)
    body["AC_EVChargeParameter"].update(changes)
    refused(car, "ChargeParameterDiscoveryReq", body, "FAILED_WrongChargeParameter")


def test_ac_limits():
    ac(EVMaxVoltage=value(110, "V"))
    ac(EVMinCurrent=value(40, "A"), EVMaxCurrent=value(63, "A"))


def test_ac_limits_of_current():
    ac(EVMinCurrent=value(20, "A"), EVMaxCurrent=value(16, "A"))
    ac(EVMaxCurrent=value(0, "A"), EVMinCurrent=value(0, "A"))


def test_ac_units():
    ac(EVMaxVoltage=value(400, "A"))
    ac(EAmount=value(60, "W"))


def dc(code="FAILED_WrongChargeParameter", **changes):
    car = Car(Bench(dc=True), "DC_extended")
    car.to_authorized()
    body = charge_parameter(car)
    body["DC_EVChargeParameter"].update(changes)
    refused(car, "ChargeParameterDiscoveryReq", body, code)


def test_dc_limits():
    dc(EVMaximumVoltageLimit=value(100, "V"))
    dc(EVMaximumCurrentLimit=value(-5, "A"))


def test_dc_power_and_errors():
    dc(EVMaximumPowerLimit=value(0, "W"))
    dc("FAILED", DC_EVStatus=ev_status("FAILED_EVRESSMalfunction"))


def test_modes():
    car = reach(states.CHARGE_PARAMETER)
    car.mode = "DC_extended"
    refused(car, "ChargeParameterDiscoveryReq", charge_parameter(car), "FAILED_WrongEnergyTransferMode")
    car = reach(states.CHARGE_PARAMETER)
    body = charge_parameter(car)
    car.mode = "DC_extended"
    body["DC_EVChargeParameter"] = charge_parameter(car)["DC_EVChargeParameter"]
    del body["AC_EVChargeParameter"]
    refused(car, "ChargeParameterDiscoveryReq", body, "FAILED_WrongChargeParameter")


def test_the_mode_stays_in_a_renegotiation():
    car = reach(states.CHARGING)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.mode = "AC_three_phase_core"
    refused(car, "ChargeParameterDiscoveryReq", charge_parameter(car), "FAILED_WrongEnergyTransferMode")


def power_delivery(code, progress, **named):
    car = reach(states.POWER_DELIVERY)
    refused(car, "PowerDeliveryReq", delivery(progress, car, **named), code)


def test_a_tariff_that_was_not_offered():
    power_delivery("FAILED_TariffSelectionInvalid", "Start", tuple_id=2)


def test_charging_profiles():
    power_delivery("FAILED_ChargingProfileInvalid", "Start", profile=((0, 7000), (0, 6000)))
    power_delivery("FAILED_ChargingProfileInvalid", "Start", profile=((900, 7000), (0, 6000)))
    power_delivery("FAILED_ChargingProfileInvalid", "Start", profile=((0, 7000), (90000, -1)))


def test_a_renegotiation_of_nothing():
    power_delivery("FAILED", "Renegotiate")


def test_a_second_start():
    car = reach(states.CHARGING)
    refused(car, "PowerDeliveryReq", delivery("Start", car), "FAILED_SequenceError")


def test_a_charger_that_is_not_ready():
    car = reach(states.POWER_DELIVERY)
    car.bench.outlet.ready = False
    car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_PowerDeliveryNotApplied")
    assert car.last["AC_EVSEStatus"]["EVSENotification"] == "StopCharging"


def test_isolation_faults():
    bench = Bench(dc=True)
    bench.outlet.isolation_end = status.ISOLATION_FAULT
    car = Car(bench, "DC_extended")
    car.to_offer()
    bench.outlet.wants_power = True
    assert car.ask("CableCheckReq", car.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"
    bench.run(2000)
    found = car.ask("CableCheckReq", car.request("CableCheckReq"), "FAILED")
    assert found["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_Malfunction"
    assert found["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Fault"
    bench.outlet.isolation_end = status.ISOLATION_VALID
    ended_safely(bench)


def test_dc_wishes():
    for volts, amperes in share(((-1, 1), (400, -1)), 1):
        body = {
            "DC_EVStatus": ev_status(),
            "EVTargetVoltage": value(volts, "V"),
            "EVTargetCurrent": value(amperes, "A"),
        }
        refused(reach(states.PRE_CHARGE), "PreChargeReq", body, "FAILED")


def test_dc_demands():
    for volts, amperes in share(((-1, 20), (400, -1)), 1):
        car = reach(states.DEMANDING)
        refused(car, "CurrentDemandReq", demand(car, volts, amperes), "FAILED")


def closed(bench, reason):
    try:
        bench.answer()
        raise AssertionError("answered")
    except ClosedError:
        assert bench.kinds("closed")[0][1] == reason, bench.events
    ended_safely(bench)


def test_what_is_no_message():
    car = reach(states.CHARGING)
    car.bench.send_frame(b"\x80\x98\x02\xff\xff\xff")
    closed(car.bench, "message_invalid")


def test_a_message_too_long():
    car = reach(states.CHARGING)
    header = bytearray(8)
    v2gtp.header(header, v2gtp.EXI, v2gtp.PAYLOAD_MAX_BYTES + 1)
    car.bench.send(header)
    closed(car.bench, "message_too_long")


def test_more_than_a_message():
    car = reach(states.CHARGING)
    car.bench.send(b"\x01\xfe\x80\x01\x00\x00\x10\x00" + bytes(v2gtp.FRAME_MAX_BYTES))
    closed(car.bench, "message_overrun")


def test_a_bad_header():
    car = reach(states.CHARGING)
    car.bench.send(b"GET / HTTP/1.1\r\n")
    closed(car.bench, "frame_invalid")


def test_a_response_is_no_request():
    car = reach(states.CHARGING)
    bench = car.bench
    car.send("SessionStopRes", {"ResponseCode": "OK"})
    closed(bench, "not_a_request")


def test_two_requests_at_once_are_answered_in_turn():
    bench = Bench()
    car = Car(bench)
    car.setup()
    car.send("ServiceDiscoveryReq", {})
    car.send("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"))
    car.receive("ServiceDiscoveryReq")
    car.receive("PaymentServiceSelectionReq")
    car.ask("AuthorizationReq", {})


def test_an_answer_that_was_not_taken_yet_is_not_lost():
    bench = Bench()
    car = Car(bench)
    car.setup()
    car.send("ServiceDiscoveryReq", {})
    bench.run(10)
    car.send("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"))
    bench.run(10)
    assert "ChargeService" in car.receive("ServiceDiscoveryReq")
    car.receive("PaymentServiceSelectionReq")


def test_events_are_bounded():
    bench = Bench()
    for _ in range(100):
        bench.secc.connected(False, bench.now_ms)
        bench.secc.disconnected(bench.now_ms)
    taken = 0
    while bench.secc.take_event():
        taken += 1
    assert taken == 32


def test_a_protocol_of_another_major_version():
    bench = Bench()
    car = Car(bench)
    assert car.negotiate([offer(1, 1, major=3)])["ResponseCode"] == "Failed_NoNegotiation"
    bench.disconnect()
    bench.connect()
    car = Car(bench)
    car.negotiate([offer(9, 3), offer(8, 2)])
    car.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, "OK_NewSessionEstablished")
