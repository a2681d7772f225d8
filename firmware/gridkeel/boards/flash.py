"""Files of a flash, keys among them, and the bytes behind a block of samples."""

import os

import uctypes

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable

    from gridkeel.boards.pki import Pki
    from gridkeel.protocols import Area

_ENOENT = 2
_ROMFS = b"\xd2\xcd1"  # what a ROM file system begins with


def bytes_of(block: "array[int]") -> bytearray:
    """Return the bytes of an array('h') as a buffer of their own, over the same memory."""
    return uctypes.bytearray_at(uctypes.addressof(block), 2 * len(block))


class Flash:
    """Contents of a board's flash: configuration and keys; and its source of random bytes."""

    def __init__(self, device_id: bytes) -> None:
        self.device_id = device_id

    def open_area(self) -> "Area | None":
        """Return the flash outside the file system; None without, or where a plain image lies there."""
        import vfs

        # As main.py asks it: a chip has no environment, a virtual board no segment, a stock Pico neither.
        if not (hasattr(vfs, "rom_ioctl") or hasattr(os, "getenv") and os.getenv("GRIDKEEL_AREA")):
            return None
        from gridkeel.boards import area

        found = area.find()
        if found is not None:
            head = bytearray(len(_ROMFS))
            found.readinto(0, head)
            if head == _ROMFS:  # not slots but this very program, which a journal would overwrite
                return None
        return found

    def load(self, name: str, most: int) -> "bytes | None":
        """Return up to `most` bytes of a file, None where there is none.  Errors: OSError where it cannot be read."""
        try:
            with open(name, "rb") as file:
                return file.read(most)
        except OSError as error:
            if error.errno != _ENOENT:
                raise
        return None

    def save(self, name: str, lines: "Iterable[str]") -> None:
        """Replace a file in one step: a power cut leaves the old one or the new one.  Errors: OSError."""
        with open(name + ".new", "w") as file:
            for line in lines:
                file.write(line)
        try:
            os.rename(name + ".new", name)
        except OSError:
            # A directory of that name cannot be replaced, only moved out of the way.
            os.rename(name, name + ".old")
            os.rename(name + ".new", name)

    def load_pki(self, mutual: bool) -> "Pki":
        """Return the flash's keys, certificates and roots; mutual: a vehicle must show a certificate too."""
        from gridkeel.boards.pki import Pki

        return Pki(mutual)

    def random(self, n: int) -> bytes:
        """Return n bytes that nobody can guess."""
        return os.urandom(n)
