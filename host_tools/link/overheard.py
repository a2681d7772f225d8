"""Bytes on a line that are no frame: a console, noise at another baud rate, nothing at all."""

from __future__ import annotations

_KEPT = 80  # bytes
_TEXT_LEAST = 8  # printable bytes in a row of the kept ones that make a text


class Overheard:
    """The last bytes before the first sound frame, bounded, and whether a person's console wrote them."""

    def __init__(self) -> None:
        self.count = 0
        self._kept = b""

    def take(self, data: bytes) -> None:
        self.count += len(data)
        self._kept = (self._kept + data)[-_KEPT:]

    def clear(self) -> None:
        self.count = 0
        self._kept = b""

    @property
    def is_text(self) -> bool:
        """True for a console: nine of ten bytes are printable, as those of frames never are."""
        printable = sum(32 <= byte < 127 or byte in b"\r\n\t\b\x1b" for byte in self._kept)
        return printable >= _TEXT_LEAST and 10 * printable >= 9 * len(self._kept)

    @property
    def excerpt(self) -> str:
        """Return the end of it in printable ASCII, for a line to a person."""
        return ascii(self._kept.decode("latin-1"))[1:-1][-_KEPT:]
