"""Frames on the host: the same bytes as gridkeel.link.framing makes, by means a board does not have."""

from __future__ import annotations

from zlib import crc32

from gridkeel.link.frames import CRC_SIZE, ENCODED_MAX


def encode_frame(body: bytes) -> bytes:
    """Return body with its CRC as COBS, zero included.  body: up to 249 bytes, so that no block is full."""
    sealed = body + crc32(body).to_bytes(CRC_SIZE, "little")
    return b"".join(bytes((len(run) + 1,)) + run for run in sealed.split(b"\0")) + b"\0"


def decode_frame(encoded: bytes) -> bytes | None:
    """Return the body of one frame without its zero, None where it is damaged."""
    runs = []
    at = 0
    while at < len(encoded):
        end = at + encoded[at]
        runs.append(encoded[at + 1 : end])
        at = end
    if at != len(encoded):
        return None
    sealed = b"\0".join(runs)
    body = sealed[:-CRC_SIZE]
    if not body or crc32(body) != int.from_bytes(sealed[-CRC_SIZE:], "little"):
        return None
    return body


class FrameSplitter:
    """Cuts a byte stream into bodies; holds at most one frame's bytes, whatever arrives.

    errors counts frames that were too long, no COBS, too short or with a wrong CRC.
    """

    def __init__(self) -> None:
        self.errors = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the sound bodies that data completed."""
        *complete, rest = (self._rest + data).split(b"\0")
        self._rest = rest[: ENCODED_MAX + 1]  # one byte more than a frame has shows that it is too long
        bodies = []
        for encoded in complete:
            body = decode_frame(encoded) if len(encoded) <= ENCODED_MAX else None
            if body is not None:
                bodies.append(body)
            elif encoded:
                self.errors += 1
        return bodies

    def reset(self) -> None:
        """Forget a frame that was begun: the line was closed in the middle of it."""
        self._rest = b""
