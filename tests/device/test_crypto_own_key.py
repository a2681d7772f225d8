"""A key pair of the board's own, its file, and the request for its certificate."""

from der_maker import ALGORITHM, G, drive, name, public_key, sequence, tlv
from ecdsa_tries import sevens
from repeatable_random import RepeatableRandom
from rfc6979_vectors import KEY, PUBLIC

from gridkeel.crypto import der, own_key, p256, request

WASM_GROUP = 1  # a multiple of the base leaves a quarter of a megabyte of garbage
NUMBER = int.from_bytes(KEY, "big")
SIGNATURE = bytes.fromhex(  # of the request below, by OpenSSL with deterministic nonces
    "304602210098c1037b66b3515b554e1e360f3df12d38dcf88623b583f0e488dc372ce6ab"
    "4a022100e931a9a6d5d0b9800b4ed9fab09f573096f1b601e8f5afba84745a5429f81d61"
)


def source(*drawn):
    """Return a random source that gives these numbers, 32 bytes each."""
    waiting = list(drawn)
    return lambda n: waiting.pop(0).to_bytes(n, "big")


def public_of(number, random=sevens):
    return drive(own_key.public_key(number.to_bytes(32, "big"), random))


def test_the_public_key_is_that_of_rfc_6979():
    assert public_of(NUMBER) == PUBLIC


def test_the_public_key_does_not_depend_on_the_blinding():
    assert public_of(NUMBER, RepeatableRandom(5)) == PUBLIC


def test_the_least_key_has_the_base_point():
    assert public_of(1) == G


def test_the_largest_key_has_its_opposite():
    largest = public_of(p256.N - 1)
    assert largest[:33] == G[:33]
    assert int.from_bytes(largest[33:], "big") == p256.P - int.from_bytes(G[33:], "big")


def test_a_number_that_is_no_key_is_drawn_again_and_none_is_changed_into_one():
    for none in (0, p256.N, p256.N + 5, (1 << 256) - 1):
        assert own_key.draw(source(9, none, NUMBER)) == KEY
    for good in (1, p256.N - 1):
        assert own_key.draw(source(9, good)) == good.to_bytes(32, "big")


def test_no_key_is_made_of_a_source_that_repeats_itself():
    for drawn in ((7, 7), (9, 0, 0), (9, p256.N, p256.N)):
        try:
            own_key.draw(source(*drawn))
        except RuntimeError as error:
            assert "repeats itself" in str(error)
        else:
            raise AssertionError("a key of %r" % (drawn,))


def test_the_file_gives_the_pair_back():
    file = own_key.to_der(KEY, PUBLIC)
    assert own_key.from_der(file) == (KEY, PUBLIC)
    start, stop = der.whole(file, der.SEQUENCE)
    assert (start, stop) == (2, 121)


def test_a_file_that_is_damaged_or_another_is_none():
    file = own_key.to_der(KEY, PUBLIC)
    for at in list(range(7)) + list(range(39, 121)):  # all but the private key's own bytes
        damaged = bytearray(file)
        damaged[at] ^= 1
        assert own_key.from_der(damaged) is None, at
    for other in (b"", file[:-1], file + b"\x00", own_key.to_der(bytes(32), PUBLIC)):
        assert own_key.from_der(other) is None
    assert own_key.from_der(own_key.to_der(p256.N.to_bytes(32, "big"), PUBLIC)) is None


def test_the_request_has_the_names_and_the_key_and_is_signed_with_it():
    made = drive(request.build("one", "CPO", KEY, PUBLIC, sevens))
    asked = sequence(b"\x02\x01\x00", name(), public_key(PUBLIC), b"\xa0\x00")
    assert made == sequence(asked, ALGORITHM, tlv(0x03, b"\x00", SIGNATURE))


def test_a_request_without_a_domain_component_has_the_common_name_alone():
    made = drive(request.build("x" * 64, "", KEY, PUBLIC, sevens))
    alone = sequence(tlv(0x31, sequence(b"\x06\x03\x55\x04\x03", tlv(0x0C, b"x" * 64))))
    start, stop = der.whole(made, der.SEQUENCE)
    assert stop == len(made) and stop - start > 255
    _asked, end = der.element(made, start, stop, der.SEQUENCE)
    assert alone in made[start:end]


def test_numbers_of_a_signature_are_minimal_integers_above_zero():
    for octets, wanted in (
        (b"\x00\x00\x7f", b"\x02\x01\x7f"),
        (b"\x00\x80", b"\x02\x02\x00\x80"),
        (b"\x01\x00", b"\x02\x02\x01\x00"),
        (b"\x00", b"\x02\x01\x00"),
    ):
        assert request._integer(octets) == wanted


def test_a_large_element_has_its_length_in_two_bytes():
    for n, head in ((127, b"\x04\x7f"), (128, b"\x04\x81\x80"), (255, b"\x04\x81\xff"), (256, b"\x04\x82\x01\x00")):
        made = request._element(4, b"a" * (n - 1), b"b")
        assert made == head + b"a" * (n - 1) + b"b"
