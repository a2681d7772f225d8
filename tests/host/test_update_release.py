"""Releases that the host signs, judged by the device's code: sound ones, and hostile ones by the dozen."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gridkeel.update import keys as device_keys
from gridkeel.update import manifest, refusals
from gridkeel.update.refusals import UpdateError
from host_tools.errors import ToolError
from host_tools.update import keys, release

IMAGE = bytes(range(256)) * 20
ROOM = 300_000


def device(running: bytes = bytes(32)) -> manifest.Device:
    return manifest.Device(b"rpi_pico2", b"rp2350", 7, ROOM, running)


def image(**changed: object) -> release.Image:
    return release.Image(
        **{"data": IMAGE, "board": "rpi_pico2", "chip": "rp2350", "version": "0.2.0+1", "counter": 7} | changed
    )  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("update") / "keys"
    keys.make_keys(path)
    return path


@pytest.fixture(scope="module")
def key(folder: Path) -> keys.SigningKey:
    return keys.signing_key(folder / "a")


@pytest.fixture(scope="module")
def trusted(folder: Path) -> device_keys.TrustedKeys:
    return device_keys.TrustedKeys((folder / keys.SET_FILE.format(1)).read_bytes())


def run(steps: Iterable[None]) -> None:
    for _ in steps:
        pass


def judged(data: bytes, trusted: device_keys.TrustedKeys, at: manifest.Device | None = None) -> int:
    """Return the code that a device gives a manifest."""
    try:
        said = manifest.Manifest(data)
        run(manifest.verify(said, trusted.keys))
        manifest.check(said, at or device())
    except UpdateError as error:
        return error.code
    return refusals.NONE


def resigned(key: keys.SigningKey, change: Callable[[bytearray], None]) -> bytes:
    """Return a sound manifest that was changed, then signed again with a trusted key."""
    body = bytearray(release.sign(image(), key)[: manifest.SIGNED_BYTES])
    change(body)
    return bytes(body) + key.sign(bytes(body))


def put(at: int, data: bytes) -> Callable[[bytearray], None]:
    def change(body: bytearray) -> None:
        body[at : at + len(data)] = data

    return change


@pytest.mark.parametrize("name", keys.NAMES)
def test_either_trusted_key_signs_a_release(name: str, folder: Path, trusted: device_keys.TrustedKeys) -> None:
    data = release.sign(image(), keys.signing_key(folder / name))
    said, payload = release.read(data)
    assert judged(data[: manifest.BYTES], trusted) == refusals.NONE
    assert (payload, said.version, said.counter) == (IMAGE, b"0.2.0+1", 7)


def test_a_delta_is_taken_where_it_is_smaller_and_names_its_base(
    key: keys.SigningKey, trusted: device_keys.TrustedKeys
) -> None:
    base = IMAGE[:3000] + b"an older line" + IMAGE[3000:]
    said, payload = release.read(release.sign(image(), key, base))
    assert said.kind == manifest.DELTA and len(payload) < 100
    running = release.Image(base, "b", "c", "v", 0).digest
    assert judged(release.sign(image(), key, base)[: manifest.BYTES], trusted, device(running)) == refusals.NONE
    assert judged(release.sign(image(), key, base)[: manifest.BYTES], trusted, device()) == refusals.WRONG_BASE


def test_a_delta_on_something_else_is_left_out(key: keys.SigningKey) -> None:
    said, payload = release.read(release.sign(image(data=b"\x01\x02\x03"), key, b"\xff" * 500))
    assert said.kind == manifest.FULL and payload == b"\x01\x02\x03"


CHANGED = {
    "an older security counter": (put(8, struct.pack("<I", 6)), refusals.OLDER_COUNTER),
    "security counter 0": (put(8, bytes(4)), refusals.OLDER_COUNTER),
    "another board": (put(84, b"rpi_pico\0"), refusals.WRONG_BOARD),
    "a board whose name begins alike": (put(84, b"rpi_pico22"), refusals.WRONG_BOARD),
    "a board in capitals": (put(84, b"RPI_PICO2"), refusals.WRONG_BOARD),
    "another chip": (put(116, b"rp2040"), refusals.WRONG_CHIP),
    "an image larger than the slot": (
        lambda body: (put(12, struct.pack("<I", ROOM + 1))(body), put(48, struct.pack("<I", ROOM + 1))(body))[0],
        refusals.TOO_LARGE,
    ),
    "an image of 2**31 bytes": (put(12, b"\0\0\0\x80"), refusals.MALFORMED),
    "an image of no size": (put(12, bytes(4)), refusals.MALFORMED),
    "a payload of no size": (put(48, bytes(4)), refusals.MALFORMED),
    "a payload of 2**32-1 bytes": (put(48, b"\xff\xff\xff\xff"), refusals.MALFORMED),
    "a full image of another size than its payload": (put(48, struct.pack("<I", 5)), refusals.MALFORMED),
    "a full image with a base": (put(52, b"\x01"), refusals.MALFORMED),
    "a delta without a base": (put(4, b"\x01"), refusals.MALFORMED),
    "a delta on another base": (
        lambda body: (put(4, b"\x01")(body), put(52, b"\x09" * 32)(body))[0],
        refusals.WRONG_BASE,
    ),
    "a kind that there is not": (put(4, b"\x02"), refusals.MALFORMED),
    "reserved bytes in use": (put(5, b"\x01"), refusals.MALFORMED),
    "another magic": (put(0, b"GKM2"), refusals.MALFORMED),
    "no board": (put(84, bytes(32)), refusals.MALFORMED),
    "a board with something behind its end": (put(115, b"x"), refusals.MALFORMED),
    "a board with a path in it": (put(84, b"../pico2\0"), refusals.MALFORMED),
    "a version with a control octet": (put(132, b"0.2.0\x1b[2J"), refusals.MALFORMED),
    "a chip that is no text": (put(116, b"\xff\xfe"), refusals.MALFORMED),
    "the id of a key that is not trusted": (put(164, b"\x01\x02\x03\x04"), refusals.UNKNOWN_KEY),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_hostile_manifest_is_rejected_although_it_is_signed(
    what: str, key: keys.SigningKey, trusted: device_keys.TrustedKeys
) -> None:
    change, code = CHANGED[what]
    assert judged(resigned(key, change), trusted) == code  # type: ignore[arg-type]


N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SPOILT = {
    "no signature": lambda data: data[: manifest.SIGNED_BYTES] + bytes(64),
    "r of 0": lambda data: data[: manifest.SIGNED_BYTES] + bytes(32) + data[-32:],
    "s of 0": lambda data: data[:-32] + bytes(32),
    "s of the order": lambda data: data[:-32] + N.to_bytes(32, "big"),
    "r past the order": lambda data: data[: manifest.SIGNED_BYTES] + b"\xff" * 32 + data[-32:],
    "r and s exchanged": lambda data: data[: manifest.SIGNED_BYTES] + data[-32:] + data[-64:-32],
    "a bit of the image's digest": lambda data: data[:16] + bytes([data[16] ^ 1]) + data[17:],
    "a bit of the security counter": lambda data: data[:8] + bytes([data[8] ^ 8]) + data[9:],
    "a bit of the signature": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_manifest_whose_signature_does_not_hold_is_rejected(
    what: str, key: keys.SigningKey, trusted: device_keys.TrustedKeys
) -> None:
    data = release.sign(image(), key)[: manifest.BYTES]
    assert judged(SPOILT[what](data), trusted) == refusals.BAD_SIGNATURE


@pytest.mark.parametrize("n", [0, 1, manifest.SIGNED_BYTES, manifest.BYTES - 1, manifest.BYTES + 1])
def test_a_manifest_that_is_cut_or_too_long_is_rejected(
    n: int, key: keys.SigningKey, trusted: device_keys.TrustedKeys
) -> None:
    assert judged((release.sign(image(), key) + b"x")[:n], trusted) == refusals.MALFORMED


def test_the_key_of_somebody_else_is_not_trusted(tmp_path: Path, trusted: device_keys.TrustedKeys) -> None:
    keys.make_keys(tmp_path / "theirs")
    data = release.sign(image(), keys.signing_key(tmp_path / "theirs" / "a"))
    assert judged(data[: manifest.BYTES], trusted) == refusals.UNKNOWN_KEY


def test_both_keys_rotate_a_set_and_one_alone_does_not(
    folder: Path, trusted: device_keys.TrustedKeys, tmp_path: Path
) -> None:
    fresh = keys.make_keys(tmp_path / "next", 2).read_bytes()
    a, b = (keys.signing_key(folder / name) for name in keys.NAMES)

    def code_of(data: bytes) -> int:
        try:
            run(device_keys.rotated(trusted, data))
        except UpdateError as error:
            return error.code
        return refusals.NONE

    assert code_of(keys.rotation(fresh, (a, b))) == refusals.NONE
    assert code_of(keys.rotation(fresh, (a, a))) == refusals.BAD_SIGNATURE
    assert code_of(keys.rotation(fresh, (b, b))) == refusals.BAD_SIGNATURE
    assert code_of(keys.rotation(fresh, (b, a))) == refusals.BAD_SIGNATURE
    assert code_of(keys.rotation(trusted.data, (a, b))) == refusals.OLDER_KEYS
    assert code_of(keys.rotation(fresh, (a, b))[:-1]) == refusals.MALFORMED


def test_a_private_key_is_for_its_owner_alone_and_never_written_over(folder: Path) -> None:
    assert (folder / "a.key").stat().st_mode & 0o077 == 0
    with pytest.raises(ToolError, match="never written over"):
        keys.make_keys(folder)


def test_a_key_of_another_curve_is_rejected_with_the_reason(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    path = tmp_path / "p384.pub.pem"
    path.write_bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(ToolError, match="P-256"):
        keys.public_point(path)


def test_what_no_manifest_can_say_is_rejected_before_it_is_signed(key: keys.SigningKey) -> None:
    for wrong in ({"board": "x" * 33}, {"version": "0.2 0"}, {"counter": -1}, {"counter": 1 << 30}, {"data": b""}):
        with pytest.raises(ToolError):
            release.sign(image(**wrong), key)


def test_a_release_file_that_is_cut_is_named_so(key: keys.SigningKey) -> None:
    data = release.sign(image(), key)
    for n in (0, 100, manifest.BYTES, len(data) - 1):
        with pytest.raises(ToolError, match="release file"):
            release.read(data[:n])
