"""The log says why: each refusal's reason, each delivery, connection and end, with its number."""

from evcc import UNIX_S, Evcc, Evse, charge_parameter, delivery, demand, ev_status, value
from session_states import reach, tailed
from small_heap import share

from gridkeel import ticks
from gridkeel.v2g import exi, grammars, sdp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.iso2 import codes, modes, payment, states, status
from gridkeel.v2g.iso2.schedules import START_MAX_S

WASM_GROUP = 1
DC = "DC_extended"


def reason(ev, name, body, code):
    """Ask what is refused; return the reason that the log gives for the end."""
    evse = ev.evse
    evse.drain()
    evse.events.clear()
    ev.ask(name, body, code)
    assert evse.kinds("refused") == [("refused", name, code, 0)]
    ((_kind, what, why, number),) = evse.kinds("session")
    assert (what, number) == ("ended", 0)
    return why


def selection(payment, *services):
    chosen = [{"ServiceID": service} for service in services]
    return {"SelectedPaymentOption": payment, "SelectedServiceList": {"SelectedService": chosen}}


def test_services_that_are_refused():
    for body, code, why in share(
        (
            (selection(modes.EXTERNAL, 1, 3), codes.SERVICE_SELECTION_INVALID, "service_not_offered"),
            (selection(modes.EXTERNAL, 2), codes.NO_CHARGE_SERVICE, "charge_service_missing"),
        ),
        1,
    ):
        assert reason(reach(states.SELECTION), "PaymentServiceSelectionReq", body, code) == why
    ev = reach(states.SELECTION)
    assert reason(ev, "ServiceDetailReq", {"ServiceID": 3}, codes.SERVICE_ID_INVALID) == "service_not_offered"
    ev = Evcc(Evse())
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})
    body = selection(modes.CONTRACT, 1)
    assert reason(ev, "PaymentServiceSelectionReq", body, codes.PAYMENT_SELECTION_INVALID) == "payment_not_offered"
    ev = Evcc(Evse(changes={"iso15118_payment": 2}))
    ev.setup()
    assert reason(ev, "ServiceDiscoveryReq", {}, codes.FAILED) == "no_payment_option"


def test_details_of_the_charge_service_are_none():
    ev = reach(states.SELECTION)
    assert "ServiceParameterList" not in ev.ask("ServiceDetailReq", {"ServiceID": 1})
    sets = ev.ask("ServiceDetailReq", {"ServiceID": 2})["ServiceParameterList"]["ParameterSet"]
    assert [one["ParameterSetID"] for one in sets] == [1, 2]


def test_the_certificate_service_belongs_to_contracts():
    evse = Evse(secured=True, backend=reach(states.SETUP).evse.backend)
    ev = Evcc(evse)
    ev.setup()
    assert "ServiceList" not in ev.ask("ServiceDiscoveryReq", {})


def test_identification_that_is_refused():
    ev = reach(states.CONTRACT)
    ev.evse.secc._context.credentials = Credentials()
    assert reason(ev, "PaymentDetailsReq", ev.request("PaymentDetailsReq"), codes.NO_CERTIFICATE) == "no_root"
    ev = reach(states.AUTHORIZATION)
    ev.evse.charger.authorized = 2
    assert reason(ev, "AuthorizationReq", {}, codes.FAILED) == "not_authorized"
    for state in (states.RECEIPT_AC,):
        ev = reach(state)
        body = ev.request("MeteringReceiptReq")
        body["MeterInfo"] = {"MeterID": "METER-1", "MeterReading": 1}
        assert reason(ev, "MeteringReceiptReq", body, codes.METERING_SIGNATURE) == "receipt_mismatch"
    evse = Evse()
    evse.charger.may_begin = False
    ev = Evcc(evse)
    ev.negotiate()
    assert reason(ev, "SessionSetupReq", ev.request("SessionSetupReq"), codes.FAILED) == "duty_not_5_percent"


