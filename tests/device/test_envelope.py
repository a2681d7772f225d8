"""The envelope and the departure: limits by name, hysteresis, derating, required power."""

from inverter_limits import InverterRatings
from noalloc import without_heap

from gridkeel import energy, limits, ticks
from gridkeel.envelope import Envelope
from gridkeel.params import Parameters


def envelope_of(requested_w, changes=None, fresh=True, **ratings):
    envelope = Envelope(Parameters(changes))
    return envelope.limit(requested_w, InverterRatings(**ratings), fresh), envelope.limiter


def test_envelope_names_the_smallest_limit():
    assert envelope_of(3000) == (3000, limits.NONE)
    assert envelope_of(9000) == (7400, limits.CHARGE_RATING)
    assert envelope_of(9000, charge_rating_w=4000) == (4000, limits.INVERTER_RATING)
    assert envelope_of(-9000) == (-5000, limits.INVERTER_RATING)
    assert envelope_of(-9000, discharge_rating_w=9999) == (-7400, limits.DISCHARGE_RATING)
    assert envelope_of(-100, {"v2g_enable": 0}) == (0, limits.V1G)
    assert envelope_of(-100, soc_pct_x100=4000) == (0, limits.SOC_RESERVE)
    assert envelope_of(-100, soc_pct_x100=4001) == (-100, limits.NONE)
    assert envelope_of(100, soc_pct_x100=9500) == (0, limits.SOC_FULL)
    assert envelope_of(-100, soc_pct_x100=-1) == (0, limits.SOC_UNKNOWN)
    assert envelope_of(-100, fresh=False) == (0, limits.SOC_UNKNOWN)
    assert envelope_of(100, fresh=False) == (100, limits.NONE)


def test_envelope_has_hysteresis_at_the_reserve():
    envelope = Envelope(Parameters())
    inverter = InverterRatings()
    answers = []
    for soc in (4001, 4000, 4001, 4049, 4050):
        inverter.soc_pct_x100 = soc
        answers.append(envelope.limit(-100, inverter, True))
    assert answers == [-100, 0, 0, 0, -100]


# --- the sustained power of a horizon

HOUR_AND_A_HALF = 5400
WORKED = {"horizon_s": HOUR_AND_A_HALF, "efficiency_pct": 95}  # 80 % SoC, 40 % floor, 1.5 h


def sustained(battery_wh, requested_w=-50000, soc=8000, **changes):
    changes.update(WORKED)
    changes["battery_wh"] = battery_wh
    changes.setdefault("charge_max_w", 50000)
    changes.setdefault("discharge_max_w", 50000)
    return envelope_of(requested_w, changes, soc_pct_x100=soc, charge_rating_w=50000, discharge_rating_w=50000)


def test_the_worked_example_gives_its_figures():
    # 40 % of 60 kWh are 24 kWh; 95 % of them reach the grid: 22.8 kWh in 1.5 h
    assert sustained(60000) == (-15200, limits.SUSTAINED_ENERGY)
    # the other way 15 % of 60 kWh are 9 kWh, 9.473 kWh from the grid
    assert sustained(60000, 50000) == (6315, limits.SUSTAINED_ENERGY)
    # the converter is the smallest where the battery is large
    assert sustained(60000, discharge_max_w=7400) == (-7400, limits.DISCHARGE_RATING)
    assert sustained(24000, discharge_max_w=7400) == (-6080, limits.SUSTAINED_ENERGY)
    assert sustained(60000, cable_max_w=11000) == (-11000, limits.CABLE_RATING)
    assert sustained(60000, 50000, cable_max_w=6000) == (6000, limits.CABLE_RATING)
    assert sustained(60000, ev_discharge_max_w=10000) == (-10000, limits.EV_RATING)
    assert sustained(60000, 50000, ev_charge_max_w=5000) == (5000, limits.EV_RATING)
    assert sustained(60000, -3000) == (-3000, limits.NONE)
    assert sustained(0) == (-50000, limits.NONE)
    assert sustained(60000, soc=4000) == (0, limits.SOC_RESERVE)
    assert sustained(60000, 50000, soc=9500) == (0, limits.SOC_FULL)


def test_a_large_battery_does_not_leave_the_small_integers():
    assert sustained(500000, soc=10000) == (-50000, limits.NONE)
    assert energy.energy_wh(500000, 10000) == 500000
    assert energy.power_w(500000, 86400) == 20833
    assert energy.moved_wh(50000, 86400) == 1200000
    assert energy.moved_wh(7400, 5400) == 11100
    assert energy.share_pct_x100(500000, 123456) == 2469
    assert energy.share_pct_x100(40000, 40000) == 10000


