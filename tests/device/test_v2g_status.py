"""What is told of the charger: ratings, limits, meter, and the status in every response that carries one."""

from evcc import Bench, Car, charge_parameter, number
from reaching import reach

from gridkeel.clock import WallClock
from gridkeel.v2g.iso2 import states, status

WASM_GROUP = 1


class Charger:
    stop_asked = renegotiate_asked = rcd = False
    ready = True
    schedule_number = 0
    isolation = status.ISOLATION_UNKNOWN


class Parameters:
    iso15118_notice_s = 10


class Some:
    """As much of a context as a status needs."""

    failed = stopping = False
    started = True
    schedule_number = 0

    def __init__(self, **changes):
        self.charger = Charger()
        self.parameters = Parameters()
        for name in changes:
            setattr(self.charger if hasattr(self.charger, name) else self, name, changes[name])


def test_notifications():
    for changes, wish, delay_s in (
        ({}, "None", 0),
        ({"stop_asked": True}, "StopCharging", 10),
        ({"ready": False}, "StopCharging", 10),
        ({"renegotiate_asked": True}, "ReNegotiation", 10),
        ({"renegotiate_asked": True, "ready": False}, "StopCharging", 10),
        ({"renegotiate_asked": True, "started": False}, "None", 0),
        ({"failed": True}, "StopCharging", 0),
    ):
        context = Some(**changes)
        assert status.ac(context) == {"NotificationMaxDelay": delay_s, "EVSENotification": wish, "RCD": False}, changes
    context = Some()
    context.charger.schedule_number = 1
    assert status.notification(context) == "ReNegotiation"
    context.started = False
    assert status.notification(context) == "None"


def test_a_tripped_rcd_is_told():
    assert status.ac(Some(rcd=True))["RCD"] is True


def test_codes_of_a_dc_outlet():
    for changes, isolation, code in (
        ({}, "Invalid", "EVSE_NotReady"),
        ({"isolation": status.ISOLATION_MEASURING}, "Invalid", "EVSE_IsolationMonitoringActive"),
        ({"isolation": status.ISOLATION_VALID}, "Valid", "EVSE_Ready"),
        ({"isolation": status.ISOLATION_WARNING}, "Warning", "EVSE_Ready"),
        ({"isolation": status.ISOLATION_FAULT}, "Fault", "EVSE_Malfunction"),
        ({"isolation": status.ISOLATION_FAULT, "ready": False}, "Fault", "EVSE_Malfunction"),
        ({"isolation": status.ISOLATION_VALID, "ready": False}, "Valid", "EVSE_Shutdown"),
        ({"isolation": status.ISOLATION_VALID, "stopping": True}, "Valid", "EVSE_Shutdown"),
        ({"isolation": status.ISOLATION_MEASURING, "stop_asked": True}, "Invalid", "EVSE_Shutdown"),
    ):
        found = status.dc(Some(**changes))
        assert (found["EVSEIsolationStatus"], found["EVSEStatusCode"]) == (isolation, code), changes


def test_ratings_of_an_ac_outlet():
    bench = Bench()
    bench.outlet.max_current_a, bench.outlet.offered_w = 20, 2300
    car = Car(bench)
    car.to_authorized()
    found = car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))["AC_EVSEChargeParameter"]
    assert (number(found["EVSENominalVoltage"]), number(found["EVSEMaxCurrent"])) == (230, 20)


def test_ratings_of_a_dc_outlet():
    bench = Bench(dc=True, changes={"dc_ripple_a": 2})
    outlet = bench.outlet
    outlet.min_current_a, outlet.offered_w = 3, 1000
    car = Car(bench, "DC_extended")
    car.to_authorized()
    found = car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))["DC_EVSEChargeParameter"]
    assert number(found["EVSEMaximumCurrentLimit"]) == 125 and number(found["EVSEMinimumCurrentLimit"]) == 3
    assert number(found["EVSEMaximumVoltageLimit"]) == 500 and number(found["EVSEMinimumVoltageLimit"]) == 150
    assert number(found["EVSEMaximumPowerLimit"]) == 50000 and number(found["EVSEPeakCurrentRipple"]) == 2


def test_a_meter_is_read_with_the_time_where_it_is_known():
    car = reach(states.CHARGING)
    assert car.charge(1)["MeterInfo"] == {"MeterID": "METER-1", "MeterReading": 1234, "TMeter": 1_790_000_000}


def test_a_meter_is_read_without_a_time_where_it_is_not():
    car = Car(Bench())
    car.bench.secc._context.clock = WallClock()
    car.to_charging()
    assert car.charge(1)["MeterInfo"] == {"MeterID": "METER-1", "MeterReading": 1234}
