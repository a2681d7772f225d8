"""A session at its edges: what is joined again, what an EV leaves out or states anew, and which reason is logged."""

import fake_charger
from evcc import EVCC_ID, Evcc, Evse, charge_parameter, delivery, demand, ev_status, value
from session_states import ANCHOR, SilentBackend
from small_heap import share

from gridkeel.clock import WallClock
from gridkeel.v2g import sap, sdp, v2gtp
from gridkeel.v2g.credentials import Credentials

WASM_GROUP = 1
DC = "DC_extended"
START_MAX_S = 16777214  # of the schema


def reason(evse):
    """Return why the session ended."""
    return evse.kinds("session")[-1][2]


def test_a_session_is_logged_as_new_or_as_joined_and_can_be_joined_as_often_as_it_is_let_go():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_offer()
    assert evse.kinds("session") == [("session", "new", "", 0)]
    for _ in range(2):
        evse.secc.release(evse.now_ms)
        evse.disconnect()
        evse.connect()
        ev.setup("OK_OldSessionJoined")
        assert evse.kinds("session")[-1] == ("session", "joined", "", 0)
        context = evse.secc._context
        assert (context.joined.payment, context.joined.energy_mode) == ("ExternalPayment", "AC_single_phase_core")
    evse.disconnect()


def test_an_ev_that_comes_at_another_duty_is_refused_and_asks_for_5_percent():
    evse = Evse()
    evse.charger.may_begin = False
    Evcc(evse).setup("FAILED")
    assert evse.charger.asks == 1
    assert reason(evse) == "duty_not_5_percent"


def test_without_the_time_of_day_none_is_sent():
    evse = Evse()
    assert "EVSETimeStamp" in Evcc(evse).setup()
    evse = Evse()
    evse.secc._context.clock = WallClock()
    assert "EVSETimeStamp" not in Evcc(evse).setup()


def test_the_charge_service_is_number_1_and_all_payments_are_offered():
    evse = Evse(secured=True, credentials=Credentials(mo_roots=[ANCHOR]))
    ev = Evcc(evse)
    ev.setup()
    found = ev.ask("ServiceDiscoveryReq", {})
    assert found["ChargeService"]["ServiceID"] == 1
    assert sorted(found["PaymentOptionList"]["PaymentOption"]) == ["Contract", "ExternalPayment"]


def test_the_details_of_the_certificate_service_are_under_its_own_number():
    evse = Evse(secured=True, credentials=Credentials(mo_roots=[ANCHOR]), backend=SilentBackend())
    ev = Evcc(evse)
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})
    for service in (1, 2):
        found = ev.ask("ServiceDetailReq", {"ServiceID": service})
        assert found["ServiceID"] == service
        assert ("ServiceParameterList" in found) == (service == 2)


def test_a_charger_without_a_meter_sends_no_reading():
    for meter_id in ("METER-1", ""):
        evse = Evse()
        evse.charger.meter_id = meter_id
        ev = Evcc(evse)
        ev.to_charging()
        assert ("MeterInfo" in ev.charge(2)) == (meter_id != "")
        evse.disconnect()


def test_of_equal_priorities_the_first_is_taken_and_a_lower_one_never():
    def offered(*rows):
        offers = []
        for schema_id, priority in rows:
            one = {"ProtocolNamespace": sap.NAMESPACE, "VersionNumberMajor": 2, "VersionNumberMinor": 0}
            one["SchemaID"], one["Priority"] = schema_id, priority
            offers.append(one)
        return sap.answer({"AppProtocol": offers})["SchemaID"]

    assert offered((3, 1), (4, 2)) == 3
    assert offered((3, 2), (4, 1)) == 4
    assert offered((3, 1), (4, 1)) == 3


def test_a_frame_without_a_payload_is_one_and_what_is_none_has_a_length_below_0():
    assert sdp.PORT == 15118
    frame = bytearray(v2gtp.HEADER_BYTES)
    v2gtp.header(frame, v2gtp.SDP_REQUEST, 0)
    assert v2gtp.check(frame, len(frame), v2gtp.SDP_REQUEST) == 0
    assert v2gtp.check(frame, len(frame) - 1, v2gtp.SDP_REQUEST) < 0
    assert v2gtp.check(frame, len(frame), v2gtp.SDP_RESPONSE) < 0


def test_a_departure_is_the_schema_s_latest_moment_at_most():
    for asked_s, departure_s in ((0, None), (1, 1), (START_MAX_S, START_MAX_S), (START_MAX_S + 1, START_MAX_S)):
        evse = Evse()
        ev = Evcc(evse)
        ev.to_authorized()
        body = charge_parameter(ev)
        body["AC_EVChargeParameter"]["DepartureTime"] = asked_s
        ev.ask("ChargeParameterDiscoveryReq", body)
        assert evse.charger.limits[3] == departure_s, asked_s
        evse.disconnect()


