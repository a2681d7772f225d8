"""Both ends of the link, a line between them that damages what it carries, and the books that prove the promises."""

from __future__ import annotations

import random
from collections import defaultdict

from gridkeel.link import frames, message_ids, messages
from gridkeel.link.device import DeviceLink
from host_tools.link.events import Answered, Connected, Gap, Record, Reset
from host_tools.link.host import HostLink

DEVICE_ID = b"gk-world"
STEP_MS = 10
LINE_BYTES = 115200 // 10 * STEP_MS // 1000  # what the line carries in a step


class Line:
    """One direction: keeps order; loses, flips, doubles and inserts bytes with a probability a chunk."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.damage = 0.0
        self.cut = False
        self._bytes = bytearray()

    def write(self, data: bytes) -> None:
        self._bytes += data

    def read(self) -> bytes:
        chunk = bytearray(self._bytes[:LINE_BYTES])
        del self._bytes[:LINE_BYTES]
        if self.cut:
            return b""
        if chunk and self.rng.random() < self.damage:
            self._spoil(chunk)
        return bytes(chunk)

    def _spoil(self, chunk: bytearray) -> None:
        kind = self.rng.randrange(4)
        at = self.rng.randrange(len(chunk))
        end = self.rng.randrange(at, len(chunk)) + 1
        if kind == 0:
            del chunk[at:end]
        elif kind == 1:
            chunk[at] ^= 1 << self.rng.randrange(8)
        elif kind == 2:
            chunk += chunk[at:]
        else:
            chunk[at:at] = self.rng.randbytes(self.rng.randrange(1, 300))


class BadLink:
    """Device, host, lines and a disk; `check` holds everything the contract promises against the books."""

    def __init__(self, seed: int, slots: int = 32) -> None:
        self.rng = random.Random(seed)
        self.slots = slots
        self.now_ms = 0x3FFFFFFF - 20_000  # the tick wraps twenty seconds in
        self.now_s = 100.0
        self.to_host = Line(self.rng)
        self.to_device = Line(self.rng)
        self.commit_chance = 0.3
        self.boot = 0
        self.devices: dict[int, DeviceLink] = {}
        self.posted: dict[int, list[int]] = defaultdict(list)  # boot: the value in record sequence - 1
        self.disk: dict[int, list[int]] = defaultdict(list)  # boot: sequences in the order they were committed
        self.gaps: dict[int, set[int]] = defaultdict(set)
        self.uncommitted: list[Record] = []
        self.asked: dict[int, int] = {}  # token: command id, of the present host
        self.tokens = 0
        self.executed: dict[int, int] = defaultdict(int)
        self.ended: dict[int, Answered] = {}
        self.resets = 0
        self.reboot()
        self.restart_host()

    def reboot(self) -> None:
        self.boot += 1
        self.device = self.devices[self.boot] = DeviceLink(DEVICE_ID, self.boot, self.slots)

    def restart_host(self) -> None:
        """A new process: what was not committed is forgotten, and so is every command that was asked."""
        self.uncommitted.clear()
        self.asked.clear()
        self.host = HostLink(lambda _device, boot: max(self.disk[boot], default=0))
        self.last: tuple[int, int] | None = None

    def post(self, count: int) -> None:
        for _ in range(count):
            value = self.rng.randrange(-(1 << 31), 1 << 31)
            self.device.post(message_ids.FAULT_EVENT, [0, 1, 0, value])

    def ask(self, timeout_s: float = 1e9) -> int:
        self.tokens += 1
        self.asked[self.tokens] = self.host.command("setpoint", timeout_s=timeout_s, power_w=self.tokens, lifetime_ms=1)
        return self.tokens

    def run(self, ms: int) -> None:
        for _ in range(ms // STEP_MS):
            self.now_ms = (self.now_ms + STEP_MS) & 0x3FFFFFFF
            self.now_s += STEP_MS / 1000
            self._step_device()
            self._step_host()

    def settle(self) -> None:
        """Run over a sound line until nothing is left to say."""
        self.to_host.damage = self.to_device.damage = 0.0
        self.to_host.cut = self.to_device.cut = False
        self.commit_chance = 1.0
        for _ in range(60):
            self.run(500)
            idle = self.device.acked + self.device.dropped == self.device.produced and not self.asked
            if idle and self.host.connected and not self.uncommitted:
                return
        raise AssertionError("the link did not settle within 30 s of a sound line")

    def check(self) -> None:
        for boot, device in self.devices.items():
            stored, gap = self.disk[boot], self.gaps[boot]
            assert stored == sorted(set(stored)), "a record was stored twice or out of order"
            assert not gap & set(stored), "a record was called lost and stored"
            assert len(gap) <= device.dropped, "the device counted fewer drops than there are gaps"
            assert device.produced == device.acked + device.dropped + self._held(device)
            if stored:
                assert set(range(1, stored[-1] + 1)) == set(stored) | {n for n in gap if n <= stored[-1]}
        everything = set(self.disk[self.boot]) | self.gaps[self.boot]
        assert everything == set(range(1, self.device.produced + 1)), "a record is neither stored nor counted as lost"
        assert all(count == 1 for count in self.executed.values()), "a command was executed twice"
        for token, answer in self.ended.items():
            assert answer.error is not None or self.executed[token] == 1

    def _held(self, device: DeviceLink) -> int:
        return device._ring.next - device._ring.oldest

    def _step_device(self) -> None:
        data = self.to_device.read()
        self.device.receive(data, len(data), self.now_ms)
        command = self.device.next_command()
        while command is not None:
            message, values = command
            assert message == message_ids.SETPOINT
            self.executed[values[1]] += 1
            self.device.answer(values[0], values[1] % len(messages.names_of("RESULTS")))
            command = self.device.next_command()
        if self.device.deadline(self.now_ms) == 0:
            self.device.on_deadline(self.now_ms)
        out = bytearray(frames.WIRE_MAX * self.rng.randrange(1, 5))
        self.to_host.write(bytes(out[: self.device.data_to_send(out, self.now_ms)]))

    def _step_host(self) -> None:
        self.host.receive(self.to_host.read(), self.now_s)
        if self.host.deadline() <= self.now_s:
            self.host.on_deadline(self.now_s)
        for event in self.host.events():
            self._note(event)
        if self.uncommitted and self.rng.random() < self.commit_chance:
            self._commit()
        self.to_device.write(self.host.data_to_send())

    def _commit(self) -> None:
        for record in self.uncommitted:
            self.disk[record.boot_id].append(record.sequence)
        last = self.uncommitted[-1]
        self.uncommitted.clear()
        self.host.acknowledge(last.sequence, last.boot_id)

    def _note(self, event: object) -> None:
        if isinstance(event, Record):
            place = (event.boot_id, event.sequence)
            assert self.last is None or place > self.last, "handed out twice or out of order by one host"
            self.last = place
            self.uncommitted.append(event)
        elif isinstance(event, Gap):
            self.gaps[event.boot_id].update(range(event.first, event.last + 1))
        elif isinstance(event, Answered):
            self._note_answer(event)
        elif isinstance(event, Reset):
            assert event.new_boot_id > event.boot_id
            self.resets += 1
        else:
            assert isinstance(event, Connected) or type(event).__name__ == "Lost", event

    def _note_answer(self, event: Answered) -> None:
        (token,) = [token for token, command_id in self.asked.items() if command_id == event.command_id]
        assert token not in self.ended, "a command ended twice"
        self.ended[token] = event
        del self.asked[token]
        if event.error is None:
            assert event.values["result"] == token % len(messages.names_of("RESULTS"))
