"""Many controllers in one process: the firmware's own end of the link, each behind a pty of its own.

python tests/bench/uplink_controllers.py COUNT RATE_HZ SECONDS prints the ports as one JSON line, produces once every
link is open and a line came on standard input, and ends with one JSON line of what was produced, acknowledged, dropped.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import select
import sys
import time
import tty

from gridkeel.link import message_ids, messages
from gridkeel.link.device import DeviceLink

SLOTS = 64  # the firmware's own
OPEN_S = 120.0
SETTLE_S = 60.0
_FIELDS = len(messages.fields_of(message_ids.TELEMETRY))
_OK = messages.names_of("RESULTS").index("ok")
_OUT = bytearray(4096)


def now_ms() -> int:
    return int(time.monotonic() * 1000) & 0x3FFFFFFF


class Controller:
    """One controller."""

    def __init__(self, number: int) -> None:
        self.link = DeviceLink(b"gk-%04d" % number, number + 1, SLOTS)
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self.slave)
        self.posted = 0

    def read(self) -> None:
        data = os.read(self.master, 4096)
        self.link.receive(data, len(data), now_ms())
        while (command := self.link.next_command()) is not None:
            self.link.answer(command[1][0], _OK)
        self.write()

    def post(self) -> None:
        at_ms = now_ms()
        self.posted += 1
        self.link.post(message_ids.TELEMETRY, (at_ms, 50_012_000, *[self.posted & 1] * (_FIELDS - 2)))

    def write(self) -> int:
        """Send what there is; return the ms until something is due."""
        at_ms = now_ms()
        if self.link.deadline(at_ms) == 0:
            self.link.on_deadline(at_ms)
        count = self.link.data_to_send(_OUT, at_ms)
        if count:
            with contextlib.suppress(BlockingIOError):  # nobody reads: lost on the line
                os.write(self.master, _OUT[:count])
        return max(1, self.link.deadline(at_ms))


class Controllers:
    """All controllers, a poll object and a heap of what is due."""

    def __init__(self, count: int) -> None:
        self.controllers = [Controller(number) for number in range(count)]
        self._by_descriptor = {one.master: one for one in self.controllers}
        self._poll = select.epoll()
        for descriptor in self._by_descriptor:
            self._poll.register(descriptor, select.EPOLLIN)
        start_s = time.monotonic()
        self._due = [(start_s + number / count, number) for number in range(count)]
        heapq.heapify(self._due)

    def run(self, until, period_s: float = 0.0) -> None:
        """Run until `until()`; with a period every controller posts once in it."""
        next_s = {}
        if period_s:
            begin_s, count = time.monotonic(), len(self.controllers)
            next_s = {number: begin_s + period_s * number / count for number in range(count)}
        while not until():
            now_s = time.monotonic()
            while self._due[0][0] <= now_s:
                _at_s, number = heapq.heappop(self._due)
                one = self.controllers[number]
                while number in next_s and next_s[number] <= now_s:
                    next_s[number] += period_s
                    one.post()
                wait_s = one.write() / 1000
                due_s = min(now_s + wait_s, next_s.get(number, now_s + 1.0))
                heapq.heappush(self._due, (due_s, number))
            for descriptor, _events in self._poll.poll(max(0.0, self._due[0][0] - time.monotonic())):
                self._by_descriptor[descriptor].read()

    @property
    def all_open(self) -> bool:
        return all(one.link.connected(now_ms()) for one in self.controllers)

    def total(self, name: str) -> int:
        return sum(getattr(one.link, name) for one in self.controllers)


def main(count: int, rate_hz: float, seconds: float) -> None:
    fleet = Controllers(count)
    print(json.dumps([one.port for one in fleet.controllers]), flush=True)
    end_s = time.monotonic() + OPEN_S
    look_s = 0.0

    def opened() -> bool:
        nonlocal look_s
        if time.monotonic() < look_s:
            return False
        look_s = time.monotonic() + 0.2
        return fleet.all_open or time.monotonic() > end_s

    fleet.run(opened)
    print(json.dumps({"open": fleet.all_open}), flush=True)
    sys.stdin.readline()
    end_s = time.monotonic() + seconds
    fleet.run(lambda: time.monotonic() >= end_s, 1 / rate_hz)
    print(json.dumps({"produced": fleet.total("produced")}), flush=True)
    end_s = time.monotonic() + SETTLE_S
    fleet.run(
        lambda: time.monotonic() >= end_s or fleet.total("acked") + fleet.total("dropped") >= fleet.total("produced")
    )
    figures = {name: fleet.total(name) for name in ("produced", "acked", "dropped")}
    print(json.dumps(figures), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
