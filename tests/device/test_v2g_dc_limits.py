"""A DC connector keeps to the car's limits in every phase, and clamps a target that passes them or its own."""

from evcc import Bench, Car, charge_parameter, delivery, demand, ev_status, number, value
from garbage import share
from reaching import reach

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


class LimitedCar(Car):
    """A DC car that tells these limits in ChargeParameterDiscoveryReq, None for no power limit."""

    def __init__(self, bench, max_v, max_a, max_w=None):
        Car.__init__(self, bench, MODE)
        self.limits = max_v, max_a, max_w

    def request(self, name):
        body = Car.request(self, name)
        if name == "ChargeParameterDiscoveryReq":
            max_v, max_a, max_w = self.limits
            asked = body["DC_EVChargeParameter"]
            asked["EVMaximumVoltageLimit"] = value(max_v, "V")
            asked["EVMaximumCurrentLimit"] = value(max_a, "A")
            del asked["EVMaximumPowerLimit"]
            if max_w is not None:
                asked["EVMaximumPowerLimit"] = value(max_w, "W")
        return body


def precharging(bench, *limits):
    """Return a car with these limits that may pre-charge."""
    car = LimitedCar(bench, *limits)
    car.to_offer()
    car.cable_check()
    return car


def charging(*limits):
    """Return a car with these limits in the charge loop; its battery is at the outlet's pre-charge voltage."""
    bench = Bench(dc=True)
    bench.outlet.wants_power = True
    car = precharging(bench, *limits)
    car.ask("PreChargeReq", car.request("PreChargeReq"))
    car.ask("PowerDeliveryReq", delivery("Start", car))
    return car


def asks(car, volts, amperes, code="OK", **limits):
    """Send a CurrentDemandReq with limits of its own; return what was ordered and which limits were reached."""
    body = demand(car, volts, amperes)
    for name in limits:
        body[name] = value(limits[name], UNITS[name])
    found = car.ask("CurrentDemandReq", body, code)
    reached = ""
    for name in ("Voltage", "Current", "Power"):
        if found["EVSE%sLimitAchieved" % name]:
            reached += {"Voltage": "V", "Current": "A", "Power": "W"}[name]
    return car.bench.outlet.target, reached


def test_targets_over_the_outlet_s_limits_are_clamped_and_named():
    car = charging(1000, 500)
    outlet = car.bench.outlet  # 500 V, 125 A, 50 kW
    car.bench.parameters.dc_voltage_max_v = 450
    outlet.offered_w = 40000
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
        assert asks(car, volts, amperes) == (target, reached), (volts, amperes)
    assert number(car.last["EVSEMaximumVoltageLimit"]) == 450
    told = [event[2:] for event in car.bench.kinds("delivery") if event[1] == "target_out_of_range"]
    assert told == [("EVTargetVoltage", 481), ("EVTargetCurrent", 126)], "once each"
    car.stop()


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
        car = charging(*limits)
        assert asks(car, *asked) == found, (limits, asked)
        max_v, max_a, max_w = car.limits
        assert car.bench.outlet.limits[:3] == (max_w, max_v, max_a)


