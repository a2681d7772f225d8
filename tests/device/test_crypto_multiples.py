"""Multiples of P-256's points, at the edges; random ones are compared with another library on the host."""

from der_maker import G, drive

from gridkeel import slices
from gridkeel.crypto import multiples, p256

WASM_GROUP = 1  # one sum leaves 0.9 MB of garbage

GX, GY = p256.decode(G)
X_OF_2 = 0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978
X_OF_5 = 0x51590B7A515140D2D784C85608668FDFEF8C82FD1F5BE52421554A0DC3D033ED


def affine(point):
    x, y, z = point
    over = pow(z, p256.P - 2, p256.P)
    return x * over * over % p256.P, y * over * over * over % p256.P


def times_g(k, blind=7):
    return drive(multiples.multiply_base(k, blind))


def total(u1, u2, y=GY):
    return drive(multiples.sum_of_multiples(u1, u2, GX, y))


def test_small_multiples_of_g():
    assert affine(times_g(1)) == (GX, GY)
    assert affine(times_g(2))[0] == X_OF_2


def test_multiples_of_g_round_its_order():
    assert affine(times_g(p256.N - 1)) == (GX, p256.P - GY)
    assert affine(times_g(p256.N + 5))[0] == X_OF_5
    assert times_g(p256.N)[2] == 0


def test_a_scalar_of_320_bits():
    most = p256.N * ((1 << 64) - 1)
    assert affine(times_g(most + 5))[0] == X_OF_5
    assert times_g(0)[2] == 0


def test_the_first_z_changes_the_way_and_not_the_result():
    one, other = times_g(5, 1), times_g(5, 2)
    assert affine(one)[0] == affine(other)[0] == X_OF_5
    assert one != other


class Slices:
    """So many operations a slice, by the clock that makes them."""

    def __init__(self, operations):
        self._cycles = operations * multiples.OPERATION_CYCLES

    def __enter__(self):
        self._before, slices.cycles = slices.cycles, self._cycles

    def __exit__(self, *_):
        slices.cycles = self._before


def test_slices_are_as_many_as_asked():
    def count():
        return sum(1 for _ in multiples.multiply_base(99, 1))

    with Slices(200):
        few = count()
    with Slices(2):
        many = count()
    assert few == 0 and many == 63


def test_a_slow_clock_has_one_operation_a_slice():
    slices.set_clock(48_000_000)
    try:
        assert sum(1 for _ in multiples.multiply_base(99, 1)) == 126 // max(1, 48_000 // multiples.OPERATION_CYCLES)
    finally:
        slices.set_clock(2_000_000_000)


class Counted:
    """A sum that counts its doublings and additions, and how many there were before its last step."""

    total = before_step = 0

    def __init__(self):
        self._sum = _Sum()

    def __getattr__(self, name):
        return getattr(self._sum, name)

    def begin_table(self, x, y):
        Counted.before_step = Counted.total
        self._count(2)
        self._sum.begin_table(x, y)

    def double(self, times=1):
        Counted.before_step = Counted.total
        self._count(times)
        self._sum.double(times)

    def next_multiple(self, index):
        Counted.before_step = Counted.total
        self._count(1)
        self._sum.next_multiple(index)

    def add_base(self, at, positive):
        Counted.before_step = Counted.total
        self._count(1)
        self._sum.add_base(at, positive)

    def add_multiple(self, index, negative):
        Counted.before_step = Counted.total
        self._count(1)
        self._sum.add_multiple(index, negative)

    def _count(self, times):
        Counted.total += times


_Sum = multiples.Sum


def operations_of(make, asked):
    """Return the operations of each slice; each ended with the first step that made them as many as asked."""
    found, done = [], 0
    Counted.total = 0
    multiples.Sum = Counted
    try:
        with Slices(asked):
            for _ in make():
                assert Counted.before_step - done < asked <= Counted.total - done, (found, Counted.before_step - done)
                found.append(Counted.total - done)
                done = Counted.total
            assert Counted.before_step - done < asked
    finally:
        multiples.Sum = _Sum
    return found


def test_a_slice_of_a_multiple_of_g_has_as_many_operations_as_asked():
    assert operations_of(lambda: multiples.multiply_base(99, 1), 3) == [3] * 42


def test_a_slice_of_a_sum_has_as_many_operations_as_asked_however_long_the_run_of_zeros():
    found = operations_of(lambda: multiples.sum_of_multiples(p256.N - 2, (1 << 255) | (1 << 77) | 5, GX, GY), 9)
    assert found == [9] * 37


def test_a_slice_of_a_sum_has_as_many_operations_as_asked_from_its_table_on():
    found = operations_of(lambda: multiples.sum_of_multiples(3, p256.N - 99, GX, GY), 3)
    assert found[:3] == [3, 3, 3]


def test_a_slice_of_an_inverse_has_as_many_octets_of_its_exponent_as_asked():
    with Slices(4):
        assert sum(1 for _ in multiples.inverse(3, p256.N)) == 8


def test_a_multiple_of_g_alone():
    assert affine(total(5, 0))[0] == X_OF_5


def test_a_multiple_of_the_point_alone():
    assert affine(total(0, 5))[0] == X_OF_5


def test_both_the_same_point():
    assert affine(total(1, 1))[0] == X_OF_2


def test_both_near_the_order():
    assert affine(total(p256.N - 1, p256.N - 1)) == affine(p256.double(GX, p256.P - GY, 1))


def test_a_sum_that_wraps():
    assert affine(total(p256.N - 12, 17))[0] == X_OF_5


def test_a_sum_that_vanishes():
    assert total(77, p256.N - 77)[2] == 0


def test_opposite_points():
    assert total(9, 9, p256.P - GY)[2] == 0


def test_nothing_of_either():
    assert total(0, 0)[2] == 0
