"""The intake in virtual time: a real DeviceLink on one side, the queue file on the other."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gridkeel.link import message_ids, messages
from gridkeel.link.device import DeviceLink
from host_tools.contract.dedupe import Dedupe
from host_tools.contract.topics import level, record_leaf, split, topic
from host_tools.uplink.birth import Birth
from host_tools.uplink.events import ControllerDown, ControllerUp
from host_tools.uplink.intake import Intake, link_into
from host_tools.uplink.queue import Queue

_FIELDS = len(messages.fields_of(message_ids.TELEMETRY))


class IntakeSetup:
    """A device, an intake and a clock; `step` moves bytes both ways and time on."""

    def __init__(self, queue: Queue, device: DeviceLink | None = None) -> None:
        self.device = device or DeviceLink(b"gk-v", 3, 256)
        self.births: list[Birth] = []
        self.losses: list[str] = []
        self.lines: list[str] = []
        self.intake = Intake(link_into(queue), queue, say=self.lines.append)
        self.now_s = 1.0
        self.cut = False

    def step(self, count: int = 1) -> None:
        out = bytearray(4096)
        for _ in range(count):
            self.now_s += 0.05
            now_ms = round(self.now_s * 1000)
            self.device.on_deadline(now_ms)
            n = self.device.data_to_send(out, now_ms)
            if not self.cut:
                self.intake.receive(bytes(out[:n]), self.now_s)
            self.intake.on_deadline(self.now_s)
            self.intake.commit()
            self._take_events()
            back = self.intake.data_to_send()
            if not self.cut:
                self.device.receive(back, len(back), now_ms)

    def _take_events(self) -> None:
        for event in self.intake.events():
            if isinstance(event, ControllerUp):
                self.births.append(event.birth)
            elif isinstance(event, ControllerDown):
                self.losses.append(event.reason)

    def post(self, count: int) -> None:
        for _ in range(count):
            self.device.post(message_ids.TELEMETRY, [1] * _FIELDS)


def _sequences(queue: Queue) -> list[int]:
    return [stored.entry.sequence for stored in queue.take(10_000)]


def test_records_are_stored_before_they_are_acknowledged(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        setup = IntakeSetup(queue)
        setup.post(100)
        setup.step(3)
        assert setup.births[0].device == "gk-v"
        assert {"name": "freq_uhz", "unit": "uHz"} in setup.births[0].table["telemetry"]
        for _ in range(50):
            setup.step()
            assert setup.device.acked <= len(queue)
        assert _sequences(queue) == list(range(1, 101))
        assert setup.device.acked == 100
        assert (setup.intake.counts.received, setup.intake.counts.stored) == (100, 100)
        record = json.loads(queue.take(1)[0].entry.payload)
        assert (record["device"], record["boot"], record["sequence"], record["state"]) == ("gk-v", 3, 1, "run")


def test_a_full_queue_is_reported_once_and_the_device_keeps_its_records(tmp_path: Path):
    with Queue(tmp_path / "q.db", max_rows=40) as queue:
        setup = IntakeSetup(queue)
        setup.post(100)
        setup.step(100)
        assert len(queue) == setup.device.acked <= 40
        assert setup.device.dropped == 0
        assert len(setup.lines) == 1
        assert "is full" in setup.lines[0]
        assert not setup.losses
        seen = []
        for _ in range(200):
            seen += _sequences(queue)
            queue.done([stored.id for stored in queue.take(100)])
            setup.step()
        assert seen == list(range(1, 101))
        assert setup.lines[1:] == ["queue has room again"]


def test_a_new_uplink_goes_on_where_the_old_one_left_off(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        old = IntakeSetup(queue)
        old.post(50)
        old.step(5)
        old.intake.receive(b"", old.now_s)
        new = IntakeSetup(queue, old.device)
        new.now_s = old.now_s
        new.post(50)
        new.step(50)
        assert _sequences(queue) == list(range(1, 101))


def test_a_silent_line_detaches_and_comes_back(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        setup = IntakeSetup(queue)
        setup.step(5)
        setup.cut = True
        setup.step(120)
        assert setup.losses == ["link lost"]
        assert setup.intake.connected is None
        setup.cut = False
        setup.post(10)
        setup.step(60)
        assert len(setup.births) == 2
        assert _sequences(queue) == list(range(1, 11))


def test_what_the_device_had_to_drop_is_counted(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        setup = IntakeSetup(queue)
        setup.step(5)
        setup.cut = True
        setup.post(300)
        setup.cut = False
        setup.step(60)
        counts = setup.intake.counts
        assert counts.missing == setup.device.dropped > 0
        assert counts.missing + counts.stored == setup.device.produced


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_noise_on_the_line_is_survived(noise: list[bytes]):
    import tempfile

    with tempfile.TemporaryDirectory() as folder, Queue(Path(folder) / "q.db") as queue:
        setup = IntakeSetup(queue)
        setup.post(20)
        for burst in noise:
            setup.intake.receive(burst, setup.now_s)
            setup.step()
        setup.step(60)
        assert _sequences(queue) == list(range(1, 21))


@given(st.text(max_size=40))
def test_any_device_name_is_one_safe_topic_level(name: str):
    made = topic(name, "telemetry")
    assert split(made) == (level(name), "telemetry")
    assert not set(level(name)) & set("+#/\0")
    assert record_leaf(name) not in ("cmd", "status", "birth", "ack")


@given(st.lists(st.integers(1, 60), max_size=200))
def test_dedupe_is_a_set_within_its_memory(sequences: list[int]):
    dedupe, seen = Dedupe(), set()
    for sequence in sequences:
        assert dedupe.is_new("d", 1, sequence) == (sequence not in seen)
        seen.add(sequence)
    assert dedupe.doubled == len(sequences) - len(seen)


def test_dedupe_is_bounded():
    dedupe = Dedupe(recent=100, boots=10)
    for sequence in range(1, 100_000, 3):
        assert dedupe.is_new("d", 1, sequence)
    assert all(len(boot.above) <= 100 for boot in dedupe._seen.values())
    for boot in range(100):
        dedupe.is_new("d", boot, 1)
    assert len(dedupe._seen) == 10
