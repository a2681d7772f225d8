"""Jumps of phase and amplitude are held, true changes of frequency are not, and nothing is held for ever."""

from array import array

from noalloc import without_heap
from sine import Sine

from gridkeel.params import Parameters
from gridkeel.sensing.frequency import Estimator
from gridkeel.sensing.jumps import (
    COST,
    CREDIT_MAX,
    DOUBTFUL,
    GIVEN_UP,
    HOLD_HOPS,
    NOTICED,
    PEAK,
    SPARED,
    USUAL,
    JumpDetector,
    strikes,
)
from gridkeel.sensing.quality import PHASE_JUMP, UNUSABLE

HALF_TURN = 1000000

N = 48
TURN = 1 << 28  # of sine.Sine


def jump(sine, degrees):
    sine._turn = (sine._turn + int(degrees * TURN / 360)) & (TURN - 1)


def settled(freq_hz=50.0):
    parameters = Parameters()
    sine = Sine(parameters, freq_hz)
    estimator = Estimator(parameters)
    for _ in range(40):
        estimator.update(sine.block(N), N)
    return estimator, sine


def worst_reading(estimator, sine, blocks, freq_hz):
    worst = 0
    flagged = 0
    for _ in range(blocks):
        estimator.update(sine.block(N), N)
        worst = max(worst, abs(estimator.freq_short_uhz - freq_hz * 1000000))
        flagged |= estimator.quality
    return worst, flagged


def jumped(degrees, early, freq_hz=50.05):
    estimator, sine = settled(freq_hz)
    if early:
        estimator.update(sine.block(early), early)
    jump(sine, degrees)
    worst, flagged = worst_reading(estimator, sine, 25, freq_hz)
    assert worst < 20000, (degrees, early, worst)
    assert flagged & PHASE_JUMP
    assert not flagged & UNUSABLE
    assert not estimator.quality


def test_a_jump_of_ten_degrees_reads_as_nothing():
    for early in (0, 11, 23, 37):
        jumped(10, early)


def test_a_jump_back_reads_as_nothing():
    jumped(-10, 5)
    jumped(-10, 17)


def test_a_jump_far_from_nominal_reads_as_nothing():
    jumped(4, 11, 51.0)


def test_a_large_jump_reads_as_nothing():
    jumped(25, 30)
    jumped(-60, 8)


def test_a_small_jump_reads_as_nothing():
    for early in (0, 11, 23, 37):
        jumped(2, early)


def test_a_jump_of_a_degree_and_a_half_reads_as_nothing():
    for early in (5, 30):
        jumped(-1.5, early)


def given_back(step_hz, begin_hz=50.0):
    """Held for 35 ms, then exactly what an estimator says that never holds, well before nine tenths of it show."""
    estimator, sine = settled(begin_hz)
    plain, plain_sine = settled(begin_hz)
    plain._jumps._credit = -100000
    sine.set(begin_hz + step_hz)
    plain_sine.set(begin_hz + step_hz)
    for block in range(20):
        estimator.update(sine.block(N), N)
        plain.update(plain_sine.block(N), N)
        if block == 1 and abs(step_hz) < 0.6:
            assert estimator.quality & PHASE_JUMP
        if block >= 5:
            assert not estimator.quality & PHASE_JUMP, (step_hz, block)
            for name in ("freq_short_uhz", "freq_uhz", "rocof_mhz_s", "rocof_long_mhz_s"):
                assert getattr(estimator, name) == getattr(plain, name), (step_hz, block, name)
    assert abs(estimator.freq_short_uhz - (begin_hz + step_hz) * 1000000) < 10000


def test_a_small_frequency_step_is_given_back_as_if_nothing_had_been_held():
    given_back(0.3)


def test_a_frequency_step_of_half_a_hertz_is_given_back():
    given_back(-0.5)


def test_a_step_from_another_frequency_than_nominal_is_given_back():
    given_back(0.3, 51.0)


def test_a_large_frequency_step_is_given_back():
    given_back(-3.0)


def test_half_a_hertz_shows_in_time():
    estimator, sine = settled()
    sine.set(49.5)
    for block in range(8):
        estimator.update(sine.block(N), N)
        if estimator.freq_short_uhz < 49550000:
            assert block <= 6, block
            return
    raise AssertionError(estimator.freq_short_uhz)


