"""The inverter's temperature on its way to the envelope: where it is read, how old it may be, what it takes back."""

from controller_setup import ControllerSetup
from sunspec_slave import Slave, der_models, legacy_models, model

from gridkeel import limits
from gridkeel.envelope import TEMPERATURE_UNKNOWN
from gridkeel.services.protection import RUN

WASM_GROUP = 2  # a whole controller with its sources, and nothing collected


def charging(changes=None, models=None):
    setup = ControllerSetup({"baseline_w": 7400, "setpoint_ramp_w_s": 100000, "temperature_sensor": 1})
    setup.parameters.update(changes or {})
    if models is not None:
        setup.slave = Slave(models)
    setup.run(4500)
    assert setup.controller.protection.state == RUN
    return setup


def test_the_chosen_sensor_is_read_in_both_families():
    for models, cabinet_c, sink_c in ((der_models, 31, 45), (legacy_models, 30, 41)):
        for sensor, found_c in ((1, cabinet_c), (2, sink_c)):
            setup = charging({"temperature_sensor": sensor}, models())
            assert setup.controller.temperature_c == found_c


def test_a_hot_cabinet_takes_power_back():
    setup = charging()
    assert setup.wset_w() == 7400
    setup.slave.set(701, 36, 70)
    setup.run(1500)
    # 10 of the 20 kelvins past 60 degrees
    assert setup.controller.envelope.permitted_w == 3700
    assert setup.controller.limiter == limits.TEMPERATURE
    setup.slave.set(701, 36, 90)
    setup.run(1500)
    assert setup.wset_w() == 0
    setup.slave.set(701, 36, 31)
    setup.run(1500)
    assert setup.wset_w() == 7400


def test_without_a_sensor_nothing_is_read():
    setup = charging({"temperature_sensor": 0})
    setup.slave.set(701, 36, 95)
    setup.run(2000)
    assert setup.controller.temperature_c == TEMPERATURE_UNKNOWN
    assert setup.wset_w() == 7400
    setup.parameters.update({"temperature_sensor": 1})
    setup.run(1500)
    assert setup.controller.temperature_c == 95
    assert setup.wset_w() == 0


def test_an_inverter_that_reports_no_temperature_counts_as_hot():
    models = der_models()
    models[1] = model(701, 153, {4: 3, 10: -1500, 12: 0, 36: -0x8000, 116: 0, 119: 0, 122: 0})
    setup = charging(None, models)
    assert setup.controller.temperature_c == TEMPERATURE_UNKNOWN
    assert setup.controller.envelope.permitted_w == 0
    assert setup.controller.limiter == limits.TEMPERATURE


def test_a_temperature_that_grows_old_counts_as_hot():
    setup = charging({"temperature_stale_ms": 3000})
    setup.slave.refuse[setup.slave.address(701, 35)] = 2
    setup.run(2000)
    assert setup.wset_w() == 7400
    setup.run(2500)
    assert setup.controller.temperature_c == TEMPERATURE_UNKNOWN
    assert setup.wset_w() == 0
    setup.slave.refuse.clear()
    setup.run(2500)
    assert setup.wset_w() == 7400


def test_reactive_power_first_bounds_the_power():
    setup = charging({"temperature_sensor": 0, "reactive_mode": 1, "reactive_var": 3000, "reactive_priority": 1})
    assert setup.controller.envelope.permitted_w == 6760  # with 3,000 var on 7,400 VA
    assert setup.controller.limiter == limits.REACTIVE
    assert setup.slave.signed32(704, 38) == -3000
