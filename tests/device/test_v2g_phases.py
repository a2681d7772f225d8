"""The phases at their edges: what is just good enough, what just is not, and what an answer leaves behind."""

from evcc import Bench, Car, charge_parameter, delivery, demand, ev_status, number, value
from session_states import ANCHOR, Backend, reach
from small_heap import share

from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.iso2 import states, status

WASM_GROUP = 1
DC = "DC_extended"
WRONG = "FAILED_WrongChargeParameter"


def selection(payment, *services):
    chosen = [{"ServiceID": service} for service in services]
    return {"SelectedPaymentOption": payment, "SelectedServiceList": {"SelectedService": chosen}}


# --- services


def services_of(bench, body):
    car = Car(bench)
    car.setup()
    found = car.ask("ServiceDiscoveryReq", body)
    bench.disconnect()
    bench.connect()
    return [service["ServiceID"] for service in found.get("ServiceList", {}).get("Service", [])]


def test_scope_and_category_narrow_the_services():
    bench = Bench(secured=True, credentials=Credentials(mo_roots=[ANCHOR]), backend=Backend())
    for body, found in (
        ({}, [2]),
        ({"ServiceCategory": "ContractCertificate"}, [2]),
        ({"ServiceCategory": "Internet"}, []),
        ({"ServiceScope": "somewhere"}, []),
    ):
        assert services_of(bench, body) == found, body


def test_certificates_need_a_backend():
    bench = Bench(secured=True, credentials=Credentials(mo_roots=[ANCHOR]))
    assert services_of(bench, {}) == []
    car = Car(bench)
    car.setup()
    car.ask("ServiceDiscoveryReq", {})
    car.ask("PaymentServiceSelectionReq", selection("Contract", 1, 2), "FAILED_ServiceSelectionInvalid")


def test_a_service_that_was_not_offered_is_not_selected():
    car = Car(Bench())
    car.setup()
    car.ask("ServiceDiscoveryReq", {})
    car.ask("PaymentServiceSelectionReq", selection("ExternalPayment", 1, 2), "FAILED_ServiceSelectionInvalid")


def test_no_installation_without_its_service():
    car = reach(states.CONTRACT)
    name = "CertificateInstallationReq"
    car.ask(name, car.request(name), "FAILED_SequenceError")
    assert car.bench.backend.asked == []


def test_an_operator_s_stop_ends_an_authorization():
    car = reach(states.AUTHORIZATION)
    car.bench.outlet.stop_asked = True
    car.ask("AuthorizationReq", {}, "FAILED")
    assert car.bench.secc.closing


# --- limits


def limits(dc=False, code="OK", **changes):
    car = Car(Bench(dc=dc), DC if dc else "AC_single_phase_core")
    car.to_authorized()
    body = charge_parameter(car)
    body["DC_EVChargeParameter" if dc else "AC_EVChargeParameter"].update(changes)
    return car.ask("ChargeParameterDiscoveryReq", body, code)


def test_ac_limits_that_just_fit():
    limits(EVMaxVoltage=value(230, "V"))
    limits(EVMinCurrent=value(32, "A"), EVMaxCurrent=value(32, "A"))
    limits(EVMinCurrent=value(0, "A"), EAmount=value(0, "Wh"))


def test_ac_limits_that_just_do_not():
    limits(code=WRONG, EVMaxVoltage=value(229, "V"))
    limits(code=WRONG, EVMinCurrent=value(33, "A"), EVMaxCurrent=value(63, "A"))
    limits(code=WRONG, EVMinCurrent=value(-1, "A"))


def test_an_energy_below_zero_makes_no_sense():
    limits(code=WRONG, EAmount=value(-1, "Wh"))
    limits(True, WRONG, EVEnergyRequest=value(-1, "Wh"))


def test_dc_limits_that_just_fit():
    limits(True, EVMaximumVoltageLimit=value(150, "V"))
    limits(True, EVMaximumPowerLimit=value(1, "W"), EVMaximumCurrentLimit=value(1, "A"))


def test_dc_limits_that_just_do_not():
    limits(True, WRONG, EVMaximumVoltageLimit=value(149, "V"))
    limits(True, WRONG, EVMaximumCurrentLimit=value(0, "A"))


