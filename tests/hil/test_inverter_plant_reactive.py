"""Reactive power and heat of the inverter model, driven through pysunspec2's client objects."""

from __future__ import annotations

import math

import pytest
from inverter_client import device, run


def test_704_sets_var_with_the_sign_turned_and_reads_back():
    found = device(ramp_w_s=1e6, var_ramp_s=10000)
    inverter = found.inverter
    found.put(704, VarSetMod=4, VarSet=3000, VarSetEna=1)
    run(inverter, 0.1)
    assert inverter.var == pytest.approx(-1000)
    run(inverter, 1.0)
    assert inverter.var == -3000
    assert found.get(701, "Var") == 3000
    assert found.get(701, "VA") == 3000
    assert found.get(701, "A") == pytest.approx(3000 / 230, abs=0.06)
    found.put(704, WSetEna=1, WSet=4000)
    run(inverter, 1.0)
    assert found.get(701, "VA") == 5000
    assert found.get(701, "PF") == pytest.approx(0.8)
    found.put(704, WSet=-4000)
    run(inverter, 1.0)
    assert found.get(701, "PF") == pytest.approx(-0.8)
    found.put(704, VarSetEna=0)
    run(inverter, 1.0)
    assert inverter.var == 0


@pytest.mark.parametrize(("reactive_first", "watts", "var"), [(0, 7400, 0), (1, math.sqrt(7400**2 - 4000**2), 4000)])
def test_the_priority_decides_who_gets_the_apparent_power(reactive_first, watts, var):
    found = device(ramp_w_s=1e6)
    found.put(704, VarSetMod=4, VarSetPri=reactive_first, VarSet=-4000, VarSetEna=1)
    found.put(704, WSetEna=1, WSet=-7400)
    run(found.inverter, 3.0)
    assert found.inverter.power_w == pytest.approx(watts, abs=1)
    assert found.inverter.var == pytest.approx(var, abs=1)


@pytest.mark.parametrize(("mode", "var"), [(0, 3000), (1, 2220), (2, 2220), (3, 3700)])
def test_704_sets_reactive_power_in_percent_of_each_base(mode, var):
    found = device(discharge_max_w=6000, ramp_w_s=1e6)
    found.put(704, VarSetMod=mode, VarSetPct=50, VarSetEna=1)
    run(found.inverter, 2.0)
    assert found.inverter.var == pytest.approx(-min(var, 4440))


def test_704_reverts_to_its_reversion_value():
    found = device()
    inverter = found.inverter
    found.put(704, VarSetMod=4, VarSetRvrt=-500, VarSetEnaRvrt=1, VarSetRvrtTms=4)
    found.put(704, VarSet=3000, VarSetEna=1)
    run(inverter, 3.0)
    assert found.get(704, "VarSetRvrtRem") == 1
    run(inverter, 2.0)
    assert (inverter.var, inverter.reversions, found.get(704, "VarSet")) == (500, 1, -500)
    found.put(704, VarSetEnaRvrt=0, VarSetRvrtTms=2)
    found.put(704, VarSetEna=1)
    run(inverter, 3.0)
    assert (inverter.var, found.get(704, "VarSetEna")) == (0, 0)


def test_123_sets_reactive_power_in_percent_and_reverts():
    found = device(family="legacy")
    inverter = found.inverter
    found.put(123, VArMaxPct=50, VArPct_Mod=2, VArPct_RvrtTms=3, VArPct_Ena=1)
    run(inverter, 2.0)
    assert inverter.var == pytest.approx(-2220)
    assert found.get(103, "VAr") == 2220
    found.put(123, VArMaxPct=-50)
    run(inverter, 2.5)
    assert inverter.var == pytest.approx(2220)
    run(inverter, 1.0)
    assert (inverter.var, found.get(123, "VArPct_Ena")) == (0, 0)
    found.put(123, VArWMaxPct=-10, VArPct_Mod=1, VArPct_RvrtTms=0, VArPct_Ena=1)
    run(inverter, 2.0)
    assert inverter.var == pytest.approx(740)
    assert found.get(121, "VArMaxQ1") == 4440
    assert found.get(121, "VArMaxQ4") == -4440
    assert found.get(120, "VArRtgQ2") == 4440


def test_without_mains_no_reactive_power_flows():
    found = device()
    found.put(704, VarSetMod=4, VarSet=3000, VarSetEna=1)
    run(found.inverter, 1.0)
    assert found.inverter.var == -3000
    run(found.inverter, 0.1, voltage_v=0.0)
    assert found.inverter.var == 0


@pytest.mark.parametrize("family", ["der", "legacy"])
def test_the_inverter_warms_up_with_the_square_of_the_load(family):
    changes = {"ambient_c": 30, "cabinet_rise_k": 20, "cabinet_time_s": 100, "sink_rise_k": 40, "sink_time_s": 10}
    found = device(family=family, ramp_w_s=1e6, battery={"capacity_wh": 1e6}, **changes)
    inverter = found.inverter
    if family == "der":
        found.put(704, WSetEna=1, WSet=-7400)
    else:
        found.put(124, StorCtl_Mod=3, OutWRte=-100, InWRte=100)
    run(inverter, 100.0)
    assert inverter.cabinet_c == pytest.approx(30 + 20 * (1 - math.exp(-1)), abs=0.1)
    assert inverter.sink_c == pytest.approx(70, abs=0.1)
    measurement = 701 if family == "der" else 103
    assert found.get(measurement, "TmpCab") == pytest.approx(inverter.cabinet_c, abs=0.5)
    assert found.get(measurement, "TmpSnk") == pytest.approx(inverter.sink_c, abs=0.5)
    if family == "der":
        found.put(704, WSet=-3700)
        run(inverter, 1000.0)
        assert inverter.cabinet_c == pytest.approx(35, abs=0.1)
