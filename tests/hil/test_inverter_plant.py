"""The inverter model in virtual time, driven through pysunspec2's client objects."""

import math

import pytest
from inverter_client import RefusedError, device, run


def every_point(group):
    yield from group.points.values()
    for inner in group.groups.values():
        yield from every_point(inner)


@pytest.mark.parametrize("base_address", [40000, 50000, 0])
@pytest.mark.parametrize(
    ("family", "numbers"),
    [
        ("der", [1, 701, 702, 704, 713]),
        ("legacy", [1, 103, 120, 121, 122, 123, 124]),
        ("legacy-float", [1, 113, 120, 121, 122, 123, 124]),
    ],
)
def test_discovered_and_every_point_read(base_address, family, numbers):
    found = device(family=family, base_address=base_address)
    assert found.base_addr == base_address
    assert [model.model_id for model in found.model_list] == numbers
    for model in found.model_list:
        model.read()
        assert not model.error_info
        assert sum(point.len for point in every_point(model)) == model.model_len + 2
        for name, point in model.points.items():
            if point.pdef.get("mandatory") == "M" and not point.pdef["type"].startswith("acc"):  # acc: 0 reads as None
                assert point.value is not None, f"{model.model_id}.{name}"


def test_values_survive_their_scale_factors():
    found = device(manufacturer="Acme", serial="7", charge_max_w=50000, discharge_max_w=100000, ramp_w_s=1e6)
    assert found.get(1, "Mn") == "Acme"
    assert found.get(702, "WMaxRtg") == 100000
    assert found.get(702, "WChaRteMaxRtg") == 50000
    assert found.get(713, "WHRtg") == 40000
    assert found.get(713, "SoC") == pytest.approx(62.0)
    assert found.get(713, "SoH") == pytest.approx(96.0)
    assert found.get(713, "WHAvail") == 40000 * 0.62 * 0.96
    found.put(704, WSet=-50000, WSetEna=1)
    run(found.inverter, 1.0, 231.4, 49.876)
    assert found.get(701, "W") == -50000
    assert found.get(701, "Hz") == pytest.approx(49.876)
    assert found.get(701, "LNV") == pytest.approx(231.4)
    assert found.get(701, "A") == pytest.approx(50000 / 231.4, abs=0.06)
    assert found.get(701, "TmpCab") == pytest.approx(20.0, abs=0.1)
    assert found.get(701, "TmpSw") is None


def test_sign_turns_at_the_register_and_the_ramp_is_exact():
    found = device(ramp_w_s=2000)
    inverter = found.inverter
    found.put(704, WSetEna=1, WSet=-4000)
    assert inverter.target_w == 4000
    assert inverter.power_w == 0
    assert inverter.advance(0.5, 230, 50) == pytest.approx(1000)
    assert inverter.advance(5.0, 230, 50) == 4000
    found.put(704, WSet=4000)
    assert inverter.advance(7.0, 230, 50) == pytest.approx(0)
    assert inverter.advance(9.5, 230, 50) == -4000
    assert found.get(701, "W") == 4000
    assert found.get(701, "InvSt") == 3
    found.put(704, WRmp=10, WSet=-7400)
    assert inverter.advance(14.5, 230, 50) == pytest.approx(-300)


def test_energy_balance_is_the_same_in_one_step_and_in_many():
    results = []
    for steps in (1, 7, 20000):
        found = device(ramp_w_s=500)
        inverter = found.inverter
        before_wh = inverter.battery_wh
        found.put(704, WSetEna=1, WSet=-6000)
        for step in range(1, steps + 1):
            inverter.advance(100 * step / steps, 230, 50)
        found.put(704, WSet=3000)
        for step in range(1, steps + 1):
            inverter.advance(100 + 100 * step / steps, 230, 50)
        in_wh, out_wh = inverter.energy_wh
        assert inverter.battery_wh - before_wh == pytest.approx(in_wh * 0.95 - out_wh / 0.95, rel=1e-9)
        results.append((in_wh, out_wh))
    # 6 kW for 88 s after a ramp of 12 s from 0, then 12 s down through 0; 3 kW for 82 s after 6 s up
    assert results[0][0] * 3600 == pytest.approx(6000 * 6 + 6000 * 88 + 6000 * 6)
    assert results[0][1] * 3600 == pytest.approx(3000 * 3 + 3000 * 82)
    for result in results[1:]:
        assert result == pytest.approx(results[0], rel=1e-9)