def test_as_many_entries_as_the_car_takes():
    bench = Bench()
    bench.outlet.schedule = tuple((900 * k, 1000 + k) for k in range(4))
    for most, sent in share(((None, 4), (4, 4), (2, 2)), 2):
        car = Car(bench)
        car.to_authorized()
        body = charge_parameter(car)
        if most is not None:
            body["MaxEntriesSAScheduleTuple"] = most
        found = car.ask("ChargeParameterDiscoveryReq", body)
        entries = found["SAScheduleList"]["SAScheduleTuple"][0]["PMaxSchedule"]["PMaxScheduleEntry"]
        assert len(entries) == sent
        bench.disconnect()
        bench.connect()


def test_the_mode_stays_even_where_another_is_offered():
    car = Car(Bench())
    car.bench.outlet.three_phase = True
    car.to_charging()
    car.charge(1)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.mode = "AC_three_phase_core"
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car), "FAILED_WrongEnergyTransferMode")


# --- delivery


def refused_start(code, **outlet):
    car = Car(Bench())
    car.to_power_delivery()
    bench = car.bench
    bench.outlet.wants_power = True
    for name in outlet:
        setattr(bench.outlet, name, outlet[name])
    begun_ms = bench.now_ms
    car.ask("PowerDeliveryReq", delivery("Start", car), code)
    assert bench.now_ms - begun_ms < 50  # told at once, not when a contactor has had its time
    assert not bench.outlet.allowed and not bench.outlet.contactor_closed


def test_a_start_that_is_refused_at_once():
    refused_start("FAILED_PowerDeliveryNotApplied", ready=False)
    refused_start("FAILED_PowerDeliveryNotApplied", stop_asked=True)


def test_a_car_with_an_error_does_not_start_and_may_stop():
    for progress, code in share((("Start", "FAILED"), ("Stop", "OK")), 1):
        car = reach(states.PRE_CHARGING)
        body = delivery(progress, car)
        body["DC_EVPowerDeliveryParameter"]["DC_EVStatus"] = ev_status("FAILED_RESSTemperatureInhibit")
        car.ask("PowerDeliveryReq", body, code)


def test_the_current_ends_before_the_contacts_open():
    car = reach(states.DEMANDING)
    outlet = car.bench.outlet
    orders = []
    stop, allow = outlet.dc_stop, outlet.allow

    def noted_stop():
        orders.append("stop")
        stop()

    def noted_allow(on):
        orders.append(on)
        allow(on)

    outlet.dc_stop, outlet.allow = noted_stop, noted_allow
    car.ask("PowerDeliveryReq", delivery("Stop", car))
    assert orders == ["stop", False] and outlet.target == (0, 0)


def test_the_current_ends_in_a_renegotiation():
    car = reach(states.DEMANDING)
    outlet = car.bench.outlet
    assert outlet.target == (400, 20)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    assert outlet.target == (0, 0) and outlet.contactor_closed


def test_after_a_stop_nothing_is_negotiated_and_the_outlet_is_shut_down():
    car = reach(states.STOPPED_DC)
    car.bench.outlet.schedule_number += 1
    told = car.ask("WeldingDetectionReq", {"DC_EVStatus": ev_status()})["DC_EVSEStatus"]
    assert (told["EVSENotification"], told["EVSEStatusCode"]) == ("None", "EVSE_Shutdown")


# --- DC


def test_a_car_with_an_error_in_every_message_of_dc():
    bad = ev_status("FAILED_EVRESSMalfunction")
    for state, name in share(((states.CABLE_CHECK, "CableCheckReq"), (states.PRE_CHARGE, "PreChargeReq")), 1):
        car = reach(state)
        body = car.request(name)
        body["DC_EVStatus"] = bad
        car.ask(name, body, "FAILED")
        assert car.bench.secc.closing and not car.bench.outlet.allowed


def cable_check(code="OK", **outlet):
    car = Car(Bench(dc=True), DC)
    car.to_offer()
    car.bench.outlet.wants_power = True
    for name in outlet:
        setattr(car.bench.outlet, name, outlet[name])
    return car, car.ask("CableCheckReq", car.request("CableCheckReq"), code)


