"""The log says why: each refusal's reason, each delivery, connection and end, with its number."""

from evcc import UNIX_S, Bench, Car, charge_parameter, delivery, demand, ev_status, value
from garbage import share
from reaching import reach, tailed

from gridkeel import ticks
from gridkeel.v2g import exi, grammars, sdp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.iso2 import codes, modes, payment, states, status
from gridkeel.v2g.iso2.schedules import START_MAX_S

WASM_GROUP = 1
DC = "DC_extended"


def reason(car, name, body, code):
    """Ask what is refused; return the reason that the log gives for the end."""
    bench = car.bench
    bench.drain()
    bench.events.clear()
    car.ask(name, body, code)
    assert bench.kinds("refused") == [("refused", name, code, 0)]
    ((_kind, what, why, number),) = bench.kinds("session")
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
    car = reach(states.SELECTION)
    assert reason(car, "ServiceDetailReq", {"ServiceID": 3}, codes.SERVICE_ID_INVALID) == "service_not_offered"
    car = Car(Bench())
    car.setup()
    car.ask("ServiceDiscoveryReq", {})
    body = selection(modes.CONTRACT, 1)
    assert reason(car, "PaymentServiceSelectionReq", body, codes.PAYMENT_SELECTION_INVALID) == "payment_not_offered"
    car = Car(Bench(changes={"iso15118_payment": 2}))
    car.setup()
    assert reason(car, "ServiceDiscoveryReq", {}, codes.FAILED) == "no_payment_option"


def test_details_of_the_charge_service_are_none():
    car = reach(states.SELECTION)
    assert "ServiceParameterList" not in car.ask("ServiceDetailReq", {"ServiceID": 1})
    sets = car.ask("ServiceDetailReq", {"ServiceID": 2})["ServiceParameterList"]["ParameterSet"]
    assert [one["ParameterSetID"] for one in sets] == [1, 2]


def test_the_certificate_service_belongs_to_contracts():
    bench = Bench(secured=True, backend=reach(states.SETUP).bench.backend)
    car = Car(bench)
    car.setup()
    assert "ServiceList" not in car.ask("ServiceDiscoveryReq", {})


def test_identification_that_is_refused():
    car = reach(states.CONTRACT)
    car.bench.secc._context.credentials = Credentials()
    assert reason(car, "PaymentDetailsReq", car.request("PaymentDetailsReq"), codes.NO_CERTIFICATE) == "no_root"
    car = reach(states.AUTHORIZATION)
    car.bench.outlet.authorized = 2
    assert reason(car, "AuthorizationReq", {}, codes.FAILED) == "not_authorized"
    for state in (states.RECEIPT_AC,):
        car = reach(state)
        body = car.request("MeteringReceiptReq")
        body["MeterInfo"] = {"MeterID": "METER-1", "MeterReading": 1}
        assert reason(car, "MeteringReceiptReq", body, codes.METERING_SIGNATURE) == "receipt_mismatch"
    bench = Bench()
    bench.outlet.may_begin = False
    car = Car(bench)
    car.negotiate()
    assert reason(car, "SessionSetupReq", car.request("SessionSetupReq"), codes.FAILED) == "duty_not_5_percent"


def test_parameters_that_are_refused():
    def mode(car, body):
        body["RequestedEnergyTransferMode"] = DC
        return codes.WRONG_MODE, "mode_not_offered"

    def missing(car, body):
        del body["AC_EVChargeParameter"]
        body["DC_EVChargeParameter"] = charge_parameter(Car(car.bench, DC))["DC_EVChargeParameter"]
        return codes.WRONG_CHARGE_PARAMETER, "mode_limits_missing"

    def limits(car, body):
        body["AC_EVChargeParameter"]["EVMaxVoltage"] = value(110, "V")
        return codes.WRONG_CHARGE_PARAMETER, "ac_limits_invalid"

    def least(car, body):
        body["AC_EVChargeParameter"].update({"EVMinCurrent": value(33, "A"), "EVMaxCurrent": value(63, "A")})
        return codes.WRONG_CHARGE_PARAMETER, "min_current_too_high"

    def unit(car, body):
        body["AC_EVChargeParameter"]["EAmount"] = value(60, "W")
        return codes.WRONG_CHARGE_PARAMETER, "unit_wrong"

    for change in share((mode, missing, limits, least, unit), 2):
        car = reach(states.CHARGE_PARAMETER)
        body = charge_parameter(car)
        code, why = change(car, body)
        assert reason(car, "ChargeParameterDiscoveryReq", body, code) == why
    car = reach(states.CHARGING)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.bench.outlet.three_phase = True
    car.mode = modes.AC_THREE
    why = reason(car, "ChargeParameterDiscoveryReq", charge_parameter(car), codes.WRONG_MODE)
    assert why in ("mode_changed", "mode_not_offered")


