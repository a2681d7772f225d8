"""Fast reserve: trigger, hold, ramp-off and rest of each product."""

from mains_estimate import MainsEstimate
from noalloc import without_heap

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.sensing.quality import LOW_VOLTAGE
from gridkeel.services import fast_reserve
from gridkeel.services.fast_reserve import ACTIVE, OFF, RAMP_OFF, READY, RESTING, FastReserve

START = ticks.MASK - 3000


def ready(name="nordic-ffr-49.6", **more):
    changes = {"fast_reserve": fast_reserve.NAMES.index(name), "fast_reserve_w": 5000}
    changes.update(more)
    reserve = FastReserve(Parameters(changes))
    mains = MainsEstimate()
    reserve.update(mains, START)
    assert reserve.state == READY
    return reserve, mains


def triggered(name="nordic-ffr-49.6"):
    reserve, mains = ready(name)
    mains.at(49590)
    for after in range(0, 50, 10):
        reserve.update(mains, ticks.add(START, after))
    assert reserve.state == ACTIVE
    return reserve, mains, ticks.add(START, 40)


def test_off_unless_selected_and_contracted():
    reserve, mains = ready()
    for changes in ({"fast_reserve": 0}, {"fast_reserve_w": 0}):
        off = FastReserve(Parameters(changes))
        mains.at(49000)
        assert off.update(mains, 0) == 0
        assert off.state == OFF


def test_a_contract_that_ends_puts_it_off_at_once():
    for name in ("fast_reserve", "fast_reserve_w"):
        reserve, mains, now = triggered()
        setattr(reserve._p, name, 0)
        assert reserve.update(mains, now) == 0
        assert (reserve.power_w, reserve.state) == (0, OFF)


def test_no_selection_takes_no_contract_and_no_contract_takes_no_selection():
    for changes in ({"fast_reserve_w": 5000}, {"fast_reserve": 1}):
        reserve = FastReserve(Parameters(changes))
        for now in (0, 10):
            reserve.update(MainsEstimate(), now)
        assert reserve.state == OFF, changes


def test_the_trigger_is_confirmed_and_not_by_a_doubtful_estimate():
    reserve, mains = ready()
    mains.at(49600)
    for now in range(0, 500, 10):
        assert reserve.update(mains, ticks.add(START, now)) == 0
    mains.at(49599)
    assert reserve.update(mains, ticks.add(START, 500)) == 0
    assert reserve.update(mains, ticks.add(START, 530)) == 0
    mains.quality = LOW_VOLTAGE
    assert reserve.update(mains, ticks.add(START, 540)) == 0
    mains.quality = 0
    assert reserve.update(mains, ticks.add(START, 550)) == 0
    assert reserve.update(mains, ticks.add(START, 580)) == 0
    assert reserve.update(mains, ticks.add(START, 590)) == -5000
    assert reserve.state == ACTIVE


def test_an_activation_holds_ramps_off_and_is_ready_again_after_its_rest():
    reserve, mains, at = triggered()
    mains.at(50000)
    for after, power_w, state in (
        (4999, -5000, ACTIVE),
        (5000, -5000, RAMP_OFF),
        (7500, -2500, RAMP_OFF),
        (9999, -1, RAMP_OFF),
        (10000, 0, RESTING),
        (899999, 0, RESTING),
        (900000, 0, READY),
    ):
        assert reserve.update(mains, ticks.add(at, after)) == power_w, after
        assert reserve.state == state, after
    assert reserve.activations == 1


def test_no_rearm_while_the_frequency_is_still_low():
    reserve, mains, at = triggered()
    reserve.update(mains, ticks.add(at, 10000))
    assert reserve.state == RESTING
    reserve.update(mains, ticks.add(at, 900000))
    assert reserve.state == RESTING
    mains.at(49601)
    reserve.update(mains, ticks.add(at, 900010))
    assert reserve.state == READY


def test_the_long_hold_ends_in_a_step():
    reserve, mains, at = triggered("nordic-ffr-49.6-long")
    assert reserve.update(mains, ticks.add(at, 29999)) == -5000
    assert reserve.update(mains, ticks.add(at, 30000)) == 0
    assert reserve.state == RESTING


def test_the_three_nordic_triggers():
    for name, mhz in (("nordic-ffr-49.7", 49700), ("nordic-ffr-49.6", 49600), ("nordic-ffr-49.5", 49500)):
        for freq_mhz, power_w in ((mhz, 0), (mhz - 1, -5000)):
            reserve, mains = ready(name)
            mains.at(freq_mhz)
            for after in range(0, 100, 10):
                reserve.update(mains, ticks.add(START, after))
            assert reserve.power_w == power_w, name


def test_the_row_of_ercot_has_its_figures():
    row = fast_reserve.TABLE[fast_reserve.NAMES.index("ercot-ffr")]
    assert row[fast_reserve.TRIGGER_MHZ] == 59850
    assert row[fast_reserve.HOLD_MS] == 900000


def test_a_cut_activation_is_spent():
    reserve, mains, at = triggered()
    reserve.cut()
    assert reserve.update(mains, ticks.add(at, 10)) == 0
    assert reserve.state == RESTING


def test_no_heap():
    reserve, mains, at = triggered()

    def walk():
        for after in range(0, 11000, 500):
            reserve.update(mains, ticks.add(at, after))
        reserve.cut()

    without_heap(walk)