def test_the_energy_counters_are_read():
    found = device(battery={"soc_pct": 50.0})
    found.put(704, WSetEna=1, WSet=-3600)
    found.inverter.advance(3600.0, 230, 50)
    assert found.get(701, "TotWhAbs") == pytest.approx(3600, abs=1)
    assert found.get(701, "TotWhInj") == 0


def test_soc_is_exact_over_a_day_of_small_steps():
    found = device(ramp_w_s=1e9, efficiency_charge=1.0, efficiency_discharge=1.0, battery={"soc_pct": 50.0})
    inverter = found.inverter
    for hour in range(12):
        found.put(704, WSetEna=1, WSet=1000 if hour % 2 else -1000)
        for step in range(1, 36001):
            inverter.advance(3600 * hour + step / 10, 230, 50)
    assert inverter.soc_pct == pytest.approx(50.0, abs=1e-7)


def test_charging_tapers_and_ends_full():
    found = device(battery={"capacity_wh": 1000, "soh_pct": 100, "soc_pct": 89.0})
    inverter = found.inverter
    found.put(704, WSetEna=1, WSet=-7400)
    seen = []
    while inverter.soc_pct < 100 and len(seen) < 1000:
        inverter.advance(inverter.now_s + 1, 230, 50)
        seen.append(inverter.power_w)
    assert seen[1] == 7400
    tapered = [power for power in seen[1:-1] if power < 7400]
    assert len(tapered) > 10
    assert tapered == sorted(tapered, reverse=True)
    assert min(tapered) >= 7400 * 0.05 * 0.999
    run(inverter, 1.0)
    assert inverter.power_w == 0
    assert inverter.soc_pct == 100
    assert found.get(701, "InvSt") == 4
    in_wh, _out_wh = inverter.energy_wh
    assert in_wh * 0.95 == pytest.approx(110, rel=1e-6)


def test_discharge_ends_empty_and_gives_no_more_than_was_there():
    found = device(battery={"capacity_wh": 100, "soh_pct": 100, "soc_pct": 10.0})
    inverter = found.inverter
    found.put(704, WSetEna=1, WSet=7400)
    run(inverter, 20.0)
    assert inverter.power_w == 0
    assert inverter.soc_pct == pytest.approx(0, abs=1e-4)
    assert inverter.energy_wh[1] == pytest.approx(10 * 0.95, rel=1e-5)
    found.put(704, WSet=-1000)
    run(inverter, 2.0)
    assert inverter.power_w == 1000


@pytest.mark.parametrize("voltage_v", [0.0, 45.9, math.nan, -1.0])
def test_without_mains_it_never_energises(voltage_v):
    found = device()
    inverter = found.inverter
    found.put(704, WSetEna=1, WSet=5000)
    run(inverter, 1.0)
    assert inverter.power_w == -5000
    assert inverter.advance(1.01, voltage_v, 50.0) == 0
    assert not inverter.energised
    held_wh = inverter.battery_wh
    run(inverter, 5.0, voltage_v)
    assert (inverter.power_w, inverter.battery_wh) == (0, held_wh)
    assert (found.get(701, "ConnSt"), found.get(701, "InvSt"), found.get(701, "St")) == (0, 0, 0)
    assert found.get(701, "Alrm") == 1 << 4 | 1 << 11
    assert found.get(701, "Hz") is None
    run(inverter, 0.99)
    assert inverter.power_w == 0
    assert found.get(701, "InvSt") == 2
    run(inverter, 2.0)
    assert inverter.power_w == -5000
    assert found.get(701, "ConnSt") == 1


def test_reversion_really_happens_and_refreshing_prevents_it():
    found = device()
    inverter = found.inverter
    found.put(704, WSetRvrt=1000, WSetEnaRvrt=1, WSetRvrtTms=4)
    found.put(704, WSet=-6000)
    found.put(704, WSetEna=1)
    for _refresh in range(5):
        run(inverter, 2.0)
        assert found.get(704, "WSetRvrtRem") == 2
        found.put(704, WSetEna=1)
        assert found.get(704, "WSetRvrtRem") == 4
    assert inverter.reversions == 0
    assert inverter.reversion_left_s == pytest.approx(4)
    run(inverter, 3.99)
    assert (inverter.power_w, found.get(704, "WSetRvrtRem")) == (6000, 1)
    run(inverter, 0.01)
    assert inverter.target_w == -1000
    assert inverter.reversions == 1
    assert (found.get(704, "WSet"), found.get(704, "WSetEna"), found.get(704, "WSetRvrtRem")) == (1000, 1, 0)
    run(inverter, 1.0)
    assert inverter.power_w == -1000
    run(inverter, 10.0)
    assert inverter.reversions == 1


