"""The phases at their edges: what is just good enough, what just is not, and what an answer leaves behind."""

from evcc import Evcc, Evse, charge_parameter, delivery, demand, ev_status, number, value
from session_states import ANCHOR, SilentBackend, reach
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


def services_of(evse, body):
    ev = Evcc(evse)
    ev.setup()
    found = ev.ask("ServiceDiscoveryReq", body)
    evse.disconnect()
    evse.connect()
    return [service["ServiceID"] for service in found.get("ServiceList", {}).get("Service", [])]


def test_scope_and_category_narrow_the_services():
    evse = Evse(secured=True, credentials=Credentials(mo_roots=[ANCHOR]), backend=SilentBackend())
    for body, found in (
        ({}, [2]),
        ({"ServiceCategory": "ContractCertificate"}, [2]),
        ({"ServiceCategory": "Internet"}, []),
        ({"ServiceScope": "somewhere"}, []),
    ):
        assert services_of(evse, body) == found, body


def test_certificates_need_a_backend():
    evse = Evse(secured=True, credentials=Credentials(mo_roots=[ANCHOR]))
    assert services_of(evse, {}) == []
    ev = Evcc(evse)
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})
    ev.ask("PaymentServiceSelectionReq", selection("Contract", 1, 2), "FAILED_ServiceSelectionInvalid")


def test_a_service_that_was_not_offered_is_not_selected():
    ev = Evcc(Evse())
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})
    ev.ask("PaymentServiceSelectionReq", selection("ExternalPayment", 1, 2), "FAILED_ServiceSelectionInvalid")


def test_no_installation_without_its_service():
    ev = reach(states.CONTRACT)
    name = "CertificateInstallationReq"
    ev.ask(name, ev.request(name), "FAILED_SequenceError")
    assert ev.evse.backend.asked == []


def test_an_operator_s_stop_ends_an_authorization():
    ev = reach(states.AUTHORIZATION)
    ev.evse.charger.stop_asked = True
    ev.ask("AuthorizationReq", {}, "FAILED")
    assert ev.evse.secc.closing


# --- limits


def limits(dc=False, code="OK", **changes):
    ev = Evcc(Evse(dc=dc), DC if dc else "AC_single_phase_core")
    ev.to_authorized()
    body = charge_parameter(ev)
    body["DC_EVChargeParameter" if dc else "AC_EVChargeParameter"].update(changes)
    return ev.ask("ChargeParameterDiscoveryReq", body, code)


def test_ac_limits_that_just_fit_are_accepted():
    limits(EVMaxVoltage=value(230, "V"))
    limits(EVMinCurrent=value(32, "A"), EVMaxCurrent=value(32, "A"))
    limits(EVMinCurrent=value(0, "A"), EAmount=value(0, "Wh"))


def test_ac_limits_that_just_do_not_fit_are_refused():
    limits(code=WRONG, EVMaxVoltage=value(229, "V"))
    limits(code=WRONG, EVMinCurrent=value(33, "A"), EVMaxCurrent=value(63, "A"))
    limits(code=WRONG, EVMinCurrent=value(-1, "A"))


def test_an_energy_below_zero_is_refused():
    limits(code=WRONG, EAmount=value(-1, "Wh"))
    limits(True, WRONG, EVEnergyRequest=value(-1, "Wh"))


def test_dc_limits_that_just_fit_are_accepted():
    limits(True, EVMaximumVoltageLimit=value(150, "V"))
    limits(True, EVMaximumPowerLimit=value(1, "W"), EVMaximumCurrentLimit=value(1, "A"))


def test_dc_limits_that_just_do_not_fit_are_refused():
    limits(True, WRONG, EVMaximumVoltageLimit=value(149, "V"))
    limits(True, WRONG, EVMaximumCurrentLimit=value(0, "A"))


