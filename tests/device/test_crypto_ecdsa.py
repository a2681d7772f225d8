"""ECDSA on P-256: the vectors of RFC 6979, A.2.5, and every kind of sum a verification can meet."""

from der_maker import G, drive
from ecdsa_tries import changed, digest_of, sevens, verified
from rfc6979_vectors import KEY, PUBLIC, SAMPLE, TEST

from gridkeel.crypto import ecdsa, p256
from gridkeel.crypto.rfc6979 import Nonces

WASM_GROUP = 1  # a verification leaves nearly a megabyte of garbage


def test_the_signature_of_sample_is_that_of_rfc_6979():
    assert drive(ecdsa.sign(KEY, digest_of(b"sample"), sevens)) == SAMPLE


def test_the_signature_of_test_is_that_of_rfc_6979_whatever_the_blinding():
    for random in (lambda n: bytes(n), lambda n: b"\xff" * n):
        assert drive(ecdsa.sign(KEY, digest_of(b"test"), random)) == TEST


def test_no_blinding_is_by_zero():
    assert drive(ecdsa.sign(KEY, digest_of(b"test"), lambda n: (1).to_bytes(n, "big"))) == TEST


def test_the_signature_of_rfc_6979_is_accepted():
    assert verified(PUBLIC, digest_of(b"sample"), SAMPLE) is True


def test_another_message_is_refused():
    assert verified(PUBLIC, digest_of(b"sampl"), SAMPLE) is False


def test_a_changed_r_is_refused():
    assert verified(PUBLIC, digest_of(b"sample"), changed(SAMPLE, 31)) is False


def test_s_of_the_other_sign_is_accepted():
    # ECDSA takes n - s for s; ISO 15118 asks for no lower half.
    s = p256.N - int.from_bytes(SAMPLE[32:], "big")
    assert verified(PUBLIC, digest_of(b"sample"), SAMPLE[:32] + s.to_bytes(32, "big")) is True


def test_a_sum_at_infinity_is_refused():
    # The key 1, s = 1 and z = -r: u1 G + u2 Q = (-r + r) G.
    r = 12345
    digest = (p256.N - r).to_bytes(32, "big")
    signature = r.to_bytes(32, "big") + (1).to_bytes(32, "big")
    assert verified(G, digest, signature) is False


def test_a_digest_of_zero_is_accepted():
    # u1 = 0: with the key 1 and s = r, u2 G is G, whose x must be r.
    r = G[1:33]
    assert verified(G, bytes(32), r + r) is True


def test_a_digest_of_n_counts_as_zero():
    assert verified(G, p256.N.to_bytes(32, "big"), G[1:33] + G[1:33]) is True


def test_the_opposite_key_is_accepted_where_the_x_coordinate_is_the_same():
    minus = G[:33] + (p256.P - int.from_bytes(G[33:], "big")).to_bytes(32, "big")
    assert verified(minus, bytes(32), G[1:33] + G[1:33]) is True


def test_an_s_past_n_is_refused_though_it_is_congruent():
    # The key 1, s = 1 and z = 1 - r: u1 G + u2 Q = (1 - r + r) G, whose x is r.
    r = int.from_bytes(G[1:33], "big")
    digest = ((1 - r) % p256.N).to_bytes(32, "big")
    for s, expected in ((1, True), (p256.N + 1, False)):
        assert verified(G, digest, G[1:33] + s.to_bytes(32, "big")) is expected


def test_an_x_of_zero_is_no_r_of_p():
    key = b"\x04" + bytes(32) + pow(p256.B, (p256.P + 1) // 4, p256.P).to_bytes(32, "big")
    r = (p256.P - p256.N).to_bytes(32, "big")
    assert verified(key, bytes(32), r + r) is False


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


def test_a_nonce_that_makes_s_zero_is_rejected_and_followed_by_another():
    class Counted(Nonces):
        """Gives 1 first, and counts what is rejected."""

        given = rejected = 0

        def next(self):
            Counted.given += 1
            return 1 if Counted.given == 1 else super().next()

        def reject(self):
            Counted.rejected += 1

    r = int.from_bytes(G[1:33], "big")  # of the nonce 1; s = z + r * key
    z = -r * int.from_bytes(KEY, "big") % p256.N
    ecdsa.Nonces, before = Counted, ecdsa.Nonces
    try:
        signature = drive(ecdsa.sign(KEY, z.to_bytes(32, "big"), sevens))
    finally:
        ecdsa.Nonces = before
    assert (Counted.given, Counted.rejected) == (2, 1)
    assert signature[:32] != G[1:33] and signature[32:] != bytes(32)