def test_temperature_derates_and_unknown_counts_as_hot():
    for celsius, allowed in ((60, 7400), (65, 5550), (70, 3700), (80, 0), (95, 0), (-1000, 0)):
        envelope = Envelope(Parameters({"temperature_sensor": 1}))
        for sign in (1, -1):
            inverter = InverterRatings()
            inverter.discharge_rating_w = 9000
            assert envelope.limit(sign * 9000, inverter, True, celsius) == sign * allowed
            assert allowed == 7400 or envelope.limiter == limits.TEMPERATURE
    assert Envelope(Parameters()).limit(7000, InverterRatings(), True, 95) == 7000


# --- the departure

START = ticks.MASK - 5000


def leaving(in_s, soc, needed=8000, **changes):
    """A 40 kWh vehicle at `soc` that wants `needed` in in_s seconds; 7,400 W, 95 %."""
    changes["battery_wh"] = 40000
    envelope = Envelope(Parameters(changes))
    assert envelope.departure.set(in_s, needed, START)
    inverter = InverterRatings()
    inverter.soc_pct_x100 = soc
    envelope.limit(-7400, inverter, True)
    return envelope, inverter


def test_departure_keeps_what_cannot_be_regained():
    # two hours at 7,400 W and 95 % bring 14.06 kWh, 35.15 % of 40 kWh: 80 % - 35.15 % must be left
    for soc, allowed, limiter in ((4485, 0, limits.DEPARTURE), (4486, -5000, limits.INVERTER_RATING)):
        envelope, _inverter = leaving(7200, soc)
        assert envelope.permitted_w == allowed, soc
        assert envelope.limiter == limiter, soc
    # with a horizon of an hour only the second hour is left to charge
    envelope, _inverter = leaving(7200, 6242, horizon_s=3600)
    assert (envelope.permitted_w, envelope.limiter) == (0, limits.DEPARTURE)
    # far away it does not bind: the reserve does
    envelope, _inverter = leaving(40000, 4000)
    assert envelope.limiter == limits.SOC_RESERVE


def test_departure_calls_for_charge_when_time_runs_short():
    # 10 % of 40 kWh take 4.21 kWh: 5,920 W are 80 % of 7,400, reached with 2,560 s left
    envelope, inverter = leaving(2580, 7000)
    assert envelope.required_w == 0
    envelope.departure.update(ticks.add(START, 25000))
    envelope.limit(0, inverter, True)
    assert 5920 <= envelope.required_w <= 5950
    inverter.soc_pct_x100 = 7500
    envelope.limit(0, inverter, True)
    assert 2900 <= envelope.required_w <= 2980
    inverter.soc_pct_x100 = 8000
    envelope.limit(0, inverter, True)
    assert envelope.required_w == 0


def test_departure_asks_for_no_more_than_may_flow():
    envelope, _inverter = leaving(600, 4000)
    assert envelope.required_w == 7400


def test_a_departure_ends_and_is_bounded():
    envelope, inverter = leaving(100, 5000)
    envelope.departure.update(ticks.add(START, 99000))
    assert envelope.departure.left_s == 1
    envelope.departure.update(ticks.add(START, 100500))
    envelope.limit(0, inverter, True)
    assert envelope.departure.left_s == 0
    assert envelope.required_w == 0
    for in_s, soc in ((-1, 0), (172801, 0), (1, 10001), (1, -1)):
        assert not envelope.departure.set(in_s, soc, START)
    assert envelope.departure.set(100, 9000, START)
    assert envelope.departure.set(0, 0, START)
    assert envelope.departure.left_s == 0


def test_an_unknown_charge_calls_for_nothing():
    envelope, inverter = leaving(600, -1)
    assert envelope.required_w == 0
    assert envelope.limiter == limits.SOC_UNKNOWN


def test_no_heap():
    changes = {"horizon_s": 86400, "battery_wh": 500000, "charge_max_w": 50000, "temperature_sensor": 1}
    envelope = Envelope(Parameters(changes))
    inverter = InverterRatings()
    inverter.soc_pct_x100 = 0
    envelope.departure.set(172800, 10000, START)

    def walk():
        for soc in range(-1, 10000, 500):
            inverter.soc_pct_x100 = soc
            envelope.departure.update(START)
            envelope.limit(50000, inverter, True, 61)
            envelope.limit(-50000, inverter, True, 61)

    without_heap(walk)
