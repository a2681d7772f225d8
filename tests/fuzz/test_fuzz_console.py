"""Garbage on the virtual board's console: its hardware process survives, and it answers mpremote afterwards."""

from __future__ import annotations

import itertools
import os
import random
import select
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hil.virtual_board import VirtualBoard

SEED = 20250428
STREAM_BYTES = 1_000_000
HANG_S = 120.0
QUIET_S = 4.0

pytestmark = pytest.mark.timeout(240)


MAIN = """\
import asyncio


async def main():
    while True:
        await asyncio.sleep_ms(5)


asyncio.run(main())
"""


@pytest.fixture
def board(tmp_path):
    (tmp_path / "firmware" / "gridkeel").mkdir(parents=True)
    (tmp_path / "firmware" / "boot.py").write_text("")
    (tmp_path / "firmware" / "main.py").write_text(MAIN)
    with VirtualBoard(firmware=tmp_path / "firmware") as board:
        yield board


class Client:
    """Writes to the console as fast as it takes, and reads whatever comes, as a serial client does."""

    def __init__(self, port: str) -> None:
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.heard = 0

    def close(self) -> None:
        os.close(self._fd)

    def clean_up(self) -> None:
        """Type what leaves whatever the garbage had begun, until the prompt answers."""
        end_s = time.monotonic() + HANG_S
        for number in itertools.count():
            self.send(b"\r\x03\x03\x02\r\x03print('cleaned', %d)\r" % number)
            # The console answers in order: behind this prompt nothing is left of what was typed before.
            last = b"cleaned %d\n>>> " % number
            heard = self.listen(last)
            if heard.endswith(last):
                return
            assert time.monotonic() < end_s, f"no prompt any more; {heard[-300:]!r}"

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        end_s = time.monotonic() + HANG_S
        while view:
            assert time.monotonic() < end_s, f"the console takes no more, {len(view)} bytes left"
            readable, writable, _ = select.select([self._fd], [self._fd], [], 1.0)
            if readable:
                self.heard += len(os.read(self._fd, 65536))
            if writable:
                view = view[os.write(self._fd, view[:4096]) :]

    def listen(self, wanted: bytes) -> bytes:
        """Return what comes until that ends with `wanted`, or the board is quiet for longer than any of its pauses."""
        heard = b""
        while not heard.endswith(wanted) and select.select([self._fd], [], [], QUIET_S)[0]:
            heard += os.read(self._fd, 65536)
        self.heard += len(heard)
        return heard


def assert_answers(board: VirtualBoard) -> None:
    """mpremote gets through, twice, once a human's Ctrl-C Ctrl-B has ended what the garbage had begun."""
    for number in (17, 18):
        command = [sys.executable, "-m", "mpremote", "connect", board.console, "resume", "eval", f"{number} * 2"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert done.stdout.strip() == str(number * 2), done
    assert board.status.running


def garbage(rng: random.Random, size: int) -> bytes:
    """Random bytes, one in ten of them out of what a console gives a meaning to."""
    meant = b"\x01\x02\x03\x04\x05\r\n\t\x1b[A>>>import os"
    return bytes(rng.choice(meant) if rng.random() < 0.1 else byte for byte in rng.randbytes(size))


def test_a_million_bytes_of_garbage_leave_a_board_that_answers(board, record_property):
    client = Client(board.console)
    start_s = time.monotonic()
    try:
        client.send(garbage(random.Random(SEED), STREAM_BYTES))
        took_s = time.monotonic() - start_s
        client.clean_up()
    finally:
        client.close()
    status = board.status
    assert client.heard > 0
    assert_answers(board)
    record_property("garbage_s", round(took_s, 1))
    print(f"{STREAM_BYTES} bytes in {took_s:.1f} s, {client.heard} bytes back, {status}")


def test_any_bytes_leave_a_board_that_answers(board):
    client = Client(board.console)
    control = st.sampled_from([b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x05A\x01", b"\r", b"\x1b[A", b"\xff"])
    pieces = st.lists(st.one_of(control, st.binary(max_size=64)), max_size=40).map(b"".join)

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(pieces)
    def feed(data):
        client.send(data)
        assert board.status.boots >= 1  # raises where the board's hardware failed

    try:
        feed()
        client.clean_up()
    finally:
        client.close()
    assert_answers(board)
