"""The connector in the whole control path, heap locked, down to the registers of the inverter."""

from controller_setup import Charger
from controller_vehicle_setup import charging

from gridkeel import errors, limits
from gridkeel.evse import duty, ports


def test_basic_charging_drives_contactor_inverter_and_duty():
    station = charging({"evse": 1})
    controller = station.controller
    assert controller.energise
    assert (controller.envelope.permitted_w, station.wset_w()) == (3000, 3000)
    # 3,000 W at 230 V are 13.04 A
    assert controller.connector.orders[ports.DUTY_PERMILLE] == 217


def test_droop_moves_the_offer_with_the_command_and_never_asks_the_vehicle_for_power():
    station = charging({"evse": 1, "baseline_w": 5000})
    controller = station.controller
    station.sine.set(49.8)
    station.run(600)
    # 5,000 W less (200 - 20) / 480 of 7,400
    assert abs(controller.envelope.permitted_w - 2225) < 40
    assert abs(controller.connector.orders[ports.DUTY_PERMILLE] - 161) <= 3
    station.sine.set(49.5)
    station.run(300)
    assert controller.envelope.permitted_w == 0
    assert controller.limiter == limits.SESSION
    assert controller.connector.orders[ports.DUTY_PERMILLE] == duty.STEADY


def test_unplugged_under_load():
    station = charging({"evse": 1})
    controller = station.controller
    station.state = "A"
    for _ in range(10):
        station.run(10)
        # never a command into an connector that is told to open
        assert controller.energise or controller.envelope.permitted_w == 0
    assert not controller.energise
    assert station.wset_w() == 0
    assert controller.limiter == limits.VEHICLE


def test_a_departure_goes_with_the_vehicle():
    station = charging({"evse": 1, "battery_wh": 40000})
    departure = station.controller.envelope.departure
    departure.set(7200, 8000, station.now)
    station.run(2000)
    assert departure.left_s > 7100
    station.be("A", 300)
    assert departure.left_s == 0
    # told before the next one comes, it stays
    departure.set(7200, 8000, station.now)
    station.be("A", 500)
    station.be("B", 500)
    assert departure.left_s > 7100


def test_loss_of_mains_opens_whatever_the_vehicle_wants():
    station = charging({"evse": 1})
    station.sine.set(50.0, 0.0)
    station.run(50)
    assert not station.controller.energise
    assert station.wset_w() == 0
    assert not station.controller.connector.ready


def test_a_session_must_consent():
    station = charging({"evse": 2})
    controller = station.controller
    assert controller.connector.orders[ports.DUTY_PERMILLE] == duty.DIGITAL
    assert not controller.energise
    controller.charger.session(True)
    controller.charger.allow(True)
    station.run(2500)
    assert controller.energise
    assert controller.envelope.permitted_w == 3000
    controller.charger.set_vehicle_limits(2000, None, None, None, None)
    station.run(100)
    assert (controller.envelope.permitted_w, controller.limiter) == (2000, limits.VEHICLE)
    controller.charger.session(False)
    station.run(20)
    assert controller.envelope.permitted_w == 0


def test_a_weld_is_told_as_a_fault():
    station = charging({"evse": 1})
    station.weld = True
    station.be("B", 400)
    assert station.controller.faults.is_active(errors.CONTACTOR_WELDED)
    assert station.controller.connector.orders[ports.DUTY_PERMILLE] == 0
    assert not station.controller.energise


def test_without_the_parameter_there_is_no_connector():
    controller = Charger().controller
    assert controller.connector is None
    assert controller.charger is None
