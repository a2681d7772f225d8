"""Direct voltage and current of model 714: the battery's port among others, its scale, its sign, what is no value."""

from sunspec_slave import Slave, der_models, driving, model

ESS = 1
EV = 2
PV = 0


def ports(*rows, a_sf=-1, v_sf=-1):
    """Model 714 with (type, DCA, DCV) of each port."""
    points = {4: len(rows), 15: a_sf, 16: v_sf, 17: 0, 18: 0, 19: 0}
    for k in range(len(rows)):
        kind, amperes, volts = rows[k]
        points.update({20 + 25 * k: kind, 30 + 25 * k: amperes, 31 + 25 * k: volts})
    return model(714, 18 + 25 * len(rows), points)


def setup_of(*rows, power_w=1500, ms=4000, **scales):
    setup = driving(Slave(der_models() + [ports(*rows, **scales)]), power_w)
    setup.run(ms)
    return setup


def measured(setup):
    driver = setup.inverter
    known = driver.direct_age(setup.now) <= 2000
    return (driver.dc_mv, driver.dc_ma) if known else None


def test_voltage_and_current_of_the_battery_are_scaled():
    assert measured(setup_of((ESS, 38, 4012))) == (401200, 3800)
    assert measured(setup_of((EV, 380, 401), a_sf=-2, v_sf=0)) == (401000, 3800)


def test_the_current_has_the_sign_of_the_power_whatever_the_device_counts_as_positive():
    for amperes in (38, -38):
        assert measured(setup_of((ESS, amperes, 4000), power_w=1500)) == (400000, 3800)
        assert measured(setup_of((ESS, amperes, 4000), power_w=-1500)) == (400000, -3800)


def test_the_port_of_the_battery_is_found_among_others():
    assert measured(setup_of((PV, 90, 6000), (PV, 80, 5000), (ESS, 38, 4000), ms=8000)) == (400000, 3800)


def test_a_device_without_a_battery_port_has_no_direct_current():
    assert measured(setup_of((PV, 90, 6000), (6, 10, 480), ms=8000)) is None


def test_what_is_not_implemented_is_no_value():
    for row in ((ESS, 0x8000, 4000), (ESS, 38, 0xFFFF)):
        assert measured(setup_of(row)) is None
    assert measured(setup_of((ESS, 38, 4000), a_sf=0x8000)) is None
    assert measured(setup_of((ESS, 38, 4000), v_sf=11)) is None


def test_a_device_without_the_model_or_with_no_port_is_not_asked():
    for models in (der_models(), der_models() + [model(714, 43, {4: 0})], der_models() + [model(714, 43, {4: 0xFFFF})]):
        setup = driving(Slave(models), 1500)
        setup.run(4000)
        assert measured(setup) is None
        assert setup.inverter.device.direct is None


def test_a_port_that_refuses_to_be_read_leaves_the_power_alone():
    slave = Slave(der_models() + [ports((ESS, 38, 4000))])
    slave.refuse[slave.address(714, 20)] = 2
    setup = driving(slave, 1500)
    setup.run(6000)
    assert measured(setup) is None
    assert setup.inverter.measured_w(setup.now) == 1500
