"""Heap budget of one decoded message, counted while it is decoded."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g.exi import bounds

if TYPE_CHECKING:
    from gridkeel.protocols import ExiValue
    from gridkeel.v2g.exi.reader import BitReader


class Budget:
    """Counts down from bounds.DECODED_BYTES.  bits: the reader, which knows its position."""

    def __init__(self, bits: "BitReader") -> None:
        self._bits = bits
        self.left = bounds.DECODED_BYTES

    def spend(self, size: int) -> None:
        """Take so many bytes.  Errors: ExiError where they are not left."""
        self.left -= size
        if self.left < 0:
            raise self._bits.error("the message takes more than %d bytes of memory" % bounds.DECODED_BYTES)

    def container(self) -> None:
        """Take what a dict or list needs.  Errors: ExiError."""
        self.spend(bounds.CONTAINER_BYTES)

    def value(self, value: "ExiValue") -> None:
        """Take what a value needs, and its place in a dict or list.  Errors: ExiError."""
        if isinstance(value, str):
            value = value.encode()
        self.spend(bounds.VALUE_BYTES + (len(value) if isinstance(value, bytes) else 0))
