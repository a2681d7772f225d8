"""The viper kernels and their plain twins agree to the bit, on random and on extreme input."""

from array import array

from gridkeel.sensing import twins, windows

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
            hops = twins.mix(samples, size, table, ring_a, acc_a, out_a)
            assert hops == 4
            for value in out_a:
                assert -(1 << 29) <= value < 1 << 29
            if kernels:
                assert kernels.mix(samples, size, table, ring_b, acc_b, out_b) == hops
                assert out_a == out_b
                assert acc_a == acc_b
                assert ring_a == ring_b


def test_worst_signal_reaches_the_stated_range_but_not_2_30():
    size = 192
    table = windows.mixer(size)
    ring, acc = state(size)
    out = array("i", [0] * 64)
    worst = array("h", [32767 if table[k] > 0 else -32768 for k in range(size)])
    for _ in range(4):
        twins.mix(worst, size, table, ring, acc, out)
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


def test_weigh_agrees_at_its_ends():
    weights = windows.slope_weights(32, 3840, True)
    a = array("i", [0, 0])
    b = array("i", [0, 0])
    for fill in (200000, -200000, None):
        ring = array("i", [(random.getrandbits(18) - 131072) if fill is None else fill for _ in range(32)])
        for head in (0, 7, 31):
            twins.weigh(ring, head, 32, weights, 32, a, 1)
            assert -(1 << 30) < a[1] < 1 << 30
            if kernels:
                kernels.weigh(ring, head, 32, weights, 32, b, 1)
                assert a == b


def test_weights_sum_exactly_and_are_symmetric():
    for n, hann in ((8, False), (32, True), (9, False)):
        for total in (3200, 3840):
            weights = windows.slope_weights(n, total, hann)
            assert sum(weights) == total
            assert all(weights[k] == weights[n - 1 - k] for k in range(n))
            assert min(weights) >= 0
