"""P-256's points: sums of every kind, and what is no point."""

from der_maker import G, drive

from gridkeel.crypto import multiples, p256

# Multiples of G: FIPS 186-4's curve, k and x as everybody publishes them.
X_OF_2 = 0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978
X_OF_5 = 0x51590B7A515140D2D784C85608668FDFEF8C82FD1F5BE52421554A0DC3D033ED


def affine(point):
    x, y, z = point
    over = pow(z, p256.P - 2, p256.P)
    return x * over * over % p256.P, y * over * over * over % p256.P


def times(k):
    """k * G by doubling and adding alone; k > 0."""
    gx, gy = p256.decode(G)
    point = (gx, gy, 1)
    for bit in bin(k)[3:]:
        point = p256.double(*point)
        if bit == "1":
            x, y, z = point
            point = p256.add_affine(x, y, z, gx, gy)
    return point


def test_sums_of_g_are_the_published_multiples():
    assert affine(times(2))[0] == X_OF_2
    assert affine(times(5))[0] == X_OF_5


def test_octets_that_are_no_point_are_refused():
    assert p256.decode(G) is not None
    for bad in (b"", G[:-1], G + b"\x00", b"\x02" + G[1:33], b"\x06" + G[1:], b"\x00" * 65, b"\x00"):
        assert p256.decode(bad) is None
    for at in (5, 40, 64):
        assert p256.decode(G[:at] + bytes((G[at] ^ 1,)) + G[at + 1 :]) is None
    top = p256.P.to_bytes(32, "big")
    assert p256.decode(b"\x04" + top + G[33:]) is None
    assert p256.decode(G[:33] + top) is None
    assert p256.decode(b"\x04" + b"\xff" * 64) is None


def test_a_coordinate_past_the_prime_is_refused_though_it_is_congruent():
    # x = 5 is on the curve: 125 - 15 + b is a square.
    square = (125 - 15 + p256.B) % p256.P
    y = pow(square, (p256.P + 1) // 4, p256.P)
    assert p256.on_curve(5, y) and y * y % p256.P == square
    assert p256.decode(b"\x04" + (5).to_bytes(32, "big") + y.to_bytes(32, "big")) == (5, y)
    assert p256.decode(b"\x04" + (5 + p256.P).to_bytes(32, "big") + y.to_bytes(32, "big")) is None


def test_the_coordinates_of_a_point_are_reduced():
    gx, gy = p256.decode(G)
    root = pow(p256.B, (p256.P + 1) // 4, p256.P)  # of b: the point whose x is 0
    assert p256.on_curve(0, root)
    for x, y in ((p256.P, root), (gx + p256.P, gy), (gx - p256.P, gy), (gx, gy + p256.P), (gx, gy - p256.P)):
        assert not p256.on_curve(x, y)


def test_sums_of_equal_opposite_and_infinite_points_are_right():
    gx, gy = p256.decode(G)
    two = p256.double(gx, gy, 1)
    assert affine(p256.add_affine(gx, gy, 1, gx, gy)) == affine(two)
    assert p256.add_affine(gx, gy, 1, gx, p256.P - gy)[2] == 0
    assert affine(p256.add_affine(*p256.INFINITY, gx, gy)) == (gx, gy)
    assert p256.double(*p256.INFINITY)[2] == 0
    # The same edges for a cached point of another z.
    x, y, z = p256.double(*two)
    twice = p256.cache(*p256.double(*two))
    assert affine(p256.add_cached(x, y, z, twice)) == affine(times(8))
    assert p256.add_cached(x, y, z, p256.negative(twice))[2] == 0
    assert affine(p256.add_cached(*p256.INFINITY, twice)) == affine((x, y, z))
    assert affine(p256.add_cached(*p256.INFINITY, p256.negative(twice)))[1] == p256.P - affine((x, y, z))[1]


def test_an_inverse_times_its_number_is_one():
    for modulus in (p256.P, p256.N):
        for value in (1, 2, modulus - 1, 12345678901234567890):
            assert drive(multiples.inverse(value, modulus)) * value % modulus == 1
    assert drive(multiples.inverse(0, p256.P)) == 0
