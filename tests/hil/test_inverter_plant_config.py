"""The inverter model's configuration, and its physics where no register is needed."""

import math

import pytest

from hil.plants.inverter import BatteryConfig, Inverter, InverterConfig
from host_tools.errors import ToolError


def run(inverter, seconds, voltage_v=230.0):
    start_s = inverter.now_s
    for step in range(1, round(seconds * 100) + 1):
        inverter.advance(start_s + step / 100, voltage_v, 50.0)


def test_mains_that_sag_do_not_let_the_inverter_return():
    inverter = Inverter()
    inverter.advance(1.0, 0.0, 50.0)
    run(inverter, 10.0, 150.0)
    assert not inverter.energised
    run(inverter, 0.5)
    run(inverter, 0.1, 150.0)
    run(inverter, 0.9)
    assert not inverter.energised
    run(inverter, 0.2)
    assert inverter.energised


def test_time_does_not_go_back():
    inverter = Inverter()
    inverter.advance(1.0, 230, 50)
    for now_s in (0.99, math.nan):
        with pytest.raises(ValueError, match="cannot go back"):
            inverter.advance(now_s, 230, 50)


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ({"ramp": 5}, "unknown key ramp;"),
        ({"battery": {"soc": 5}}, r"unknown key battery\.soc;"),
        ({"battery": 5}, "battery = 5"),
        ({"family": "solar"}, "solar"),
        ({"family": 5}, "family = 5"),
        ({"base_address": 30000}, "30000"),
        ({"unit": 0}, "unit = 0"),
        ({"unit": True}, "unit = True"),
        ({"charge_max_w": math.nan}, "charge_max_w"),
        ({"efficiency_charge": 1.1}, "efficiency_charge"),
        ({"battery": {"soc_pct": 101}}, r"battery\.soc_pct = 101"),
        ({"serial": "x" * 33}, "serial"),
        ({"model": "Größe"}, "model"),
    ],
)
def test_a_wrong_configuration_is_named(table, word):
    with pytest.raises(ToolError, match=word):
        InverterConfig.from_dict(table)


def test_a_configuration_is_read_from_a_table():
    config = InverterConfig.from_dict({"family": "legacy", "charge_max_w": 11000, "battery": {"soc_pct": 20}})
    assert (config.family, config.charge_max_w, config.battery) == ("legacy", 11000, BatteryConfig(soc_pct=20))