def test_parameters_that_are_refused():
    def mode(ev, body):
        body["RequestedEnergyTransferMode"] = DC
        return codes.WRONG_MODE, "mode_not_offered"

    def missing(ev, body):
        del body["AC_EVChargeParameter"]
        body["DC_EVChargeParameter"] = charge_parameter(Evcc(ev.evse, DC))["DC_EVChargeParameter"]
        return codes.WRONG_CHARGE_PARAMETER, "mode_limits_missing"

    def limits(ev, body):
        body["AC_EVChargeParameter"]["EVMaxVoltage"] = value(110, "V")
        return codes.WRONG_CHARGE_PARAMETER, "ac_limits_invalid"

    def least(ev, body):
        body["AC_EVChargeParameter"].update({"EVMinCurrent": value(33, "A"), "EVMaxCurrent": value(63, "A")})
        return codes.WRONG_CHARGE_PARAMETER, "min_current_too_high"

    def unit(ev, body):
        body["AC_EVChargeParameter"]["EAmount"] = value(60, "W")
        return codes.WRONG_CHARGE_PARAMETER, "unit_wrong"

    for change in share((mode, missing, limits, least, unit), 2):
        ev = reach(states.CHARGE_PARAMETER)
        body = charge_parameter(ev)
        code, why = change(ev, body)
        assert reason(ev, "ChargeParameterDiscoveryReq", body, code) == why
    ev = reach(states.CHARGING)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.evse.charger.three_phase = True
    ev.mode = modes.AC_THREE
    why = reason(ev, "ChargeParameterDiscoveryReq", charge_parameter(ev), codes.WRONG_MODE)
    assert why in ("mode_changed", "mode_not_offered")


def test_dc_parameters_that_are_refused():
    for changes, code, why in share(
        (
            ({"EVMaximumVoltageLimit": value(100, "V")}, codes.WRONG_CHARGE_PARAMETER, "dc_limits_invalid"),
            ({"DC_EVStatus": ev_status("FAILED_EVRESSMalfunction")}, codes.FAILED, "ev_error"),
        ),
        1,
    ):
        ev = Evcc(Evse(dc=True), DC)
        ev.to_authorized()
        body = charge_parameter(ev)
        body["DC_EVChargeParameter"].update(changes)
        assert reason(ev, "ChargeParameterDiscoveryReq", body, code) == why


def test_deliveries_that_are_refused():
    def not_ready(charger):
        charger.ready = False

    def stop_asked(charger):
        charger.stop_asked = True

    def nothing(charger):
        pass

    for change, progress, named_with, code, why in share(
        (
            (nothing, "Start", {"tuple_id": 2}, codes.TARIFF_INVALID, "schedule_not_offered"),
            (nothing, "Start", {"profile": ((0, 1), (0, 1))}, codes.PROFILE_INVALID, "charging_profile_invalid"),
            (nothing, "Renegotiate", {}, codes.FAILED, "nothing_to_renegotiate"),
            (not_ready, "Start", {}, codes.NOT_APPLIED, "charger_not_ready"),
            (stop_asked, "Start", {}, codes.NOT_APPLIED, "charger_not_ready"),
        ),
        2,
    ):
        ev = reach(states.POWER_DELIVERY)
        change(ev.evse.charger)
        assert reason(ev, "PowerDeliveryReq", delivery(progress, ev, **named_with), code) == why
    ev = reach(states.CHARGING)
    assert reason(ev, "PowerDeliveryReq", delivery("Start", ev), codes.SEQUENCE_ERROR) == "already_started"
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    evse.charger.contactor_closed = evse.charger.stuck_closed = True
    assert evse.charger.welded
    assert reason(ev, "PowerDeliveryReq", delivery("Start", ev), codes.CONTACTOR_ERROR) == "contactor_welded"


def test_an_ev_that_does_not_come_to_state_c_is_waited_for_to_the_millisecond():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    evse.events.clear()
    secc = evse.secc
    ev.send("PowerDeliveryReq", delivery("Start", ev))
    secc.work(evse.now_ms)
    while secc.work(evse.now_ms):
        pass
    for after_ms, refusals in ((states.PILOT_TIMEOUT_MS - 1, 0), (states.PILOT_TIMEOUT_MS, 1)):
        now_ms = ticks.add(evse.now_ms, after_ms)
        while secc.work(now_ms):
            pass
        assert len(evse.kinds("refused")) == refusals
    assert evse.kinds("session")[-1][2] == "no_state_c"


def test_a_start_and_a_stop_are_logged_with_their_time():
    for dc in share((False, True), 1):
        evse = Evse(dc=dc)
        ev = Evcc(evse, DC if dc else "AC_single_phase_core")
        ev.to_charging()
        ev.charge(1)
        ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
        assert evse.charger.allowed and evse.charger.contactor_closed
        assert evse.kinds("delivery")[-1] == ("delivery", "renegotiation", "", 0)
        ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
        if dc:
            ev.cable_check()
            ev.pre_charge()
        ev.ask("PowerDeliveryReq", delivery("Start", ev))
        ev.charge(1)
        ev.ask("PowerDeliveryReq", delivery("Stop", ev))
        _kind, what, detail, ms = evse.kinds("delivery")[-1]
        assert (what, detail) == ("stopped", "") and 75 <= ms <= 150
        assert [event[1] for event in evse.kinds("delivery")] == ["started", "renegotiation", "started", "stopped"]
        evse.disconnect()


