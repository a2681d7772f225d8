"""Devices of register maps, by their manuals and not by the firmware: a HYD-3PH, and two that are made up."""

from sunspec_slave import crc, signed16


class Registers:
    """A register slave at unit 1 that refuses what its manual does not have; writes: [(ms, address, words)]."""

    BLOCKS = {}  # what is written together: first address: registers

    def __init__(self):
        self.words = {}
        self.writes = []
        self.frozen = {}  # address: what it is whatever is written
        self.mute = False

    def handle(self, frame, now):
        assert frame[-2:] == crc(frame[:-2])
        if self.mute or frame[0] != 1:
            return b""
        self.pass_time(now)
        pdu = self._answer(frame[1:-2], now)
        return bytes((1,)) + pdu + crc(bytes((1,)) + pdu)

    def _answer(self, pdu, now):
        function, address, count = pdu[0], pdu[1] << 8 | pdu[2], pdu[3] << 8 | pdu[4]
        if function == 3:
            raw = bytearray((3, 2 * count))
            for at in range(address, address + count):
                if at not in self.words:
                    return bytes((0x83, 2))
                raw.append(self.words[at] >> 8)
                raw.append(self.words[at] & 0xFF)
            return bytes(raw)
        if function != 16 or self.BLOCKS.get(address) != count:
            return bytes((function | 0x80, 2))
        words = [pdu[6 + 2 * i] << 8 | pdu[7 + 2 * i] for i in range(count)]
        self.writes.append((now, address, words))
        for i in range(count):
            self.words[address + i] = self.frozen.get(address + i, words[i])
        self.written(address, now)
        return pdu[:5]

    def pass_time(self, now):
        """Let time pass up to a request."""

    def written(self, address, now):
        """A block was written."""

    def lay(self, first, *words):
        for i in range(len(words)):
            self.words[first + i] = words[i] & 0xFFFF


class Hyd(Registers):
    """HYD 5...20K-3PH: battery power between two set-points in passive mode, standby when the line is silent.

    kept_by_reads: any frame to it restarts its timeout, as the maker says it; else a write alone does.
    """

    BLOCKS = {0x1110: 1, 0x1184: 2, 0x1187: 6}
    kept_by_reads = True

    def __init__(self, serial="SP1ES120N6A0042"):
        super().__init__()
        text = (serial + "\0" * 16)[:16]
        self.lay(0x0445, *[ord(text[i]) << 8 | ord(text[i + 1]) for i in range(0, 16, 2)])
        self.lay(0x0404, 2, 0, 0, 0, 0, 0)  # on the grid, no fault
        self.lay(0x0604, 5000, 0, 0, 25, 62, 99, 17, 0, 0, 0)
        self.lay(0x1110, 0)  # self use
        self.lay(0x1184, 0, 1)
        self.lay(0x1187, 0, 0, 0xFFFF, 0x8000, 0, 0x7FFF)
        self.standby = False
        self._heard_ms = 0

    def s32(self, address):
        value = self.words[address] << 16 | self.words[address + 1]
        return value - (1 << 32) if value >> 31 else value

    def pass_time(self, now):
        timeout_ms = 1000 * self.words[0x1184]
        if timeout_ms and now - self._heard_ms > timeout_ms and self.words[0x1185] == 0:
            self.standby = True
        self.words[0x0606] = int(self.battery_w() / 10) & 0xFFFF

    def _answer(self, pdu, now):
        if self.kept_by_reads:
            self._heard_ms = now
        return super()._answer(pdu, now)

    def written(self, address, now):
        self._heard_ms = now
        self.standby = False

    def battery_w(self):
        """The battery's power, charging positive: as near to none as the window lets it."""
        if self.words[0x1110] != 3 or self.standby:
            return 0
        return max(self.s32(0x1189), min(self.s32(0x118B), 0))


class Beating(Registers):
    """A made-up device: power positive out of it in 0.1 W, low registers first, a counter to be moved within 3 s."""

    BLOCKS = {10: 3, 20: 1, 30: 1}

    def __init__(self):
        super().__init__()
        self.lay(100, 0x4245, 0x4154, 7, 0, 0, 0, 0)
        self.lay(10, 0, 0, 0)
        self.lay(20, 0)
        self.lay(30, 0)
        self.lay(40, 0, 0, 0, 0, 0)
        self._moved_ms = 0
        self._beat = 0

    def s32(self, address):
        value = self.words[address + 1] << 16 | self.words[address]
        return value - (1 << 32) if value >> 31 else value

    def pass_time(self, now):
        alive = now - self._moved_ms <= 3000
        out_dw = self.s32(11) if alive and self.words[10] == 1 and self.words[20] == 5 else 0
        self.lay(40, out_dw & 0xFFFF, (out_dw >> 16) & 0xFFFF)

    def written(self, address, now):
        if address == 30 and self.words[30] != self._beat:
            self._beat = self.words[30]
            self._moved_ms = now

    def power_w(self):
        return -self.s32(40) / 10


class Lasting(Registers):
    """A made-up device: each setting, in 10 W, comes with the time it lasts, in 0.1 s."""

    BLOCKS = {10: 2}

    def __init__(self):
        super().__init__()
        self.lay(100, 0x4245, 0x4154, 7, 0, 0, 0, 0)
        self.lay(10, 0, 0)
        self.lay(40, 0, 0, 0, 0, 0)
        self._set_ms = 0

    def pass_time(self, now):
        self.words[40] = int(self.power_w(now) / 10) & 0xFFFF

    def written(self, address, now):
        self._set_ms = now

    def power_w(self, now):
        return 10 * signed16(self.words[10]) if now - self._set_ms <= 100 * self.words[11] else 0


def measured_w(slave):
    """What a Hyd's power register says, in W."""
    return 10 * signed16(slave.words[0x0606])
