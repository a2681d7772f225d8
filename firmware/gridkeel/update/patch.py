"""A delta that a download brings, gone through once or twice: compared with the slot, and written into it."""

from gridkeel import TYPE_CHECKING
from gridkeel.update import manifest, refusals, selector
from gridkeel.update.delta import DeltaReader
from gridkeel.update.refusals import UpdateError
from gridkeel.update.selector import PAGE

if TYPE_CHECKING:
    from collections.abc import Generator

    from gridkeel.link.download import Download
    from gridkeel.protocols import Area
    from gridkeel.update.slots import SlotWriter

# what a step of an update wants before the next one
AT_ONCE = 0
INPUT = 1
REST = 2  # that no power flows
ERASE = 3  # the same, and more follows at once

_PIECE = 1024  # bytes of the image that are made at a time
_STEP = 64  # bytes of the delta a step: some records make nothing but work


class Patch:
    """base_slot, base_size: the image that it is for.  size: bytes of the delta, behind the manifest in the download.

    tick: called by whoever runs the steps.
    """

    def __init__(self, area: "Area", base_slot: int, base_size: int, size: int, download: "Download") -> None:
        self.size = size
        self._now_ms = 0
        self._area = area
        self._start = selector.slot_start(area, base_slot) + selector.HEAD_BYTES
        self._base_size = base_size
        self._download = download
        self._held: "bytearray | None" = None  # the delta, since it was gone through
        self._drawn = True  # from the download, not from what is held
        self._reader: "DeltaReader | None" = None
        self._used = 0
        self._piece = memoryview(b"")

    def tick(self, now_ms: int) -> None:
        """Take the time of the next step."""
        self._now_ms = now_ms

    def compare(self, writer: "SlotWriter", room: int) -> "Generator[int, None, None]":
        """Generator, yields what it wants: give the whole image to a writer that compares it.

        The delta is held meanwhile where it takes at most `room` bytes, else it is drawn a second time.
        """
        if self.size <= room:
            try:
                self._held = bytearray(self.size)
            except MemoryError:
                pass  # in one piece it does not fit
        self._begin(writer.size)
        while not self._reader.done:
            n = self._make(writer.left_in_block(writer.compared), True)
            if n:
                writer.compare(self._piece)
            yield self._wants(n)
        self._check_end()

    def write(self, writer: "SlotWriter") -> "Generator[int, None, None]":
        """Generator, yields what it wants: write what the slot does not have yet."""
        self._drawn = self._held is None
        self._begin(writer.size)
        made = 0
        while not self._reader.done:
            has = writer.has(made)
            n = self._make(writer.left_in_block(made), has)
            if n and not has:
                writer.skip_to(made)
                for at in range(0, n, PAGE):
                    writer.write(self._piece[at : at + PAGE])
                    yield AT_ONCE
            made += n
            yield self._wants(n)
        self._check_end()
        writer.skip_to(made)

    def _begin(self, size):
        if self._drawn and self._download.used != manifest.BYTES:
            self._download.skip_to(manifest.BYTES, self._now_ms)
        self._reader = DeltaReader(self._read_base, self._base_size, size, _PIECE)
        self._used = 0

    def _read_base(self, at, view):
        self._area.readinto(self._start + at, view)

    def _make(self, left, may_pass):
        """Make the next piece, of `left` bytes at most; return its size, 0 where it wants more of the delta.

        may_pass: what is unchanged can be looked at where it lies in the base.
        """
        reader = self._reader
        passed = min(reader.unchanged(), left) if may_pass else 0
        if passed:
            self._piece = self._area.map(self._start + reader.base_at, passed)
            reader.pass_over(passed)
            return passed
        reader.limit(min(_PIECE, left))
        self._draw(reader)
        n = reader.filled
        if not reader.done and n < reader.room:
            if self._used == self.size:
                raise UpdateError(refusals.BROKEN_DELTA, "the delta ends before its image is whole")
            return 0
        self._piece = memoryview(reader.page)[:n]
        reader.next_page()
        return n

    def _draw(self, reader):
        """Give the next bytes of the delta to the reader."""
        at = self._used
        held = self._held
        data = self._download.waiting() if self._drawn else memoryview(held)[at : at + _STEP]
        n = reader.take(data, 0, min(len(data), _STEP))
        self._used = at + n
        if self._drawn:
            if held is not None:
                held[at : at + n] = data[:n]
            self._download.use(n, self._now_ms)

    def _wants(self, made):
        return AT_ONCE if made or not self._drawn or self._download.waiting() else INPUT

    def _check_end(self):
        if self._used != self.size:
            raise UpdateError(refusals.BROKEN_DELTA, "the delta goes on behind its image")
