"""Mains samples for the virtual board in real time: blocks over a local TCP socket, as a DMA'd ADC gives them.

A block on the wire is its index (32 bits, little-endian) and its int16 samples, little-endian. Time does not wait
for the board: a block it had no room for is gone, and the next index shows it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import ToolError

BlockSource = Callable[[int], NDArray[np.int16] | None]

BLOCKS_AHEAD = 100  # of socket buffer: a desktop that pauses for a second, as it does for Java, loses no samples by it
LATE_S = 1.0  # blocks later than this (the machine slept) are past: no ADC would still deliver them

_HEADER = struct.Struct("<I")


@dataclass(frozen=True)
class FeedCounts:
    """Blocks of the mains so far: given to a board, lost because it did not read, lost because none was there."""

    sent: int
    dropped: int
    unheard: int


class MainsFeed:
    """Serves one board at a time, as a context manager; the newest connection is the board (it was reset).

    address: "127.0.0.1:port" for GRIDKEEL_MAINS.  start_s: monotonic time of the first sample.
    source: asked for each block in turn; None is a block that the ADC loses.
    ahead: how many blocks a slow board may lie behind.
    """

    def __init__(self, source: BlockSource, sample_hz: int, block_ms: int, ahead: int = BLOCKS_AHEAD) -> None:
        if sample_hz * block_ms % 1000:
            raise ToolError(f"block_ms = {block_ms} is no whole number of samples at sample_hz = {sample_hz}")
        self.samples = sample_hz * block_ms // 1000
        self._source = source
        self._ahead = ahead
        self._block_s = block_ms / 1000
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._board: socket.socket | None = None
        self._rest = b""
        self._sent = self._dropped = self._unheard = 0
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._feed, name="mains feed", daemon=True)

    def __enter__(self) -> MainsFeed:
        self.start_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._hang_up()
        self._server.close()

    @property
    def counts(self) -> FeedCounts:
        """The counts now.  Errors: RuntimeError where the source of the blocks failed."""
        if self._error:
            raise RuntimeError("the mains feed failed") from self._error
        return FeedCounts(self._sent, self._dropped, self._unheard)

    def _feed(self) -> None:
        index = 0
        try:
            while True:
                # A block is there when its last sample is; every due time counts from the start, so none drifts.
                due_s = self.start_s + (index + 1) * self._block_s
                if self._stopping.wait(max(0.0, due_s - time.monotonic())):
                    return
                samples = self._source(self.samples)
                self._accept()
                if samples is not None:
                    block = _HEADER.pack(index & 0xFFFFFFFF) + np.asarray(samples, dtype="<i2").tobytes()
                    self._give(block, time.monotonic() - due_s)
                index += 1
        except Exception as error:  # raised by `counts`: a thread has no caller
            self._error = error
            self._hang_up()

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                board, _address = self._server.accept()
                self._hang_up()
                board.setblocking(False)
                board.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                board.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._ahead * (_HEADER.size + 2 * self.samples))
                self._board = board

    def _give(self, block: bytes, late_s: float) -> None:
        if self._board is None:
            self._unheard += 1
            return
        try:
            self._rest = self._rest[self._send(self._board, self._rest) :]
            if self._rest or late_s > LATE_S:
                self._dropped += 1
                return
            # Once its first byte is on the wire a block must follow whole, or the board would lose its place.
            taken = self._send(self._board, block)
            if taken:
                self._rest = block[taken:]
                self._sent += 1
            else:
                self._dropped += 1
        except OSError:
            self._hang_up()
            self._unheard += 1

    @staticmethod
    def _send(board: socket.socket, data: bytes) -> int:
        if not data:
            return 0
        try:
            return board.send(data)
        except BlockingIOError:
            return 0

    def _hang_up(self) -> None:
        if self._board:
            self._board.close()
        self._board = None
        self._rest = b""