def test_a_renegotiation_after_a_fault_does_not_close_the_contactor():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    ev.charge(1)
    evse.charger.ready = False
    evse.run(200)
    evse.charger.ready = True
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    assert not evse.charger.allowed
    evse.run(200)
    assert not evse.charger.contactor_closed


def test_only_a_dc_charger_s_current_is_ended():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    ev.charge(1)
    evse.charger.target = (1, 1)  # an AC charger has none
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    assert evse.charger.target == (1, 1)
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    ev.charge(1)
    ev.ask("PowerDeliveryReq", delivery("Stop", ev))
    assert evse.charger.target == (1, 1)


def test_an_isolation_that_fails():
    evse = Evse(dc=True)
    evse.charger.isolation_end = status.ISOLATION_FAULT
    ev = Evcc(evse, DC)
    ev.to_offer()
    evse.charger.wants_power = True
    ev.ask("CableCheckReq", ev.request("CableCheckReq"))
    evse.run(2000)
    assert reason(ev, "CableCheckReq", ev.request("CableCheckReq"), codes.FAILED) == "isolation_fault"


def test_an_isolation_that_takes_too_long():
    evse = Evse(dc=True)
    evse.charger.isolation_end = status.ISOLATION_MEASURING
    ev = Evcc(evse, DC)
    ev.to_offer()
    evse.charger.wants_power = True
    begun_ms = evse.now_ms
    ev.ask("CableCheckReq", ev.request("CableCheckReq"))
    evse.now_ms = ticks.add(begun_ms, states.CABLE_CHECK_PERFORMANCE_MS - 20)
    assert ev.ask("CableCheckReq", ev.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"
    evse.now_ms = ticks.add(begun_ms, states.CABLE_CHECK_PERFORMANCE_MS + 20)
    assert reason(ev, "CableCheckReq", ev.request("CableCheckReq"), codes.FAILED) == "isolation_timeout"


def test_dc_targets_that_are_refused():
    for volts, amperes in share(((-1, 20), (400, -1)), 1):
        ev = reach(states.DEMANDING)
        why = reason(ev, "CurrentDemandReq", demand(ev, volts, amperes), codes.FAILED)
        assert why == "target_out_of_range"


def test_the_current_offered_is_the_rating_s_or_the_power_s():
    ev = reach(states.DEMANDING)
    charger = ev.evse.charger
    for volts, offered_w, amperes in ((400, 50000, 125), (200, 50000, 125), (400, 20000, 50)):
        charger.offered_w = offered_w
        answer = ev.ask("CurrentDemandReq", demand(ev, volts, 20))
        limit = answer["EVSEMaximumCurrentLimit"]
        assert abs(limit["Value"] * 10 ** limit["Multiplier"] - amperes) < 0.5
        limit = answer["EVSEMaximumVoltageLimit"]
        assert limit["Value"] * 10 ** limit["Multiplier"] == 500


def test_a_profile_s_start_is_the_schema_s_at_most():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    evse.charger.wants_power = True
    ev.ask("PowerDeliveryReq", delivery("Start", ev, profile=((0, 7000), (4000000000, 0))))
    assert evse.charger.profile == ((0, 7000), (START_MAX_S, 0))


def test_a_connection_is_logged_by_its_transport():
    for secured, transport in ((False, "tcp"), (True, "tls")):
        evse = Evse(secured=secured)
        evse.run(100)
        evse.send(b"\x01")
        evse.send(b"GET / HTTP/1.1\r\n")
        assert evse.drain()[0] == ("connected", transport, "", 0)
        assert evse.kinds("closed") == [("closed", "frame_invalid", "", 17)], "with the bytes that came"
        evse.disconnect()
        evse.connect()
        evse.send(b"GET / HTTP/1.1\r\n")
        assert evse.kinds("closed")[-1] == ("closed", "frame_invalid", "", 16)
    evse = Evse(changes={"iso15118_tls": sdp.TLS_ONLY})
    assert evse.kinds("closed") == [("closed", "tls_required", "", 0)]


def test_a_protocol_that_is_unknown_ends_the_session():
    ev = Evcc(Evse())
    ev.negotiate([_OTHER])
    evse = ev.evse
    assert evse.kinds("session") == [("session", "ended", "protocol_unknown", 0)]
    assert evse.secc.request == states.APP_PROTOCOL_REQ


_OTHER = {
    "ProtocolNamespace": "urn:iso:15118:2:2010:MsgDef",
    "VersionNumberMajor": 1,
    "VersionNumberMinor": 0,
    "SchemaID": 1,
    "Priority": 1,
}


def test_targets_in_another_unit_are_refused():
    for change in share(({"EVTargetVoltage": value(400, "A")}, {"EVTargetCurrent": value(20, "V")}), 1):
        ev = reach(states.DEMANDING)
        body = demand(ev)
        body.update(change)
        assert reason(ev, "CurrentDemandReq", body, codes.FAILED) == "unit_wrong"


def test_an_isolation_that_is_valid_is_not_tested_again_while_charging_goes_on():
    evse = Evse(dc=True)
    ev = Evcc(evse, DC)
    ev.to_charging()
    ev.charge(1)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    assert ev.ask("CableCheckReq", ev.request("CableCheckReq"))["EVSEProcessing"] == "Finished"
    assert evse.charger.isolation == status.ISOLATION_VALID


def test_an_ev_that_needs_no_energy_may_say_so():
    ev = Evcc(Evse(dc=True), DC)
    ev.to_authorized()
    body = charge_parameter(ev)
    body["DC_EVChargeParameter"]["EVEnergyRequest"] = value(0, "Wh")
    ev.ask("ChargeParameterDiscoveryReq", body)


def test_a_contract_that_ends_soon_is_said_to_by_the_day():
    class Leaf:
        not_after_s = UNIX_S + 21 * 86400

    context = Evse(changes={"iso15118_expires_soon_days": 21}).secc._context
    context.now_ms = 1000
    assert payment._code(context, Leaf) == codes.OK
    Leaf.not_after_s -= 1
    assert payment._code(context, Leaf) == codes.EXPIRES_SOON


def test_each_answer_is_logged_but_in_a_loop_the_first():
    ev = reach(states.SELECTION)
    ev.evse.events.clear()
    for _ in range(2):
        ev.ask("ServiceDetailReq", {"ServiceID": 1})
    assert [event[1] for event in ev.evse.kinds("message")] == ["ServiceDetailReq"] * 2
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    evse.events.clear()
    ev.charge(3)
    assert [event[1] for event in evse.kinds("message")] == ["ChargingStatusReq"]


def test_a_request_is_kept_as_it_came_without_what_stands_behind_it():
    for tail in (b"", b"\x00\x00"):
        evse = Evse()
        ev = tailed(evse, tail)
        ev.setup()
        session = evse.secc._session
        kept = []
        answer = session.answer

        def spied(*arguments, answer=answer, kept=kept):
            kept.append(bytes(arguments[4]))
            return answer(*arguments)

        session.answer = spied
        ev.ask("ServiceDiscoveryReq", {})
        assert exi.decode(grammars.iso2(), kept[0], 0, len(kept[0]))[1]["Body"] == {"ServiceDiscoveryReq": {}}
        end = exi.encode(
            grammars.iso2(), "V2G_Message", {"Header": {"SessionID": ev.session_id}, "Body": _BODY}, _OUT, 0
        )
        assert kept[0] == _OUT[:end]


_BODY = {"ServiceDiscoveryReq": {}}
_OUT = bytearray(200)


def test_an_ev_that_names_no_number_of_entries_gets_23_at_most():
    evse = Evse()
    ev = Evcc(evse)
    evse.charger.schedule = tuple([(60 * k, 3000 + k % 2) for k in range(40)])
    tuples = ev.to_offer()["SAScheduleList"]["SAScheduleTuple"]
    assert len(tuples[0]["PMaxSchedule"]["PMaxScheduleEntry"]) == 23


def test_a_session_s_stop_and_pause_are_logged():
    for kind, what in (("Terminate", "stopped"), ("Pause", "paused")):
        ev = reach(states.DISCOVERY)
        ev.ask("SessionStopReq", {"ChargingSession": kind})
        assert ev.evse.kinds("session")[-1] == ("session", what, "", 0)
        ev.evse.disconnect()


def test_a_request_out_of_order_is_named_so():
    ev = reach(states.DISCOVERY)
    assert reason(ev, "AuthorizationReq", {}, codes.SEQUENCE_ERROR) == "out_of_order"
    ev = reach(states.DISCOVERY)
    ev.session_id = bytes(8)
    assert reason(ev, "ServiceDiscoveryReq", {}, codes.UNKNOWN_SESSION) == "session_id_wrong"
