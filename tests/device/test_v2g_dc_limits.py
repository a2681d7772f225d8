"""A DC connector keeps to the EV's limits in every phase, and clamps a target that passes them or its own."""

from evcc import Evcc, Evse, charge_parameter, delivery, demand, ev_status, number, value
from session_states import reach
from small_heap import share

from gridkeel.v2g.iso2 import states

WASM_GROUP = 1
MODE = "DC_extended"
V, A, W = "EVMaximumVoltageLimit", "EVMaximumCurrentLimit", "EVMaximumPowerLimit"
UNITS = {V: "V", A: "A", W: "W"}
ERRORS = (
    "FAILED_RESSTemperatureInhibit",
    "FAILED_EVShiftPosition",
    "FAILED_ChargerConnectorLockFault",
    "FAILED_EVRESSMalfunction",
    "FAILED_ChargingCurrentdifferential",
    "FAILED_ChargingVoltageOutOfRange",
    "FAILED_ChargingSystemIncompatibility",
    "Reserved_A",
    "NoData",
)


class LimitedEvcc(Evcc):
    """A DC EV that states these limits in ChargeParameterDiscoveryReq, None for no power limit."""

    def __init__(self, evse, max_v, max_a, max_w=None):
        Evcc.__init__(self, evse, MODE)
        self.limits = max_v, max_a, max_w

    def request(self, name):
        body = Evcc.request(self, name)
        if name == "ChargeParameterDiscoveryReq":
            max_v, max_a, max_w = self.limits
            asked = body["DC_EVChargeParameter"]
            asked["EVMaximumVoltageLimit"] = value(max_v, "V")
            asked["EVMaximumCurrentLimit"] = value(max_a, "A")
            del asked["EVMaximumPowerLimit"]
            if max_w is not None:
                asked["EVMaximumPowerLimit"] = value(max_w, "W")
        return body


def precharging(evse, *limits):
    """Return an EV with these limits that may pre-charge."""
    ev = LimitedEvcc(evse, *limits)
    ev.to_offer()
    ev.cable_check()
    return ev


def charging(*limits):
    """Return an EV with these limits in the charge loop; its battery is at the connector's pre-charge voltage."""
    evse = Evse(dc=True)
    evse.charger.wants_power = True
    ev = precharging(evse, *limits)
    ev.ask("PreChargeReq", ev.request("PreChargeReq"))
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    return ev


def asks(ev, volts, amperes, code="OK", **limits):
    """Send a CurrentDemandReq with limits of its own; return what was ordered and which limits were reached."""
    body = demand(ev, volts, amperes)
    for name in limits:
        body[name] = value(limits[name], UNITS[name])
    found = ev.ask("CurrentDemandReq", body, code)
    reached = ""
    for name in ("Voltage", "Current", "Power"):
        if found["EVSE%sLimitAchieved" % name]:
            reached += {"Voltage": "V", "Current": "A", "Power": "W"}[name]
    return ev.evse.charger.target, reached


def test_targets_over_the_connector_s_limits_are_clamped_and_named():
    ev = charging(1000, 500)
    charger = ev.evse.charger  # 500 V, 125 A, 50 kW
    ev.evse.parameters.dc_voltage_max_v = 450
    charger.offered_w = 40000
    for volts, amperes, target, reached in (
        (400, 20, (400, 20), ""),
        (449, 20, (449, 20), ""),
        (450, 20, (450, 20), "V"),
        (481, 20, (450, 20), "V"),
        (32767, 20, (450, 20), "V"),
        (200, 125, (200, 125), "A"),
        (200, 126, (200, 125), "A"),
        (200, 32767, (200, 125), "A"),
        (400, 100, (400, 100), "W"),
        (400, 110, (400, 110), "W"),
        (481, 130, (450, 125), "VAW"),
        (0, 0, (0, 0), ""),
    ):
        assert asks(ev, volts, amperes) == (target, reached), (volts, amperes)
    assert number(ev.last["EVSEMaximumVoltageLimit"]) == 450
    reported = [event[2:] for event in ev.evse.kinds("delivery") if event[1] == "target_out_of_range"]
    assert reported == [("EVTargetVoltage", 481), ("EVTargetCurrent", 126)], "once each"
    ev.stop()


