"""Keeps in the journal what must survive a power cut, and sees that the host gets the records of earlier boots.

Kept at once: fault events, entries of the ISO 15118 log and handshakes, changes of the access, and the energy counter
every _ENERGY_STEP_WH and when the power ends. While no host is connected: one telemetry record a minute. What the host
has on disk is marked as taken.

Flash is written by `write` alone, which the control task calls right after a block's bytes are out: one page (under
3 ms) a block. A block of the flash is erased, which takes tens of milliseconds, only while no power flows.
"""

from gridkeel import TYPE_CHECKING, errors, ticks
from gridkeel.link import message_ids
from gridkeel.link.frames import RECORD_HEAD_SIZE
from gridkeel.runtime.quiet import is_quiet
from gridkeel.store import entries
from gridkeel.store.journal import PAGE, Journal
from gridkeel.update import selector

if TYPE_CHECKING:
    from gridkeel.clock import WallClock
    from gridkeel.controller import Controller
    from gridkeel.link.kept import KeptLink
    from gridkeel.link.ring import Ring
    from gridkeel.protocols import Area

_ENERGY_STEP_WH = 1000
_ENERGY_AGAIN = 40  # entries: written anew before the ring comes round, which keeps 60 pages at least
_TELEMETRY_MS = 60000
_UNTAKEN_MAX = 64  # records of this boot whose acknowledgement is awaited; an older one is sent again after a restart


class Recorder:
    """One journal on one board.  Errors: OSError."""

    def __init__(self, area: "Area", boot_id: int, controller: "Controller", clock: "WallClock") -> None:
        self._journal = Journal(area, selector.RECORD_BLOCKS * area.block_bytes, selector.journal_blocks(area))
        self._boot = boot_id.to_bytes(4, "little")
        self._controller = controller
        self._clock = clock
        self._entry = bytearray(PAGE)
        self._taken = -1  # number of the newest entry that the host has, with all before it
        self._untaken: list[tuple[int, int]] = []  # (sequence, number) of this boot's records
        self._given = -1  # number of the entry that an earlier boot's link was given last
        self._waits_from = -1  # number of the oldest record that the host has not, -1 where it has all
        self._lost = False
        self._now_ms = 0
        self._energy_at = 0  # number of the newest entry with the energy
        self._access = 0
        self._telemetry_ms = 0
        self._had_telemetry = False
        self.connected = False
        self._journal.open()
        self._energy_wh = self._read_back()

    def _read_back(self):
        energy_wh = 0
        for number, kind, data in self._journal.entries():
            if kind == entries.TAKEN:
                self._taken = max(self._taken, entries.read_u32(data, 0))
            elif kind == entries.ENERGY:
                energy_wh = entries.read_u32(data, 4)
                self._energy_at = number
        meter = self._meter()
        if meter is not None:
            meter.restore(energy_wh)
        return energy_wh

    def _meter(self):
        connector = self._controller.connector
        return connector.meter if connector is not None else None

    @property
    def dropped(self) -> int:
        """Entries that are gone without anybody having asked for it; see Journal."""
        return self._journal.dropped

    def record(self, message: int, sequence: int, ring: "Ring") -> None:
        """A record was posted; keep it if it is of a kind that is kept."""
        now_ms = self._now_ms
        if message == message_ids.TELEMETRY:
            if self.connected or self._had_telemetry and ticks.diff(now_ms, self._telemetry_ms) < _TELEMETRY_MS:
                return
            self._had_telemetry = True
            self._telemetry_ms = now_ms
        elif message == message_ids.RESULT or message == message_ids.PARAMETER:
            return  # an answer is for the session that asked
        if len(self._untaken) == _UNTAKEN_MAX:
            del self._untaken[0]
        self._untaken.append((sequence, self._journal.next))
        if self._waits_from < 0:
            self._waits_from = self._journal.next
        place = sequence % ring.slots
        body, size = ring.bodies[place], ring.sizes[place]
        self._put(message, entries.fill_record(self._entry, self._boot, body, size, RECORD_HEAD_SIZE))

    def acknowledged(self, sequence: int) -> None:
        """The host has this boot's records up to sequence on disk."""
        number = -1
        while self._untaken and self._untaken[0][0] <= sequence:
            number = self._untaken.pop(0)[1]
        if number >= 0:
            self._waits_from = self._untaken[0][1] if self._untaken else -1
            self._take(number)

    def _take(self, number):
        self._taken = number
        self._put(entries.TAKEN, entries.fill_taken(self._entry, number))

    def _put(self, kind, n):
        self._journal.put(kind, self._entry, n)

    def earlier(self, device_id: bytes, link: "KeptLink | None") -> "KeptLink | None":
        """Return the link of an earlier boot with its next record, None where the host has all of them.

        link: the one that this returned last, its record acknowledged, or None.
        """
        if link is not None and link.idle:
            self._take(self._given)
        for number, kind, data in self._journal.entries():
            if number > self._taken and kind < entries.TAKEN and data[:4] != self._boot:
                self._given = self._waits_from = number
                boot_id = entries.read_u32(data, 0)
                if link is None or link.boot_id != boot_id:
                    from gridkeel.link.kept import KeptLink

                    link = KeptLink(device_id, boot_id)
                link.load(entries.read_u32(data, 4), kind, data[entries.RECORD_HEAD_BYTES :])
                return link
        self._waits_from = self._untaken[0][1] if self._untaken else -1
        return None

    def follow(self, connected: bool, now_ms: int) -> None:
        """Note what changed since the last round: access, energy, whether records were lost.  connected: a host is."""
        self.connected = connected
        self._now_ms = now_ms
        waits_from = self._waits_from
        self._lost = waits_from >= 0 and (self._lost or self._journal.gone > waits_from)
        self._controller.faults.set(errors.RECORDS_DROPPED, self._lost, self._journal.dropped)
        connector = self._controller.connector
        if connector is None:
            return
        unix_s = self._clock.unix_s(now_ms) or 0
        access = connector.access
        if access != self._access:
            self._access = access
            self._put(entries.CONSENT, entries.fill_consent(self._entry, unix_s, access))
        energy_wh = connector.meter.energy_wh
        passed_wh = energy_wh - self._energy_wh
        again = energy_wh and self._journal.next - self._energy_at >= _ENERGY_AGAIN
        if passed_wh >= _ENERGY_STEP_WH or passed_wh and is_quiet(self._controller) or again:
            self._energy_wh = energy_wh
            self._energy_at = self._journal.next
            self._put(entries.ENERGY, entries.fill_energy(self._entry, unix_s, energy_wh))

    @property
    def due(self) -> bool:
        """Whether `write` has something to do."""
        return self._journal.waiting or self._journal.wants_block and is_quiet(self._controller)

    def write(self) -> None:
        """Write one page, or erase one block where no power flows.  Errors: OSError."""
        if not self._journal.flush() and is_quiet(self._controller):
            self._journal.prepare()
