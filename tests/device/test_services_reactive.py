"""Reactive power by its three rules, within the ratings, and who goes first where they are used up."""

from inverter_limits import InverterLimits
from mains_estimate import MainsEstimate
from noalloc import without_heap

from gridkeel import limits
from gridkeel.params import Parameters
from gridkeel.sensing.quality import BLOCK_LOST, CLIPPED, LOW_VOLTAGE, WARM_UP_SHORT
from gridkeel.services.reactive import Reactive


def var_of(power_w=0, volts_permille=1000, rated=None, **changes):
    mains = MainsEstimate()
    mains.voltage_mv = 230 * volts_permille
    return Reactive(Parameters(changes)).update(mains, power_w, True, rated or InverterLimits())


def test_each_mode_sets_its_reactive_power():
    assert var_of(reactive_var=1000) == 0
    assert var_of(reactive_mode=1, reactive_var=1000) == 1000
    assert var_of(reactive_mode=1, reactive_var=-5000) == -3000
    assert var_of(4000, reactive_mode=2, power_factor_x1000=800) == 3000
    assert var_of(-2000, reactive_mode=2, power_factor_x1000=800) == 1500
    assert var_of(-2000, reactive_mode=2, power_factor_x1000=-800) == -1500
    assert var_of(4000, reactive_mode=2) == 0


def test_volt_var_follows_its_curve():
    for permille, var in (
        (1000, 0),
        (1020, 0),
        (980, 0),
        (1050, 1500),
        (950, -1500),
        (1080, 3000),
        (920, -3000),
        (1200, 3000),
    ):
        assert var_of(reactive_mode=3, volt_var_response_ms=0, volts_permille=permille) == var, permille


def after(reactive, mains, start_ms, ms, running=True):
    """Return var once ms went by in blocks of 10 ms."""
    for now_ms in range(start_ms + 10, start_ms + ms + 1, 10):
        reactive.update(mains, 0, running, InverterLimits(), now_ms)
    return reactive.var


def test_volt_var_takes_its_open_loop_response_time():
    mains = MainsEstimate()
    mains.voltage_mv = 230 * 1080
    reactive = Reactive(Parameters({"reactive_mode": 3, "volt_var_response_ms": 2000, "response_latency_ms": 100}))
    assert abs(after(reactive, mains, 0, 1900) - 2700) < 15
    assert after(reactive, mains, 1900, 4000) > 2980
    assert after(reactive, mains, 5900, 10, running=False) == 0
    assert after(reactive, mains, 5910, 10) < 50
    slow = Reactive(Parameters({"reactive_mode": 3, "volt_var_response_ms": 90000}))
    assert abs(after(slow, mains, 0, 89920) - 2700) < 60


def test_volt_var_holds_what_it_had_while_the_voltage_is_in_doubt():
    mains = MainsEstimate()
    mains.voltage_mv = 230 * 1050
    reactive = Reactive(Parameters({"reactive_mode": 3, "volt_var_response_ms": 1000}))
    held = after(reactive, mains, 0, 3000)
    assert abs(held - 1500) < 10
    mains.voltage_mv = 0
    for quality in (WARM_UP_SHORT, BLOCK_LOST, LOW_VOLTAGE):
        mains.quality = quality
        assert abs(after(reactive, mains, 3000, 500) - 1500) < 10
    mains.quality = CLIPPED
    assert after(reactive, mains, 3500, 2000) < -2900


def test_active_power_goes_first():
    assert var_of(7400, reactive_mode=1, reactive_var=3000) == 0
    assert var_of(-7000, reactive_mode=1, reactive_var=3000) == 2400
    reactive = Reactive(Parameters({"reactive_mode": 1, "reactive_var": 3000}))
    assert reactive.update(MainsEstimate(), 0, False, InverterLimits()) == 0


def test_the_inverters_own_limits_bound_reactive_power():
    assert var_of(rated=InverterLimits(absorb_max_var=700), reactive_mode=1, reactive_var=2000) == 700
    assert var_of(rated=InverterLimits(absorb_max_var=700), reactive_mode=1, reactive_var=-2000) == -2000
    assert var_of(rated=InverterLimits(inject_max_var=600), reactive_mode=1, reactive_var=-2000) == -600
    assert var_of(rated=InverterLimits(inject_max_var=0), reactive_mode=1, reactive_var=-2000) == 0
    # 5 kVA with 4 kW leave 3 kvar
    assert var_of(4000, rated=InverterLimits(5000), reactive_mode=1, reactive_var=5000, reactive_max_var=9000) == 3000
    assert var_of(5001, rated=InverterLimits(5000), reactive_mode=1, reactive_var=5000, reactive_max_var=9000) == 0


def first(power_w, **changes):
    """Return (var, active_left_w) with reactive power first on 5 kVA."""
    changes["reactive_priority"] = 1
    reactive = Reactive(Parameters(changes))
    reactive.update(MainsEstimate(), power_w, True, InverterLimits(5000))
    return reactive.var, reactive.active_left_w