def test_no_cable_check_where_the_charger_must_stop():
    cable_check("FAILED", ready=False)
    cable_check("FAILED", stop_asked=True)


def test_an_isolation_that_is_not_known_any_more_is_no_pass():
    car, found = cable_check()
    assert found["EVSEProcessing"] == "Ongoing"
    car.bench.outlet.isolation = status.ISOLATION_UNKNOWN
    found = car.ask("CableCheckReq", car.request("CableCheckReq"))
    assert found["EVSEProcessing"] == "Ongoing"
    assert found["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_NotReady"


def test_a_warned_isolation_is_measured_again_when_terms_are_negotiated_again():
    bench = Bench(dc=True)
    bench.outlet.isolation_end = status.ISOLATION_WARNING
    car = Car(bench, DC)
    car.to_charging()
    car.charge(1)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    assert car.ask("CableCheckReq", car.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"


def test_every_session_measures_the_isolation_itself():
    car, _found = cable_check(isolation=status.ISOLATION_VALID)
    assert car.last["EVSEProcessing"] == "Ongoing"


def test_the_isolation_clock_ends_at_its_time():
    car = Car(Bench(dc=True), DC)
    bench = car.bench
    bench.outlet.isolation_end = status.ISOLATION_MEASURING
    car.to_offer()
    bench.outlet.wants_power = True
    body = {"DC_EVStatus": ev_status()}
    car.ask("CableCheckReq", body)
    bench.now_ms += states.CABLE_CHECK_PERFORMANCE_MS - 1
    assert car.ask("CableCheckReq", body)["EVSEProcessing"] == "Ongoing"
    bench.now_ms += 1
    car.ask("CableCheckReq", body, "FAILED")


def test_demands_at_the_limits():
    car = Car(Bench(dc=True), DC)
    car.to_authorized()
    body = charge_parameter(car)
    body["DC_EVChargeParameter"]["EVMaximumCurrentLimit"] = value(200, "A")
    car.ask("ChargeParameterDiscoveryReq", body)
    car.cable_check()
    car.pre_charge()
    car.ask("PowerDeliveryReq", delivery("Start", car))
    car.bench.outlet.offered_w = 40000
    found = car.ask("CurrentDemandReq", demand(car, 0, 0))
    assert number(found["EVSEMaximumCurrentLimit"]) == 125
    found = car.ask("CurrentDemandReq", demand(car, 400, 100))
    assert found["EVSEPowerLimitAchieved"] is True and found["EVSEVoltageLimitAchieved"] is False
    found = car.ask("CurrentDemandReq", demand(car, 400, 99))
    assert found["EVSEPowerLimitAchieved"] is False
    assert number(found["EVSEMaximumPowerLimit"]) == 40000 and number(found["EVSEMaximumCurrentLimit"]) == 100


def test_a_car_that_does_not_stop_is_stopped():
    for dc in share((False, True), 1):
        bench = Bench(dc=dc, changes={"iso15118_notice_s": 10})
        car = Car(bench, DC if dc else "AC_single_phase_core")
        car.to_charging()
        car.charge(1)
        bench.outlet.stop_asked = True
        car.charge(1)
        bench.now_ms += 14899  # told 100 ms ago, asked in the same millisecond
        car.ask(car.loop, car.request(car.loop))
        bench.now_ms += 1
        assert bench.outlet.contactor_closed
        car.ask(car.loop, car.request(car.loop), "FAILED")
        bench.run(200)
        assert not bench.outlet.allowed and not bench.outlet.contactor_closed
        assert bench.kinds("session")[-1][2] == "ev_does_not_stop"


def test_a_stop_that_is_taken_back_is_forgotten():
    bench = Bench(changes={"iso15118_notice_s": 0})
    car = Car(bench)
    car.to_charging()
    for asked in (True, False, True):
        bench.outlet.stop_asked = asked
        car.charge(1)
        bench.now_ms += 4000
    car.ask(car.loop, car.request(car.loop))


def test_a_receipt_is_asked_of_a_contract_alone():
    bench = Bench(changes={"iso15118_receipt": 1})
    car = Car(bench)
    car.to_charging()
    assert car.charge(1)["ReceiptRequired"] is False
