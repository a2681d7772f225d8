"""The zero-crossing front end: the same answers as the sampled one, from times alone."""

from array import array

from noalloc import without_heap

from gridkeel.controller import Controller
from gridkeel.errors import MAINS_LOST, ParameterError, ProtocolError
from gridkeel.params import Parameters
from gridkeel.sensing.edges import ROCOF_MAX, TICK_HZ_MAX, EdgeEstimator, scaled
from gridkeel.sensing.quality import (
    BLOCK_LOST,
    LOW_VOLTAGE,
    NO_VOLTAGE,
    OUT_OF_RANGE,
    PHASE_JUMP,
    UNUSABLE,
    WARM_UP_LONG,
    WARM_UP_SHORT,
)
from gridkeel.services.protection import RUN

MHZ = 1000000
MASK = (1 << 30) - 1
SIXTY = {
    "nominal_hz": 60,
    "trip_under_mhz": 57000,
    "trip_over_mhz": 61800,
    "return_low_mhz": 59500,
    "return_high_mhz": 60100,
}


class Edges:
    """Crossings of a mains in ticks, handed over in blocks."""

    def __init__(self, estimator, tick_hz, freq_hz, start=0, block_ms=10):
        self.estimator = estimator
        self.tick_hz = tick_hz
        self.freq_hz = freq_hz
        self.rate_hz_s = 0.0
        self._block_s = block_ms / 1000
        self._start = start
        self._now_s = 0.0
        self._next_s = 0.003
        self._block = array("i", [0] * 4)
        self.live = True

    def run(self, blocks):
        for _ in range(blocks):
            self._now_s += self._block_s
            n = 0
            while self._next_s < self._now_s:
                self._block[n] = (self._start + round(self._next_s * self.tick_hz)) & MASK
                n += 1 if self.live else 0
                self._next_s += 1.0 / self.freq_hz
                self.freq_hz += self.rate_hz_s / self.freq_hz
            self.estimator.update(self._block, n)

    def jump(self, degrees):
        self._next_s -= degrees / 360 / self.freq_hz


def at(freq_hz, tick_hz=MHZ, changes=None, blocks=40, start=0):
    estimator = EdgeEstimator(Parameters(changes), tick_hz)
    edges = Edges(estimator, tick_hz, freq_hz, start)
    edges.run(blocks)
    return estimator, edges


def test_a_steady_frequency_is_measured():
    for freq_hz in (40.5, 47.5, 50.0, 50.02, 55.0, 69.0):
        estimator, _ = at(freq_hz)
        assert abs(estimator.freq_uhz - freq_hz * MHZ) < 1500, (freq_hz, estimator.freq_uhz)
        assert abs(estimator.freq_short_uhz - freq_hz * MHZ) < 4000
        assert estimator.quality == NO_VOLTAGE
        assert estimator.voltage_mv == 230000


def test_sixty_hertz_is_measured_with_a_tick_that_does_not_divide():
    estimator, _ = at(60.02, changes=SIXTY)
    assert abs(estimator.freq_uhz - 60020000) < 1500, estimator.freq_uhz


def test_the_fastest_clock_is_read_over_its_wrap():
    estimator, _ = at(40.2, TICK_HZ_MAX, start=MASK - 20 * MHZ)
    assert abs(estimator.freq_uhz - 40200000) < 100, estimator.freq_uhz


def test_the_slope_of_a_ramp_is_measured():
    for rate in (1.0, -2.0):
        estimator, edges = at(50.0 - rate)
        edges.rate_hz_s = rate
        edges.run(100)
        assert abs(estimator.rocof_mhz_s - rate * 1000) < 60, estimator.rocof_mhz_s
        assert abs(estimator.rocof_long_mhz_s - rate * 1000) < 30, estimator.rocof_long_mhz_s
        assert estimator.report() == 0, "no longer window, and no bits of its own"
        assert (estimator.report_uhz, estimator.report_mhz_s) == (estimator.freq_uhz, estimator.rocof_mhz_s)