def test_limits_of_parameter_discovery_bound_voltage_and_current():
    rows = (
        ((418, 50), (430, 60), ((418, 50), "VA")),
        ((418, 50), (418, 50), ((418, 50), "VA")),
        ((418, 50), (417, 49), ((417, 49), "")),
        ((418, 50, 5000), (400, 12), ((400, 12), "")),
        ((418, 50, 5000), (400, 13), ((400, 13), "W")),
        ((32767, 32767), (600, 200), ((500, 125), "VAW")),
    )
    for limits, asked, found in share(rows, 1):
        ev = charging(*limits)
        assert asks(ev, *asked) == found, (limits, asked)
        max_v, max_a, max_w = ev.limits
        assert ev.evse.charger.limits[:3] == (max_w, max_v, max_a)


def test_limits_in_the_message_hold_from_that_message_on():
    ev = charging(418, 50, 20000)
    charger = ev.evse.charger
    for reported, asked, found, limits in (
        ({}, (350, 40), ((350, 40), ""), (20000, 418, 50)),
        ({V: 250}, (350, 40), ((250, 40), "V"), (20000, 250, 50)),
        ({}, (350, 40), ((250, 40), "V"), (20000, 250, 50)),  # one that is not sent again is kept
        ({A: 10}, (350, 40), ((250, 10), "VA"), (20000, 250, 10)),
        ({W: 2000}, (240, 9), ((240, 9), "W"), (2000, 250, 10)),
        # they may rise again, to what the EV stated first and no further
        ({V: 400, A: 45, W: 15000}, (350, 40), ((350, 40), ""), (15000, 400, 45)),
        ({V: 900, A: 400, W: 30000}, (450, 60), ((418, 50), "VAW"), (20000, 418, 50)),
        # none at all, and less
        ({A: 0}, (350, 40), ((350, 0), "A"), (20000, 418, 0)),
        ({A: -5}, (350, 40), ((350, 0), "A"), (20000, 418, 0)),
        ({V: 0, A: 41}, (350, 40), ((0, 40), "V"), (20000, 0, 41)),
        ({V: -418}, (350, 40), ((0, 40), "V"), (20000, 0, 41)),
        ({V: 418, W: 0}, (350, 40), ((350, 40), "W"), (0, 418, 41)),
        ({W: -1}, (350, 40), ((350, 40), "W"), (0, 418, 41)),
    ):
        assert asks(ev, *asked, **reported) == found, reported
        assert charger.limits[:3] == limits, reported
    ev.stop()


def test_a_limit_in_another_unit_is_refused():
    for name, unit in share(((V, "A"), (A, "V"), (W, "A")), 1):
        ev = reach(states.DEMANDING)
        body = demand(ev)
        body[name] = value(1, unit)
        ev.ask("CurrentDemandReq", body, "FAILED")
        assert not ev.evse.charger.allowed


def test_limits_reported_anew_in_a_renegotiation_replace_the_old_ones():
    ev = charging(418, 50)
    asks(ev, 400, 20, EVMaximumCurrentLimit=10)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.limits = 430, 60, None
    ev.ask("ChargeParameterDiscoveryReq", ev.request("ChargeParameterDiscoveryReq"))
    ev.cable_check()
    ev.ask("PreChargeReq", ev.request("PreChargeReq"))
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    assert asks(ev, 500, 70) == ((430, 60), "VA")


def test_a_renegotiation_that_is_asked_for_is_not_forgotten_with_a_new_limit():
    ev = charging(418, 50)
    ev.evse.charger.schedule_number += 1
    asks(ev, 400, 20, EVMaximumCurrentLimit=10)
    assert ev.last["DC_EVSEStatus"]["EVSENotification"] == "ReNegotiation"


