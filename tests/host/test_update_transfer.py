"""A stream from the host's link to the device's, on a line of 115200 Bd in virtual time that loses bytes and breaks."""

from __future__ import annotations

import random

import pytest
from update_line import BYTES_A_MS, Line

from gridkeel.link import download as device_download
from gridkeel.link import frames
from gridkeel.link.download import Download
from gridkeel.update import refusals
from host_tools.link import layouts

PIECE = 4096


def stream(n: int) -> bytes:
    return random.Random(n).randbytes(n)


def test_a_stream_arrives_as_it_is_at_nine_tenths_of_the_lines_speed() -> None:
    line, data = Line(), stream(60_000)
    line.connect()
    begun_ms = line.now_ms
    line.host.offer(data)
    ended = line.finish()
    assert (bytes(line.taken), ended.code, ended.sent) == (data, refusals.NONE, len(data))
    assert len(data) / (line.now_ms - begun_ms) > 0.8 * BYTES_A_MS


@pytest.mark.parametrize("seed", range(5))
def test_a_line_that_loses_bytes_delays_a_stream_and_changes_nothing(seed: int) -> None:
    line, data = Line(loss=0.0005, seed=seed), stream(40_000)
    line.connect()
    line.host.offer(data)
    ended = line.finish()
    assert (bytes(line.taken), ended.code) == (data, refusals.NONE)


def test_a_slow_device_is_waited_for_and_sent_nothing_twice() -> None:
    line, data = Line(), stream(20_000)
    line.most = 20  # 4 kB a second
    line.connect()
    line.host.offer(data)
    ended = line.finish()
    assert (bytes(line.taken), ended.sent) == (data, len(data))


def test_a_device_that_works_for_seconds_is_not_given_up() -> None:
    line, data = Line(), stream(20_000)
    line.connect()
    line.host.offer(data)
    line.run(300)
    line.most = 0
    line.run(20_000)
    assert not line.ended
    line.most = 1 << 30
    assert line.finish().code == refusals.NONE
    assert bytes(line.taken) == data


def test_twenty_disconnections_send_at_most_a_piece_each_again() -> None:
    rng, line, data = random.Random(3), Line(), stream(120_000)
    sent = 0
    for _ in range(20):
        line.connect()
        line.host.offer(data)
        line.run(rng.randint(20, 700))
        sent += line.unplug()
    line.connect()
    line.host.offer(data)
    ended = line.finish()
    sent += ended.sent
    assert (bytes(line.taken), ended.code) == (data, refusals.NONE)
    print(f"sent again: {sent - len(data)} bytes")
    assert sent - len(data) <= 20 * PIECE


@pytest.mark.parametrize("size", [0, 1 << 30])
def test_a_stream_of_no_size_or_of_an_absurd_one_is_rejected(size: int) -> None:
    download = Download()
    download.session(True)
    body = bytearray(layouts.update_offer(99, 5, size))
    assert download.on_frame(body, len(body), 0)
    assert download.state == device_download.CLOSED
    out = bytearray(frames.WIRE_MAX)
    assert download.sendable() and download.send(out, 0) > 0


def test_a_host_that_offers_nothing_leaves_a_device_alone() -> None:
    line = Line()
    line.connect()
    line.run(5000)
    assert line.download.state == device_download.IDLE and not line.ended