def test_dc_parameters_that_are_refused():
    for changes, code, why in share(
        (
            ({"EVMaximumVoltageLimit": value(100, "V")}, codes.WRONG_CHARGE_PARAMETER, "dc_limits_invalid"),
            ({"DC_EVStatus": ev_status("FAILED_EVRESSMalfunction")}, codes.FAILED, "ev_error"),
        ),
        1,
    ):
        car = Car(Bench(dc=True), DC)
        car.to_authorized()
        body = charge_parameter(car)
        body["DC_EVChargeParameter"].update(changes)
        assert reason(car, "ChargeParameterDiscoveryReq", body, code) == why


def test_deliveries_that_are_refused():
    def not_ready(outlet):
        outlet.ready = False

    def stop_asked(outlet):
        outlet.stop_asked = True

    def nothing(outlet):
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
        car = reach(states.POWER_DELIVERY)
        change(car.bench.outlet)
        assert reason(car, "PowerDeliveryReq", delivery(progress, car, **named_with), code) == why
    car = reach(states.CHARGING)
    assert reason(car, "PowerDeliveryReq", delivery("Start", car), codes.SEQUENCE_ERROR) == "already_started"
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    bench.outlet.contactor_closed = bench.outlet.stuck_closed = True
    assert bench.outlet.welded
    assert reason(car, "PowerDeliveryReq", delivery("Start", car), codes.CONTACTOR_ERROR) == "contactor_welded"


def test_an_ev_that_does_not_come_to_state_c_is_waited_for_to_the_millisecond():
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    bench.events.clear()
    secc = bench.secc
    car.send("PowerDeliveryReq", delivery("Start", car))
    secc.work(bench.now_ms)
    while secc.work(bench.now_ms):
        pass
    for after_ms, refusals in ((states.PILOT_TIMEOUT_MS - 1, 0), (states.PILOT_TIMEOUT_MS, 1)):
        now_ms = ticks.add(bench.now_ms, after_ms)
        while secc.work(now_ms):
            pass
        assert len(bench.kinds("refused")) == refusals
    assert bench.kinds("session")[-1][2] == "no_state_c"


def test_a_start_and_a_stop_are_logged_with_their_time():
    for dc in share((False, True), 1):
        bench = Bench(dc=dc)
        car = Car(bench, DC if dc else "AC_single_phase_core")
        car.to_charging()
        car.charge(1)
        car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
        assert bench.outlet.allowed and bench.outlet.contactor_closed
        assert bench.kinds("delivery")[-1] == ("delivery", "renegotiation", "", 0)
        car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
        if dc:
            car.cable_check()
            car.pre_charge()
        car.ask("PowerDeliveryReq", delivery("Start", car))
        car.charge(1)
        car.ask("PowerDeliveryReq", delivery("Stop", car))
        _kind, what, detail, ms = bench.kinds("delivery")[-1]
        assert (what, detail) == ("stopped", "") and 75 <= ms <= 150
        assert [event[1] for event in bench.kinds("delivery")] == ["started", "renegotiation", "started", "stopped"]
        bench.disconnect()


def test_a_renegotiation_after_a_fault_does_not_close_the_contactor():
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    car.charge(1)
    bench.outlet.ready = False
    bench.run(200)
    bench.outlet.ready = True
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    assert not bench.outlet.allowed
    bench.run(200)
    assert not bench.outlet.contactor_closed


