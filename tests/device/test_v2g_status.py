"""Status of the charger in responses: ratings, limits, meter, and what asks the EV to stop."""

from evcc import Evcc, Evse, charge_parameter, number
from fake_charger import FakeCharger
from session_states import reach

from gridkeel.clock import WallClock
from gridkeel.params import Parameters
from gridkeel.v2g.iso2 import states, status

WASM_GROUP = 1


class StatusContext:
    """As much of a context as a status needs."""

    failed = stopping = False
    started = True
    schedule_number = 0

    def __init__(self, **changes):
        self.charger = FakeCharger()
        self.parameters = Parameters()
        for name in changes:
            setattr(self.charger if hasattr(self.charger, name) else self, name, changes[name])


def test_each_state_of_the_charger_has_its_notification():
    for changes, asked, delay_s in (
        ({}, "None", 0),
        ({"stop_asked": True}, "StopCharging", 10),
        ({"ready": False}, "StopCharging", 10),
        ({"renegotiate_asked": True}, "ReNegotiation", 10),
        ({"renegotiate_asked": True, "ready": False}, "StopCharging", 10),
        ({"renegotiate_asked": True, "started": False}, "None", 0),
        ({"failed": True}, "StopCharging", 0),
    ):
        context = StatusContext(**changes)
        assert status.ac(context) == {"NotificationMaxDelay": delay_s, "EVSENotification": asked, "RCD": False}, changes
    context = StatusContext()
    context.charger.schedule_number = 1
    assert status.notification(context) == "ReNegotiation"
    context.started = False
    assert status.notification(context) == "None"


def test_a_tripped_rcd_is_reported():
    assert status.ac(StatusContext(rcd=True))["RCD"] is True


def test_each_state_of_a_dc_connector_has_its_status_code():
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
        found = status.dc(StatusContext(**changes))
        assert (found["EVSEIsolationStatus"], found["EVSEStatusCode"]) == (isolation, code), changes


def test_the_ratings_of_an_ac_connector_are_reported():
    evse = Evse()
    evse.charger.max_current_a, evse.charger.offered_w = 20, 2300
    ev = Evcc(evse)
    ev.to_authorized()
    found = ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))["AC_EVSEChargeParameter"]
    assert (number(found["EVSENominalVoltage"]), number(found["EVSEMaxCurrent"])) == (230, 20)


def test_the_ratings_of_a_dc_connector_are_reported():
    evse = Evse(dc=True, changes={"dc_ripple_a": 2})
    charger = evse.charger
    charger.min_current_a, charger.offered_w = 3, 1000
    ev = Evcc(evse, "DC_extended")
    ev.to_authorized()
    found = ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev))["DC_EVSEChargeParameter"]
    assert number(found["EVSEMaximumCurrentLimit"]) == 125 and number(found["EVSEMinimumCurrentLimit"]) == 3
    assert number(found["EVSEMaximumVoltageLimit"]) == 500 and number(found["EVSEMinimumVoltageLimit"]) == 150
    assert number(found["EVSEMaximumPowerLimit"]) == 50000 and number(found["EVSEPeakCurrentRipple"]) == 2


def test_a_meter_is_read_with_the_time_where_it_is_known():
    ev = reach(states.CHARGING)
    assert ev.charge(1)["MeterInfo"] == {"MeterID": "METER-1", "MeterReading": 1234, "TMeter": 1_790_000_000}


def test_a_meter_is_read_without_a_time_where_it_is_not():
    ev = Evcc(Evse())
    ev.evse.secc._context.clock = WallClock()
    ev.to_charging()
    assert ev.charge(1)["MeterInfo"] == {"MeterID": "METER-1", "MeterReading": 1234}
