"""V2GTP: the frame around every message (ISO 15118-2, 7.8.3), bounded."""

import struct

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer

VERSION = 0x01
INVERSE = 0xFE
EXI = 0x8001
SDP_REQUEST = 0x9000
SDP_RESPONSE = 0x9001
HEADER_BYTES = 8
# A CertificateInstallationRes with two sub-CAs in both of its chains, 800 bytes a certificate, comes to 5,300 bytes;
# the longest request (CertificateUpdateReq, three certificates and twenty names of roots) to about as much.
PAYLOAD_MAX_BYTES = 6144
FRAME_MAX_BYTES = HEADER_BYTES + PAYLOAD_MAX_BYTES

# what a receiver holds
INCOMPLETE = 0
COMPLETE = 1
BAD_HEADER = 2
TOO_LONG = 3


def header(out: bytearray, payload_type: int, length: int) -> None:
    """Write the header of a payload of `length` bytes at the start of out."""
    struct.pack_into(">BBHI", out, 0, VERSION, INVERSE, payload_type, length)


def check(data: "Buffer", n: int, payload_type: int) -> int:
    """Return the payload's length where data[:n] is one whole frame of that type and nothing else, otherwise -1."""
    if n < HEADER_BYTES:
        return -1
    version, inverse, found, length = struct.unpack_from(">BBHI", data, 0)
    if (version, inverse, found) != (VERSION, INVERSE, payload_type) or length != n - HEADER_BYTES:
        return -1
    return length


class Receiver:
    """Takes a stream apart: one EXI frame at a time is in `buffer`, its payload from HEADER_BYTES to `end`."""

    def __init__(self, size: int = FRAME_MAX_BYTES) -> None:
        self.buffer = bytearray(size)
        self.end = 0
        self._held = 0

    def clear(self) -> None:
        """Forget everything received."""
        self.end = self._held = 0

    def put(self, data: "Buffer", n: int) -> bool:
        """Take n bytes of the stream; return False where they do not fit, which no peer that waits its turn causes."""
        if self._held + n > len(self.buffer):
            return False
        self.buffer[self._held : self._held + n] = memoryview(data)[:n]
        self._held += n
        return True

    def state(self) -> int:
        """Return INCOMPLETE, COMPLETE, BAD_HEADER or TOO_LONG; after the last two the stream cannot be followed."""
        if self._held < HEADER_BYTES:
            start = bytes((VERSION, INVERSE))[: self._held]
            return INCOMPLETE if self.buffer[: len(start)] == start else BAD_HEADER
        version, inverse, payload_type, length = struct.unpack_from(">BBHI", self.buffer, 0)
        if (version, inverse, payload_type) != (VERSION, INVERSE, EXI) or not length:
            return BAD_HEADER
        if length > PAYLOAD_MAX_BYTES:
            return TOO_LONG
        self.end = HEADER_BYTES + length
        return COMPLETE if self._held >= self.end else INCOMPLETE

    def drop(self) -> None:
        """Forget the frame that was complete; what came after it moves up."""
        rest = self._held - self.end
        self.buffer[:rest] = self.buffer[self.end : self._held]
        self._held = rest
        self.end = 0
