"""Manifests and rotations of keys as a device judges them; tests/host/test_update_release.py signs its own."""

from struct import pack

from der_maker import drive
from rfc6979_vectors import PUBLIC

from gridkeel.crypto import p256
from gridkeel.update import keys, manifest, refusals
from gridkeel.update.refusals import UpdateError

WASM_GROUP = 1  # a verification leaves nearly a megabyte of garbage

DIGEST = bytes(range(32))
DEVICE = manifest.Device(b"rpi_pico2", b"rp2350", 3, 300000, b"\x55" * 32)
# Of body() by the private key of RFC 6979, A.2.5.
SIGNATURE = bytes.fromhex(
    "4cd9697b61db30259c41b36778c9b124d6b700696222ff5425d3b6fce9a53707"
    "325773b8fcf55163bfa68fdf98da0bf97c56174c6041a07c12896a3ce913b976"
)


def body(kind=manifest.FULL, counter=3, size=200, board=b"rpi_pico2", chip=b"rp2350", base=manifest.NO_BASE):
    return pack(
        manifest.LAYOUT,
        manifest.MAGIC,
        kind,
        bytes(3),
        counter,
        size,
        DIGEST,
        size,
        base,
        board + bytes(32 - len(board)),
        chip + bytes(16 - len(chip)),
        b"0.2.0" + bytes(27),
        manifest.key_id(PUBLIC),
    )


def code_of(call):
    try:
        call()
    except UpdateError as error:
        return error.code
    return refusals.NONE


def checked(data):
    return code_of(lambda: manifest.check(manifest.Manifest(data + bytes(64)), DEVICE))


def verified(data, trusted=(PUBLIC,)):
    return code_of(lambda: drive(manifest.verify(manifest.Manifest(data), trusted)))


def test_a_manifest_is_read_field_by_field():
    said = manifest.Manifest(body() + SIGNATURE)
    assert (said.kind, said.counter, said.size, said.payload_size) == (manifest.FULL, 3, 200, 200)
    assert (said.digest, said.board, said.chip, said.version) == (DIGEST, b"rpi_pico2", b"rp2350", b"0.2.0")


def test_a_sound_signature_is_accepted():
    assert verified(body() + SIGNATURE) == refusals.NONE


def test_a_changed_octet_breaks_the_signature():
    data = bytearray(body() + SIGNATURE)
    data[17] ^= 1
    assert verified(bytes(data)) == refusals.BAD_SIGNATURE


def test_a_key_that_is_not_trusted_is_rejected_before_any_verification():
    assert verified(body() + SIGNATURE, trusted=()) == refusals.UNKNOWN_KEY


def test_a_verified_manifest_must_be_for_this_device_as_it_is():
    assert checked(body()) == refusals.NONE
    assert checked(body(counter=4)) == refusals.NONE
    assert checked(body(board=b"rpi_pico")) == refusals.WRONG_BOARD
    assert checked(body(chip=b"rp2040")) == refusals.WRONG_CHIP
    assert checked(body(counter=2)) == refusals.OLDER_COUNTER
    assert checked(body(size=300000)) == refusals.NONE
    assert checked(body(size=300001)) == refusals.TOO_LARGE
    assert checked(body(kind=manifest.DELTA, base=b"\x55" * 32)) == refusals.NONE
    assert checked(body(kind=manifest.DELTA, base=b"\x54" * 32)) == refusals.WRONG_BASE


def test_a_rotation_that_the_first_key_has_not_signed_is_rejected():
    x, y = p256.decode(PUBLIC)
    other = b"\x04" + x.to_bytes(32, "big") + (p256.P - y).to_bytes(32, "big")
    trusted = keys.TrustedKeys(keys.MAGIC + b"\x01\0\0\0" + PUBLIC + other)
    fresh = keys.MAGIC + b"\x02\0\0\0" + other + PUBLIC
    assert code_of(lambda: drive(keys.rotated(trusted, fresh + SIGNATURE + SIGNATURE))) == refusals.BAD_SIGNATURE


def test_a_set_of_keys_is_two_different_points():
    other = PUBLIC[:64] + bytes((PUBLIC[64] ^ 1,))
    head = keys.MAGIC + b"\x01\0\0\0"
    for data in (head + PUBLIC + PUBLIC, head + PUBLIC + other, head + PUBLIC, keys.MAGIC + bytes(4) + 2 * PUBLIC):
        assert code_of(lambda: keys.TrustedKeys(data)) == refusals.MALFORMED  # noqa: B023 - called at once
