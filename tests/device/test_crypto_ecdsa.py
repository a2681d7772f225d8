"""ECDSA on P-256: the vectors of RFC 6979, A.2.5, and every kind of sum a verification can meet."""

from der_maker import G, drive
from ecdsa_tries import changed, digest_of, sevens, verified
from rfc6979_vectors import KEY, PUBLIC, SAMPLE, TEST

from gridkeel.crypto import ecdsa, p256

WASM_GROUP = 1  # a verification leaves nearly a megabyte of garbage


def test_sign_sample():
    assert drive(ecdsa.sign(KEY, digest_of(b"sample"), sevens)) == SAMPLE


def test_sign_test_whatever_the_blinding():
    for random in (lambda n: bytes(n), lambda n: b"\xff" * n):
        assert drive(ecdsa.sign(KEY, digest_of(b"test"), random)) == TEST


def test_verify_sample():
    assert verified(PUBLIC, digest_of(b"sample"), SAMPLE) is True


def test_another_message():
    assert verified(PUBLIC, digest_of(b"sampl"), SAMPLE) is False


def test_a_changed_r():
    assert verified(PUBLIC, digest_of(b"sample"), changed(SAMPLE, 31)) is False


def test_s_of_the_other_sign_is_as_good():
    # ECDSA takes n - s for s; ISO 15118 asks for no lower half.
    s = p256.N - int.from_bytes(SAMPLE[32:], "big")
    assert verified(PUBLIC, digest_of(b"sample"), SAMPLE[:32] + s.to_bytes(32, "big")) is True


def test_a_sum_at_infinity_is_refused():
    # The key 1, s = 1 and z = -r: u1 G + u2 Q = (-r + r) G.
    r = 12345
    digest = (p256.N - r).to_bytes(32, "big")
    signature = r.to_bytes(32, "big") + (1).to_bytes(32, "big")
    assert verified(G, digest, signature) is False


def test_a_digest_of_zero():
    # u1 = 0: with the key 1 and s = r, u2 G is G, whose x must be r.
    r = G[1:33]
    assert verified(G, bytes(32), r + r) is True


def test_a_digest_of_n_counts_as_zero():
    assert verified(G, p256.N.to_bytes(32, "big"), G[1:33] + G[1:33]) is True


def test_the_opposite_key():
    minus = G[:33] + (p256.P - int.from_bytes(G[33:], "big")).to_bytes(32, "big")
    assert verified(minus, bytes(32), G[1:33] + G[1:33]) is True


def test_equal_points_are_doubled():
    # u1 = u2 = 1 and Q = G: the sum is 2 G.
    r = 0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978
    both = r.to_bytes(32, "big")
    assert verified(G, both, both + both) is True


def point_past_n():
    """The first point whose x is over n."""
    x = p256.N + 1
    while True:
        square = (x * x * x - 3 * x + p256.B) % p256.P
        y = pow(square, (p256.P + 1) // 4, p256.P)
        if y * y % p256.P == square:
            break
        x += 1
    return x, b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def test_an_x_past_n_is_reduced():
    # With a digest of zero and s = r, the sum is the key itself; r is its x modulo n.
    x, key = point_past_n()
    r = (x - p256.N).to_bytes(32, "big")
    assert verified(key, bytes(32), r + r) is True


def test_an_x_past_n_is_no_r():
    x, key = point_past_n()
    r = (x - p256.N).to_bytes(32, "big")
    assert verified(key, bytes(32), x.to_bytes(32, "big") + r) is False
