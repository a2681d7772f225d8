"""The virtual board's flash outside its file system: a file in its flash directory, with images in its two slots."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gridkeel.update import selector, slots

AREA = "area.bin"
BLOCK_BYTES = 4096
SLOT_BYTES = 512 * 1024


class AreaFile:
    """The file as a `protocols.Area`, for the host: it writes what a cable would, while the board is off."""

    def __init__(self, flash: Path) -> None:
        self._path = flash / AREA
        self.block_bytes = BLOCK_BYTES
        if not self._path.exists():
            self._path.write_bytes(
                b"\xff" * (selector.RECORD_BLOCKS * BLOCK_BYTES + selector.JOURNAL_BYTES + 2 * SLOT_BYTES)
            )
        self.size = self._path.stat().st_size

    def environment(self) -> dict[str, str]:
        """Return what a VirtualBoard is started with to have this area."""
        return {"GRIDKEEL_AREA": f"/{AREA}", "GRIDKEEL_AREA_FILE": str(self._path.resolve())}

    def readinto(self, at: int, buffer: bytearray) -> None:
        buffer[:] = self._read(at, len(buffer))

    def map(self, at: int, n: int) -> memoryview:
        return memoryview(self._read(at, n))

    def erase(self, at: int) -> None:
        self._put(at, b"\xff" * BLOCK_BYTES)

    def write(self, at: int, page: bytearray) -> None:
        self._put(at, page)

    def _read(self, at: int, n: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(at)
            return file.read(n)

    def _put(self, at: int, data: bytes | bytearray) -> None:
        with self._path.open("r+b") as file:
            file.seek(at)
            file.write(data)


def install(area: AreaFile, image: bytes, counter: int, version: str) -> int:
    """Write an image into the slot that does not run and return which; the first one is run at the next start.

    Errors: UpdateError.
    """
    record = selector.read_record(area)
    slot = slots.idle_slot(area) if record else 0
    writer = slots.SlotWriter(area, slot, len(image), hashlib.sha256(image).digest())
    if not writer.resume():
        while writer.erase_next():
            pass
    writer.write(image[writer.written :])
    writer.finish(counter, version.encode())
    if record is None:
        slots.provision(area, slot)
    return slot
