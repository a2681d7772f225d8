"""Modbus RTU master: one transaction at a time, bytes in and bytes out, no port and no clock of its own.

Source: MODBUS over Serial Line V1.02, 2.5.1.  A frame's length is known from what was asked, so an answer is taken at
its last byte and not at the silence behind it; what does not fit is dropped byte by byte until an answer begins.
"""

from gridkeel import ticks
from gridkeel.errors import ProtocolError
from gridkeel.inverter.modbus import pdu
from gridkeel.inverter.modbus.crc import crc16

NOTHING = 0
ANSWER = 1
EXCEPTION = 2

_RX_SIZE = 256  # the largest RTU frame; an answer is judged before it is longer than the one that was asked for
_SHORTEST = 5  # an exception: unit, function, code, CRC
_DATA = 3  # first register of a read's answer
_COUNTER_MAX = 0x0FFFFFFF  # counters stay small integers, three of them added too


class Master:
    """One master on one line.  Allocates: nothing after construction."""

    def __init__(self):
        self.answers = 0
        self.timeouts = 0
        self.exceptions = 0
        self.bad_frames = 0
        self.dropped_bytes = 0
        self.open = False
        self.exception = 0
        self.sent_ms = 0
        self._rx = bytearray(_RX_SIZE)
        self._fill = 0
        self._need = _SHORTEST
        self._function = 0
        self._address = 0
        self._count = 0
        self._dropping = False
        self._hold = False
        self._heard_ms = 0
        self._hold_ms = 0
        self.configure(1, 200, 115200)

    def configure(self, unit, timeout_ms, baud):
        """Set the unit asked, the time it has for an answer, and the line's rate (11 bits a character)."""
        self._unit = unit
        self._timeout_ms = timeout_ms
        # t3.5 is fixed at 1.75 ms above 19200 Bd and 38.5 bits long below.
        self._quiet_ms = 2 if baud > 19200 else 38500 // baud + 1

    def read(self, out, address, count, now_ms):
        """Open a transaction that reads count registers; return the bytes put in out.  Errors: ProtocolError."""
        self._check_free(now_ms)
        size = pdu.build_read(out, 1, address, count)
        return self._close_frame(out, size, pdu.READ_HOLDING, address, count, now_ms)

    def write(self, out, address, words, first, count, now_ms):
        """Open a transaction that writes words[first:first + count]; return the bytes put in out.

        words: anything indexed that gives 16-bit integers.  Errors: ProtocolError.
        """
        self._check_free(now_ms)
        size = pdu.build_write(out, 1, address, words, first, count)
        return self._close_frame(out, size, pdu.WRITE_MULTIPLE, address, count, now_ms)

    def register(self, i):
        """Return register i of the last read's answer, 0..65535."""
        return pdu.get_u16(self._rx, _DATA + 2 * i)

    def signed(self, i):
        """Return register i of the last read's answer, -32768..32767."""
        return pdu.get_s16(self._rx, _DATA + 2 * i)

    def receive(self, data, n, now_ms):
        """Take in data[0:n]; return ANSWER or EXCEPTION where the open transaction ended with them, else NOTHING."""
        if n <= 0:
            return NOTHING
        if ticks.diff(now_ms, self._heard_ms) > self._quiet_ms:
            self._dropping = False
        self._begin_hold(now_ms)
        for i in range(n):
            if not self.open:
                self._drop(1)
                continue
            self._rx[self._fill] = data[i]
            self._fill += 1
            if self._fill == self._need:
                verdict = self._judge()
                if verdict != NOTHING:
                    if i + 1 < n:
                        self._drop(n - i - 1)
                    return verdict
        return NOTHING

    def ready(self, now_ms):
        """Say whether a request may go out: no transaction open and the line silent for 3.5 characters.

        A line that never falls silent is talked over after one timeout: it is broken anyway, and that must show.
        """
        return not self.open and self.quiet_left(now_ms) == 0

    def quiet_left(self, now_ms):
        """Return the ms until the line counts as silent, were it silent from now on."""
        if not self._hold:
            return 0
        left = self._quiet_ms - ticks.diff(now_ms, self._heard_ms)
        if left <= 0 or ticks.diff(now_ms, self._hold_ms) >= self._timeout_ms:
            self._hold = False
            return 0
        return left

    def timeout_left(self, now_ms):
        """Return the ms the open transaction still has, 0 or more."""
        left = self._timeout_ms - ticks.diff(now_ms, self.sent_ms)
        return left if left > 0 else 0

    def expire(self, now_ms):
        """Close the open transaction where its time is over; return True where that happened."""
        if not self.open or self.timeout_left(now_ms):
            return False
        self.open = False
        self.timeouts = _count(self.timeouts, 1)
        if self._fill:
            self._drop(self._fill)
        self._fill = 0
        self._dropping = False
        self._hold = False
        self._begin_hold(now_ms)
        return True

    def _begin_hold(self, now_ms):
        self._heard_ms = now_ms
        if not self._hold:
            self._hold = True
            self._hold_ms = now_ms

    def _check_free(self, now_ms):
        if not self.ready(now_ms):
            raise ProtocolError("a request while a transaction is open or the line not yet silent")

    def _close_frame(self, out, size, function, address, count, now_ms):
        out[0] = self._unit
        crc = crc16(out, 0, size + 1)
        out[size + 1] = crc & 0xFF
        out[size + 2] = crc >> 8
        self._function = function
        self._address = address
        self._count = count
        self._fill = 0
        self._need = _SHORTEST
        self._dropping = False
        self._hold = False
        self.open = True
        self.sent_ms = now_ms
        return size + 3

    def _judge(self):
        """Look at the bytes held: the end of the transaction, or how many are needed before the next look."""
        while self._fill >= _SHORTEST:
            size = pdu.answer_size(self._rx, 1, self._function, self._count) if self._rx[0] == self._unit else 0
            if size and self._fill < size + 3:
                self._need = size + 3
                return NOTHING
            if size and self._is_answer(size):
                return self._conclude(size + 3)
            self._shift()
        self._need = _SHORTEST
        return NOTHING

    def _is_answer(self, size):
        rx = self._rx
        if crc16(rx, 0, size + 1) != rx[size + 1] | rx[size + 2] << 8:
            return False
        if self._function == pdu.READ_HOLDING or pdu.is_exception(rx, 1):
            return True
        return pdu.echoes(rx, 1, self._address, self._count)

    def _conclude(self, size):
        self.open = False
        self._dropping = False
        if self._fill > size:
            self._drop(self._fill - size)
        self._fill = 0
        if pdu.is_exception(self._rx, 1):
            self.exception = self._rx[2]
            self.exceptions = _count(self.exceptions, 1)
            return EXCEPTION
        self.answers = _count(self.answers, 1)
        return ANSWER

    def _shift(self):
        """Drop bytes up to the next one that could begin an answer."""
        rx = self._rx
        start = 1
        while start < self._fill and rx[start] != self._unit:
            start += 1
        for i in range(start, self._fill):
            rx[i - start] = rx[i]
        self._drop(start)
        self._fill -= start

    def _drop(self, n):
        """Count dropped bytes, and one bad frame for each unbroken run of them."""
        self.dropped_bytes = _count(self.dropped_bytes, n)
        if not self._dropping:
            self.bad_frames = _count(self.bad_frames, 1)
            self._dropping = True


def _count(counter, n):
    return counter + n if counter < _COUNTER_MAX - n else _COUNTER_MAX