def test_only_a_dc_charger_s_current_is_ended():
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    car.charge(1)
    bench.outlet.target = (1, 1)  # an AC charger has none
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    assert bench.outlet.target == (1, 1)
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    car.ask("PowerDeliveryReq", delivery("Start", car))
    car.charge(1)
    car.ask("PowerDeliveryReq", delivery("Stop", car))
    assert bench.outlet.target == (1, 1)


def test_an_isolation_that_fails():
    bench = Bench(dc=True)
    bench.outlet.isolation_end = status.ISOLATION_FAULT
    car = Car(bench, DC)
    car.to_offer()
    bench.outlet.wants_power = True
    car.ask("CableCheckReq", car.request("CableCheckReq"))
    bench.run(2000)
    assert reason(car, "CableCheckReq", car.request("CableCheckReq"), codes.FAILED) == "isolation_fault"


def test_an_isolation_that_takes_too_long():
    bench = Bench(dc=True)
    bench.outlet.isolation_end = status.ISOLATION_MEASURING
    car = Car(bench, DC)
    car.to_offer()
    bench.outlet.wants_power = True
    begun_ms = bench.now_ms
    car.ask("CableCheckReq", car.request("CableCheckReq"))
    bench.now_ms = ticks.add(begun_ms, states.CABLE_CHECK_PERFORMANCE_MS - 20)
    assert car.ask("CableCheckReq", car.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"
    bench.now_ms = ticks.add(begun_ms, states.CABLE_CHECK_PERFORMANCE_MS + 20)
    assert reason(car, "CableCheckReq", car.request("CableCheckReq"), codes.FAILED) == "isolation_timeout"


def test_dc_targets_that_are_refused():
    for volts, amperes in share(((-1, 20), (400, -1)), 1):
        car = reach(states.DEMANDING)
        why = reason(car, "CurrentDemandReq", demand(car, volts, amperes), codes.FAILED)
        assert why == "target_out_of_range"


def test_the_current_offered_is_the_rating_s_or_the_power_s():
    car = reach(states.DEMANDING)
    outlet = car.bench.outlet
    for volts, offered_w, amperes in ((400, 50000, 125), (200, 50000, 125), (400, 20000, 50)):
        outlet.offered_w = offered_w
        answer = car.ask("CurrentDemandReq", demand(car, volts, 20))
        limit = answer["EVSEMaximumCurrentLimit"]
        assert abs(limit["Value"] * 10 ** limit["Multiplier"] - amperes) < 0.5
        limit = answer["EVSEMaximumVoltageLimit"]
        assert limit["Value"] * 10 ** limit["Multiplier"] == 500


def test_a_profile_s_start_is_the_schema_s_at_most():
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    bench.outlet.wants_power = True
    car.ask("PowerDeliveryReq", delivery("Start", car, profile=((0, 7000), (4000000000, 0))))
    assert bench.outlet.profile == ((0, 7000), (START_MAX_S, 0))


def test_a_connection_is_logged_by_its_transport():
    for secured, transport in ((False, "tcp"), (True, "tls")):
        bench = Bench(secured=secured)
        bench.run(100)
        bench.send(b"\x01")
        bench.send(b"GET / HTTP/1.1\r\n")
        assert bench.drain()[0] == ("connected", transport, "", 0)
        assert bench.kinds("closed") == [("closed", "frame_invalid", "", 17)], "with the bytes that came"
        bench.disconnect()
        bench.connect()
        bench.send(b"GET / HTTP/1.1\r\n")
        assert bench.kinds("closed")[-1] == ("closed", "frame_invalid", "", 16)
    bench = Bench(changes={"iso15118_tls": sdp.TLS_ONLY})
    assert bench.kinds("closed") == [("closed", "tls_required", "", 0)]


def test_a_protocol_that_is_unknown_ends_the_session():
    car = Car(Bench())
    car.negotiate([_OTHER])
    bench = car.bench
    assert bench.kinds("session") == [("session", "ended", "protocol_unknown", 0)]
    assert bench.secc.request == states.APP_PROTOCOL_REQ


_OTHER = {
    "ProtocolNamespace": "urn:iso:15118:2:2010:MsgDef",
    "VersionNumberMajor": 1,
    "VersionNumberMinor": 0,
    "SchemaID": 1,
    "Priority": 1,
}


def test_targets_in_another_unit_are_refused():
    for change in share(({"EVTargetVoltage": value(400, "A")}, {"EVTargetCurrent": value(20, "V")}), 1):
        car = reach(states.DEMANDING)
        body = demand(car)
        body.update(change)
        assert reason(car, "CurrentDemandReq", body, codes.FAILED) == "unit_wrong"


def test_an_isolation_that_is_valid_is_not_tested_again_while_charging_goes_on():
    bench = Bench(dc=True)
    car = Car(bench, DC)
    car.to_charging()
    car.charge(1)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    assert car.ask("CableCheckReq", car.request("CableCheckReq"))["EVSEProcessing"] == "Finished"
    assert bench.outlet.isolation == status.ISOLATION_VALID


def test_an_ev_that_needs_no_energy_may_say_so():
    car = Car(Bench(dc=True), DC)
    car.to_authorized()
    body = charge_parameter(car)
    body["DC_EVChargeParameter"]["EVEnergyRequest"] = value(0, "Wh")
    car.ask("ChargeParameterDiscoveryReq", body)


def test_a_contract_that_ends_soon_is_said_to_by_the_day():
    class Leaf:
        not_after_s = UNIX_S + 21 * 86400

    context = Bench(changes={"iso15118_expires_soon_days": 21}).secc._context
    context.now_ms = 1000
    assert payment._code(context, Leaf) == codes.OK
    Leaf.not_after_s -= 1
    assert payment._code(context, Leaf) == codes.EXPIRES_SOON


def test_each_answer_is_logged_but_in_a_loop_the_first():
    car = reach(states.SELECTION)
    car.bench.events.clear()
    for _ in range(2):
        car.ask("ServiceDetailReq", {"ServiceID": 1})
    assert [event[1] for event in car.bench.kinds("message")] == ["ServiceDetailReq"] * 2
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    bench.events.clear()
    car.charge(3)
    assert [event[1] for event in bench.kinds("message")] == ["ChargingStatusReq"]


def test_a_request_is_kept_as_it_came_without_what_stands_behind_it():
    for tail in (b"", b"\x00\x00"):
        bench = Bench()
        car = tailed(bench, tail)
        car.setup()
        session = bench.secc._session
        kept = []
        answer = session.answer

        def spied(*arguments, answer=answer, kept=kept, bench=bench):
            kept.append(bytes(bench.secc._context.request_exi))
            return answer(*arguments)

        session.answer = spied
        car.ask("ServiceDiscoveryReq", {})
        assert exi.decode(grammars.iso2(), kept[0], 0, len(kept[0]))[1]["Body"] == {"ServiceDiscoveryReq": {}}
        end = exi.encode(
            grammars.iso2(), "V2G_Message", {"Header": {"SessionID": car.session_id}, "Body": _BODY}, _OUT, 0
        )
        assert kept[0] == _OUT[:end]


_BODY = {"ServiceDiscoveryReq": {}}
_OUT = bytearray(200)


def test_an_ev_that_names_no_number_of_entries_gets_23_at_most():
    bench = Bench()
    car = Car(bench)
    bench.outlet.schedule = tuple([(60 * k, 3000 + k % 2) for k in range(40)])
    tuples = car.to_offer()["SAScheduleList"]["SAScheduleTuple"]
    assert len(tuples[0]["PMaxSchedule"]["PMaxScheduleEntry"]) == 23


def test_a_session_s_stop_and_pause_are_logged():
    for kind, what in (("Terminate", "stopped"), ("Pause", "paused")):
        car = reach(states.DISCOVERY)
        car.ask("SessionStopReq", {"ChargingSession": kind})
        assert car.bench.kinds("session")[-1] == ("session", what, "", 0)
        car.bench.disconnect()


def test_a_request_out_of_order_is_named_so():
    car = reach(states.DISCOVERY)
    assert reason(car, "AuthorizationReq", {}, codes.SEQUENCE_ERROR) == "out_of_order"
    car = reach(states.DISCOVERY)
    car.session_id = bytes(8)
    assert reason(car, "ServiceDiscoveryReq", {}, codes.UNKNOWN_SESSION) == "session_id_wrong"