def test_a_phase_jump_is_held():
    for degrees in (10, -10, 40):
        estimator, edges = at(50.0)
        edges.jump(degrees)
        flagged = 0
        for _ in range(20):
            edges.run(1)
            flagged |= estimator.quality
            assert abs(estimator.freq_short_uhz - 50 * MHZ) < 4000, (degrees, estimator.freq_short_uhz)
        assert flagged & PHASE_JUMP
        assert not flagged & UNUSABLE
        assert estimator.quality == NO_VOLTAGE, "a jump that is over is flagged no more"


def test_a_frequency_step_is_not_held():
    for step_hz in (0.5, -0.5, 3.0):
        estimator, edges = at(50.0)
        edges.freq_hz = 50.0 + step_hz
        edges.run(12)
        assert abs(estimator.freq_short_uhz - edges.freq_hz * MHZ) < 10000, (step_hz, estimator.freq_short_uhz)


def test_a_period_doubted_and_then_confirmed_counts():
    estimator = EdgeEstimator(Parameters(), MHZ)
    block = array("i", [0])
    for period in [20000] * 20 + [18868] * 4:  # 53 Hz
        block[0] = (block[0] + period) & MASK
        estimator.update(block, 1)
    assert abs(estimator.freq_short_uhz - 53 * MHZ) < 5000, estimator.freq_short_uhz


def test_a_bounce_is_passed_over():
    estimator, edges = at(50.0)
    bounced = array("i", [0, 0])
    for _ in range(10):
        edges.run(1)
        bounced[0] = estimator._last + 40
        estimator.update(bounced, 1)
    assert abs(estimator.freq_uhz - 50 * MHZ) < 1500


def test_mains_gone_show_within_two_cycles():
    estimator, edges = at(50.0)
    edges.live = False
    edges.run(4)
    assert estimator.quality & LOW_VOLTAGE
    assert estimator.cycle_mv == 0
    edges.live = True
    edges.run(6)
    assert estimator.quality & WARM_UP_LONG
    edges.run(40)
    assert estimator.quality == NO_VOLTAGE


def test_a_controller_runs_on_edges_and_ceases_without():
    parameters = Parameters({"start_delay_ms": 0})
    estimator = EdgeEstimator(parameters, MHZ)
    controller = Controller(parameters, estimator)
    block = array("i", [0, 0])
    tick = 0
    for k in range(60):
        tick += 20000 if k % 2 else 0
        block[0] = tick
        if k < 50:
            controller.step(block, k % 2, 10 * k)
            assert k < 49 or controller.protection.state == RUN
        else:
            controller.step(block, 0, 10 * k)
    assert controller.protection.state != RUN
    assert controller.protection.trip == MAINS_LOST
    assert not controller.energise


def test_a_lost_block_restarts_the_windows():
    estimator, edges = at(50.0)
    estimator.block_lost()
    assert estimator.quality == NO_VOLTAGE | BLOCK_LOST | WARM_UP_SHORT | WARM_UP_LONG
    edges.run(1)
    assert estimator.quality & UNUSABLE


def test_the_gap_that_a_lost_block_leaves_is_no_period():
    estimator = EdgeEstimator(Parameters(), MHZ)
    block = array("i", [0])
    for period in [20000] * 20:
        block[0] += period
        estimator.update(block, 1)
    estimator.block_lost()
    block[0] += 20000
    for periods in range(8):
        block[0] += 20000
        estimator.update(block, 1)
        assert not estimator.quality & OUT_OF_RANGE, periods
        assert bool(estimator.quality & WARM_UP_SHORT) == (periods < 6), periods


