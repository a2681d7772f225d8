"""The mains feed: pace, order, and what happens to a board that does not read; then the real firmware on it."""

from __future__ import annotations

import asyncio
import socket
import struct
import time

import numpy as np
import pytest
import serial
from timekeeping import on_time
from virtual_board_helpers import HANG_S, Terminal, mpremote, wait_until

from hil.plants.inverter import Inverter, InverterConfig
from hil.plants.inverter.server import LiveInverter, SerialServer
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.mains_feed import MainsFeed
from host_tools.errors import ToolError

SAMPLE_HZ, BLOCK_MS, SAMPLES = 4800, 10, 48
BLOCK_BYTES = 4 + 2 * SAMPLES

pytestmark = pytest.mark.timeout(120)


class Counter:
    """A source whose samples are numbered, so that a missing or torn one shows."""

    def __init__(self):
        self.next = 0

    def __call__(self, n):
        block = (np.arange(self.next, self.next + n) % 30_000).astype(np.int16)
        self.next += n
        return block


def connect(feed: MainsFeed, receive_bytes: int = 65536) -> socket.socket:
    host, port = feed.address.split(":")
    board = socket.socket()
    board.settimeout(HANG_S)
    board.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    board.connect((host, int(port)))
    return board


def read_block(stream) -> tuple[int, np.ndarray]:
    data = stream.read(BLOCK_BYTES)
    assert len(data) == BLOCK_BYTES
    return struct.unpack_from("<I", data)[0], np.frombuffer(data, dtype="<i2", offset=4)


def assert_whole(index: int, block: np.ndarray) -> None:
    assert (block == (np.arange(index * SAMPLES, (index + 1) * SAMPLES) % 30_000)).all()


def test_blocks_come_in_order_and_time_sets_their_number():
    with MainsFeed(Counter(), SAMPLE_HZ, BLOCK_MS, ahead=1000) as feed, connect(feed) as board:
        stream = board.makefile("rb")
        last = -1
        while last < 100:
            index, block = read_block(stream)
            assert_whole(index, block)
            # A block is there when its last sample is, and not before.
            assert time.monotonic() - feed.start_s >= (index + 1) * BLOCK_MS / 1000
            # What a stalled machine makes late is past: the numbers jump, and the feed counts it.
            assert index == last + 1 or last < 0 or index - last - 1 <= feed.counts.dropped
            last = index


def test_a_board_that_does_not_read_loses_whole_blocks():
    with MainsFeed(Counter(), SAMPLE_HZ, BLOCK_MS) as feed, connect(feed, 2048) as board:
        wait_until(lambda: feed.counts.dropped > 20, "drops for a board that does not read")
        stream = board.makefile("rb")
        last, jumped = None, 0
        while jumped < 20:
            index, block = read_block(stream)
            assert_whole(index, block)
            assert last is None or index > last
            jumped += 0 if last is None else index - last - 1
            last = index


def test_a_reset_board_takes_the_place_of_the_old_one():
    with MainsFeed(Counter(), SAMPLE_HZ, BLOCK_MS) as feed, connect(feed) as old:
        read_block(old.makefile("rb"))
        with connect(feed) as new:
            index, block = read_block(new.makefile("rb"))
            assert_whole(index, block)
            while old.recv(4096):
                pass
        sent = feed.counts.sent
        wait_until(lambda: feed.counts.unheard > 2, "blocks for nobody after the board has gone")
        assert feed.counts.sent >= sent


def test_a_source_that_fails_is_reported():
    def broken(_n):
        raise ArithmeticError("of the test")

    with MainsFeed(broken, SAMPLE_HZ, BLOCK_MS) as feed:

        def reported():
            try:
                return feed.counts is None
            except RuntimeError as error:
                return isinstance(error.__cause__, ArithmeticError)

        wait_until(reported, "the failure of the source")


def test_a_block_of_no_whole_samples_is_refused():
    with pytest.raises(ToolError, match="block_ms = 7"):
        MainsFeed(Counter(), 3250, 7)


@on_time()
def test_the_real_firmware_drives_the_inverter_in_real_time():
    """Mains at 49.8 Hz: the board finds the inverter, waits its second, closes the contactor and pushes back."""
    parameters = {"return_delay_ms": 1000, "return_low_mhz": 49000, "baseline_w": 0, "setpoint_ramp_w_s": 100000}
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 49.8)]))
    live = LiveInverter(Inverter(InverterConfig()), 230.0, 49.8)

    async def until(condition, what):
        end_s = time.monotonic() + HANG_S
        while not condition():
            assert time.monotonic() < end_s, f"never came: {what}; {live.requests} requests, {board.status}"
            live.sync()
            await asyncio.sleep(0.05)

    async def play():
        with serial.Serial(board.rs485, 115200, timeout=0) as line:
            server = SerialServer(live, line.fileno())
            server.start()
            try:
                await until(lambda: live.requests > 5, "Modbus requests")
                await until(lambda: board.energised, "the contactor")
                await until(lambda: live.inverter.power_w < -1000, "power out of the vehicle")
            finally:
                server.stop()

    with (
        MainsFeed(wave.block, SAMPLE_HZ, BLOCK_MS) as feed,
        VirtualBoard(parameters=parameters, mains=feed.address) as board,
    ):
        asyncio.run(play())
        assert board.restarts == 0
        assert feed.counts.sent > 20
        with Terminal(board.host) as host:
            host.expect(rb"\0")  # the end of a frame of the link
        # The firmware is a program like any other: Ctrl-C stops it, and the contactor opens.
        assert mpremote(board.console, "resume", "eval", "1").strip() == "1"
        wait_until(lambda: not board.energised, "the contactor's opening")
