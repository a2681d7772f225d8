"""The signed manifest of a release: which image, for which board, how new, and what is sent of it.

One page of bytes, little-endian; the signature (ECDSA on P-256 over SHA-256) covers all that stands before it. Nothing
of a manifest is acted upon before its signature was verified.
"""

import hashlib
import struct

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import ecdsa
from gridkeel.update import refusals
from gridkeel.update.refusals import UpdateError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gridkeel.protocols import Buffer

MAGIC = b"GKM1"
KINDS = ("full", "delta")
FULL = 0
DELTA = 1
KEY_ID_BYTES = 4
# magic, kind, zeros, security counter, image: size and SHA-256, payload: size, SHA-256 of the base that a delta needs,
# board, chip, version, id of the key
LAYOUT = "<4sB3sII32sI32s32s16s32s4s"
SIGNED_BYTES = 168
BYTES = SIGNED_BYTES + ecdsa.SIGNATURE_BYTES
NO_BASE = bytes(32)


class Manifest:
    """What a manifest says.  size, payload_size: bytes.  digest, base: SHA-256 of the image, and of the delta's base.

    Errors: UpdateError where it is not of this form.
    """

    def __init__(self, data: "Buffer") -> None:
        if len(data) != BYTES:
            raise UpdateError(refusals.MALFORMED, "a manifest is %d bytes, not %d" % (BYTES, len(data)))
        magic, self.kind, zeros, self.counter, self.size, self.digest, self.payload_size, self.base = (
            struct.unpack_from("<4sB3sII32sI32s", data)
        )
        board, chip, version, self.key_id = struct.unpack_from("<32s16s32s4s", data, 84)
        if magic != MAGIC or zeros != b"\0\0\0" or self.kind >= len(KINDS):
            raise UpdateError(refusals.MALFORMED, "magic, kind or reserved bytes are not those of a manifest")
        self.board = _text(board)
        self.chip = _text(chip)
        self.version = _text(version)
        self._check_sizes()
        self.signed = bytes(data[:SIGNED_BYTES])
        self.signature = bytes(data[SIGNED_BYTES:])

    def _check_sizes(self):
        if not 0 < self.size < 1 << 30 or not 0 < self.payload_size < 1 << 30:
            raise UpdateError(refusals.MALFORMED, "an image or payload of no size, or of 2**30 bytes and more")
        if self.kind == FULL and (self.payload_size != self.size or self.base != NO_BASE):
            raise UpdateError(refusals.MALFORMED, "a full image is its own payload and has no base")
        if self.kind == DELTA and self.base == NO_BASE:
            raise UpdateError(refusals.MALFORMED, "a delta names its base")


def _text(field):
    """Return a field's text, which zeros fill up; letters, digits and a few signs alone.  Errors: UpdateError."""
    end = field.find(b"\0")
    text = field if end < 0 else field[:end]
    if not text or field[len(text) :] != bytes(len(field) - len(text)):
        raise UpdateError(refusals.MALFORMED, "a text of the manifest is empty or has something behind its end")
    for octet in text:
        if not (48 <= octet < 58 or 97 <= octet | 32 < 123 or octet in b"._+-"):
            raise UpdateError(
                refusals.MALFORMED, "a text of the manifest has other signs than letters, digits, . _ + -"
            )
    return text


def key_id(public_key: "Buffer") -> bytes:
    """Return the id by which a manifest names its key.  public_key: 65 bytes 04 || x || y."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


class Device:
    """What an update is judged against.  board, chip: bytes.  counter: the least that may be installed.

    room: bytes that a slot takes.  running: SHA-256 of the image that runs, the base of a delta.
    """

    def __init__(self, board: bytes, chip: bytes, counter: int, room: int, running: bytes) -> None:
        self.board = board
        self.chip = chip
        self.counter = counter
        self.room = room
        self.running = running


def verify(manifest: Manifest, keys: "Sequence[bytes]") -> "Generator[None, None, None]":
    """Generator, yields None between slices of the verification.  keys: the trusted ones, 65 bytes each.

    Errors: UpdateError where none of them signed the manifest.
    """
    key = next((key for key in keys if key_id(key) == manifest.key_id), None)
    if key is None:
        raise UpdateError(refusals.UNKNOWN_KEY, "no trusted key has this id")
    sound = yield from ecdsa.verify(key, hashlib.sha256(manifest.signed).digest(), manifest.signature)
    if not sound:
        raise UpdateError(refusals.BAD_SIGNATURE, "the signature does not hold")


def check(manifest: Manifest, device: Device) -> None:
    """Errors: UpdateError where a verified manifest is not for this device as it is now."""
    if manifest.chip != device.chip:
        raise _rejected(refusals.WRONG_CHIP, "for chip %s, this is %s", manifest.chip.decode(), device.chip.decode())
    if manifest.board != device.board:
        raise _rejected(
            refusals.WRONG_BOARD, "for board %s, this is %s", manifest.board.decode(), device.board.decode()
        )
    if manifest.counter < device.counter:
        raise _rejected(refusals.OLDER_COUNTER, "security counter %d is under %d", manifest.counter, device.counter)
    if manifest.size > device.room:
        raise _rejected(refusals.TOO_LARGE, "%d bytes, a slot takes %d", manifest.size, device.room)
    if manifest.kind == DELTA and manifest.base != device.running:
        raise UpdateError(refusals.WRONG_BASE, "a delta on another image than the one that runs")


def _rejected(code, text, *values):
    return UpdateError(code, text % values)