def test_a_schedule_has_as_many_entries_as_the_ev_takes():
    evse = Evse()
    evse.charger.schedule = tuple((900 * k, 1000 + k) for k in range(4))
    for most, sent in share(((None, 4), (4, 4), (2, 2)), 2):
        ev = Evcc(evse)
        ev.to_authorized()
        body = charge_parameter(ev)
        if most is not None:
            body["MaxEntriesSAScheduleTuple"] = most
        found = ev.ask("ChargeParameterDiscoveryReq", body)
        entries = found["SAScheduleList"]["SAScheduleTuple"][0]["PMaxSchedule"]["PMaxScheduleEntry"]
        assert len(entries) == sent
        evse.disconnect()
        evse.connect()


def test_the_mode_stays_even_where_another_is_offered():
    ev = Evcc(Evse())
    ev.evse.charger.three_phase = True
    ev.to_charging()
    ev.charge(1)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.mode = "AC_three_phase_core"
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev), "FAILED_WrongEnergyTransferMode")


# --- delivery


def refused_start(code, **charger):
    ev = Evcc(Evse())
    ev.to_power_delivery()
    evse = ev.evse
    evse.charger.wants_power = True
    for name in charger:
        setattr(evse.charger, name, charger[name])
    begun_ms = evse.now_ms
    ev.ask("PowerDeliveryReq", delivery("Start", ev), code)
    assert evse.now_ms - begun_ms < 50  # refused at once, not when a contactor has had its time
    assert not evse.charger.allowed and not evse.charger.contactor_closed


def test_a_start_is_refused_at_once_where_the_charger_is_not_ready():
    refused_start("FAILED_PowerDeliveryNotApplied", ready=False)
    refused_start("FAILED_PowerDeliveryNotApplied", stop_asked=True)


def test_an_ev_with_an_error_does_not_start_and_may_stop():
    for progress, code in share((("Start", "FAILED"), ("Stop", "OK")), 1):
        ev = reach(states.PRE_CHARGING)
        body = delivery(progress, ev)
        body["DC_EVPowerDeliveryParameter"]["DC_EVStatus"] = ev_status("FAILED_RESSTemperatureInhibit")
        ev.ask("PowerDeliveryReq", body, code)


def test_the_current_ends_before_the_contacts_open():
    ev = reach(states.DEMANDING)
    charger = ev.evse.charger
    orders = []
    stop, allow = charger.dc_stop, charger.allow

    def noted_stop():
        orders.append("stop")
        stop()

    def noted_allow(on):
        orders.append(on)
        allow(on)

    charger.dc_stop, charger.allow = noted_stop, noted_allow
    ev.ask("PowerDeliveryReq", delivery("Stop", ev))
    assert orders == ["stop", False] and charger.target == (0, 0)


def test_the_current_ends_in_a_renegotiation():
    ev = reach(states.DEMANDING)
    charger = ev.evse.charger
    assert charger.target == (400, 20)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    assert charger.target == (0, 0) and charger.contactor_closed


def test_after_a_stop_nothing_is_negotiated_and_the_connector_is_shut_down():
    ev = reach(states.STOPPED_DC)
    ev.evse.charger.schedule_number += 1
    reported = ev.ask("WeldingDetectionReq", {"DC_EVStatus": ev_status()})["DC_EVSEStatus"]
    assert (reported["EVSENotification"], reported["EVSEStatusCode"]) == ("None", "EVSE_Shutdown")


# --- DC


def test_an_ev_with_an_error_is_refused_in_every_message_of_dc():
    bad = ev_status("FAILED_EVRESSMalfunction")
    for state, name in share(((states.CABLE_CHECK, "CableCheckReq"), (states.PRE_CHARGE, "PreChargeReq")), 1):
        ev = reach(state)
        body = ev.request(name)
        body["DC_EVStatus"] = bad
        ev.ask(name, body, "FAILED")
        assert ev.evse.secc.closing and not ev.evse.charger.allowed


def cable_check(code="OK", **charger):
    ev = Evcc(Evse(dc=True), DC)
    ev.to_offer()
    ev.evse.charger.wants_power = True
    for name in charger:
        setattr(ev.evse.charger, name, charger[name])
    return ev, ev.ask("CableCheckReq", ev.request("CableCheckReq"), code)


def test_no_cable_check_begins_where_the_charger_must_stop():
    cable_check("FAILED", ready=False)
    cable_check("FAILED", stop_asked=True)


