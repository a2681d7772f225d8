"""The area: flash outside the file system, which holds both slots, the state record and the journal.

A compiled copy of this file lies on the flash beside main.py, which starts what it mounts; it imports nothing of the
package. On a chip the
area is segment 0 of the interpreter's ROMFS, mapped into memory, so that code runs where it lies. A virtual board has a
file in its place, GRIDKEEL_AREA, which the interpreter's process maps (GRIDKEEL_AREA_MAP: address and length).
docs/update.md says which interpreters have a segment.
"""

import os

TYPE_CHECKING = 0  # as in the package

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PAGE = 256
WATCHDOG_MS = 8000  # for an image on trial to begin feeding it; an RP2040's counts to 8.3 s
_FILE_BLOCK_BYTES = 4096
_EIO = 5

# of vfs.rom_ioctl
_GET_SEGMENT = 2
_WRITE_PREPARE = 3
_WRITE = 4
_WRITE_COMPLETE = 5
_GET_MIN_PREPARE = 6

# of a block device
_BLOCK_COUNT = 4
_BLOCK_SIZE = 5
_BLOCK_ERASE = 6


def find() -> "Segment | FileArea | None":
    """Return the area of this machine, None where it has none."""
    import vfs

    ioctl = getattr(vfs, "rom_ioctl", None)
    if ioctl is not None:
        segment = ioctl(_GET_SEGMENT, 0)
        return None if isinstance(segment, int) else Segment(ioctl, segment)
    path = getattr(os, "getenv", _no_environment)("GRIDKEEL_AREA")
    return FileArea(path) if path else None


def _no_environment(_name):
    return None


class _Chosen:
    """What `choose` leaves for `enter`."""

    selector: "Any" = None
    area: "Any" = None
    slot = -1


def choose() -> bool:
    """Count this start, and return whether there is a slot to run.  Raises nothing."""
    try:
        import selector  # type: ignore[import-not-found]

        _Chosen.selector = selector
        _Chosen.area = find()
        if _Chosen.area is not None:
            _Chosen.slot = selector.choose(_Chosen.area)
    except Exception as error:  # whatever it is, the program on the flash is tried
        print("gridkeel: no slot is looked for: %s" % error)
    return _Chosen.slot >= 0


def enter() -> None:
    """Mount the image of the chosen slot as /rom, first on the path, and begin the watchdog where it is on trial.

    Errors: OSError where it is no image.
    """
    import sys

    import vfs

    selector, area, slot = _Chosen.selector, _Chosen.area, _Chosen.slot
    at = selector.slot_start(area, slot) + selector.HEAD_BYTES
    rom = vfs.VfsRom(area.map(at, selector.read_header(area, slot).size))  # type: ignore[abstract]
    try:
        vfs.umount("/rom")  # the interpreter mounts what stands at the segment's start, if it is an image
    except OSError:
        pass
    vfs.mount(rom, "/rom")
    sys.path.insert(0, "/rom")
    record = selector.read_record(area)
    if record and record.state != selector.CONFIRMED:
        import machine

        machine.WDT(timeout=WATCHDOG_MS)


class _Restartable:
    def reset(self) -> None:
        """Start the board anew, so that the selector chooses."""
        import machine

        machine.reset()


class Segment(_Restartable):
    """Segment 0 of the interpreter's ROMFS: a block device that reads as memory, or memory with calls to write."""

    def __init__(self, ioctl: "Callable[..., Any]", segment: "Any") -> None:
        self._ioctl = ioctl
        self._device = segment if hasattr(segment, "writeblocks") else None
        self._memory = memoryview(segment)
        self.size = len(self._memory)
        self.block_bytes = segment.ioctl(_BLOCK_SIZE, 0) if self._device else ioctl(_GET_MIN_PREPARE, 0)

    def map(self, at: int, n: int) -> memoryview:
        """Return n bytes from `at` on as they lie in the flash."""
        return self._memory[at : at + n]

    def readinto(self, at: int, buffer: "bytearray | memoryview") -> None:
        buffer[:] = self._memory[at : at + len(buffer)]

    def erase(self, at: int) -> None:
        """Erase the block that begins at `at`; whatever runs from flash waits meanwhile.  Errors: OSError."""
        if self._device:
            result = self._device.ioctl(_BLOCK_ERASE, at // self.block_bytes)
        else:
            result = self._ioctl(_WRITE_PREPARE, 0, at, self.block_bytes)
        if result is not None and result < 0:
            raise OSError(-result)

    def write(self, at: int, page: bytearray) -> None:
        """Write one page where it was erased.  Errors: OSError."""
        if self._device:
            self._device.writeblocks(at // self.block_bytes, page, at % self.block_bytes)
            return
        for result in (self._ioctl(_WRITE, 0, at, page), self._ioctl(_WRITE_COMPLETE, 0)):
            if result is not None and result < 0 and result != -22:  # completing is not known to every port
                raise OSError(-result)


class FileArea(_Restartable):
    """A file as flash: it is written by pages, and each page once between two erasures.  Errors: OSError."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b")
        self._file.seek(0, 2)
        self.size = self._file.tell()
        self.block_bytes = _FILE_BLOCK_BYTES

    def map(self, at: int, n: int) -> memoryview:
        """Return n bytes from `at` on, outside the heap where this process maps the file."""
        mapped = os.getenv("GRIDKEEL_AREA_MAP")
        if mapped:
            import uctypes

            return memoryview(uctypes.bytearray_at(int(mapped.split()[0]) + at, n))
        data = bytearray(n)
        self.readinto(at, data)
        return memoryview(data)

    def readinto(self, at: int, buffer: "bytearray | memoryview") -> None:
        self._file.seek(at)
        if self._file.readinto(buffer) != len(buffer):
            raise OSError(_EIO)

    def erase(self, at: int) -> None:
        self._put(at, b"\xff" * self.block_bytes)

    def write(self, at: int, page: bytearray) -> None:
        before = bytearray(PAGE)
        self.readinto(at, before)
        if before != b"\xff" * PAGE and page != bytes(PAGE) or len(page) != PAGE:
            raise OSError(_EIO)
        self._put(at, page)

    def _put(self, at, data):
        self._file.seek(at)
        self._file.write(data)
        self._file.flush()
