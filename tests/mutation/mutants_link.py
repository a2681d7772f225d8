"""The mutants of the link's device end: frames, questions to the backend, sessions and commands."""

from __future__ import annotations

from mutant import Table

LINK: Table = (
    (
        "link/framing.py",
        ("test_link_frames",),
        (
            ("        if arrived > ENCODED_MAX:", "        if arrived > ENCODED_MAX + 1:"),
            ("            self._overlong = True\n            arrived", "            arrived"),
            ("arrived = self._n + end - start", "arrived = end - start"),
            ("            self.size = 0\n            return n", "            return n"),
            ("        return end + 1", "        return end"),
            ("self.body, self._n, ENCODED_MAX)", "self.body, 0, ENCODED_MAX)"),
            ("overlong = self._overlong\n        self._n = 0\n", "overlong = self._overlong\n"),
            ("        self._overlong = False\n        size", "        size"),
            ("if size < 1 or not self._crc_holds(size):", "if size < 1:"),
            ("if size < 1 or not self._crc_holds(size):", "if not self._crc_holds(size):"),
            ("            self.errors = count_up(self.errors)\n", "            pass\n"),
            ("return count + 1 if count < COUNT_MAX else count", "return count + 1"),
        ),
    ),
    (
        "link/twins.py",
        ("test_link_frames",),
        (
            ("        if at < room:", "        if at <= room:"),
            ("        if at < room:", "        if at + 1 < room:"),
            (
                "        if value == 0:\n            return start",
                "        if value == 0:\n            return start + 1",
            ),
            ("        if end > n:\n            return -1", "        if end > n + 1:\n            return -1"),
        ),
    ),
    (
        "link/backend.py",
        ("test_link_backend",),
        (
            ("if not self.online or not 0 < size <= frames.EXCHANGE_MAX:", "if not 0 < size <= frames.EXCHANGE_MAX:"),
            ("if not self.online or not 0 < size <= frames.EXCHANGE_MAX:", "if not self.online or not 0 < size:"),
            ("or not 0 < size <= min(", "or not 0 <= size <= min("),
            ("min(frames.EXCHANGE_MAX, len(self._room))", "frames.EXCHANGE_MAX"),
            ("if body[7] != 0 or not 0", "if not 0"),
            ("        if offset != self._at or offset + n > self._size:", "        if offset != self._at:"),
            ("        if offset != self._at or offset + n > self._size:", "        if offset + n > self._size:"),
            ("            if offset > self._at and not self._lost:", "            if not self._lost:"),
            ("            if offset > self._at and not self._lost:", "            if offset > self._at:"),
            ("if number == self._number and self.state == FETCHING:", "if self.state == FETCHING:"),
            (
                "            if number == self._number:\n                self._on_answer",
                "            if True:\n                self._on_answer",
            ),
            (
                "            if number == self._number:\n                self._on_want",
                "            if True:\n                self._on_want",
            ),
            ("if offset > self._size or not OFFERED", "if not OFFERED"),
            ("self._at = offset if lost else max(self._at, offset)", "self._at = max(self._at, offset)"),
            ("self._at = offset if lost else max(self._at, offset)", "self._at = offset"),
            ("!= read_u32(self._crc, 0):", "== -1:"),
            (">= frames.EXCHANGE_LIFETIME_MS:", "> frames.EXCHANGE_LIFETIME_MS:"),
            ("self._at - self._wanted >= _HALF_WINDOW", "self._at - self._wanted > _HALF_WINDOW"),
            (
                "        if OFFERED <= self.state <= FETCHING:\n            self.state = FAILED",
                "        if True:\n            self.state = FAILED",
            ),
            ("self._number = self._number % 0xFFFF + 1", "self._number = self._number % 0xFFFF"),
        ),
    ),
    (
        "link/device.py",
        ("test_link_device", "test_link_backend"),
        (
            (
                "ticks.diff(now_ms, self._heard) < self._silence_ms",
                "ticks.diff(now_ms, self._heard) <= self._silence_ms",
            ),
            (
                "if not self._in_session():\n            return\n        self._heard = now_ms\n        if self._back",
                "if self._back",
            ),
            ("            self._open = False\n            self._announcer", "            self._announcer"),
            ("            self._retransmit_ms = min(2 * self._retransmit_ms, frames.RETRANSMIT_MAX_MS)\n", ""),
            (
                "            self._ring.rewind()\n            self._retransmit_ms = min",
                "            self._retransmit_ms = min",
            ),
            (
                "            self._ledger.record_dropped(self._ring.drop_oldest())\n",
                "            self._ring.drop_oldest()\n",
            ),
        ),
    ),
)
