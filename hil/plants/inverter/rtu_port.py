"""RTU framing as a slave does it, and the slave's port on a line in virtual time."""

from __future__ import annotations

from collections.abc import Iterator

from hil.plants.inverter.modbus import READ_HOLDING, WRITE_MULTIPLE, WRITE_SINGLE, crc16
from hil.plants.inverter.model import Inverter

BITS_PER_BYTE = 11  # start, 8 data, parity, stop
_FRAME_MAX = 256  # longest ADU of the standard: the buffer never holds more
_FRAME_MIN = 4


def silence_us(baud: int) -> int:
    """Return t3.5, the silence that ends a frame: fixed above 19200 Bd, as the standard has it."""
    return 1750 if baud > 19200 else round(3.5 * BITS_PER_BYTE * 1e6 / baud)


class RtuFramer:
    """Cuts a stream of bytes into request frames.

    A frame is taken as soon as its length, known from the function code, is there and its CRC holds. Where it does
    not hold, the stream has lost its rhythm and everything up to the next `silence` is garbage.
    """

    def __init__(self):
        self._buffer = bytearray()
        self._hunting = False
        self.frames = 0
        self.bad_crc = 0
        self.garbage_bytes = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take received bytes; return the frames they complete, each with the count of these bytes up to its end."""
        found: list[tuple[int, bytes]] = []
        taken = 0
        while taken < len(data) and not self._hunting:
            piece = data[taken : taken + _FRAME_MAX - len(self._buffer)]
            self._buffer += piece
            taken += len(piece)
            for frame, left in self._cut():
                found.append((taken - left, frame))
        self.garbage_bytes += len(data) - taken
        return found

    def silence(self) -> None:
        """The line was silent for t3.5: whatever is incomplete is garbage, and the next byte begins a frame."""
        self.garbage_bytes += len(self._buffer)
        self._buffer.clear()
        self._hunting = False

    def _cut(self) -> Iterator[tuple[bytes, int]]:
        """Yield the frames at the buffer's head, each with the count of bytes behind it."""
        while (size := self._expected()) and len(self._buffer) >= size:
            frame = bytes(self._buffer[:size])
            if crc16(frame):
                self._lose()
                return
            del self._buffer[:size]
            self.frames += 1
            yield frame, len(self._buffer)
        if len(self._buffer) >= _FRAME_MAX:
            self._lose()

    def _lose(self) -> None:
        self.bad_crc += 1
        self.garbage_bytes += len(self._buffer)
        self._buffer.clear()
        self._hunting = True

    def _expected(self) -> int:
        """Return the length of the frame that begins the buffer, 0 while it is not known."""
        buffer = self._buffer
        if len(buffer) < _FRAME_MIN:
            return 0
        if buffer[1] in (READ_HOLDING, WRITE_SINGLE):
            return 8
        if buffer[1] == WRITE_MULTIPLE:
            return 9 + buffer[6] if len(buffer) > 6 else 0
        return self._any_function()

    def _any_function(self) -> int:
        """Return the length at which a frame of an unknown function ends by its CRC, 0 where none does yet."""
        crc = crc16(self._buffer[: _FRAME_MIN - 1])
        for size in range(_FRAME_MIN, len(self._buffer) + 1):
            crc = crc16(self._buffer[size - 1 : size], crc)
            if not crc:
                return size
        return 0


class RtuSlavePort:
    """The inverter's end of an RS-485 line in virtual time, with the wire's and the slave's delays.

    Bytes act on the inverter at the time it was last advanced to; the port only knows when its answers arrive.
    """

    def __init__(self, inverter: Inverter, baud: int = 115200):
        self._inverter = inverter
        self._baud = baud
        self._silence_us = silence_us(baud)
        self._response_us = round(1000 * inverter.config.response_ms)
        self._framer = RtuFramer()
        self._heard_us = 0
        self._sent_us = 0

    @property
    def frames(self) -> int:
        """Frames with a good CRC, whoever they were for."""
        return self._framer.frames

    @property
    def bad_crc(self) -> int:
        """Frames dropped for their CRC."""
        return self._framer.bad_crc

    @property
    def garbage_bytes(self) -> int:
        """Bytes that were in no good frame."""
        return self._framer.garbage_bytes

    def wire_us(self, count: int) -> int:
        """Return the time so many bytes take on the wire, rounded up."""
        return -(-count * BITS_PER_BYTE * 1_000_000 // self._baud)

    def receive(self, data: bytes, start_us: int) -> list[tuple[int, bytes]]:
        """Take bytes the master began to send at start_us; return [(time its last byte arrives, answer)].

        Bytes handed over while earlier ones are still on the wire follow those; answers follow one another too.
        """
        if start_us - self._heard_us >= self._silence_us:
            self._framer.silence()
        begin_us = max(start_us, self._heard_us)
        self._heard_us = begin_us + self.wire_us(len(data))
        answers = []
        for count, frame in self._framer.feed(bytes(data)):
            answer = self._inverter.handle_rtu(frame)
            if answer:
                starts_us = max(begin_us + self.wire_us(count) + self._response_us, self._sent_us)
                self._sent_us = starts_us + self.wire_us(len(answer))
                answers.append((self._sent_us, answer))
        return answers
