"""The inverter's temperature on its way to the envelope: where it is read, how old it may be, what it takes back."""

from controller_setup import Charger
from sunspec_slave import Slave, der_models, legacy_models, model

from gridkeel import limits
from gridkeel.envelope import TEMPERATURE_UNKNOWN
from gridkeel.services.protection import RUN

WASM_GROUP = 2  # a whole controller with its sources, and nothing collected


def charging(changes=None, models=None):
    charger = Charger({"baseline_w": 7400, "setpoint_ramp_w_s": 100000, "temperature_sensor": 1})
    charger.parameters.update(changes or {})
    if models is not None:
        charger.slave = Slave(models)
    charger.run(4500)
    assert charger.controller.protection.state == RUN
    return charger


def test_cabinet_and_heat_sink_of_both_families():
    for models, cabinet_c, sink_c in ((der_models, 31, 45), (legacy_models, 30, 41)):
        for sensor, found_c in ((1, cabinet_c), (2, sink_c)):
            charger = charging({"temperature_sensor": sensor}, models())
            assert charger.controller.temperature_c == found_c


def test_a_hot_cabinet_takes_power_back():
    charger = charging()
    assert charger.wset_w() == 7400
    charger.slave.set(701, 36, 70)
    charger.run(1500)
    # 10 of the 20 kelvins past 60 degrees
    assert charger.controller.envelope.permitted_w == 3700
    assert charger.controller.limiter == limits.TEMPERATURE
    charger.slave.set(701, 36, 90)
    charger.run(1500)
    assert charger.wset_w() == 0
    charger.slave.set(701, 36, 31)
    charger.run(1500)
    assert charger.wset_w() == 7400


def test_without_a_sensor_nothing_is_read():
    charger = charging({"temperature_sensor": 0})
    charger.slave.set(701, 36, 95)
    charger.run(2000)
    assert charger.controller.temperature_c == TEMPERATURE_UNKNOWN
    assert charger.wset_w() == 7400
    charger.parameters.update({"temperature_sensor": 1})
    charger.run(1500)
    assert charger.controller.temperature_c == 95
    assert charger.wset_w() == 0


def test_an_inverter_that_tells_none_counts_as_hot():
    models = der_models()
    models[1] = model(701, 153, {4: 3, 10: -1500, 12: 0, 36: -0x8000, 116: 0, 119: 0, 122: 0})
    charger = charging(None, models)
    assert charger.controller.temperature_c == TEMPERATURE_UNKNOWN
    assert charger.controller.envelope.permitted_w == 0
    assert charger.controller.limiter == limits.TEMPERATURE


def test_a_temperature_that_grows_old_counts_as_hot():
    charger = charging({"temperature_stale_ms": 3000})
    charger.slave.refuse[charger.slave.address(701, 35)] = 2
    charger.run(2000)
    assert charger.wset_w() == 7400
    charger.run(2500)
    assert charger.controller.temperature_c == TEMPERATURE_UNKNOWN
    assert charger.wset_w() == 0
    charger.slave.refuse.clear()
    charger.run(2500)
    assert charger.wset_w() == 7400


def test_reactive_power_first_bounds_the_power():
    charger = charging({"temperature_sensor": 0, "reactive_mode": 1, "reactive_var": 3000, "reactive_priority": 1})
    assert charger.controller.envelope.permitted_w == 6760  # beside 3,000 var on 7,400 VA
    assert charger.controller.limiter == limits.REACTIVE
    assert charger.slave.signed32(704, 38) == -3000
