"""The host link on the chip's own console (USB): for boards without a free UART.

Ctrl-C is an octet of a frame here, so the console no longer stops the program: SERVICE held to ground at reset does.
"""

import select
import sys

import micropython

from gridkeel import TYPE_CHECKING
from gridkeel.boards.chip import readable

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer, WritableBuffer


class ConsolePort:
    """Bytes of sys.stdin and sys.stdout; what the host does not take is dropped."""

    def __init__(self) -> None:
        micropython.kbd_intr(-1)
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._ready = select.poll()
        self._ready.register(self._out, select.POLLOUT)
        self._one = bytearray(1)
        self.dropped = 0

    def write(self, data: "Buffer", n: int) -> None:
        if self._ready.poll(0):
            self.dropped += n - (self._out.write(data, n) or 0)
        else:
            self.dropped += n

    async def readinto(self, data: "WritableBuffer") -> int:
        await readable(self._in)
        n = 0
        while n < len(data) and self._poll.poll(0):  # a console gives one octet without waiting, never several
            self._in.readinto(self._one)
            data[n] = self._one[0]
            n += 1
        return n
