"""Signatures, keys and nonces that are refused before any point is multiplied; DER of signatures."""

from der_maker import drive, refusal, sequence
from ecdsa_tries import changed, digest_of, sevens, verified
from rfc6979_vectors import K_SAMPLE, K_TEST, KEY, PUBLIC, SAMPLE

from gridkeel.crypto import ecdsa, p256, refusals
from gridkeel.crypto.rfc6979 import Nonces, hmac
from gridkeel.errors import ProtocolError

WASM_GROUP = 7


def test_the_hmac_is_that_of_rfc_4231():
    assert hmac(b"\x0b" * 20, b"Hi ", b"There").hex() == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )
    assert hmac(b"Jefe", b"what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_the_nonces_are_those_of_rfc_6979():
    assert Nonces(KEY, digest_of(b"sample")).next() == K_SAMPLE
    assert Nonces(KEY, digest_of(b"test")).next() == K_TEST


def test_a_rejected_nonce_is_followed_by_another():
    nonces = Nonces(KEY, digest_of(b"sample"))
    first = nonces.next()
    nonces.reject()
    second = nonces.next()
    assert first != second != K_TEST


def test_a_nonce_of_no_use_is_passed_over():
    class Stubborn(Nonces):
        """Gives what is out of range before what is right."""

        candidates = []

        def next(self):
            return self.candidates.pop(0) if self.candidates else super().next()

        def reject(self):
            pass

    Stubborn.candidates = [0, p256.N, p256.N + 1]
    ecdsa.Nonces, before = Stubborn, ecdsa.Nonces
    try:
        assert drive(ecdsa.sign(KEY, digest_of(b"sample"), sevens)) == SAMPLE
    finally:
        ecdsa.Nonces = before


def test_the_nonce_is_that_of_the_digest_modulo_the_order():
    class Seen(Nonces):
        def __init__(self, private_key, digest):
            assert digest == (2).to_bytes(32, "big")
            raise ZeroDivisionError

    ecdsa.Nonces, before = Seen, ecdsa.Nonces
    try:
        drive(ecdsa.sign(KEY, (p256.N + 2).to_bytes(32, "big"), sevens))
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError("signed")
    finally:
        ecdsa.Nonces = before


def test_numbers_out_of_range_are_refused():
    zero, n, more = bytes(32), p256.N.to_bytes(32, "big"), (p256.N + 1).to_bytes(32, "big")
    top = b"\xff" * 32
    for r in (zero, n, more, top):
        assert verified(PUBLIC, digest_of(b"sample"), r + SAMPLE[32:]) is False
    for s in (zero, n, more, top):
        assert verified(PUBLIC, digest_of(b"sample"), SAMPLE[:32] + s) is False


def test_r_congruent_modulo_n_is_another_number():
    # r + n does not fit into 32 bytes for nearly all r; where it would, it is out of range.
    r = (5 + p256.N).to_bytes(32, "big")
    assert verified(PUBLIC, digest_of(b"sample"), r + SAMPLE[32:]) is False


def test_signatures_of_another_length_are_refused():
    for signature in (b"", SAMPLE[:63], SAMPLE + b"\x00", SAMPLE[:32] + b"\x00" + SAMPLE[32:]):
        assert verified(PUBLIC, digest_of(b"sample"), signature) is False


def test_malformed_public_keys_are_refused():
    for key in (b"", PUBLIC[1:], b"\x03" + PUBLIC[1:33], changed(PUBLIC, 64), b"\x04" + bytes(64)):
        assert verified(key, digest_of(b"sample"), SAMPLE) is False


def test_a_digest_of_another_length_is_a_protocol_error():
    for n in (0, 20, 31, 33, 48, 64):
        for work in (ecdsa.verify(PUBLIC, bytes(n), SAMPLE), ecdsa.sign(KEY, bytes(n), sevens)):
            try:
                drive(work)
            except ProtocolError as error:
                assert "digest" in str(error)
            else:
                raise AssertionError("a digest of %d bytes was taken" % n)


def test_private_keys_out_of_range_are_a_protocol_error():
    for key in (bytes(32), p256.N.to_bytes(32, "big"), b"\xff" * 32, KEY[1:], b"\x00" + KEY):
        try:
            drive(ecdsa.sign(key, bytes(32), sevens))
        except ProtocolError as error:
            assert "private key" in str(error)
        else:
            raise AssertionError("taken for a private key")


def test_der_of_a_signature_is_read():
    for r, s in ((b"\x01", b"\x7f"), (b"\x00\x80", b"\x01\x00"), (b"\x00" + b"\xff" * 32, b"\x7f" * 32)):
        data = sequence(bytes((2, len(r))), r, bytes((2, len(s))), s)
        got = ecdsa.from_der(data)
        assert len(got) == 64
        assert int.from_bytes(got[:32], "big") == int.from_bytes(r, "big")
        assert int.from_bytes(got[32:], "big") == int.from_bytes(s, "big")


def test_der_of_no_signature_is_refused():
    one = b"\x02\x01\x01"
    for body in (
        b"",
        one,
        one + one + one,
        one + b"\x05\x00",
        b"\x02\x01\x00" + one,
        one + b"\x02\x01\x80",
        one + b"\x02\x02\x00\x01",
        one + b"\x02\x02\x01",
    ):
        assert refusal(ecdsa.from_der, sequence(body)) == refusals.ENCODING
    for body in (one + b"\x02\x21\x01" + bytes(32), b"\x02\x22\x00" + b"\xff" * 33 + one):
        assert refusal(ecdsa.from_der, sequence(body)) == refusals.UNKNOWN_CURVE
    good = sequence(one, one)
    for data in (
        good + b"\x00",
        b"\x30\x81\x06" + good[2:],
        b"\x30\x80" + good[2:] + b"\x00\x00",
        good[:-1],
        b"",
        b"\x31" + good[1:],
    ):
        assert refusal(ecdsa.from_der, data) == refusals.ENCODING
