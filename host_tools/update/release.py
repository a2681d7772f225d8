"""A release file: the signed manifest and what it announces, as a device draws it."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from gridkeel.update import manifest
from gridkeel.update.refusals import UpdateError
from host_tools.errors import ToolError
from host_tools.update.delta import make_delta
from host_tools.update.keys import SigningKey

COUNTER_MAX = (1 << 30) - 1


@dataclass(frozen=True)
class Image:
    """One image and what it is for.  counter: its security counter, which a device never lets fall."""

    data: bytes
    board: str
    chip: str
    version: str
    counter: int

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.data).digest()


def sign(image: Image, key: SigningKey, base: bytes | None = None) -> bytes:
    """Return the release of an image, a delta where the base is given and a delta is smaller.

    Errors: ToolError for an image that no manifest can describe.
    """
    payload, kind = image.data, manifest.FULL
    if base is not None:
        delta = make_delta(base, image.data)
        if len(delta) < len(payload):
            payload, kind = delta, manifest.DELTA
    base_digest = hashlib.sha256(base).digest() if base is not None and kind == manifest.DELTA else manifest.NO_BASE
    body = struct.pack(
        manifest.LAYOUT,
        manifest.MAGIC,
        kind,
        bytes(3),
        _checked_counter(image.counter),
        len(image.data),
        image.digest,
        len(payload),
        base_digest,
        _text(image.board, 32, "board"),
        _text(image.chip, 16, "chip"),
        _text(image.version, 32, "version"),
        manifest.key_id(key.point),
    )
    signed = body + key.sign(body)
    try:
        manifest.Manifest(signed)
    except UpdateError as error:
        raise ToolError(f"this image cannot be released: {error}") from None
    return signed + payload


def _checked_counter(counter: int) -> int:
    if not 0 <= counter <= COUNTER_MAX:
        raise ToolError(f"security counter {counter} is outside 0..{COUNTER_MAX}")
    return counter


def _text(text: str, room: int, what: str) -> bytes:
    data = text.encode()
    if len(data) > room:
        raise ToolError(f"{what} {text} is longer than {room} bytes")
    return data


def read(data: bytes) -> tuple[manifest.Manifest, bytes]:
    """Return the manifest and the payload of a release file.  Errors: ToolError where it is none."""
    try:
        said = manifest.Manifest(data[: manifest.BYTES])
    except UpdateError as error:
        raise ToolError(f"no release file: {error}") from None
    payload = data[manifest.BYTES :]
    if len(payload) != said.payload_size:
        raise ToolError(f"a release file that is cut: {len(payload)} of {said.payload_size} bytes of its payload")
    return said, payload
