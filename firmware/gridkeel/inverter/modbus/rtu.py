"""Modbus RTU master: one transaction at a time, bytes in and bytes out, no port and no clock of its own.

Source: MODBUS over Serial Line V1.02, 2.5.1.  A frame's length is known from what was asked, so an answer is taken at
its last byte and not at the silence behind it; what does not fit is dropped byte by byte until an answer begins.

An RTU answer carries no transaction number: unit, function and length are all that ties it to a request. So the next
request waits until no answer to the one before can come, and a read that follows an unanswered one has another length.
"""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.errors import ProtocolError
from gridkeel.inverter.modbus import frame, pdu
from gridkeel.inverter.modbus.frame import crc16
from gridkeel.inverter.modbus.pdu import build_write

if TYPE_CHECKING:
    from array import array

    from gridkeel.inverter.interface import Buffer

NOTHING = 0
ANSWER = 1
EXCEPTION = 2

_RX_SIZE = 256  # the largest RTU frame; an answer is judged before it is longer than the one that was asked for
_SHORTEST = 5  # an exception: unit, function, code, CRC
_DATA = 3  # first register of a read's answer
_LATE_MS = 1500  # an answer later than this is not waited for: the slowest devices known take a little over a second
_COUNTER_MAX = 0x0FFFFFFF  # counters stay small integers, three of them added too


