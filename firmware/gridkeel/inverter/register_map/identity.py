"""The search of a register map: the device is known by the same answer twice, in reads of two lengths."""

from array import array

from gridkeel import TYPE_CHECKING
from gridkeel.inverter.search import COMPLETE, FAILED, NOT_FOUND, SETTLED, WORKING

if TYPE_CHECKING:
    from gridkeel.inverter.modbus.rtu import Master


class Identity:
    """A discovery as search.py wants it.  Allocates: nothing after construction but `text`.

    address, count, lead: what is asked for next, after wait_ms.  heard: something was answered.
    """

    def __init__(self, address: int, count: int, wanted: "tuple[tuple[int, int, int], ...]") -> None:
        self.address = address
        self.count = count
        self.lead = 0
        self.wait_ms = 0
        self.heard = False
        self._wanted = wanted
        self._words = array("H", [0] * count)
        self._seen = False

    def start(self) -> None:
        self.count = len(self._words)
        self.heard = self._seen = False

    def take(self, master: "Master") -> int:
        """Take the answer; return how the search goes on."""
        self.heard = True
        words = self._words
        for place, mask, value in self._wanted:
            if master.register(place) & mask != value:
                return NOT_FOUND
        again = True
        for i in range(len(words)):
            again = again and master.register(i) == words[i]
            words[i] = master.register(i)
        if self._seen:
            return COMPLETE if again else FAILED
        self._seen = True
        self.count += 1
        return WORKING

    def refuse(self, exception: int) -> int:
        self.heard = True
        return NOT_FOUND

    def miss(self) -> int:
        return NOT_FOUND

    def doubt(self) -> int:
        """There is nothing that might be found later."""
        return SETTLED

    def sure(self) -> bool:
        """An answer that came astray may be another device's: ask again, with time for each."""
        return False

    def text(self) -> str:
        """Return the stretch as text, "" before it was read twice.  Allocates."""
        if self.count == len(self._words):
            return ""
        raw = b"".join([bytes((word >> 8, word & 0xFF)) for word in self._words])
        return "".join([chr(byte) for byte in raw if 32 <= byte < 127]).strip()