def in_dc_loop(**left_out):
    """A DC session that charges; left_out: limits that the EV does not state."""
    evse = Evse(dc=True)
    ev = Evcc(evse, DC)
    ev.to_authorized()
    body = charge_parameter(ev)
    for name in left_out:
        del body["DC_EVChargeParameter"][name]
    found = ev.ask("ChargeParameterDiscoveryReq", body)
    assert "DC_EVSEChargeParameter" in found and "AC_EVSEChargeParameter" not in found
    ev.cable_check()
    ev.pre_charge()
    ev.ask("PowerDeliveryReq", ev.request("PowerDeliveryReq"))
    return evse, ev


def test_dc_limits_that_an_ev_leaves_out_may_come_later():
    evse, ev = in_dc_loop(EVMaximumPowerLimit=None, EVEnergyRequest=None)
    assert evse.charger.limits[0] is None and evse.charger.limits[4] is None
    for power_w in (9000, 9500):
        body = demand(ev)
        body["EVMaximumPowerLimit"] = value(power_w, "W")
        ev.ask("CurrentDemandReq", body)
        assert evse.charger.limits[0] == power_w
    evse.disconnect()


def test_a_limit_of_the_loop_passes_none_that_the_ev_stated_first():
    evse, ev = in_dc_loop()
    for amperes, most_a in ((20, 20), (31, 31), (200, 32)):
        body = demand(ev)
        body["EVMaximumCurrentLimit"] = value(amperes, "A")
        ev.ask("CurrentDemandReq", body)
        assert evse.charger.limits[2] == most_a
    evse.disconnect()


def test_the_state_of_charge_follows_every_message_that_states_it():
    evse, ev = in_dc_loop()
    body = demand(ev)
    body["DC_EVStatus"] = ev_status(soc=41)
    ev.ask("CurrentDemandReq", body)
    assert evse.charger.soc_pct == 41
    ev.ask("PowerDeliveryReq", delivery("Stop", ev))
    ev.ask("WeldingDetectionReq", {"DC_EVStatus": ev_status(soc=42)})
    assert evse.charger.soc_pct == 42
    evse.disconnect()


def test_an_error_that_an_ev_took_back_with_new_parameters_is_over():
    evse, ev = in_dc_loop()
    body = demand(ev)
    body["DC_EVStatus"] = ev_status("FAILED_ChargingSystemIncompatibility")
    ev.ask("CurrentDemandReq", body)
    assert evse.charger.target == (0, 0)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    ev.cable_check()
    ev.pre_charge()
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    ev.ask("CurrentDemandReq", demand(ev))
    assert evse.charger.target == (400, 20)
    evse.disconnect()


def test_a_charger_that_is_not_ready_for_the_isolation_test_says_so():
    evse = Evse(dc=True)
    ev = Evcc(evse, DC)
    ev.to_offer()
    evse.charger.ready = False
    ev.ask("CableCheckReq", ev.request("CableCheckReq"), "FAILED")
    assert reason(evse) == "charger_not_ready"


def test_a_contactor_that_fails_is_named_by_what_it_did_not_do():
    kept = fake_charger.STUCK_MS
    # reported by its own clock, and not reported in the session's time
    for stuck_ms in share((kept, 1000000), 1):
        evse = Evse()
        ev = Evcc(evse)
        ev.to_power_delivery()
        evse.charger.wants_power = True
        evse.charger.stuck_open = True
        fake_charger.STUCK_MS = stuck_ms
        try:
            ev.ask("PowerDeliveryReq", delivery("Start", ev), "FAILED_ContactorError")
        finally:
            fake_charger.STUCK_MS = kept
        assert reason(evse) == "contactor_not_closed", stuck_ms
        evse.disconnect()
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    assert 75 <= evse.kinds("message")[-1][3] <= 150, "as long as the contactor took"
    ev.charge(1)
    assert evse.kinds("delivery")[0][:3] == ("delivery", "started", "")
    evse.charger.stuck_closed = True
    ev.ask("PowerDeliveryReq", delivery("Stop", ev), "FAILED_ContactorError")
    assert reason(evse) == "contactor_not_open"


def test_an_ev_is_told_from_another_by_its_evccid():
    evse = Evse()
    ev = Evcc(evse)
    ev.setup()
    assert evse.secc._context.evcc_id == EVCC_ID