def test_a_jump_together_with_a_frequency_step_is_held():
    for degrees, step_hz in ((10, 0.5), (-10, 0.5)):
        estimator, sine = settled()
        jump(sine, degrees)
        sine.set(50.0 + step_hz)
        for _ in range(14):
            estimator.update(sine.block(N), N)
            off = (estimator.freq_short_uhz - 50000000) / 1000000
            # Between the old frequency and the new one, and nothing of the jump's 200 mHz and more past them.
            assert min(0, step_hz) - 0.05 < off < max(0, step_hz) + 0.05, (degrees, step_hz, off)
        assert abs(off - step_hz) < 0.02


def test_a_dip_is_held_and_the_voltage_still_shows():
    estimator, sine = settled()
    sine.set(50.0, 115.0)
    worst, flagged = worst_reading(estimator, sine, 6, 50.0)
    assert worst < 20000
    assert flagged & PHASE_JUMP
    assert estimator.cycle_mv < 120000


def feed(detector, angles, size_mv=230000):
    noticed = 0
    for angle in angles:
        verdict = detector.update(angle, size_mv, True)
        if verdict == NOTICED:
            detector.hold_to(0)
            noticed += 1
    return noticed


def test_jumps_without_end_stop_being_held():
    detector = JumpDetector()
    angle = 0
    noticed = 0
    for hop in range(2000):
        if hop % 40 == 0:  # every tenth cycle, half a radian
            angle += 160000
        if angle > HALF_TURN:
            angle -= 2 * HALF_TURN
        noticed += feed(detector, [angle])
    assert noticed == 28, "four at once, then one in 80 hops"
    assert detector.seen == noticed


def test_a_hold_lasts_its_hops():
    detector = JumpDetector()
    feed(detector, [0] * 20)
    assert feed(detector, [50000])
    held = 0
    while detector.held:
        assert not feed(detector, [50000])
        held += 1
    assert held == HOLD_HOPS == 9, "until the jump has left both boxcars and no longer"


def test_a_suspicion_without_a_jump_is_given_up():
    """A new frequency: the phase goes on turning."""
    detector = JumpDetector()
    feed(detector, [0] * 40)
    seen = detector.seen
    noticed = given_up = 0
    for k in range(20):
        verdict = detector.update(max(0, 3000 * (k - 1)), 230000, True)
        if verdict == NOTICED:
            noticed = k
            detector.hold_to(0)
        elif verdict == GIVEN_UP:
            given_up = k
    assert noticed and given_up == noticed + 6
    assert detector.seen == seen


def test_suspicions_leave_credit_for_what_is_beyond_doubt():
    detector = JumpDetector()
    feed(detector, [0] * 40)
    angle = 0
    for _ in range(10):
        angle += 8000  # 1.4 degrees
        feed(detector, [angle] * 12)
    assert detector._credit >= SPARED
    detector._credit = SPARED + COST // 2
    assert feed(detector, [angle, angle + 8000, angle + 8000]) == 0
    detector._credit = SPARED + COST // 2
    assert feed(detector, [angle + 100000]) == 1


def test_a_suspicion_that_a_dip_follows_is_not_given_up():
    detector = JumpDetector()
    feed(detector, [0] * 40)
    verdicts = []
    for k in range(8):
        verdicts.append(detector.update(3000 * (k + 1), 230000 if k == 0 else 115000, True))
        if verdicts[-1] == NOTICED:
            detector.hold_to(0)
    assert NOTICED in verdicts
    assert GIVEN_UP not in verdicts


def test_nothing_is_suspicious_before_the_usual_is_known():
    for watched, noticed in ((20, 0), (28, 1)):
        detector = JumpDetector()
        for _ in range(20):
            detector.update(0, 230000, False)
        feed(detector, [0] * watched)
        assert feed(detector, [4000, 8000, 8000]) == noticed


def test_nothing_is_held_before_the_windows_are_full():
    detector = JumpDetector()
    for angle in (0, 300000, -300000, 700000, 0, 0):
        assert not detector.update(angle, 230000, False)


def test_an_interferer_that_stays_is_learned():
    detector = JumpDetector()
    swing = (0, 12000, 17000, 12000, 0, -12000, -17000, -12000)
    feed(detector, [swing[k % 8] for k in range(400)])
    seen = detector.seen
    assert seen <= 3
    assert not feed(detector, [swing[k % 8] for k in range(400)])


