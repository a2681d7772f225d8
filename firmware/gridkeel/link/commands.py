"""Ledger of the host's commands: each is taken once, answered once, and remembered for a while after that.

The ledger holds the last COMMANDS_REMEMBERED ids of one host session:

    FREE -> QUEUED -> TAKEN -> ANSWERED -> LOST -> ANSWERED ...
                        \\-> ORPHAN -> FREE

LOST: the record with the answer fell out of the ring before the host had it, so the next repeat of the id posts it
again. ORPHAN: the host session that asked is over; the answer is nobody's and must not meet a new session's ids.
"""

from array import array
from struct import calcsize, unpack_from

from gridkeel.link import packed
from gridkeel.link.frames import COMMAND_PAYLOAD_MAX, COMMANDS_REMEMBERED

FREE = 0
QUEUED = 1
TAKEN = 2
ORPHAN = 3
ANSWERED = 4
LOST = 5

# what accept found
NEW = 0
KNOWN = 1  # a repeat; its answer is still to come, or on its way
ANSWER_LOST = 2  # a repeat whose answer must be posted again: at `found`
STRANGE = 3  # a new id, but no row of our table: taken, and to be answered "unknown"
NO_ROOM = 4


class Ledger:
    """Allocates after construction: nothing but the tuple of take."""

    def __init__(self) -> None:
        self.found = 0
        self._next = 0
        self._states = bytearray(COMMANDS_REMEMBERED)
        self._ids = array("H", [0] * COMMANDS_REMEMBERED)
        self._messages = bytearray(COMMANDS_REMEMBERED)
        self._payloads = bytearray(COMMANDS_REMEMBERED * COMMAND_PAYLOAD_MAX)
        self.answer_messages = bytearray(COMMANDS_REMEMBERED)
        self.answer_firsts = bytearray(COMMANDS_REMEMBERED)  # RESULT: result; PARAMETER: index
        self.answer_values = array("i", [0] * COMMANDS_REMEMBERED)  # PARAMETER: value
        self._sequences = array("I", [0] * COMMANDS_REMEMBERED)
        self._formats = {message: "<" + codes.decode() for message, codes in packed.COMMANDS}
        self._sizes = {message: calcsize(layout) for message, layout in self._formats.items()}

    def accept(self, message: int, buf: bytearray, at: int, n: int) -> int:
        """Note a command whose row is buf[at:at + n], n >= 2, its id first and not 0; return what it is."""
        command = buf[at] | buf[at + 1] << 8
        known = self._find(command)
        if known >= 0:
            self.found = known
            return ANSWER_LOST if self._states[known] == LOST else KNOWN
        i = self._next
        if self._states[i] == QUEUED:
            return NO_ROOM
        self._next = (i + 1) % COMMANDS_REMEMBERED
        self._ids[i] = command
        self._messages[i] = message
        if self._sizes.get(message, -1) != n:
            self._states[i] = TAKEN
            return STRANGE
        for k in range(n):
            self._payloads[i * COMMAND_PAYLOAD_MAX + k] = buf[at + k]
        self._states[i] = QUEUED
        return NEW

    def take(self) -> tuple | None:
        """Return (message, values) of the command that waited longest, or None."""
        for k in range(COMMANDS_REMEMBERED):
            i = (self._next + k) % COMMANDS_REMEMBERED
            if self._states[i] == QUEUED:
                self._states[i] = TAKEN
                message = self._messages[i]
                return message, unpack_from(self._formats[message], self._payloads, i * COMMAND_PAYLOAD_MAX)
        return None

    def claim(self, command: int) -> int:
        """Return the place of a command that was taken and waits for its answer, -1 where an answer must not go out."""
        for i in range(COMMANDS_REMEMBERED):
            if self._ids[i] == command and self._states[i] == ORPHAN:
                self._states[i] = FREE
                return -1
        i = self._find(command)
        return i if i >= 0 and self._states[i] == TAKEN else -1

    def answered(self, i: int, message: int, first: int, value: int, sequence: int) -> None:
        """Remember the answer at place i and the record that carries it."""
        self.answer_messages[i] = message
        self.answer_firsts[i] = first
        self.answer_values[i] = value
        self.posted(i, sequence)

    def posted(self, i: int, sequence: int) -> None:
        self._sequences[i] = sequence
        self._states[i] = ANSWERED

    def record_dropped(self, sequence: int) -> None:
        """Note that a record left the ring without reaching the host."""
        for i in range(COMMANDS_REMEMBERED):
            if self._states[i] == ANSWERED and self._sequences[i] == sequence:
                self._states[i] = LOST

    def abandon(self) -> None:
        """Forget a host session: what it queued is not executed, what was taken is answered to nobody."""
        for i in range(COMMANDS_REMEMBERED):
            if self._states[i] == TAKEN:
                self._states[i] = ORPHAN
            elif self._states[i] != ORPHAN:
                self._states[i] = FREE

    def _find(self, command):
        for i in range(COMMANDS_REMEMBERED):
            if self._ids[i] == command and self._states[i] != FREE and self._states[i] != ORPHAN:
                return i
        return -1
