"""Connection of the vehicle that is served: TLS, its session in slices, and a limit to all that waits."""

import asyncio
import sys

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.v2g import journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridkeel.evse.charger import Charger
    from gridkeel.protocols import Board, Connection
    from gridkeel.runtime.handshake import Report
    from gridkeel.runtime.health import Heap
    from gridkeel.v2g.claim import Claim
    from gridkeel.v2g.secc import Secc

READ_BYTES = 512  # the session puts the pieces together
TURN_US = 500  # small slices run in one turn up to this; with one slice more it keeps to 5 ms
ROOM_MS = 2  # between two looks whether the heap has room
LINGER_MS = 5000  # the time an EV has to close a connection whose session is over
WRITE_MS = 5000  # an EV gives up after that at the latest (states.MESSAGES): one that does not read is gone
HANDSHAKE_MS = 12000  # a connection's own limit comes first
REST_MS = 60000  # where nothing has a clock of its own: until something happens
FLIGHT_MS = 10
SILENT_MS = 2000  # an EV that asked gives up after that, where it is the charger's turn; any other has its own turn

_wait_for_ms = asyncio.wait_for_ms  # MicroPython imports it where it is first named: now, and not with the first EV


class ServedConnection:
    """Serves one connection after the other.  connection: the one now, None for none.

    over: its session is over, and the next connection need not wait for its end.  data: what was just read, of whatever
    connection, and handed on at once.  The arguments: see vehicle.Vehicle.
    """

    def __init__(
        self,
        board: "Board",
        charger: "Charger",
        secc: "Secc",
        report: "Report",
        heap: "Heap",
        ask: "Callable[[int], None]",
    ) -> None:
        self._board = board
        self._charger = charger
        self._secc = secc
        self._report = report
        self._heap = heap
        self._ask = ask
        self.connection: "Connection | None" = None
        self.over = False
        self._gone = False
        self.reason = journal.OTHER
        self._last = False
        self._allowed_ms = 0  # of the handshake or the write that is under way, 0 for neither
        self._since_ms = 0
        self._count = 0
        self._last_ms = 0
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._waiting = False
        self.data = bytearray(READ_BYTES)

    def notify(self) -> None:
        """Look at once whether what the session waits for has come."""
        if self._secc.waiting:
            self._wake.set()
        if not self._charger.plugged:
            self._look.set()

    def look(self) -> None:
        """End `rest` now."""
        self._look.set()

    def begin(self, connection: "Connection") -> None:
        """Take a connection; `run` serves it, `close` ends it."""
        self.connection = connection
        self._gone = self.over = False
        self.reason = journal.CLOSED_BY_EV
        self._allowed_ms = 0
        self._last_ms = self._board.ticks_ms()
        self._waiting = False
        self._wake.clear()
        self._look.clear()

    def close(self) -> None:
        """The connection is served."""
        self.connection.close()
        self.connection = None
        self.over = False

    async def run(self, claim: "Claim | None") -> None:
        """Serve the connection until it is over.  claim: what was heard on it already, None for nothing."""
        secc, report, connection = self._secc, self._report, self.connection
        report.begin(connection)
        reading = None
        try:
            if claim is not None or await self._agree():
                now_ms = self._board.ticks_ms()
                secc.connected(connection.secured, now_ms, claim is not None)
                self._look.set()  # its deadline begins
                if claim is not None:
                    secc.receive(claim.receiver.buffer, claim.receiver.end, now_ms)
                reading = asyncio.create_task(self._read(connection))
                await self._converse()
        finally:
            if reading is not None:
                reading.cancel()
            secc.disconnected(self._board.ticks_ms(), self.reason)
            self._report_entries()
            report.end(connection)
            self._look.set()

    # --- what goes on whatever the connection does

    async def rest(self) -> None:
        """Wait until on_deadline must be called, or there is something to look at."""
        left_ms = self._left_ms(self._board.ticks_ms())
        if left_ms:
            try:
                await _wait_for_ms(self._look.wait(), left_ms)
            except asyncio.TimeoutError:
                pass
        self._look.clear()

    def _left_ms(self, now_ms):
        left_ms = self._secc.deadline(now_ms)
        if left_ms < 0:
            left_ms = REST_MS
        if self._allowed_ms:
            left_ms = min(left_ms, max(0, self._allowed_ms - ticks.diff(now_ms, self._since_ms)))
            if not self.writing:
                left_ms = min(left_ms, FLIGHT_MS)  # the flights of a handshake show in the bytes alone
        return left_ms

    def on_deadline(self) -> bool:
        """Look at the clocks, the plug and the progress; return whether there is no point in going on."""
        now_ms = self._board.ticks_ms()
        self._secc.on_deadline(now_ms)
        self._wake.set()
        self._note(now_ms)
        if not self._allowed_ms:
            return False
        late = ticks.diff(now_ms, self._since_ms) >= self._allowed_ms
        if late or not self._charger.plugged:
            self.reason = journal.EV_DOES_NOT_READ if late else journal.UNPLUGGED
            kind = journal.KIND_CLOSED if self.writing else journal.KIND_TLS_FAILED
            self._report.log(kind, self.reason, journal.OTHER, 0)
            return True
        return self._secc.closing and not self._last

    def _note(self, now_ms):
        if self.connection is None:
            return
        # Before its session begins only what was answered counts: whoever trickles bytes gets no further.
        count = self.connection.bytes_out
        if self._secc.ongoing:
            count += self.connection.bytes_in
        if count != self._count or self._secc.asked:
            self._count = count
            self._last_ms = now_ms

    @property
    def writing(self) -> bool:
        """Whether a message is being written; the buffer of its TLS records is in use then."""
        return self._allowed_ms == WRITE_MS

    @property
    def silent(self) -> bool:
        """Whether it was the EV's turn all through the last SILENT_MS, and nothing came."""
        if self.writing:
            return False  # it has its own limit
        now_ms = self._board.ticks_ms()
        self._note(now_ms)
        return ticks.diff(now_ms, self._last_ms) >= SILENT_MS

    # --- one connection

    async def _agree(self):
        if not self.connection.secured:
            return True
        begun_us = self._board.ticks_us()
        self._bound(HANDSHAKE_MS)
        sound = await self.connection.handshake()
        self._bound(0)
        self._report.agreed(ticks.diff(self._board.ticks_us(), begun_us), sound)
        return sound

    async def _write(self, n):
        self._last = self._secc.closing
        self._bound(WRITE_MS)
        sound = await self.connection.write(self._secc.out, n)
        self._bound(0)
        return sound

    def _bound(self, allowed_ms):
        """Something begins that may take so long, 0: it is over."""
        self._allowed_ms, self._since_ms = allowed_ms, self._board.ticks_ms()
        self._note(self._since_ms)
        self._look.set()

    async def _read(self, connection):
        data = self.data
        n = 1
        while n:
            try:
                n = await connection.readinto(data)
                if n:
                    now_ms = self._board.ticks_ms()
                    self._report.asked()
                    self._secc.receive(data, n, now_ms)
                    self._note(now_ms)
            except Exception as error:  # nobody waits for this task: reported here, and it ends this connection alone
                sys.print_exception(error)
                n = 0
            self._gone = not n
            self._wake.set()
            await asyncio.sleep_ms(0)  # the answer goes first, and so does the control loop; whether more came can wait

    async def _converse(self):
        secc = self._secc
        while not self._gone:
            await self._wake.wait()
            self._wake.clear()
            await self._work()
            n = secc.data_to_send(secc.out, self._board.ticks_ms())
            if n:
                if not await self._write(n):
                    return
                self._report.answered(secc.request)
            self._report_entries()
            if secc.closing:
                if n:
                    await self._linger()
                return

    async def _work(self):
        board = self._board
        more = True
        while more:
            while self._heap.short():
                await asyncio.sleep_ms(ROOM_MS)
            more = self._turn()
            if more:
                await asyncio.sleep_ms(board.slice_ms)  # the control loop may have a block waiting
        waiting = self._secc.waiting
        if waiting:
            self._ask(board.ticks_ms())
        if waiting != self._waiting:
            self._waiting = waiting
            self._look.set()  # its deadline is another

    def _turn(self):
        """Do slices for up to TURN_US and one more; return whether there is more to do."""
        board, secc = self._board, self._secc
        begun_us = board.ticks_us()
        more = secc.work(board.ticks_ms())
        # Where a slice is charged a stated time it has a turn of its own.
        while more and not board.slice_ms and ticks.diff(board.ticks_us(), begun_us) < TURN_US:
            more = secc.work(board.ticks_ms())
        self._heap.worked(self._report.worked(begun_us))
        return more

    async def _linger(self):
        # Closed at once, the response that still travels could be lost to the EV; a new EV need not wait for it.
        begun_ms = self._board.ticks_ms()
        self.over = True
        self._secc.disconnected(begun_ms)
        left_ms = LINGER_MS
        while not self._gone and left_ms > 0:
            try:
                await _wait_for_ms(self._wake.wait(), left_ms)
            except asyncio.TimeoutError:
                return
            self._wake.clear()
            left_ms = LINGER_MS - ticks.diff(self._board.ticks_ms(), begun_ms)

    def _report_entries(self):
        while True:
            event = self._secc.take_event()
            if event is None:
                return
            self._report.event(event)