def test_a_period_out_of_range_begins_the_windows_anew():
    estimator = EdgeEstimator(Parameters(), MHZ)
    block = array("i", [0])
    for period in [20000] * 20 + [40000]:
        block[0] += period
        estimator.update(block, 1)
    assert estimator.quality & OUT_OF_RANGE and estimator.quality & WARM_UP_SHORT
    for periods in range(1, 8):
        block[0] += 20000
        estimator.update(block, 1)
        assert not estimator.quality & OUT_OF_RANGE, periods
        assert bool(estimator.quality & WARM_UP_SHORT) == (periods < 6), periods
    assert abs(estimator.freq_uhz - 50 * MHZ) < 1500


def test_a_frequency_down_to_three_quarters_of_nominal_is_in_range():
    for freq_hz, out_of_range in ((37.0, True), (38.5, False), (50.0, False)):
        estimator, _ = at(freq_hz)
        assert bool(estimator.quality & OUT_OF_RANGE) is out_of_range, freq_hz


def test_the_windows_hold_their_sums_in_small_integers():
    """Each weight on the period that adds most to its sum, at the fastest clock: in small integers, and still right."""
    estimator = EdgeEstimator(Parameters(), TICK_HZ_MAX)
    period = TICK_HZ_MAX // 50
    for weights in (estimator._long, estimator._short, estimator._slope, estimator._slope_long):
        n = len(weights) - 1
        for sign in (1, -1):
            estimator._head = 0
            for k in range(n):
                off = period // 3 if sign * weights[k] > 0 else -(period // 3)
                estimator._off[-k if k else 0] = off
            without_heap(estimator._estimate)
            weighed = sum([weights[k] * (period + estimator._off[-k if k else 0]) for k in range(n)])
            if weights is estimator._long:
                assert abs(estimator.freq_uhz - 200 * TICK_HZ_MAX * 1000000 // weighed) < 100
            elif weights is estimator._short:
                assert abs(estimator.freq_short_uhz - 20 * TICK_HZ_MAX * 1000000 // weighed) < 100
            assert abs(estimator.rocof_mhz_s) <= ROCOF_MAX * 9 // 4


def test_misuse_is_refused():
    EdgeEstimator(Parameters(), 60000000)
    for tick_hz in (999999, 60000001):
        try:
            EdgeEstimator(Parameters(), tick_hz)
        except ParameterError:
            continue
        raise AssertionError(tick_hz)
    estimator, _ = at(50.0, blocks=1)
    for n in (-1, 5):
        try:
            estimator.update(array("i", [0] * 4), n)
        except ValueError:
            continue
        raise AssertionError(n)


def test_scaled_is_exact_at_its_ends():
    most = (1 << 30) // 3
    for factor, part, whole in (
        (60000000, 0, 1),
        (2, 1, 2),
        (50000000, most - 1, most),
        (1, most - 1, most),
        (60000000, 123456, 300000007),
        (3600000, 20000, 580000),
    ):
        assert scaled(factor, part, whole) == factor * part // whole


def test_update_allocates_nothing():
    estimator = EdgeEstimator(Parameters(), TICK_HZ_MAX)
    blocks = []
    tick = MASK - 5000000
    for _ in range(30):
        tick = (tick + 1490000) & MASK
        blocks.append(array("i", [tick]))
    empty = array("i", [0])

    def walk():
        for block in blocks:
            estimator.update(block, 1)
            estimator.update(empty, 0)
        estimator.block_lost()

    without_heap(walk)


def test_the_short_windows_are_warm_with_the_sixth_whole_period():
    estimator = EdgeEstimator(Parameters(), MHZ)
    block = array("i", [0])
    for periods in range(12):
        block[0] = 20000 * periods
        estimator.update(block, 1)
        assert bool(estimator.quality & WARM_UP_SHORT) == (periods < 6), periods
        assert bool(estimator.quality & WARM_UP_LONG) == (periods < 10), periods


def test_a_rate_is_bounded_by_40_hz_a_second():
    estimator = EdgeEstimator(Parameters(), MHZ)
    for sign in (1, -1):
        for k in range(6):
            estimator._off[-k if k else 0] = sign * (6000 if k < 3 else -6000)
        assert estimator._rocof(estimator._slope, 6) == -40000 * sign


def periods_of(estimator, periods, at=0):
    """Feed so many crossings; return the time of the last and whether a phase jump was flagged with each."""
    block = array("i", [at])
    flagged = []
    for period in periods:
        block[0] += period
        estimator.update(block, 1)
        flagged.append(bool(estimator.quality & PHASE_JUMP))
    return block[0], flagged


def test_a_jump_is_held_once_four_periods_say_what_was_before():
    for before, held in ((2, False), (3, False), (4, True), (9, True)):
        estimator = EdgeEstimator(Parameters(), MHZ)
        _at, flagged = periods_of(estimator, [20000] * (before + 1) + [19000, 20000])
        assert flagged[: before + 2] == [False] * (before + 1) + [held], before
    estimator = EdgeEstimator(Parameters(), MHZ)
    assert not any(periods_of(estimator, [18868] * 12)[1]), "a mains far from nominal is no jump"


def test_a_jump_is_held_from_5_8_degrees_on():
    for period, held in ((19678, False), (20322, False), (19677, True), (20323, True)):
        estimator = EdgeEstimator(Parameters(), MHZ)
        flagged = periods_of(estimator, [20000] * 10 + [period])[1]
        assert flagged[-1] is held, period


def test_an_old_jump_says_nothing_of_the_windows_that_begin_anew():
    again = [30000, 20000] + [18868] * 9
    new = EdgeEstimator(Parameters(), MHZ)
    periods_of(new, again)
    estimator = EdgeEstimator(Parameters(), MHZ)
    at_tick, flagged = periods_of(estimator, [20000] * 20 + [19000] + [20000] * 20)
    assert any(flagged)
    estimator.block_lost()
    periods_of(estimator, again, at_tick)
    assert (estimator.freq_uhz, estimator.freq_short_uhz) == (new.freq_uhz, new.freq_short_uhz)


def test_the_count_of_periods_ends_before_it_outgrows_a_small_integer():
    estimator, edges = at(50.0)
    estimator._cycles = 999
    edges.run(10)
    assert estimator._cycles == 1000


def test_a_clock_s_error_is_taken_off_to_the_microhertz():
    for ppm, uhz in ((0, 50000000), (100, 50005000), (-40, 49998000)):
        estimator = EdgeEstimator(Parameters({"sample_clock_ppm": ppm}), MHZ)
        periods_of(estimator, [20000] * 12)
        assert estimator.freq_uhz == estimator.freq_short_uhz == uhz, ppm


def test_a_mains_is_there_with_its_first_crossing_and_gone_with_the_third_block_without():
    estimator = EdgeEstimator(Parameters(), MHZ)
    block = array("i", [0])
    assert estimator.quality & LOW_VOLTAGE and estimator.voltage_mv == 0
    periods_of(estimator, [20000])
    assert not estimator.quality & LOW_VOLTAGE and estimator.voltage_mv == 230000
    for empty in range(1, 20):
        estimator.update(block, 0)
        assert bool(estimator.quality & LOW_VOLTAGE) == (empty >= 3), empty
    assert estimator._blocks == 3, "what is counted stays a small integer"


def test_what_a_tick_does_not_divide_is_the_clock_s_error():
    estimator = EdgeEstimator(Parameters(SIXTY), MHZ)
    periods_of(estimator, [16666] * 12)
    assert abs(estimator.freq_uhz - MHZ * MHZ // 16666) < 50, estimator.freq_uhz


def test_the_host_s_time_does_not_trim_the_edges_clock():
    try:
        EdgeEstimator(Parameters(), MHZ).trim(1)
    except ProtocolError:
        return
    raise AssertionError("taken")


def test_a_controller_on_edges_takes_the_host_s_time_and_leaves_their_clock_alone():
    parameters = Parameters()
    controller = Controller(parameters, EdgeEstimator(parameters, MHZ))
    controller.synchronise(1800000000, 0, 0)