def test_extreme_sizes_and_angles_stay_small_integers():
    detector = JumpDetector()
    most = 33000000  # 33 kV, the largest adc_uv at full scale
    for size_mv in (0, most, 0, 0, most, 1, most, most, 0):
        for angle in (HALF_TURN, -HALF_TURN, 0):
            if detector.update(angle, size_mv, True) == NOTICED:
                detector.hold_to(220000)
            assert 0 <= detector._state[USUAL] < 1 << 22
            assert abs(detector._residual) < 1 << 25


def test_watching_allocates_nothing():
    detector = JumpDetector()
    angles = array("i", [(k * 77777) % 2000000 - 1000000 for k in range(50)])

    def walk():
        for angle in angles:
            if detector.update(angle, 230000, True) == NOTICED:
                detector.hold_to(-220000)

    without_heap(walk)


def watching():
    """A detector that has watched a still phasor of 230 V for as long as it must."""
    detector = JumpDetector()
    for hop in range(400):
        assert detector.update(0, 230000, hop > 300) != NOTICED
    return detector


def test_a_jump_beyond_doubt_needs_less_credit_than_a_suspicion():
    for angle, credit, noticed in (
        (7000, COST - 1, True),
        (6600, COST - 1, False),
        (6600, COST + SPARED - 1, True),
        (2200, CREDIT_MAX, False),
    ):
        detector = watching()
        detector._credit = credit
        assert (detector.update(angle, 230000, True) == NOTICED) is noticed, (angle, credit)


def test_the_largest_bend_of_late_is_remembered_while_it_fades():
    detector = watching()
    for _ in range(12):
        detector._credit = 0
        assert detector.update(6000, 230000, True) != NOTICED
    detector._credit = CREDIT_MAX
    assert detector.update(6000 + 5000, 230000, True) != NOTICED
    detector = watching()
    assert detector.update(5000, 230000, True) == NOTICED


def test_what_is_held_to_is_taken_off_the_last_four_turns():
    detector = JumpDetector()
    for k in range(1, 6):
        detector.update(1000 * k, 230000, False)
    detector.hold_to(1000)
    assert detector._residual == 0


def test_a_jump_is_held_wherever_it_meets_the_ring():
    size = Estimator(Parameters())._size_ring
    for start in range(6):
        estimator, sine = settled(50.05)
        while estimator._head != (size - 3 + start) % size:
            estimator.update(sine.block(12), 12)
        jump(sine, 10)
        for _ in range(40):
            estimator.update(sine.block(12), 12)
            assert abs(estimator.freq_short_uhz - 50050000) < 20000, (start, estimator._head)


def test_what_was_measured_before_a_jump_could_touch_it_is_kept():
    estimator, sine = settled()
    for hop in range(60):  # each increment another
        sine.set(50.0 + 0.005 * hop)
        estimator.update(sine.block(12), 12)
    jump(sine, 10)
    replaced = 0
    while not replaced:
        assert not estimator.quality & PHASE_JUMP
        estimator.update(sine.block(12), 12)
        replaced = sum([estimator._steps[k] != estimator._real[k] for k in range(estimator._size_ring)])
    assert replaced == 3


def test_what_was_usual_is_forgotten_where_the_windows_begin_anew():
    for unsteady, noticed in ((0, 1), (20, 0)):
        detector = watching()
        for _ in range(unsteady):
            detector.update(0, 230000, False)
        feed(detector, [0] * 16)
        assert feed(detector, [5000, 5000, 5000]) == noticed, unsteady


def test_what_is_unusual_is_half_as_much_again_as_the_largest_of_late():
    detector = watching()
    state = detector._state
    state[PEAK] = 4000
    for bend, striking in ((2222 + 6000, 0), (2222 + 6001, DOUBTFUL)):
        seen = array("i", state)
        seen[USUAL] = 2222 << 4  # three times that is not passed
        assert strikes(seen, bend, True, True) == striking
    feed(detector, [0] * 100)
    assert 1000 < state[PEAK] < 2500, "it fades"


def test_credit_ends_at_its_most():
    detector = watching()
    assert detector._credit == CREDIT_MAX
