"""The DC side: isolation test to its limits, precharge, supply, and no order without the contactor."""

from connector_setup import in_session

from gridkeel import errors, limits
from gridkeel.evse import dc, ports
from gridkeel.evse.times import ISOLATION_MS
from gridkeel.faults import Faults


def dc_setup(**changes):
    return in_session(connector=1, **changes)


def test_nothing_is_asked_of_the_converter_before_a_session_does():
    setup = dc_setup()
    assert setup.connector.orders[ports.DC_MODE] == ports.DC_OFF
    assert setup.connector.charge_w == 0
    assert setup.connector.charge_by == limits.SESSION


def test_isolation_is_judged_once_the_voltage_has_been_steady():
    setup = dc_setup()
    connector = setup.connector
    connector.dc.check(True)
    setup.run(20)
    assert connector.orders[ports.DC_MODE] == ports.DC_CHECK
    assert connector.orders[ports.SET_MV] == 500000
    connector.levels[ports.ISOLATION_KOHM] = 1000
    connector.levels[ports.DC_MV] = 449999
    setup.run(5000)
    assert connector.dc.isolation == dc.MEASURING
    connector.levels[ports.DC_MV] = 450000
    setup.run(ISOLATION_MS)
    assert connector.dc.isolation == dc.MEASURING
    setup.run(20)
    assert connector.dc.isolation == dc.VALID
    assert connector.orders[ports.DC_MODE] == ports.DC_OFF


def test_isolation_is_judged_to_the_ohm_per_volt():
    # 500 V: 500 ohm/V are 250 kohm, 100 ohm/V are 50
    for kohm, result in ((251, dc.VALID), (250, dc.WARNING), (51, dc.WARNING), (50, dc.FAULT), (1, dc.FAULT)):
        setup = dc_setup()
        connector = setup.connector
        connector.dc.check(True)
        connector.levels[ports.DC_MV] = 500000
        connector.levels[ports.ISOLATION_KOHM] = kohm
        setup.run(ISOLATION_MS + 100)
        assert connector.dc.isolation == result, kohm
        assert connector.contactor.closed() == (result != dc.FAULT)
        faults = Faults()
        connector.report(faults)
        assert faults.is_active(errors.ISOLATION_FAULT) == (result == dc.FAULT)


def test_every_isolation_test_takes_its_whole_time():
    setup = dc_setup()
    connector = setup.connector
    connector.levels[ports.ISOLATION_KOHM] = 1000
    connector.levels[ports.DC_MV] = 500000
    for _ in range(2):
        connector.dc.check(True)
        setup.run(ISOLATION_MS)
        assert connector.dc.isolation == dc.MEASURING
        setup.run(20)
        assert connector.dc.isolation == dc.VALID


def test_what_ends_a_supply_ends_its_power():
    for ended in (lambda side: side.check(True), lambda side: side.precharge(400000, 2000)):
        setup = dc_setup()
        setup.connector.dc.target(400000, 10000)
        setup.run(10)
        assert setup.connector.charge_w == 4000
        ended(setup.connector.dc)
        setup.run(10)
        assert setup.connector.charge_w == 0


def test_a_voltage_that_falls_begins_the_measurement_anew():
    setup = dc_setup()
    connector = setup.connector
    connector.dc.check(True)
    connector.levels[ports.ISOLATION_KOHM] = 1000
    for _ in range(5):
        connector.levels[ports.DC_MV] = 500000
        setup.run(ISOLATION_MS - 100)
        connector.levels[ports.DC_MV] = 300000
        setup.run(20)
    assert connector.dc.isolation == dc.MEASURING


def test_precharge_brings_voltage_and_no_power():
    setup = dc_setup()
    connector = setup.connector
    connector.dc.precharge(400000, 2000)
    setup.run(10)
    assert (connector.orders[ports.DC_MODE], connector.orders[ports.SET_MV]) == (ports.DC_PRECHARGE, 400000)
    assert connector.orders[ports.SET_MA] == 2000
    assert connector.charge_w == 0


def test_supply_follows_the_requested_power_within_the_ratings():
    setup = dc_setup()
    connector = setup.connector
    for set_mv, set_ma, power_w in ((400000, 10000, 4000), (400000, 12345, 4920), (900000, 90000, 10000), (0, 0, 0)):
        connector.dc.target(set_mv, set_ma)
        setup.run(10)
        assert connector.charge_w == power_w
        assert connector.orders[ports.SET_MV] <= 500000
        assert connector.orders[ports.SET_MA] <= 20000
    # the largest connector there can be stays under 2**30 in every step
    largest = dc_setup(dc_voltage_max_v=1000, dc_current_max_a=500)
    largest.connector.dc.target(1000000, 500000)
    largest.run(10)
    assert largest.connector.charge_w == 500000


def test_offered_current_is_that_of_the_voltage_at_the_connector():
    setup = dc_setup()
    setup.requested_w = 4000
    setup.connector.levels[ports.DC_MV] = 400000
    setup.run(10)
    assert setup.connector.offered_ma == 10000


