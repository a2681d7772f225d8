"""What a download becomes: an image in the idle slot, or new trusted keys; one bounded step at a time.

The statuses are those of OCPP's firmware updates. Erasing, checking a whole slot and switching hold the processor up,
so they wait until no power flows; a page is written at any time.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.link.download import OPEN
from gridkeel.update import keys, manifest, patch, refusals, selector, slots, statuses
from gridkeel.update.patch import AT_ONCE, ERASE, INPUT, REST
from gridkeel.update.refusals import UpdateError
from gridkeel.update.selector import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.link.download import Download
    from gridkeel.protocols import Area

_SIGNATURES = (refusals.UNKNOWN_KEY, refusals.BAD_SIGNATURE, refusals.NO_KEYS, refusals.OLDER_KEYS)

_COMPARED_SHIFT = 4  # a delta of at most this part of its image is gone through twice, to find what needs no writing
_HELD_SHIFT = 2  # it is held meanwhile where it takes at most this part of the free heap, else drawn twice


class Target:
    """The device that is updated.  board, chip: bytes, as manifests name them.  area: its slots.

    load_keys(): the stored set of trusted keys, None where there is none.  save_keys(data): stores another.
    switch(): orders that the other slot is started; False where that has to wait.  heap_free(): bytes, as last seen.
    """

    def __init__(
        self,
        board: bytes,
        chip: bytes,
        area: "Area",
        load_keys: "Callable[[], bytes | None]",
        save_keys: "Callable[[bytes], None]",
        switch: "Callable[[], bool]",
        heap_free: "Callable[[], int]" = int,
    ) -> None:
        self.board = board
        self.chip = chip
        self.area = area
        self.load_keys = load_keys
        self.save_keys = save_keys
        self.switch = switch
        self.heap_free = heap_free


class Installer:
    """Works on one download after another.  status, code: what is to be reported, of statuses.py and refusals.py."""

    def __init__(self, target: Target, download: "Download") -> None:
        self.status = statuses.IDLE
        self.code = refusals.NONE
        self._target = target
        self._download = download
        self._steps: "Generator[int, None, None] | None" = None
        self._stream = 0
        self._delta: "patch.Patch | None" = None
        self._wants = AT_ONCE
        self._now_ms = 0

    @property
    def goes_on(self) -> bool:
        """Whether there is more to do as soon as others had their turn, where no power flows."""
        return self._steps is not None and self._wants in (AT_ONCE, ERASE)

    def work(self, now_ms: int, power_flows: bool) -> bool:
        """Do one step, a few milliseconds but for those that wait for rest; return whether there is more to do now."""
        download = self._download
        if download.streams != self._stream:
            self._begin()
        if self._steps is None or self._wants >= REST and power_flows:
            return False
        if self._wants == INPUT and not download.waiting():
            return False
        self._now_ms = now_ms
        if self._delta is not None:
            self._delta.tick(now_ms)
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
        if self._steps is not None:
            self._report(statuses.IDLE)  # the host is gone, or began anew: what was written stays for the next offer
        self._stream = self._download.streams
        self._steps = self._delta = None
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
        self._steps = self._delta = None
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
            yield from self._erase(writer, None)
            yield from self._copy(writer)
        else:
            delta = self._delta = patch.Patch(area, 1 - slot, running.size, said.payload_size, self._download)
            yield from self._erase(writer, delta)
            yield from delta.write(writer)
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

    def _erase(self, writer, delta):
        """Erase what is to be written, without what a delta leaves as it is in the slot; delta: None without one."""
        self._report(statuses.DOWNLOAD_PAUSED)
        yield REST
        if not writer.resume():
            if delta and delta.size <= writer.size >> _COMPARED_SHIFT and writer.begin_comparing():
                self._report(statuses.DOWNLOADING)
                yield from delta.compare(writer, self._target.heap_free() >> _HELD_SHIFT)
                self._report(statuses.DOWNLOAD_PAUSED)
                yield REST
            while writer.erase_next():
                yield ERASE
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
