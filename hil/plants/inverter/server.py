"""The inverter in real time: a Modbus TCP server and an RTU slave on a serial port, both on asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable

from hil.plants.inverter import modbus
from hil.plants.inverter.model import Inverter
from hil.plants.inverter.rtu_port import RtuFramer, silence_us
from host_tools.errors import MissingError, ToolError

_MBAP_SIZE = 7
_LENGTH_MIN, _LENGTH_MAX = 2, 254  # MBAP length: unit and a PDU of 1..253 bytes
_ANY_UNIT = (0, 255)  # "not significant" in Modbus TCP
_CLIENTS_MAX = 16  # a field device has fewer; more are turned away
_IDLE_S = 300.0  # a client silent for longer loses its place
_SERIAL_CHUNK = 4096
_USB_GAP_S = 0.02  # a USB adapter holds bytes back for up to 16 ms, so a shorter gap proves no silence


class LiveInverter:
    """An inverter whose time is the clock's, at constant mains."""

    def __init__(
        self,
        inverter: Inverter,
        voltage_v: float = 230.0,
        freq_hz: float = 50.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.inverter = inverter
        self.voltage_v = voltage_v
        self.freq_hz = freq_hz
        self.requests = 0
        self._clock = clock
        self._start_s = clock()

    def sync(self) -> None:
        """Advance the inverter to the present."""
        self.inverter.advance(self._clock() - self._start_s, self.voltage_v, self.freq_hz)

    def answer_pdu(self, unit: int, pdu: bytes) -> bytes:
        """Return the answer PDU at the present; for another unit what a gateway answers."""
        self.sync()
        self.requests += 1
        if unit != self.inverter.config.unit and unit not in _ANY_UNIT:
            return modbus.exception(pdu[0], modbus.GATEWAY_TARGET_SILENT)
        return self.inverter.handle_tcp(pdu)

    def answer_frame(self, frame: bytes) -> bytes:
        """Return the answer to an RTU frame at the present."""
        self.sync()
        self.requests += 1
        return self.inverter.handle_rtu(frame)

    @property
    def response_s(self) -> float:
        """The device's turnaround time."""
        return self.inverter.config.response_ms / 1000.0


class TcpServer:
    """A Modbus TCP server for several clients."""

    def __init__(self, live: LiveInverter):
        self._live = live
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task, asyncio.StreamWriter] = {}

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen, port 0 on a free one, and return host and port.  Errors: ToolError where they cannot be had."""
        try:
            self._server = await asyncio.start_server(self._client, host, port)
        except OSError as error:
            message = f"cannot listen on {host}:{port}: {_reason(error)}; port 0 takes a free one"
            raise ToolError(message) from error
        return self._server.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        """Close the listening socket and every connection."""
        if self._server:
            self._server.close()
        for writer in self._clients.values():
            writer.transport.abort()
        if self._clients:
            await asyncio.wait(self._clients)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._clients) >= _CLIENTS_MAX:
            writer.close()
            return
        self._clients[task] = writer
        try:
            await _serve_client(self._live, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass  # the client went away
        finally:
            del self._clients[task]
            writer.close()


async def _serve_client(live: LiveInverter, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one client's requests in their order until it goes or sends what is no Modbus TCP."""
    while True:
        async with asyncio.timeout(_IDLE_S):
            header = await reader.readexactly(_MBAP_SIZE)
            length = int.from_bytes(header[4:6], "big")
            if header[2:4] != b"\0\0" or not _LENGTH_MIN <= length <= _LENGTH_MAX:
                return
            pdu = await reader.readexactly(length - 1)
        await asyncio.sleep(live.response_s)
        unit = header[6]
        answer = live.answer_pdu(unit, pdu)
        writer.write(header[:4] + (len(answer) + 1).to_bytes(2, "big") + bytes((unit,)) + answer)
        async with asyncio.timeout(_IDLE_S):
            await writer.drain()


class SerialServer:
    """An RTU slave on an open, raw tty (serial port or pseudo-terminal) given by its file descriptor."""

    def __init__(self, live: LiveInverter, fd: int, baud: int = 115200):
        self._live = live
        self._fd = fd
        self._gap_s = max(silence_us(baud) / 1e6, _USB_GAP_S)
        self._framer = RtuFramer()
        self._heard_s = 0.0
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Begin to listen; `lost` is done when the port goes away."""
        os.set_blocking(self._fd, False)
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    def stop(self) -> None:
        """Stop listening; the descriptor stays the caller's."""
        asyncio.get_running_loop().remove_reader(self._fd)

    @property
    def framer(self) -> RtuFramer:
        """The framer with its counters."""
        return self._framer

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _SERIAL_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.stop()
            if not self.lost.done():
                self.lost.set_exception(MissingError("the serial port went away; plug it in and start again"))
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard_s > self._gap_s:
            self._framer.silence()
        self._heard_s = loop.time()
        for _count, frame in self._framer.feed(data):
            loop.call_later(self._live.response_s, self._answer, frame)

    def _answer(self, frame: bytes) -> None:
        # A line that takes no more bytes, or is gone, loses the answer: the master's timeout covers both.
        with contextlib.suppress(OSError):
            os.write(self._fd, self._live.answer_frame(frame))


def _reason(error: OSError) -> str:
    number = error.errno or 0
    return (
        os.strerror(number) if number > 0 else error.strerror or str(error)
    ).lower()  # a failed look-up has no errno