def test_limits_in_the_message_hold_from_that_message_on():
    car = charging(418, 50, 20000)
    outlet = car.bench.outlet
    for told, asked, found, limits in (
        ({}, (350, 40), ((350, 40), ""), (20000, 418, 50)),
        ({V: 250}, (350, 40), ((250, 40), "V"), (20000, 250, 50)),
        ({}, (350, 40), ((250, 40), "V"), (20000, 250, 50)),  # one that is not told again stands
        ({A: 10}, (350, 40), ((250, 10), "VA"), (20000, 250, 10)),
        ({W: 2000}, (240, 9), ((240, 9), "W"), (2000, 250, 10)),
        # they may rise again, to what the car told first and no further
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
        assert asks(car, *asked, **told) == found, told
        assert outlet.limits[:3] == limits, told
    car.stop()


def test_a_limit_in_another_unit_is_refused():
    for name, unit in share(((V, "A"), (A, "V"), (W, "A")), 1):
        car = reach(states.DEMANDING)
        body = demand(car)
        body[name] = value(1, unit)
        car.ask("CurrentDemandReq", body, "FAILED")
        assert not car.bench.outlet.allowed


def test_limits_that_are_told_anew_in_a_renegotiation_replace_the_old_ones():
    car = charging(418, 50)
    asks(car, 400, 20, EVMaximumCurrentLimit=10)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.limits = 430, 60, None
    car.ask("ChargeParameterDiscoveryReq", car.request("ChargeParameterDiscoveryReq"))
    car.cable_check()
    car.ask("PreChargeReq", car.request("PreChargeReq"))
    car.ask("PowerDeliveryReq", delivery("Start", car))
    assert asks(car, 500, 70) == ((430, 60), "VA")


def test_a_renegotiation_that_is_asked_for_is_not_forgotten_with_a_new_limit():
    car = charging(418, 50)
    car.bench.outlet.schedule_number += 1
    asks(car, 400, 20, EVMaximumCurrentLimit=10)
    assert car.last["DC_EVSEStatus"]["EVSENotification"] == "ReNegotiation"


def test_pre_charge_is_clamped_to_2_a_and_to_the_car_s_limits():
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
        car = precharging(Bench(dc=True), *limits)
        ordered = []
        car.bench.outlet.precharge = lambda v, a, ordered=ordered: ordered.append((v, a))
        body = {
            "DC_EVStatus": ev_status(),
            "EVTargetVoltage": value(volts, "V"),
            "EVTargetCurrent": value(amperes, "A"),
        }
        car.ask("PreChargeReq", body)
        assert ordered == [clamped], (limits, volts, amperes)


def test_a_pre_charge_whose_first_voltages_are_wrong_ends_at_the_right_one():
    car = precharging(Bench(dc=True), 418, 50)
    for volts, at_v in ((0, 0), (60, 60), (4000, 418), (400, 400)):
        body = {"DC_EVStatus": ev_status(), "EVTargetVoltage": value(volts, "V"), "EVTargetCurrent": value(1, "A")}
        car.ask("PreChargeReq", body)
        car.bench.run(500)
        assert abs(car.bench.outlet.voltage_v - at_v) < 1, volts
    car.ask("PowerDeliveryReq", delivery("Start", car))


def test_a_car_that_reports_an_error_while_charging_ends_in_order():
    for error in share(ERRORS, 1):
        car = reach(states.DEMANDING)
        bench = car.bench
        body = demand(car, 400, 20)
        body["DC_EVStatus"] = ev_status(error)
        for _ in range(3):
            found = car.ask("CurrentDemandReq", body)
            told = found["DC_EVSEStatus"]
            assert bench.outlet.target == (0, 0), "no current from that message on"
            assert (told["EVSENotification"], told["EVSEStatusCode"]) == ("StopCharging", "EVSE_Shutdown")
            bench.run(100)
        assert bench.outlet.contactor_closed, "the contacts open without current, when the car asks for it"
        assert [event for event in bench.kinds("delivery") if event[1] == "ev_error"] == [
            ("delivery", "ev_error", error if error.startswith("FAILED") else "", 0)
        ]
        stop = delivery("Stop", car)
        stop["DC_EVPowerDeliveryParameter"]["DC_EVStatus"] = ev_status(error)
        car.ask("PowerDeliveryReq", stop)
        assert bench.outlet.contactor_open
        for _ in range(2):
            car.ask("WeldingDetectionReq", {"DC_EVStatus": ev_status(error)})
        car.ask("SessionStopReq", {"ChargingSession": "Terminate"})
        assert not bench.outlet.in_session and not bench.outlet.broken


def test_an_error_that_is_over_brings_no_current_back_until_terms_are_agreed_anew():
    car = reach(states.DEMANDING)
    outlet = car.bench.outlet
    body = demand(car, 400, 20)
    body["DC_EVStatus"] = ev_status("FAILED_RESSTemperatureInhibit")
    car.ask("CurrentDemandReq", body)
    assert asks(car, 400, 20)[0] == (0, 0)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    car.cable_check()
    car.pre_charge()
    car.ask("PowerDeliveryReq", delivery("Start", car))
    assert asks(car, 400, 20)[0] == (400, 20)
    assert car.last["DC_EVSEStatus"]["EVSENotification"] == "None" and outlet.contactor_closed


def test_a_car_with_an_error_that_does_not_stop_is_stopped():
    car = reach(states.DEMANDING)
    bench = car.bench
    body = demand(car, 400, 20)
    body["DC_EVStatus"] = ev_status("FAILED_EVRESSMalfunction")
    car.ask("CurrentDemandReq", body)
    car.ask("CurrentDemandReq", body)
    bench.now_ms += 15000  # iso15118_notice_s and 5 s
    car.ask("CurrentDemandReq", body, "FAILED")
    bench.run(200)
    assert not bench.outlet.allowed and not bench.outlet.contactor_closed
