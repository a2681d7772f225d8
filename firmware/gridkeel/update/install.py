"""What a download becomes: an image in the idle slot, or new trusted keys; one bounded step at a time.

The statuses are those of OCPP's firmware updates. Erasing, checking a whole slot and switching hold the processor up,
so they wait until no power flows; a page is written at any time.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.link.download import OPEN
from gridkeel.update import delta, keys, manifest, refusals, selector, slots, statuses
from gridkeel.update.refusals import UpdateError
from gridkeel.update.selector import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.link.download import Download
    from gridkeel.protocols import Area

_SIGNATURES = (refusals.UNKNOWN_KEY, refusals.BAD_SIGNATURE, refusals.NO_KEYS, refusals.OLDER_KEYS)

_DELTA_STEP = 64  # bytes of a delta a step: some records make nothing but work
_COMPARED_SHIFT = 4  # a delta of at most this part of its image is drawn twice, to find what needs no writing

# what a step wants before the next one
AT_ONCE = 0
INPUT = 1
REST = 2  # that no power flows


class Target:
    """The device that is updated.  board, chip: bytes, as manifests name them.  area: its slots.

    load_keys(): the stored set of trusted keys, None where there is none.  save_keys(data): stores another.
    switch(): orders that the other slot is started; False where that has to wait.
    """

    def __init__(
        self,
        board: bytes,
        chip: bytes,
        area: "Area",
        load_keys: "Callable[[], bytes | None]",
        save_keys: "Callable[[bytes], None]",
        switch: "Callable[[], bool]",
    ) -> None:
        self.board = board
        self.chip = chip
        self.area = area
        self.load_keys = load_keys
        self.save_keys = save_keys
        self.switch = switch


class Installer:
    """Works on one download after another.  status, code: what is to be reported, of statuses.py and refusals.py."""

    def __init__(self, target: Target, download: "Download") -> None:
        self.status = statuses.IDLE
        self.code = refusals.NONE
        self._target = target
        self._download = download
        self._steps: "Generator[int, None, None] | None" = None
        self._stream = 0
        self._wants = AT_ONCE
        self._now_ms = 0

    def work(self, now_ms: int, power_flows: bool) -> bool:
        """Do one step, a few milliseconds but for those that wait for rest; return whether there is more to do now."""
        download = self._download
        if download.streams != self._stream:
            self._begin()
        if self._steps is None or self._wants == REST and power_flows:
            return False
        if self._wants == INPUT and not download.waiting():
            return False
        self._now_ms = now_ms
        try:
            self._wants = next(self._steps) or AT_ONCE
        except StopIteration:
            self._end(refusals.NONE, now_ms)
        except UpdateError as error:
            print("gridkeel: update rejected: %s" % error)
            self._fail(error.code, now_ms)
        except OSError as error:
            print("gridkeel: update stopped: %s" % error)
            self._fail(refusals.FLASH, now_ms)
        return self._steps is not None and self._wants == AT_ONCE

    def _begin(self):
        self._stream = self._download.streams
        self._steps = None
        self._wants = AT_ONCE
        if self._download.state == OPEN:
            self._steps = self._run()
            self._report(statuses.DOWNLOADING)

    def _report(self, status, code=refusals.NONE):
        self.status = status
        self.code = code

    def _fail(self, code, now_ms):
        if code in _SIGNATURES:
            status = statuses.INVALID_SIGNATURE
        elif code == refusals.DIGEST_MISMATCH:
            status = statuses.INSTALL_VERIFICATION_FAILED
        elif self.status >= statuses.DOWNLOADED:
            status = statuses.INSTALLATION_FAILED
        else:
            status = statuses.DOWNLOAD_FAILED
        self._report(status, code)
        self._end(code, now_ms)

    def _end(self, code, now_ms):
        self._steps = None
        self._download.close(code, now_ms)

    def _run(self):
        trusted = self._trusted()
        while len(self._download.waiting()) < min(4, self._download.size):
            yield INPUT
        if self._download.waiting()[:4] == keys.MAGIC:
            yield from self._rotate(trusted)
        else:
            yield from self._install(trusted)

    def _trusted(self):
        data = self._target.load_keys()
        if data is None:
            raise UpdateError(refusals.NO_KEYS, "this controller was given no keys for updates")
        return keys.TrustedKeys(data)

    def _take(self, n):
        """Collect the first n bytes of the stream; it is shorter than that where it is none."""
        if self._download.size < n:
            raise UpdateError(refusals.MALFORMED, "a stream of %d bytes" % self._download.size)
        while len(self._download.waiting()) < n:
            yield INPUT
        data = bytes(self._download.waiting()[:n])
        self._download.use(n, self._now_ms)
        return data

    def _rotate(self, trusted):
        data = yield from self._take(keys.ROTATION_BYTES)
        fresh = yield from keys.rotated(trusted, data)
        self._target.save_keys(fresh.data)
        self._report(statuses.INSTALLED)

    def _install(self, trusted):
        said = manifest.Manifest((yield from self._take(manifest.BYTES)))
        if self._download.size != manifest.BYTES + said.payload_size:
            raise UpdateError(refusals.MALFORMED, "a payload of another size than the manifest says")
        area = self._target.area
        slot = slots.idle_slot(area)
        running = selector.read_header(area, 1 - slot)
        device = self._device(selector.read_record(area), running)
        yield from manifest.verify(said, trusted.keys)
        manifest.check(said, device)
        self._report(statuses.SIGNATURE_VERIFIED)
        if said.digest == device.running:
            self._report(statuses.INSTALLED)
            return
        writer = slots.SlotWriter(area, slot, said.size, said.digest)
        if said.kind == manifest.FULL:
            yield from self._erase(writer)
            yield from self._copy(writer)
        else:
            start = selector.slot_start(area, 1 - slot) + selector.HEAD_BYTES
            base = (lambda at, view: area.readinto(start + at, view), running.size)
            compares = said.payload_size <= said.size >> _COMPARED_SHIFT
            yield from self._erase(writer, base if compares else None)
            yield from self._patch(writer, base, False)
        self._report(statuses.DOWNLOADED)
        yield REST
        for _ in writer.finishing(said.counter, said.version):
            yield AT_ONCE
        self._report(statuses.INSTALL_SCHEDULED)
        yield REST
        while not self._target.switch():
            yield REST
        self._report(statuses.INSTALL_REBOOTING)

    def _device(self, record, running):
        target = self._target
        digest = running.digest if running else manifest.NO_BASE
        return manifest.Device(target.board, target.chip, record.counter, selector.image_room(target.area), digest)

    def _erase(self, writer, base=None):
        """Erase what is to be written.

        base: what `_patch` makes the image from, where it is to be compared with what lies in the slot.
        """
        self._report(statuses.DOWNLOAD_PAUSED)
        yield REST
        if not writer.resume():
            if base is not None and (yield from writer.begin_comparing()):
                self._report(statuses.DOWNLOADING)
                yield from self._patch(writer, base, True)
                self._report(statuses.DOWNLOAD_PAUSED)
                yield REST
            while writer.erase_next():
                yield REST
        self._report(statuses.DOWNLOADING)

    def _copy(self, writer):
        download = self._download
        download.skip_to(manifest.BYTES + writer.written, self._now_ms)
        while writer.written < writer.size:
            n = min(PAGE, writer.size - writer.written)
            while len(download.waiting()) < n:
                yield INPUT
            writer.write(download.waiting()[:n])
            download.use(n, self._now_ms)
            yield AT_ONCE

    def _patch(self, writer, base, compares):
        """Make the image from the delta's start on, and compare it with the slot, or write what is not there yet.

        base: a function that reads it, and its size.
        """
        download = self._download
        if download.used != manifest.BYTES:
            download.skip_to(manifest.BYTES, self._now_ms)
        reader = delta.DeltaReader(base[0], base[1], writer.size, slots.PIECE)
        reader.room = writer.piece_bytes(0)
        made = 0
        while not reader.done:
            waiting = download.waiting()
            download.use(reader.take(waiting, 0, min(len(waiting), _DELTA_STEP)), self._now_ms)
            if reader.done or reader.filled == reader.room:
                piece = memoryview(reader.page)[: reader.filled]
                if compares:
                    writer.compare(piece)
                else:
                    yield from self._write(writer, made, piece)
                made += len(piece)
                reader.next_page()
                reader.room = writer.piece_bytes(made)
                yield AT_ONCE
            elif download.used == download.size:
                raise UpdateError(refusals.BROKEN_DELTA, "the delta ends before its image is whole")
            else:
                yield AT_ONCE if download.waiting() else INPUT
        if download.used != download.size:
            raise UpdateError(refusals.BROKEN_DELTA, "the delta goes on behind its image")

    def _write(self, writer, offset, piece):
        """Write a piece, page by page; what was written before a power cut was made again, and is not written."""
        for at in range(0, len(piece), PAGE):
            if offset + at >= writer.written:
                writer.write(piece[at : at + PAGE])
                yield AT_ONCE
