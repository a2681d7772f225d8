"""Questions and answers between both real ends, over a line that loses, doubles and damages bytes."""

from __future__ import annotations

import random

import pytest
from bad_link import Line

from gridkeel.link import backend, frames
from gridkeel.link.device import DeviceLink
from host_tools.link import events
from host_tools.link.host import HostLink

STEP_MS = 10


class Pair:
    """A device with a backend, a host, and both directions of a line at 115200 Bd."""

    def __init__(self, seed: int = 1, damage: float = 0.0) -> None:
        self.rng = random.Random(seed)
        self.backend = backend.Backend()
        self.device = DeviceLink(b"gk-1", 7, 16, self.backend)
        self.host = HostLink()
        self.up, self.down = Line(self.rng), Line(self.rng)
        self.up.damage = self.down.damage = damage
        self.now_ms = 0
        self.out = bytearray(512)
        self.asked: list[events.Asked] = []
        self.answers: dict[bytes, bytes | None] = {}

    def step(self) -> None:
        self.now_ms += STEP_MS
        now_s = 50.0 + self.now_ms / 1000
        self._device()
        self.host.receive(self.up.read(), now_s)
        if now_s >= self.host.deadline():
            self.host.on_deadline(now_s)
        for event in self.host.events():
            if isinstance(event, events.Asked):
                self.asked.append(event)
                if event.data in self.answers:
                    assert self.host.answer(event.number, self.answers[event.data])
        self.down.write(self.host.data_to_send())

    def _device(self) -> None:
        data = self.down.read()
        self.device.receive(data, len(data), self.now_ms)
        if self.device.deadline(self.now_ms) == 0:
            self.device.on_deadline(self.now_ms)
        while n := self.device.data_to_send(self.out, self.now_ms):
            self.up.write(bytes(self.out[:n]))

    def until(self, done, most_ms: int = 60_000) -> int:
        """Step until it is done; return how many ms that took."""
        begun = self.now_ms
        while not done():
            assert self.now_ms - begun < most_ms
            self.step()
        return self.now_ms - begun

    def connect(self) -> None:
        self.until(lambda: self.host.connected and self.backend.online)

    def ask(self, data: bytes, answer: bytes | None) -> int:
        """Put a question; return the ms until its answer is there or it has failed."""
        self.answers[data] = answer
        self.backend.ask(backend.KINDS[0], data, bytearray(frames.EXCHANGE_MAX), self.now_ms)
        return self.until(lambda: self.backend.answer is not None or self.backend.failed)


@pytest.mark.parametrize(
    ("asked", "answered", "most_ms"), [(1, 1, 100), (1200, 4134, 900), (frames.EXCHANGE_MAX, frames.EXCHANGE_MAX, 2500)]
)
def test_a_clean_line_carries_it_well_within_its_lifetime(asked: int, answered: int, most_ms: int):
    pair = Pair()
    pair.connect()
    question, answer = pair.rng.randbytes(asked), pair.rng.randbytes(answered)
    assert pair.ask(question, answer) <= most_ms
    assert pair.backend.answer == answer
    (event,) = pair.asked
    assert (event.kind, event.data, event.device_id) == ("CertificateInstallationReq", question, "gk-1")


@pytest.mark.parametrize("seed", range(6))
def test_a_transfer_over_a_bad_line_is_whole_or_reported_as_failed(seed: int):
    pair = Pair(seed, damage=0.06)
    pair.connect()
    ends = []
    for number in range(12):
        question, answer = pair.rng.randbytes(1 + number * 300), pair.rng.randbytes(1 + number * 400)
        took_ms = pair.ask(question, answer)
        assert took_ms <= frames.EXCHANGE_LIFETIME_MS + 2 * STEP_MS
        if not pair.backend.failed:
            assert pair.backend.answer == answer
        ends.append(pair.backend.failed)
    assert ends.count(False) >= 6
    assert len({event.number for event in pair.asked}) == len(pair.asked)


def test_a_missing_answer_is_reported_at_once():
    pair = Pair()
    pair.connect()
    assert pair.ask(b"?", None) < 200
    assert pair.backend.failed
    assert pair.ask(b"again?", b"yes") < 200
    assert pair.backend.answer == b"yes"


def test_a_host_that_goes_or_restarts_ends_it():
    pair = Pair()
    pair.connect()
    pair.backend.ask(backend.KINDS[0], bytes(5000), bytearray(frames.EXCHANGE_MAX), pair.now_ms)
    for _ in range(5):
        pair.step()
    pair.up.cut = pair.down.cut = True
    assert pair.until(lambda: pair.backend.failed) <= frames.EXCHANGE_LIFETIME_MS
    pair.up.cut = pair.down.cut = False
    pair.host = HostLink()
    pair.backend.online = False
    pair.connect()
    pair.backend.ask(backend.KINDS[0], bytes(5000), bytearray(frames.EXCHANGE_MAX), pair.now_ms)
    for _ in range(5):
        pair.step()
    pair.host = HostLink()
    assert pair.until(lambda: pair.backend.failed) < frames.EXCHANGE_LIFETIME_MS - 500
    assert not pair.asked
    assert pair.ask(b"?", b"!") < 200


def test_a_slow_answer_comes_too_late_for_the_old_number_and_harms_no_new_one():
    pair = Pair()
    pair.connect()
    pair.backend.ask(backend.KINDS[0], b"slow", bytearray(frames.EXCHANGE_MAX), pair.now_ms)
    pair.until(lambda: pair.backend.failed)
    (slow,) = pair.asked
    assert pair.ask(b"quick", b"!") < 200
    assert not pair.host.answer(slow.number, b"late")
    assert pair.backend.answer == b"!"
    with pytest.raises(ValueError, match="outside 1"):
        pair.host.answer(slow.number, bytes(frames.EXCHANGE_MAX + 1))