def test_reversion_falls_between_two_steps_at_its_own_time():
    found = device(ramp_w_s=1e9, efficiency_charge=1.0)
    inverter = found.inverter
    before_wh = inverter.battery_wh
    found.put(704, WSetRvrtTms=5)
    found.put(704, WSetEna=1, WSet=-3600)
    inverter.advance(60.0, 230, 50)
    assert inverter.reversions == 1
    assert found.get(704, "WSetEna") == 0
    assert inverter.battery_wh - before_wh == pytest.approx(5.0, rel=1e-4)


def test_other_writes_neither_start_nor_refresh_the_timer():
    found = device()
    inverter = found.inverter
    found.put(704, WSetRvrtTms=4)
    assert inverter.reversion_left_s is None
    found.put(704, WSetEna=1)
    run(inverter, 3.0)
    found.put(704, WSet=-100)
    assert found.get(704, "WSetRvrtRem") == 1
    found.put(704, WSetEna=0)
    assert found.get(704, "WSetRvrtRem") == 0
    run(inverter, 5.0)
    assert inverter.reversions == 0


def test_the_percent_mode_and_the_power_limit_act():
    found = device(charge_max_w=5000, discharge_max_w=7400)
    inverter = found.inverter
    found.put(704, WSetEna=1, WSetMod=0, WSetPct=50)
    assert inverter.target_w == -3700
    found.put(704, WSetPct=-50)
    assert inverter.target_w == 2500
    found.put(704, WSetPct=100)
    found.put(704, WMaxLimPctRvrtTms=2)
    found.put(704, WMaxLimPctEna=1, WMaxLimPct=25)
    assert inverter.target_w == -1850
    run(inverter, 1.5)
    assert (inverter.power_w, found.get(704, "WMaxLimPctRvrtRem")) == (-1850, 1)
    run(inverter, 1.5)
    assert inverter.power_w == -7400
    assert found.get(704, "WMaxLimPctEna") == 0


@pytest.mark.parametrize(
    ("number", "point", "value", "code"),
    [
        (701, "W", 5, 2),
        (702, "WMax", 5000, 2),
        (713, "SoC", 50, 2),
        (704, "WSetRvrtRem", 5, 2),
        (704, "WSet_SF", 1, 2),
        (704, "AntiIslEna", 0, 2),
        (704, "VarSetEna", 2, 3),
        (704, "VarSetMod", 5, 3),
        (704, "VarSetPri", 2, 3),
        (704, "VarSet", 4441, 3),
        (704, "VarSetPct", -101, 3),
        (123, "VArPct_Mod", 4, 3),
        (123, "VArMaxPct", 101, 3),
        (123, "VArPct_WinTms", 5, 3),
        (704, "WSetEna", 2, 3),
        (704, "WSetMod", 4, 3),
        (704, "WSet", 7401, 3),
        (704, "WSet", -7401, 3),
        (704, "WMaxLimPct", 100.1, 3),
        (704, "WSetPct", -101, 3),
        (704, "WRmp", 0, 3),
        (1, "DA", 2, 2),
        (120, "WRtg", 1, 2),
        (121, "VRef", 240, 2),
        (121, "WMax", 7401, 3),
        (123, "Conn", 2, 3),
        (123, "OutPFSet_Ena", 1, 2),
        (123, "WMaxLimPct_WinTms", 5, 3),
        (124, "StorCtl_Mod", 4, 3),
        (124, "InWRte", 101, 3),
        (124, "ChaState", 50, 2),
    ],
)
def test_refused_writes_change_nothing(number, point, value, code):
    found = device(family="legacy" if number < 700 else "der")
    before = [bytes(found.inverter.read(40000 + start, 70)) for start in range(0, 280, 70)]
    with pytest.raises(RefusedError) as refusal:
        found.put(number, **{point: value})
    assert refusal.value.args == (code,)
    assert before == [bytes(found.inverter.read(40000 + start, 70)) for start in range(0, 280, 70)]
    assert found.inverter.writes == 0


def test_half_a_point_is_refused_and_a_bad_value_takes_its_neighbours_along():
    found = device()
    model = found.models[704][0]
    watts = model.model_addr + model.points["WSet"].offset
    for address, data in ((watts, b"\0\0"), (watts + 1, b"\0\1"), (watts - 1, b"\0\1\0\0"), (watts, b"\0\0\0\1\0\0")):
        with pytest.raises(RefusedError, match="2"):
            found.write(address, data)
    with pytest.raises(RefusedError, match="3"):
        found.put(704, WSetEna=1, WSetMod=1, WSet=9000)
    assert found.get(704, "WSetEna") == 0
    assert found.inverter.target_w == 0