def test_reactive_power_goes_first_where_it_may():
    assert first(5000, reactive_mode=1, reactive_var=3000) == (3000, 4000)
    assert first(5000, reactive_mode=1, reactive_var=-3000) == (-3000, 4000)
    assert first(0, reactive_mode=1, reactive_var=9000, reactive_max_var=9000) == (5000, 0)
    var, left_w = first(4000, reactive_mode=2, power_factor_x1000=-800)
    assert (var, left_w) == (-3000, 4000)


def test_a_power_factor_settles_with_the_active_power_it_reduces():
    reactive = Reactive(Parameters({"reactive_mode": 2, "power_factor_x1000": 500, "reactive_priority": 1}))
    power_w = 7000
    for _ in range(5):
        reactive.update(MainsEstimate(), power_w, True, InverterLimits(5000))
        power_w = min(7000, reactive.active_left_w)
        assert power_w == 2500


def test_switched_off_reactive_power_bounds_nothing():
    reactive = Reactive(Parameters({"reactive_mode": 1, "reactive_var": 3000, "reactive_priority": 1}))
    reactive.update(MainsEstimate(), 0, True, InverterLimits(5000))
    assert reactive.active_left_w == 4000
    reactive.update(MainsEstimate(), 0, False, InverterLimits(5000))
    assert (reactive.var, reactive.active_left_w) == (0, limits.NO_BOUND)


class Update:
    """One update, made ready before the heap is locked."""

    def __init__(self, reactive, power_w):
        self._reactive = reactive
        self._power_w = power_w
        self._mains = MainsEstimate()
        self._rated = InverterLimits()

    def run(self):
        for now_ms in (0, 10, 20):
            self._reactive.update(self._mains, self._power_w, True, self._rated, now_ms)


def test_both_ends_of_the_ranges_stay_small_integers():
    parameters = {"charge_max_w": 50000, "reactive_max_var": 50000, "reactive_var": 50000, "reactive_priority": 1}
    for mode in (1, 2, 3):
        for factor in (500, -500, 1000):
            changes = dict(parameters)
            changes.update({"reactive_mode": mode, "power_factor_x1000": factor})
            reactive = Reactive(Parameters(changes))
            for power_w in (-50000, 0, 50000):
                without_heap(Update(reactive, power_w).run)
                assert abs(reactive.var) <= 50000


def test_no_heap():
    mains = MainsEstimate()
    mains.voltage_mv = 245000
    rated = InverterLimits(6000, 2000, 2000)
    reactives = []
    for mode in (1, 2, 3):
        for priority in (0, 1):
            changes = {"reactive_mode": mode, "power_factor_x1000": -900, "reactive_priority": priority}
            reactives.append(Reactive(Parameters(changes)))

    def walk():
        for each in range(6):
            reactives[each].update(mains, -3000, True, rated)

    without_heap(walk)


def test_the_larger_of_both_ratings_is_the_converter_s():
    for ratings in ({"charge_max_w": 7000, "discharge_max_w": 3000}, {"charge_max_w": 3000, "discharge_max_w": 7000}):
        rated = InverterLimits()
        rated.apparent_va = rated.inject_max_var = rated.absorb_max_var = 20000
        found = var_of(rated=rated, reactive_mode=1, reactive_var=9000, reactive_max_var=9000, **ratings)
        assert found == 7000


def test_a_stop_forgets_the_voltage_of_before():
    mains = MainsEstimate()
    mains.voltage_mv = 230 * 1080
    reactive = Reactive(Parameters({"reactive_mode": 3, "volt_var_response_ms": 0}))
    assert after(reactive, mains, 0, 1000) == 3000
    assert after(reactive, mains, 1000, 10, running=False) == 0
    mains.quality = LOW_VOLTAGE
    assert after(reactive, mains, 1010, 1000) == 0


def test_another_mode_forgets_the_voltage_of_before():
    mains = MainsEstimate()
    mains.voltage_mv = 230 * 1080
    parameters = Parameters({"reactive_mode": 3, "reactive_max_var": 4000})
    reactive = Reactive(parameters)
    assert after(reactive, mains, 0, 30000) > 3900
    for mode, var in ((1, 500), (2, 0), (0, 0)):
        parameters.update({"reactive_mode": mode, "reactive_var": 500})
        assert after(reactive, mains, 30000, 10) == var, mode
    parameters.update({"reactive_mode": 3})
    mains.quality = LOW_VOLTAGE
    assert after(reactive, mains, 30010, 1000) == 0


def test_reactive_power_leaves_active_power_alone_where_that_goes_first():
    parameters = Parameters({"reactive_mode": 1, "reactive_var": 3000, "reactive_priority": 1})
    reactive = Reactive(parameters)
    for priority, left_w in ((1, 4000), (0, limits.NO_BOUND)):
        parameters.update({"reactive_priority": priority})
        reactive.update(MainsEstimate(), 0, True, InverterLimits(5000))
        assert (reactive.var, reactive.active_left_w) == (3000, left_w)
