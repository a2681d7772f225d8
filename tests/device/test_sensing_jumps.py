"""Jumps of phase and amplitude are held, true changes of frequency are not, and nothing is held for ever."""

from array import array

from noalloc import without_heap
from sine import Sine

from gridkeel.params import Parameters
from gridkeel.sensing.frequency import Estimator
from gridkeel.sensing.jumps import COST, CREDIT_MAX, HALF_TURN, HOLD_HOPS, JumpDetector
from gridkeel.sensing.quality import PHASE_JUMP, UNUSABLE

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


def jumped(degrees, early):
    estimator, sine = settled(50.05)
    if early:
        estimator.update(sine.block(early), early)
    jump(sine, degrees)
    worst, flagged = worst_reading(estimator, sine, 25, 50.05)
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


def test_a_large_jump_reads_as_nothing():
    jumped(25, 30)
    jumped(-60, 8)


def test_a_frequency_step_of_half_a_hertz_is_believed_at_once():
    estimator, sine = settled()
    sine.set(49.5)
    for block in range(8):
        estimator.update(sine.block(N), N)
        assert not estimator.quality & PHASE_JUMP
        if estimator.freq_short_uhz < 49550000:
            assert block <= 6, block
            return
    raise AssertionError(estimator.freq_short_uhz)


def test_a_large_frequency_step_is_held_for_a_while_only():
    estimator, sine = settled()
    sine.set(47.0)
    for _ in range(7):
        estimator.update(sine.block(N), N)
    assert estimator.freq_short_uhz < 49550000
    for _ in range(10):
        estimator.update(sine.block(N), N)
    assert abs(estimator.freq_short_uhz - 47000000) < 10000


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
        noticed += detector.update(angle, size_mv, True)
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
        noticed += detector.update(angle, 230000, True)
    assert 4 <= noticed <= (CREDIT_MAX + 2000) // COST
    assert detector.seen == noticed


def test_a_hold_lasts_its_hops():
    detector = JumpDetector()
    feed(detector, [0] * 20)
    assert feed(detector, [50000])
    held = 0
    while detector.held:
        assert not feed(detector, [50000])
        held += 1
    assert held == HOLD_HOPS


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
            detector.update(angle, size_mv, True)
            assert 0 <= detector._usual < 1 << 22


def test_watching_allocates_nothing():
    detector = JumpDetector()
    angles = array("i", [(k * 77777) % 2000000 - 1000000 for k in range(50)])

    def walk():
        for angle in angles:
            detector.update(angle, 230000, True)

    without_heap(walk)
