"""The connector in the whole control path, heap locked, down to the registers of the inverter."""

from controller_setup import ControllerSetup
from controller_vehicle_setup import charging

from gridkeel import errors, limits
from gridkeel.evse import duty, ports


def test_basic_charging_drives_contactor_inverter_and_duty():
    setup = charging({"evse": 1})
    controller = setup.controller
    assert controller.energise
    assert (controller.envelope.permitted_w, setup.wset_w()) == (3000, 3000)
    # 3,000 W at 230 V are 13.04 A
    assert controller.connector.orders[ports.DUTY_PERMILLE] == 217


def test_droop_moves_the_offer_with_the_command_and_never_asks_the_vehicle_for_power():
    setup = charging({"evse": 1, "baseline_w": 5000})
    controller = setup.controller
    setup.sine.set(49.8)
    setup.run(600)
    # 5,000 W less (200 - 20) / 480 of 7,400
    assert abs(controller.envelope.permitted_w - 2225) < 40
    assert abs(controller.connector.orders[ports.DUTY_PERMILLE] - 161) <= 3
    setup.sine.set(49.5)
    setup.run(300)
    assert controller.envelope.permitted_w == 0
    assert controller.limiter == limits.SESSION
    assert controller.connector.orders[ports.DUTY_PERMILLE] == duty.STEADY


def test_unplugging_under_load_ends_the_power():
    setup = charging({"evse": 1})
    controller = setup.controller
    setup.state = "A"
    for _ in range(10):
        setup.run(10)
        # never a command into a connector that is ordered to open
        assert controller.energise or controller.envelope.permitted_w == 0
    assert not controller.energise
    assert setup.wset_w() == 0
    assert controller.limiter == limits.VEHICLE


def test_a_departure_goes_with_the_vehicle():
    setup = charging({"evse": 1, "battery_wh": 40000})
    departure = setup.controller.envelope.departure
    departure.set(7200, 8000, setup.now)
    setup.run(2000)
    assert departure.left_s > 7100
    setup.state = "A"
    while departure.left_s > 7000:
        setup.run(10)
    assert departure.left_s == 0
    setup.run(300)
    assert departure.left_s == 0
    # set before the next one comes, it stays
    departure.set(7200, 8000, setup.now)
    setup.be("A", 500)
    setup.be("B", 500)
    assert departure.left_s > 7100


def test_loss_of_mains_opens_whatever_the_vehicle_wants():
    setup = charging({"evse": 1})
    setup.sine.set(50.0, 0.0)
    setup.run(50)
    assert not setup.controller.energise
    assert setup.wset_w() == 0
    assert not setup.controller.connector.ready


def test_power_waits_for_the_session_s_consent():
    setup = charging({"evse": 2})
    controller = setup.controller
    assert controller.connector.orders[ports.DUTY_PERMILLE] == duty.DIGITAL
    assert not controller.energise
    controller.charger.session(True)
    controller.charger.allow(True)
    setup.run(2500)
    assert controller.energise
    assert controller.envelope.permitted_w == 3000
    controller.charger.set_vehicle_limits(2000, None, None, None, None)
    setup.run(100)
    assert (controller.envelope.permitted_w, controller.limiter) == (2000, limits.VEHICLE)
    controller.charger.session(False)
    setup.run(20)
    assert controller.envelope.permitted_w == 0


def test_a_weld_is_reported_as_a_fault():
    setup = charging({"evse": 1})
    setup.weld = True
    setup.be("B", 400)
    assert setup.controller.faults.is_active(errors.CONTACTOR_WELDED)
    assert setup.controller.connector.orders[ports.DUTY_PERMILLE] == 0
    assert not setup.controller.energise


def test_without_the_parameter_there_is_no_connector():
    controller = ControllerSetup().controller
    assert controller.connector is None
    assert controller.charger is None