def test_pre_charge_is_clamped_to_2_a_and_to_the_ev_s_limits():
    rows = (
        ((500, 50), 400, 2, (400, 2)),
        ((500, 50), 400, 3, (400, 2)),
        ((500, 50), 400, 32767, (400, 2)),
        ((500, 1), 400, 2, (400, 1)),
        ((418, 50), 430, 1, (418, 1)),
        ((900, 50), 800, 1, (500, 1)),
        ((500, 50), 0, 0, (0, 0)),
    )
    for limits, volts, amperes, clamped in share(rows, 1):
        ev = precharging(Evse(dc=True), *limits)
        ordered = []
        ev.evse.charger.precharge = lambda v, a, ordered=ordered: ordered.append((v, a))
        body = {
            "DC_EVStatus": ev_status(),
            "EVTargetVoltage": value(volts, "V"),
            "EVTargetCurrent": value(amperes, "A"),
        }
        ev.ask("PreChargeReq", body)
        assert ordered == [clamped], (limits, volts, amperes)


def test_a_pre_charge_whose_first_voltages_are_wrong_ends_at_the_right_one():
    ev = precharging(Evse(dc=True), 418, 50)
    for volts, at_v in ((0, 0), (60, 60), (4000, 418), (400, 400)):
        body = {"DC_EVStatus": ev_status(), "EVTargetVoltage": value(volts, "V"), "EVTargetCurrent": value(1, "A")}
        ev.ask("PreChargeReq", body)
        ev.evse.run(500)
        assert abs(ev.evse.charger.voltage_v - at_v) < 1, volts
    ev.ask("PowerDeliveryReq", delivery("Start", ev))


def test_an_ev_that_reports_an_error_while_charging_ends_in_order():
    for error in share(ERRORS, 1):
        ev = reach(states.DEMANDING)
        evse = ev.evse
        body = demand(ev, 400, 20)
        body["DC_EVStatus"] = ev_status(error)
        for _ in range(3):
            found = ev.ask("CurrentDemandReq", body)
            reported = found["DC_EVSEStatus"]
            assert evse.charger.target == (0, 0), "no current from that message on"
            assert (reported["EVSENotification"], reported["EVSEStatusCode"]) == ("StopCharging", "EVSE_Shutdown")
            evse.run(100)
        assert evse.charger.contactor_closed, "the contacts open without current, when the EV asks for it"
        assert [event for event in evse.kinds("delivery") if event[1] == "ev_error"] == [
            ("delivery", "ev_error", error if error.startswith("FAILED") else "", 0)
        ]
        stop = delivery("Stop", ev)
        stop["DC_EVPowerDeliveryParameter"]["DC_EVStatus"] = ev_status(error)
        ev.ask("PowerDeliveryReq", stop)
        assert evse.charger.contactor_open
        for _ in range(2):
            ev.ask("WeldingDetectionReq", {"DC_EVStatus": ev_status(error)})
        ev.ask("SessionStopReq", {"ChargingSession": "Terminate"})
        assert not evse.charger.in_session and not evse.charger.broken


def test_an_error_that_is_over_brings_no_current_back_until_terms_are_agreed_anew():
    ev = reach(states.DEMANDING)
    charger = ev.evse.charger
    body = demand(ev, 400, 20)
    body["DC_EVStatus"] = ev_status("FAILED_RESSTemperatureInhibit")
    ev.ask("CurrentDemandReq", body)
    assert asks(ev, 400, 20)[0] == (0, 0)
    ev.ask("PowerDeliveryReq", delivery("Renegotiate", ev))
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))
    ev.cable_check()
    ev.pre_charge()
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    assert asks(ev, 400, 20)[0] == (400, 20)
    assert ev.last["DC_EVSEStatus"]["EVSENotification"] == "None" and charger.contactor_closed


def test_an_ev_with_an_error_that_does_not_stop_is_stopped():
    ev = reach(states.DEMANDING)
    evse = ev.evse
    body = demand(ev, 400, 20)
    body["DC_EVStatus"] = ev_status("FAILED_EVRESSMalfunction")
    ev.ask("CurrentDemandReq", body)
    ev.ask("CurrentDemandReq", body)
    evse.now_ms += 15000  # iso15118_notice_s and 5 s
    ev.ask("CurrentDemandReq", body, "FAILED")
    evse.run(200)
    assert not evse.charger.allowed and not evse.charger.contactor_closed
