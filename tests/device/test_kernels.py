"""The viper kernels and their plain twins agree to the bit, on random and on extreme input."""

from array import array

from gridkeel.sensing import twins, weights, windows
from gridkeel.sensing.frequency import ROCOF_SHIFT, STEP_LIMIT, WEIGHT_SHIFT
from gridkeel.sensing.jumps import BEND_MAX, SHRUNK, STATE, SUDDEN, SUSPICIOUS, ZERO

try:
    from gridkeel.sensing import kernels
except (ImportError, SyntaxError, AttributeError):
    kernels = None
    print("SKIP viper kernels: this port has no viper")

LIMIT = (1 << 29) - 1


class Dice:
    """Numbers that look random, the same on every interpreter (a linear congruential generator)."""

    state = 12345

    def getrandbits(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return self.state >> (64 - n)


random = Dice()


def pattern(kind, n):
    if kind == "noise":
        return array("h", [random.getrandbits(16) - 32768 for _ in range(n)])
    if kind == "low":
        return array("h", [-32768] * n)
    if kind == "high":
        return array("h", [32767] * n)
    return array("h", [32767 if k // (n // 4) % 2 else -32768 for k in range(n)])


def state(size):
    return array("i", [0] * (4 * size)), array("i", [0, 0, 0, 0, size, size // 4, 0, size // 4, 0])


def test_mix_agrees_and_stays_in_range():
    for size in (64, 96, 192):
        table = windows.mixer(size)
        ring_a, acc_a = state(size)
        ring_b, acc_b = state(size)
        out_a = array("i", [0] * 64)
        out_b = array("i", [0] * 64)
        for kind in ("noise", "low", "square", "high", "noise", "square", "square", "square"):
            samples = pattern(kind, size)
            hops = twins.mix(samples, table, ring_a, size, acc_a, out_a)
            assert hops == 4
            for value in out_a:
                assert -(1 << 29) <= value < 1 << 29
            if kernels:
                assert kernels.mix(samples, table, ring_b, size, acc_b, out_b) == hops
                assert out_a == out_b
                assert acc_a == acc_b
                assert ring_a == ring_b


def test_worst_signal_reaches_the_stated_range_but_not_2_30():
    size = 192
    table = windows.mixer(size)
    ring, acc = state(size)
    out = array("i", [0] * 64)
    worst = array("h", [32767 if table[2 * k] > 0 else -32768 for k in range(size)])
    for _ in range(4):
        twins.mix(worst, table, ring, size, acc, out)
    assert 1 << 28 < max(out) < 1 << 29


def angles():
    for _ in range(500):
        yield random.getrandbits(30) - (1 << 29), random.getrandbits(30) - (1 << 29)
    for _ in range(200):
        yield random.getrandbits(6) - 32, random.getrandbits(6) - 32
    for i in (0, 1, -1, LIMIT, -LIMIT):
        for q in (0, 1, -1, LIMIT, -LIMIT):
            yield i, q


def test_phase_agrees_and_is_an_angle():
    atan = windows.arctangent()
    for i, q in angles():
        turn = twins.phase(i, q, atan)
        assert -1000000 <= turn <= 1000000
        if kernels:
            assert kernels.phase(i, q, atan) == turn


def test_phase_at_known_angles():
    atan = windows.arctangent()
    known = ((1, 0, 0), (1, 1, 250000), (0, 1, 500000), (-1, 0, 1000000), (0, -1, -500000), (1, -1, -250000))
    for i, q, turn in known:
        assert twins.phase(i * 123457, q * 123457, atan) == turn
    import math

    for k in range(1, 400):
        exact = math.atan2(k * 1000, 397123) / math.pi * 1000000
        assert abs(twins.phase(397123, k * 1000, atan) - exact) < 2.0


def test_magnitude_agrees_and_is_right():
    for i, q in angles():
        i = max(-LIMIT, min(LIMIT, i))
        q = max(-LIMIT, min(LIMIT, q))
        root = twins.magnitude(i, q)
        square = i * i + q * q
        assert root * root <= square
        assert (root + root // 4096 + 2) ** 2 > square
        if kernels:
            assert kernels.magnitude(i, q) == root


def window(nominal_hz, half, rocof):
    if rocof:
        return windows.rocof_weights(half, (nominal_hz * nominal_hz << ROCOF_SHIFT) / 125)
    return windows.frequency_weights(half, (2 * nominal_hz) << WEIGHT_SHIFT)


def all_windows():
    for nominal_hz in (50, 60):
        for half, rocof in (
            (weights.SHORT, False),
            (weights.LONG, False),
            (weights.ROCOF_SHORT, True),
            (weights.ROCOF_LONG, True),
        ):
            yield nominal_hz, window(nominal_hz, half, rocof), rocof


def test_weigh_agrees_at_its_ends():
    a = array("i", [0, 0])
    b = array("i", [0, 0])
    ring = array("i", [0] * 32)
    for _nominal_hz, chosen, _rocof in all_windows():
        n = len(chosen)
        for kind in (STEP_LIMIT, -STEP_LIMIT, "worst", "random"):
            for head in (0, 7, 31):
                for j in range(32):
                    if kind == "worst":  # each increment at the clamp, with its weight's sign
                        value = STEP_LIMIT if j >= n or chosen[j] >= 0 else -STEP_LIMIT
                    else:
                        value = random.getrandbits(18) - 131072 if kind == "random" else kind
                    ring[(head - j) % 32] = value
                twins.weigh(ring, head, 32, chosen, n, a, 1)
                assert -(1 << 30) < a[1] < 1 << 30
                if kernels:
                    kernels.weigh(ring, head, 32, chosen, n, b, 1)
                    assert a == b


def test_windows_weighed_in_one_go_are_those_weighed_each_by_itself():
    ring = array("i", [random.getrandbits(18) - 131072 for _ in range(40)])
    chosen = [chosen for nominal_hz, chosen, _rocof in all_windows() if nominal_hz == 50]
    joined = array("i", [weight for window in chosen for weight in window])
    counts = bytes([len(window) for window in chosen])
    out = array("i", [0] * 5)
    for head in (0, 7, 39):
        single = array("i", [0] * 5)
        for at in range(4):
            twins.weigh(ring, head, 40, chosen[at], counts[at], single, at)
        for weigh_each in (twins.weigh_each, kernels.weigh_each) if kernels else (twins.weigh_each,):
            weigh_each(ring, joined, head, 40, counts, 4, out)
            assert out == single


def bends_of(hops):
    """Return the state after some hops, and the bends on the way, by the twin; the kernel must say the same."""
    a, b = (array("i", STATE + [SUDDEN, SUSPICIOUS]) for _ in range(2))
    found = []
    for angle, size_mv in hops:
        bend = twins.bends(a, angle, size_mv)
        modes = (len(found) % 50 > 2, len(found) % 17 > 13)  # held now and then, and lost
        striking = twins.strikes(a, bend, *modes)
        found.append(bend)
        if kernels:
            assert kernels.bends(b, angle, size_mv) == bend
            assert kernels.strikes(b, bend, *modes) == striking and a == b
    return a, found


def test_bends_agree_and_keep_nothing_negative():
    most_mv = (1 << 25) - 1
    hops = [(random.getrandbits(21) % 2000001 - 1000000, random.getrandbits(25)) for _ in range(300)]
    hops += [(angle, size) for angle in (-1000000, 1000000, 0) for size in (0, most_mv, 1)]
    state, found = bends_of(hops)
    assert min(found) >= 0 and max(found) <= BEND_MAX and min(state) >= 0


def test_a_steady_phasor_has_no_bend_and_a_jump_has_half_of_itself():
    steady = [(1000 * k, 325000) for k in range(10)]
    _state, found = bends_of(steady + [(1000 * 10 + 30000, 325000)])
    assert found[5:10] == [0] * 5 and found[10] == 30000
    state, found = bends_of(steady + [(10000, 0)])
    assert found[-1] == BEND_MAX < state[SHRUNK]


def test_a_bend_of_the_amplitude_counts_against_the_larger_one():
    for before_mv, after_mv in ((230000, 115000), (115000, 230000)):
        state, _found = bends_of([(0, before_mv)] * 8 + [(0, after_mv)])
        assert abs(state[SHRUNK] - 1000000 * 1000 // 3142 // 2) < 3000, "half of the amplitude, as half a radian"


def test_a_phase_that_passes_half_a_turn_goes_on():
    for angle in (990000, -990000):
        state, _found = bends_of([(0, 230000), (angle, 230000), (-angle, 230000)])
        assert state[1] - ZERO == (20000 if angle > 0 else -20000)


def test_worst_increments_come_near_the_stated_range():
    # 20 Hz of clamp times the sum of absolute weights at 60 Hz: the ROCOF window is the widest.
    largest = max(sum(abs(value) for value in chosen) for _hz, chosen, _rocof in all_windows())
    assert 1 << 29 < largest * STEP_LIMIT < 1 << 30


def test_weights_sum_exactly_and_mirror():
    for nominal_hz, chosen, rocof in all_windows():
        n = len(chosen)
        sign = -1 if rocof else 1
        assert all(chosen[k] == sign * chosen[n - 1 - k] for k in range(n))
        assert sum(chosen) == (0 if rocof else (2 * nominal_hz) << WEIGHT_SHIFT)


def test_a_ramp_of_increments_reads_as_its_slope():
    out = array("i", [0])
    for nominal_hz, chosen, rocof in all_windows():
        if rocof:
            n = len(chosen)
            ring = array("i", [-100 * j for j in range(n)])  # 100 a hop more with every hop
            twins.weigh(array("i", list(reversed(ring))), n - 1, n, chosen, n, out, 0)
            exact = 100 * nominal_hz * nominal_hz / 125
            assert abs((out[0] >> ROCOF_SHIFT) - exact) < 0.002 * exact, (n, out[0] >> ROCOF_SHIFT, exact)


def test_extreme_samples_agree_through_a_whole_estimator_state():
    # Full scale, flipped at the worst moments, over many blocks: sums come back to where they started.
    size = 192
    table = windows.mixer(size)
    ring, acc = state(size)
    out = array("i", [0] * 64)
    for kind in ("square", "noise", "low", "high"):
        twins.mix(pattern(kind, size), table, ring, size, acc, out)
    quiet = array("h", [0] * size)
    for _ in range(3):
        twins.mix(quiet, table, ring, size, acc, out)
    assert acc[0] == acc[1] == acc[2] == acc[3] == 0