def test_an_isolation_that_is_not_known_any_more_is_no_pass():
    ev, found = cable_check()
    assert found["EVSEProcessing"] == "Ongoing"
    ev.evse.charger.isolation = status.ISOLATION_UNKNOWN
    found = ev.ask("CableCheckReq", ev.request("CableCheckReq"))
    assert found["EVSEProcessing"] == "Ongoing"
    assert found["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_NotReady"


def test_a_warned_isolation_is_measured_again_when_terms_are_negotiated_again():
    evse = Evse(dc=True)
    evse.charger.isolation_end = status.ISOLATION_WARNING
    ev = Evcc(evse, DC)
    ev.to_charging()
    ev.charge(1)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    assert ev.ask("CableCheckReq", ev.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"


def test_every_session_measures_the_isolation_itself():
    ev, _found = cable_check(isolation=status.ISOLATION_VALID)
    assert ev.last["EVSEProcessing"] == "Ongoing"


def test_the_isolation_clock_ends_at_its_time():
    ev = Evcc(Evse(dc=True), DC)
    evse = ev.evse
    evse.charger.isolation_end = status.ISOLATION_MEASURING
    ev.to_offer()
    evse.charger.wants_power = True
    body = {"DC_EVStatus": ev_status()}
    ev.ask("CableCheckReq", body)
    evse.now_ms += states.CABLE_CHECK_PERFORMANCE_MS - 1
    assert ev.ask("CableCheckReq", body)["EVSEProcessing"] == "Ongoing"
    evse.now_ms += 1
    ev.ask("CableCheckReq", body, "FAILED")


def test_current_demands_at_the_limits_are_accepted():
    ev = Evcc(Evse(dc=True), DC)
    ev.to_authorized()
    body = charge_parameter(ev)
    body["DC_EVChargeParameter"]["EVMaximumCurrentLimit"] = value(200, "A")
    ev.ask("ChargeParameterDiscoveryReq", body)
    ev.cable_check()
    ev.pre_charge()
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    ev.evse.charger.offered_w = 40000
    found = ev.ask("CurrentDemandReq", demand(ev, 0, 0))
    assert number(found["EVSEMaximumCurrentLimit"]) == 125
    found = ev.ask("CurrentDemandReq", demand(ev, 400, 100))
    assert found["EVSEPowerLimitAchieved"] is True and found["EVSEVoltageLimitAchieved"] is False
    found = ev.ask("CurrentDemandReq", demand(ev, 400, 99))
    assert found["EVSEPowerLimitAchieved"] is False
    assert number(found["EVSEMaximumPowerLimit"]) == 40000 and number(found["EVSEMaximumCurrentLimit"]) == 100


def test_an_ev_that_does_not_stop_is_stopped():
    for dc in share((False, True), 1):
        evse = Evse(dc=dc, changes={"iso15118_notice_s": 10})
        ev = Evcc(evse, DC if dc else "AC_single_phase_core")
        ev.to_charging()
        ev.charge(1)
        evse.charger.stop_asked = True
        ev.charge(1)
        evse.now_ms += 14899  # asked to stop 100 ms ago, asked again in the same millisecond
        ev.ask(ev.loop, ev.request(ev.loop))
        evse.now_ms += 1
        assert evse.charger.contactor_closed
        ev.ask(ev.loop, ev.request(ev.loop), "FAILED")
        evse.run(200)
        assert not evse.charger.allowed and not evse.charger.contactor_closed
        assert evse.kinds("session")[-1][2] == "ev_does_not_stop"


def test_a_stop_that_is_taken_back_is_forgotten():
    evse = Evse(changes={"iso15118_notice_s": 0})
    ev = Evcc(evse)
    ev.to_charging()
    for asked in (True, False, True):
        evse.charger.stop_asked = asked
        ev.charge(1)
        evse.now_ms += 4000
    ev.ask(ev.loop, ev.request(ev.loop))


def test_a_receipt_is_asked_of_a_contract_alone():
    evse = Evse(changes={"iso15118_receipt": 1})
    ev = Evcc(evse)
    ev.to_charging()
    assert ev.charge(1)["ReceiptRequired"] is False