def test_legacy_window_pins_charging_and_discharging():
    found = device(family="legacy", charge_max_w=5000, discharge_max_w=4000, ramp_w_s=1e6)
    inverter = found.inverter
    found.put(124, StorCtl_Mod=3, OutWRte=-50, InWRte=40)
    assert inverter.target_w == 2000
    run(inverter, 1.0)
    assert found.get(103, "W") == -2000
    assert found.get(103, "St") == 4
    assert found.get(124, "ChaSt") == 4
    found.put(124, OutWRte=75, InWRte=-60)
    assert inverter.target_w == -3000
    run(inverter, 1.0)
    assert (found.get(103, "W"), found.get(124, "ChaSt")) == (3000, 3)
    found.put(124, OutWRte=-10, InWRte=-10)
    assert inverter.target_w == 0
    found.put(124, OutWRte=100, InWRte=100)
    assert inverter.target_w == 0
    found.put(124, StorCtl_Mod=2, OutWRte=-100)
    assert inverter.target_w == 4000
    found.put(124, StorCtl_Mod=1)
    assert inverter.target_w == 0
    found.put(124, StorCtl_Mod=2, ChaGriSet=0)
    assert inverter.target_w == 0


def test_the_float_family_reads_as_the_integer_one():
    powers = []
    for family, number in (("legacy", 103), ("legacy-float", 113)):
        found = device(family=family, ramp_w_s=1e6)
        found.put(124, StorCtl_Mod=3, OutWRte=-30, InWRte=30)
        run(found.inverter, 1.0)
        powers.append([found.get(number, name) for name in ("W", "VAr", "TmpCab", "TmpSnk", "St")])
    assert powers[1] == pytest.approx(powers[0], abs=0.6)
    assert powers[1][0] == pytest.approx(-2220)


def test_an_inverter_that_disobeys_delivers_something_else_until_it_obeys_again():
    found = device(ramp_w_s=1e6)
    found.put(704, WSetMod=1, WSet=3000, WSetEna=1)
    for share, flows_w, power_w in ((0.0, 0.0, 0.0), (0.5, 0.0, -1500.0), (-1.0, 0.0, 3000.0), (1.0, -500.0, -3500.0)):
        found.inverter.disobey(share, flows_w)
        run(found.inverter, 1.0)
        assert found.inverter.power_w == pytest.approx(power_w)
        assert found.inverter.target_w == -3000
    found.inverter.disobey()
    run(found.inverter, 1.0)
    assert found.inverter.power_w == pytest.approx(-3000)


def test_the_legacy_rates_revert():
    found = device(family="legacy")
    inverter = found.inverter
    found.put(124, InOutWRte_RvrtTms=4)
    found.put(124, StorCtl_Mod=3)
    found.put(124, OutWRte=-50, InWRte=50)
    run(inverter, 3.0)
    found.put(124, OutWRte=-60, InWRte=60)
    run(inverter, 3.9)
    assert inverter.power_w == pytest.approx(4440)
    run(inverter, 1.1)
    assert (inverter.power_w, inverter.reversions) == (0, 1)
    assert (found.get(124, "StorCtl_Mod"), found.get(124, "OutWRte")) == (0, 100)


def test_the_legacy_limit_reserve_and_connection_act():
    found = device(family="legacy", ramp_w_s=1e6)
    inverter = found.inverter
    found.put(124, StorCtl_Mod=1, InWRte=-100)
    found.put(123, WMaxLimPct=50, WMaxLimPct_RvrtTms=2, WMaxLim_Ena=1)
    run(inverter, 1.0)
    assert inverter.power_w == -3700
    run(inverter, 1.5)
    assert (inverter.power_w, inverter.reversions) == (-7400, 1)
    found.put(121, WMax=5000)
    run(inverter, 0.1)
    assert inverter.power_w == -5000
    found.put(124, MinRsvPct=80)
    run(inverter, 0.1)
    assert (inverter.power_w, found.get(124, "ChaSt")) == (0, 2)
    found.put(124, MinRsvPct=0)
    found.put(123, Conn_RvrtTms=3, Conn=0)
    assert inverter.power_w == 0
    run(inverter, 2.9)
    assert (inverter.energised, found.get(122, "ECPConn"), found.get(103, "St")) == (False, 0, 1)
    run(inverter, 0.5)
    assert (inverter.energised, inverter.power_w) == (True, -5000)
