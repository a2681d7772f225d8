"""What telemetry reports of the frequency: the ten-cycle figures, or a window of class M at a lower rate."""

from noalloc import without_heap
from sine import Sine

from gridkeel.params import Parameters
from gridkeel.sensing.edges import EdgeEstimator
from gridkeel.sensing.frequency import BOXCAR_HOPS, STEP_LIMIT, Estimator
from gridkeel.sensing.quality import WARM_UP_REPORT
from gridkeel.sensing.windows import report_windows

N = 48
SIXTY = {
    "nominal_hz": 60,
    "trip_under_mhz": 57000,
    "trip_over_mhz": 61800,
    "return_low_mhz": 59500,
    "return_high_mhz": 60100,
}


def settled(kind, freq_hz=50.02, changes=None):
    parameters = Parameters(changes)
    parameters.update({"report_filter": kind})
    sine = Sine(parameters, freq_hz)
    estimator = Estimator(parameters)
    block = sine.block(N)
    for _ in range(90):
        sine.fill(block)
        estimator.update(block, N)
    return estimator, sine, block


def test_without_a_filter_it_is_what_ten_cycles_say():
    estimator, _sine, _block = settled(0)
    assert without_heap(estimator.report) == 0
    assert estimator.report_uhz == estimator.freq_uhz
    assert estimator.report_mhz_s == estimator.rocof_mhz_s


def test_a_steady_frequency_is_reported():
    for kind in (1, 2):
        estimator, _sine, _block = settled(kind)
        assert without_heap(estimator.report) == 0
        assert abs(estimator.report_uhz - 50020000) < 300, estimator.report_uhz
        assert abs(estimator.report_mhz_s) < 10


def test_sixty_hertz_is_reported():
    estimator, _sine, _block = settled(2, 59.9, SIXTY)
    assert without_heap(estimator.report) == 0
    assert abs(estimator.report_uhz - 59900000) < 500, estimator.report_uhz


def test_a_report_is_as_old_as_half_its_window():
    """A ramp of 1 Hz/s shows what was there 200 or 380 ms ago, and its slope."""
    for kind, age_ms in ((1, 200), (2, 380)):
        estimator, sine, block = settled(kind, 50.0)
        for k in range(100):
            sine.set(50.0 + (k + 0.5) * 0.01)
            sine.fill(block)
            estimator.update(block, N)
        estimator.report()
        assert abs(estimator.report_uhz - (51000000 - 1000 * age_ms)) < 12000, estimator.report_uhz
        assert abs(estimator.report_mhz_s - 1000) < 30, estimator.report_mhz_s


def test_until_the_window_is_full_the_ten_cycle_figures_are_reported():
    for kind, least_blocks in ((1, 38), (2, 74)):
        parameters = Parameters({"report_filter": kind})
        sine = Sine(parameters, 50.5)
        estimator = Estimator(parameters)
        blocks = 0
        while blocks < 30 or estimator.report() == WARM_UP_REPORT:
            estimator.update(sine.block(N), N)
            blocks += 1
            if blocks < least_blocks:
                assert estimator.report() == WARM_UP_REPORT
                assert estimator.report_uhz == estimator.freq_uhz
                assert estimator.report_mhz_s == estimator.rocof_mhz_s
        assert blocks <= least_blocks + 4, blocks
        estimator.block_lost()
        assert estimator.report() == WARM_UP_REPORT


def test_a_window_is_full_with_its_last_hop():
    for kind in (1, 2):
        estimator, _sine, _block = settled(kind)
        whole = BOXCAR_HOPS + report_windows(kind)[0]
        for hops, quality in ((whole - 1, WARM_UP_REPORT), (whole, 0)):
            estimator._hops = hops
            assert estimator.report() == quality


def test_a_given_back_step_reaches_the_report():
    estimator, sine, block = settled(1, 50.0)
    sine.set(50.5)
    for _ in range(45):
        sine.fill(block)
        estimator.update(block, N)
    estimator.report()
    assert abs(estimator.report_uhz - 50500000) < 300


def test_the_sums_stay_small_integers_at_their_edges():
    """Increments at the clamp, each with its weight's sign: small integers, at 60 Hz too."""
    for changes in (None, SIXTY):
        for kind in (1, 2):
            parameters = Parameters(changes)
            parameters.update({"report_filter": kind})
            estimator = Estimator(parameters)
            estimator._hops = 1000
            hops = report_windows(kind)[0]
            level = list(estimator._report_new) + list(estimator._report_old)
            for weights in (level, list(estimator._report_rocof)):
                for sign in (1, -1):
                    for k in range(hops):
                        estimator._steps[-k if k else 0] = sign * (STEP_LIMIT if weights[k] > 0 else -STEP_LIMIT)
                    without_heap(estimator.report)
                    for place in range(len(estimator._sums)):
                        assert abs(estimator._sums[place]) < 1 << 30


def test_the_zero_crossing_front_end_reports_ten_cycles():
    estimator = EdgeEstimator(Parameters({"report_filter": 2}), 1000000)
    assert without_heap(estimator.report) == 0
    assert estimator.report_uhz == estimator.freq_uhz