def test_stop_ends_the_current_and_keeps_the_voltage_until_the_consent_ends():
    setup = dc_setup()
    connector = setup.connector
    connector.dc.target(400000, 10000)
    setup.run(10)
    connector.dc.stop()
    setup.run(10)
    assert (connector.orders[ports.DC_MODE], connector.orders[ports.SET_MA]) == (ports.DC_SUPPLY, 0)
    assert connector.charge_w == 0


def test_an_open_contactor_ends_every_order():
    setup = dc_setup()
    connector = setup.connector
    for order in (connector.dc.target, connector.dc.precharge):
        order(400000, 10000)
        setup.run(10)
        setup.vehicle("B").run()
        assert connector.orders[ports.DC_MODE] == ports.DC_OFF
        assert connector.orders[ports.SET_MV] == 0
        assert connector.charge_w == 0
        setup.vehicle("C").run(3000)
        assert connector.contactor.closed()


def test_the_isolation_test_stays_under_what_the_vehicle_takes():
    # connector, vehicle -> voltage of the test
    for connector_v, vehicle_v, test_v in (
        (500, 1000, 500),
        (1000, 418, 418),
        (1000, 418.5, 418.5),
        (1000, 1, 1),
        (1000, 0, 0),
        (1000, -5, 0),
        (1000, None, 0),
        (1000, 1e7, 1000),
    ):
        setup = dc_setup(dc_voltage_max_v=connector_v)
        connector = setup.connector
        connector.demand.limit(None, vehicle_v, 50, 1)
        connector.dc.check(True)
        highest_mv = 0
        for _ in range(200):
            setup.run(10)
            highest_mv = max(highest_mv, connector.orders[ports.SET_MV])
            connector.levels[ports.DC_MV] = connector.orders[ports.SET_MV]
            connector.levels[ports.ISOLATION_KOHM] = 1000
        assert highest_mv == test_v * 1000, (connector_v, vehicle_v)
        assert (connector.dc.isolation == dc.VALID) == (test_v > 0), "nothing is valid that was tested without voltage"


def test_no_order_passes_what_the_vehicle_takes():
    setup = dc_setup(dc_voltage_max_v=1000, dc_current_max_a=200)
    connector = setup.connector
    for vehicle, mv, ma, charge_by in (
        ((None, 418, 50), 418000, 50000, limits.VEHICLE),
        ((5000, 418, 50), 418000, 50000, limits.VEHICLE),
        ((None, 900, 300), 430000, 60000, limits.SESSION),
        ((None, 900, 60), 430000, 60000, limits.VEHICLE),
        ((None, 0, 50), 0, 50000, limits.VEHICLE),
        ((None, 418, 0), 418000, 0, limits.VEHICLE),
        ((None, None, None), 0, 0, limits.SESSION),
    ):
        connector.demand.limit(*vehicle, 1)
        connector.dc.target(430000, 60000)
        setup.run(10)
        assert (connector.orders[ports.SET_MV], connector.orders[ports.SET_MA]) == (mv, ma), vehicle
        most_w = mv * ma // 1000000
        assert connector.charge_w == (most_w if vehicle[0] is None else min(vehicle[0], most_w)), vehicle
        assert connector.charge_by == charge_by, vehicle
        connector.dc.precharge(430000, 2000)
        setup.run(10)
        assert (connector.orders[ports.SET_MV], connector.orders[ports.SET_MA]) == (mv, min(ma, 2000)), vehicle


def test_limits_are_forgotten_with_the_vehicle_and_with_the_session():
    setup = dc_setup()
    setup.connector.demand.limit(None, 418, 50, 1)
    setup.vehicle("A").run()
    assert (setup.connector.demand.dc_mv, setup.connector.demand.dc_ma) == (0, 0)
    setup.connector.demand.limit(None, 418, 50, 1)
    setup.connector.demand.forget()
    assert (setup.connector.demand.dc_mv, setup.connector.demand.dc_ma) == (0, 0)


def test_the_isolation_test_waits_for_a_vehicle_that_comes_to_state_c_late():
    setup = dc_setup()
    connector = setup.connector
    setup.vehicle("B").run()
    connector.dc.check(True)
    connector.levels[ports.DC_MV] = 500000
    connector.levels[ports.ISOLATION_KOHM] = 1000
    setup.run(20000)
    assert (connector.dc.isolation, connector.orders[ports.DC_MODE]) == (dc.MEASURING, ports.DC_OFF)
    setup.vehicle("C").run(ISOLATION_MS + 500)
    assert connector.dc.isolation == dc.VALID


def test_a_limit_that_falls_holds_for_what_was_ordered_before():
    setup = dc_setup()
    connector = setup.connector
    connector.dc.target(400000, 10000)
    setup.run(10)
    connector.demand.limit(None, 250, 5, 1)
    setup.run(10)
    assert (connector.orders[ports.SET_MV], connector.orders[ports.SET_MA]) == (250000, 5000)
