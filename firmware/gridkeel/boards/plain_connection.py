"""A vehicle's TCP connection: what the session task reads and writes."""

import asyncio

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from socket import socket

    from gridkeel.protocols import Buffer, Closable, WritableBuffer

_IPPROTO_TCP = 6
_TCP_NODELAY = 1


class PlainConnection:
    """One accepted socket.  secured: False."""

    secured = False

    def __init__(self, accepted: "socket") -> None:
        set_up(accepted)
        self._socket = accepted
        self.bytes_in = 0
        self.bytes_out = 0

    async def handshake(self) -> bool:
        """There is none to make."""
        return True

    async def readinto(self, buffer: "WritableBuffer") -> int:
        """Wait for bytes and return how many came, 0 where the connection is over."""
        while True:
            await readable(self._socket)
            try:
                n = self._socket.readinto(buffer)
            except OSError:
                return 0
            if n is not None:
                self.bytes_in += n
                return n

    async def write(self, buffer: "Buffer", n: int) -> bool:
        """Hand over n bytes, in one piece where the socket takes it; return False where the connection is over.

        It waits as long as the vehicle does not read: whoever calls bounds that, and cancels it.
        """
        if not await write_all(self._socket, buffer, n):
            return False
        self.bytes_out += n
        return True

    def close(self) -> None:
        """End the connection."""
        drop(self._socket)


def set_up(accepted: "socket") -> None:
    """Make a socket not wait and send each message at once."""
    accepted.setblocking(False)
    accepted.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)


def drop(opened: "Closable") -> None:
    """Close a socket or a stream, whatever state it is in."""
    try:
        opened.close()
    except OSError:
        pass


def readable(opened: "socket") -> "Generator[None, None, None]":
    """Wait until a socket has something to read."""
    yield asyncio.core._io_queue.queue_read(opened)


def _writable(opened):
    yield asyncio.core._io_queue.queue_write(opened)


async def write_all(opened: "socket", buffer: "Buffer", n: int) -> bool:
    """Write n bytes of buffer to a socket; return False where the connection is over."""
    view = memoryview(buffer)
    done = 0
    while done < n:
        try:
            taken = opened.write(view[done:n])
        except OSError:
            return False
        if taken:
            done += taken
        else:
            await _writable(opened)
    return True
