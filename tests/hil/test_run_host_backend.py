"""The bench's host answers what the board asks, at the bench's own time of day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridkeel.link import backend, frames
from gridkeel.link.device import DeviceLink
from hil.rigs.recorder import Recorder
from hil.rigs.run_host import START_UNIX_S, RunHost
from host_tools.uplink.queue import Queue

QUESTION = bytes(range(256)) * 8
STEP_US = 10_000


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue(tmp_path / "q.db") as made:
        yield made


def test_a_question_is_answered_in_virtual_time(queue: Queue):
    asked: list[tuple[str, bytes, float]] = []

    def answering(kind: str, data: bytes, unix_s: float) -> bytes:
        asked.append((kind, data, unix_s))
        return data[::-1]

    host = RunHost(queue, 460800, [], Recorder(), lambda _birth: None, 1, backend=answering)
    asker = backend.Backend()
    device = DeviceLink(b"gk-b", 5, backend=asker)
    out = bytearray(512)
    waiting: list[tuple[int, bytes]] = []
    for now_us in range(0, 3_000_000, STEP_US):
        now_ms = now_us // 1000
        while waiting and waiting[0][0] <= now_us:
            data = waiting.pop(0)[1]
            device.receive(data, len(data), now_ms)
        if now_us == 2_000_000:
            asker.ask(backend.KINDS[1], QUESTION, bytearray(frames.EXCHANGE_MAX), now_ms)
        device.on_deadline(now_ms)
        while n := device.data_to_send(out, now_ms):
            host.from_board(bytes(out[:n]), now_us)
        said = host.to_board(now_us)
        if said is not None:
            waiting.append(said)
    assert asker.answer == QUESTION[::-1]
    ((kind, data, unix_s),) = asked
    assert (kind, data) == (backend.KINDS[1], QUESTION)
    assert START_UNIX_S + 2 <= unix_s < START_UNIX_S + 3
