"""Cost of a session with an EV: time of each phase, checks and signatures, bytes, and what the control loop felt.

One HANDSHAKE record a session, one V2G record an event of its log; docs/link-protocol.md has the fields.
"""

import gc

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.link import handshake_fields as field
from gridkeel.link import message_ids
from gridkeel.v2g import journal, state_table
from gridkeel.v2g.iso2 import states

if TYPE_CHECKING:
    from gridkeel.link.device import DeviceLink
    from gridkeel.protocols import Board, Connection
    from gridkeel.runtime.health import Health


class Report:
    """Collects one session at a time.

    board: ticks_us(), probes_heap.  link: gridkeel.link.device.DeviceLink.  health: gridkeel.runtime.health.Health.
    """

    def __init__(self, board: "Board", link: "DeviceLink", health: "Health") -> None:
        self._board = board
        self._link = link
        self._health = health
        self._probes_heap = board.probes_heap
        self._row = [0] * field.COUNT
        self._session = 0
        self._asked_us = 0
        self._asked = False
        self._worked_us = 0

    def begin(self, connection: "Connection") -> None:
        """An EV connected."""
        self._session = (self._session + 1) & 0xFFFF
        row = self._row
        for i in range(field.COUNT):
            row[i] = 0
        row[field.SESSION] = self._session
        row[field.SECURED] = 1 if connection.secured else 0
        self._asked = False
        self._health.begin_session()

    def agreed(self, took_us: int, sound: bool) -> None:
        """The TLS handshake is over."""
        self._row[field.TLS_US] = took_us
        if not sound:
            self._row[field.END] = journal.TLS
            self.log(journal.KIND_TLS_FAILED, journal.TLS, journal.OTHER, took_us // 1000)

    def asked(self) -> None:
        """Bytes of a request came in."""
        if not self._asked:
            self._asked = True
            self._asked_us = self._board.ticks_us()

    def worked(self, begun_us: int) -> int:
        """A turn of work, of one slice or several small ones, that began at begun_us is done; return its time."""
        took_us = ticks.diff(self._board.ticks_us(), begun_us)
        row = self._row
        row[field.WORK_US] += took_us
        if took_us > row[field.SLICE_US]:
            row[field.SLICE_US] = took_us
        if self._probes_heap:
            self._probe()
        return took_us

    def answered(self, request: int) -> None:
        """The response to a request (its number in states.py) was handed to the network."""
        took_us = ticks.diff(self._board.ticks_us(), self._asked_us)
        self._asked = False
        phase = states.ROWS[state_table.row_of(states.ROWS, request) + state_table.PHASE]
        at = field.PROTOCOL_US + phase  # the record has a field a phase, in the table's order
        self._row[at] = max(took_us, self._row[at]) if phase == states.IN_LOOP else self._row[at] + took_us

    def event(self, event: "tuple[int, int, int, int]") -> None:
        """Take one event of the session: (kind, subject, detail, number)."""
        kind, subject, detail, number = event
        row = self._row
        if kind == journal.KIND_CERTIFICATE:
            row[field.CHECKS] += 1
            row[field.CHECKS_MS] += number
        elif kind == journal.KIND_SIGNATURE:
            row[field.SIGNATURES] += 1
            row[field.SIGNATURES_MS] += number
        elif kind == journal.KIND_CONTRACT:
            row[field.CONTRACT] = 1
        elif kind == journal.KIND_SESSION and not row[field.END] and journal.PAUSED <= subject <= journal.ENDED:
            row[field.END] = subject
        self.log(kind, subject, detail, number)

    def end(self, connection: "Connection") -> None:
        """The connection is closed: post the record."""
        row = self._row
        row[field.UPTIME_MS] = self._health.uptime_ms
        row[field.BYTES_IN] = connection.bytes_in
        row[field.BYTES_OUT] = connection.bytes_out
        row[field.GAP_US] = self._health.session_gap_us
        self._link.post(message_ids.HANDSHAKE, row)

    def log(self, kind: int, subject: int, detail: int, number: int) -> None:
        """Post one entry of the log."""
        self._link.post(message_ids.ISO15118, (self._health.uptime_ms, self._session, kind, subject, detail, number))

    def _probe(self):
        # What is in use only shows once the garbage is gone; collecting this often is for measuring alone.
        gc.collect()
        used = gc.mem_alloc()
        if used > self._row[field.HEAP_USED]:
            self._row[field.HEAP_USED] = used