class Master:
    """One master on one line.  Allocates: nothing after construction.

    patient: while an unanswered read may yet be answered, the next one is waited for as long.  slow: the device was
    seen to take longer than its timeout.  echoes: the bad frames that were our own request, heard on a two-wire line.
    stray: since `forget` an answer to another read than the open one came, late or for the second time; 1 while the
    open one has no answer, then 2.  careful: no request goes out before all answers to the one before must have come.
    """

    def __init__(self) -> None:
        self.answers = 0
        self.timeouts = 0
        self.exceptions = 0
        self.bad_frames = 0
        self.dropped_bytes = 0
        self.echoes = 0
        self.open = False
        self.patient = False
        self.stray = 0
        self.careful = False
        self.slow = False
        self.exception = 0
        self.sent_ms = 0
        self._rx = bytearray(_RX_SIZE)
        self._fill = 0
        self._need = _SHORTEST
        self._function = 0
        self._address = 0
        self._count = 0
        self._first = _DATA  # the first register asked for, after the lead
        self._patience_ms = 0  # twice the longest time of the last answers
        self._missed = False  # the last request was not answered
        self._late = 0  # registers of the last read that was not answered
        self._late_ms = 0
        self._dropping = False
        self._hold = False
        self._heard_ms = 0
        self._hold_ms = 0
        self.configure(1, 200, 115200)

    def configure(self, unit: int, timeout_ms: int, baud: int) -> None:
        """Set the unit asked, the time it has for an answer, and the line's rate (11 bits a character)."""
        self._unit = unit
        self._timeout_ms = timeout_ms
        # t3.5 is fixed at 1.75 ms above 19200 Bd and 38.5 bits long below.
        self._quiet_ms = 2 if baud > 19200 else 38500 // baud + 1

    def forget(self, careful: bool = False) -> None:
        """Be patient, and careful or not: the device may be another one, or another than it was."""
        self.patient = True
        self.careful = careful
        self.stray = 0
        self._missed = True

    def trust(self) -> None:
        """Be patient and careful no more: the device is known."""
        self.patient = self.careful = False

    def read(self, out: bytearray, address: int, count: int, now_ms: int, lead: int = 0) -> int:
        """Open a transaction that reads count registers; return the bytes put in out.  Errors: ProtocolError.

        lead: registers before them that are read too, for another length, and passed over.
        """
        self._check_free(now_ms)
        size = pdu.build_read(out, 1, address - lead, count + lead)
        self._first = _DATA + 2 * lead
        return self._close_frame(out, size, pdu.READ_HOLDING, address - lead, count + lead, now_ms)

    def lead(self, address: int, count: int, now_ms: int) -> int:
        """Return the lead that sets a read apart from an unanswered one whose answer may yet come."""
        return 1 if count == self._late and address and ticks.diff(now_ms, self._late_ms) < _LATE_MS else 0

    def write(self, out: bytearray, address: int, words: "array[int]", first: int, count: int, now_ms: int) -> int:
        """Open a transaction that writes words[first:first + count]; return the bytes put in out.

        words: array('H').  Errors: ProtocolError.
        """
        self._check_free(now_ms)
        size = build_write(out, 1, address, words, first, count)
        return self._close_frame(out, size, pdu.WRITE_MULTIPLE, address, count, now_ms)

    def register(self, i: int) -> int:
        """Return register i of the last read's answer, 0..65535."""
        return pdu.get_u16(self._rx, self._first + 2 * i)

    def copy(self, words: "array[int]", n: int) -> None:
        """Put the first n registers of the last read's answer into words, without a call for each."""
        rx = self._rx
        at = self._first
        for i in range(n):
            words[i] = rx[at] << 8 | rx[at + 1]
            at += 2

    def signed(self, i: int) -> int:
        """Return register i of the last read's answer, -32768..32767."""
        return pdu.signed(self.register(i))

    def receive(self, data: "Buffer", n: int, now_ms: int) -> int:
        """Take in data[0:n]; return ANSWER or EXCEPTION where the open transaction ended with them, else NOTHING."""
        if n <= 0:
            return NOTHING
        if ticks.diff(now_ms, self._heard_ms) > self._quiet_ms:
            self._dropping = False
        self._begin_hold(now_ms)
        if not self.open:
            self._drop(n)
            return NOTHING
        rx = self._rx
        at = 0
        while at < n:
            fill = self._fill
            end = min(n, at + self._need - fill)
            for i in range(at, end):
                rx[fill] = data[i]
                fill += 1
            self._fill = fill
            at = end
            if fill == self._need:
                verdict = self._judge(now_ms)
                if verdict != NOTHING:
                    if at < n:
                        self._drop(n - at)
                    return verdict
        return NOTHING

    def ready(self, now_ms: int) -> bool:
        """Say whether a request may go out: no transaction open and the line silent for 3.5 characters.

        A line that never falls silent is talked over after one timeout: it is broken anyway, and that must show.
        """
        return not self.open and (not (self._hold or self.careful) or self.quiet_left(now_ms) == 0)

    def quiet_left(self, now_ms: int) -> int:
        """Return the ms until the line counts as silent, were it silent from now on."""
        if self.careful:
            late_ms = ticks.diff(now_ms, self.sent_ms)
            if late_ms < _LATE_MS:
                return _LATE_MS - late_ms
        if not self._hold:
            return 0
        left = self._quiet_ms - ticks.diff(now_ms, self._heard_ms)
        if left <= 0 or ticks.diff(now_ms, self._hold_ms) >= self._timeout_ms:
            self._hold = False
            return 0
        return left

    def timeout_left(self, now_ms: int, urgent: bool = False) -> int:
        """Return the ms the open transaction still has, 0 or more.

        A device that left the last request unanswered may have become slow: it has the whole time then.  urgent: what
        is to be sent next does not wait longer than the device's last answers took.
        """
        wait_ms = max(self._patience_ms, self._timeout_ms)
        long = self._missed and not urgent
        if self.patient:
            wait_ms = max(wait_ms, 2 * self._timeout_ms)
            long = self._missed or self._is_late()
        if long:
            wait_ms = max(wait_ms, _LATE_MS)
        left = wait_ms - ticks.diff(now_ms, self.sent_ms)
        return left if left > 0 else 0

    def expire(self, now_ms: int, urgent: bool = False) -> bool:
        """Close the open transaction where its time is over; return True where that happened."""
        if not self.open or self.timeout_left(now_ms, urgent):
            return False
        self.open = False
        if self.stray == 1:
            self.stray = 0  # that was its answer, grown too long
        # What came while nothing else was due was the answer, damaged: it will not come late.
        if self._missed or self._is_late() or not (self._dropping or self._fill):
            self._missed = True
            if self._function == pdu.READ_HOLDING:
                self._late = self._count
                self._late_ms = self.sent_ms
        self.timeouts = _count(self.timeouts, 1)
        if self._fill:
            self._drop(self._fill)
        self._fill = 0
        self._dropping = False
        self._hold = False
        self._begin_hold(now_ms)
        return True

    def _is_late(self):
        """Say whether, as the open request went out, an unanswered read might yet have been answered."""
        return self._late != 0 and ticks.diff(self.sent_ms, self._late_ms) < _LATE_MS

    def _begin_hold(self, now_ms):
        self._heard_ms = now_ms
        if not self._hold:
            self._hold = True
            self._hold_ms = now_ms

    def _check_free(self, now_ms):
        if (self.open or self._hold or self.careful) and not self.ready(now_ms):
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

    def _judge(self, now_ms):
        """Look at the bytes held: the end of the transaction, or how many are needed before the next look."""
        while self._fill >= _SHORTEST:
            size = pdu.answer_size(self._rx, 1, self._function, self._count) if self._rx[0] == self._unit else 0
            if size and self._fill < size + 3:
                self._need = size + 3
                return NOTHING
            if size and frame.is_answer(self._rx, size, self._function, self._address, self._count):
                return self._conclude(size + 3, now_ms)
            size = frame.echo_size(self._rx, self._fill, self._unit, self._function, self._address, self._count)
            if self._fill < size:
                self._need = size
                return NOTHING
            if size and crc16(self._rx, 0, size) == 0:
                self._shift(size)
                self._dropping = False
                self.echoes = _count(self.echoes, 1)
            else:
                # An answer, to a read of another length.
                other = self._rx[2] != 2 * self._count and self._rx[2] % 2 == 0
                if other and self._rx[0] == self._unit and self._rx[1] == self._function == pdu.READ_HOLDING:
                    self.stray = self.stray or 1
                self._shift(self._next())
        self._need = _SHORTEST
        return NOTHING

    def _conclude(self, size, now_ms):
        # The longest time counts at once; shorter ones lower it by an eighth each.
        took_ms = 2 * ticks.diff(now_ms, self.sent_ms)
        if took_ms < self._patience_ms:
            took_ms = self._patience_ms - ((self._patience_ms - took_ms) >> 3)
        self._patience_ms = min(took_ms, _LATE_MS)
        self.slow = took_ms > 2 * self._timeout_ms
        self._missed = False
        self.open = False
        self.stray = min(2 * self.stray, 2)
        self._dropping = False
        if self._fill > size:
            self._drop(self._fill - size)
        self._fill = 0
        if self._rx[1] & pdu.EXCEPTION_BIT:
            self.exception = self._rx[2]
            self.exceptions = _count(self.exceptions, 1)
            return EXCEPTION
        self.answers = _count(self.answers, 1)
        return ANSWER

    def _next(self):
        """Return where, behind the first of them, the bytes held could begin an answer."""
        start = 1
        while start < self._fill and self._rx[start] != self._unit:
            start += 1
        return start

    def _shift(self, n):
        """Drop n bytes of those held."""
        rx = self._rx
        for i in range(n, self._fill):
            rx[i - n] = rx[i]
        self._drop(n)
        self._fill -= n

    def _drop(self, n):
        """Count dropped bytes, and one bad frame for each unbroken run of them."""
        self.dropped_bytes = _count(self.dropped_bytes, n)
        if not self._dropping:
            self.bad_frames = _count(self.bad_frames, 1)
            self._dropping = True


def _count(counter, n):
    return counter + n if counter < _COUNTER_MAX - n else _COUNTER_MAX
