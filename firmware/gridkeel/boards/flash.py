"""Files of a flash, keys among them, and the bytes behind a block of samples."""

import os

import uctypes

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable

    from gridkeel.boards.pki import Pki

_ENOENT = 2


def bytes_of(block: "array[int]") -> bytearray:
    """Return the bytes of an array('h') as a buffer of their own, over the same memory."""
    return uctypes.bytearray_at(uctypes.addressof(block), 2 * len(block))


class Flash:
    """What a board keeps on its flash: configuration and keys; and its source of chance."""

    def __init__(self, device_id: bytes) -> None:
        self.device_id = device_id

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
