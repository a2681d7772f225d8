"""The connector of a virtual board in real time: levels out, orders in, over a local TCP socket."""

from __future__ import annotations

import contextlib
import socket

from hil.drivers.connector_frames import ORDERS, Orders

_READ_BYTES = 4096


class ConnectorPort:
    """Serves one board at a time, as a context manager; the newest connection is the board (it was reset).

    address: "127.0.0.1:port" for GRIDKEEL_CONNECTOR.  orders: what the board drives; at reset while none is there.
    """

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.orders = Orders()
        self._board: socket.socket | None = None
        self._unread = b""
        self._reported = b""

    def __enter__(self) -> ConnectorPort:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._hang_up()
        self._server.close()

    def exchange(self, levels: bytes) -> Orders:
        """Tell the board a change of levels and return its newest orders; waits for nothing."""
        with contextlib.suppress(BlockingIOError):
            while True:
                board, _address = self._server.accept()
                self._hang_up()
                board.setblocking(False)
                board.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._board = board
        if self._board is not None:
            try:
                self._read(self._board)
                self._write(self._board, levels)
            except OSError:
                self._hang_up()
        return self.orders

    def _read(self, board: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            data = board.recv(_READ_BYTES)
            if not data:
                raise ConnectionError("the board is down")
            self._unread += data
        whole = len(self._unread) // ORDERS.size * ORDERS.size
        if whole:
            self.orders = Orders.unpack(self._unread[whole - ORDERS.size : whole])
            self._unread = self._unread[whole:]

    def _write(self, board: socket.socket, levels: bytes) -> None:
        if levels == self._reported:
            return
        # A frame either fits whole or not at all: a board that does not read for so long is being reset.
        with contextlib.suppress(BlockingIOError):
            if board.send(levels) != len(levels):
                raise ConnectionError("the board does not read")
            self._reported = levels

    def _hang_up(self) -> None:
        if self._board is not None:
            self._board.close()
        self._board = None
        self._unread = self._reported = b""
        self.orders = Orders()
