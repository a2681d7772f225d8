"""Position of a coder in the grammar: what may come next, and which elements are open."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.schema import COMPLEX, ELEMENT, EXTRA, PRODUCTION_SIZE, TYPE_SIZE

if TYPE_CHECKING:
    from gridkeel.protocols import BitStream, Holder
    from gridkeel.v2g.exi.schema import Schema


class Position:
    """The state of one element's grammar, with those of the elements around it on a stack.

    What may come: the current production again, `count` productions from `first` on, then what `flags` name.
    """

    def __init__(self, schema: "Schema", bits: "BitStream") -> None:
        self.schema = schema
        self.table = schema.data
        self.bits = bits
        self.first = self.count = self.flags = 0
        self.current = -1
        self.again = 0  # 1 where the current production may come again
        self.occurred = 0
        self.open: "list[tuple]" = []

    def named(self) -> int:
        """Return how many event codes stand for productions; the first `again` of them for the current one."""
        return self.count + self.again

    def known(self) -> int:
        """Return how many event codes of the first level there are; the next one leads to the second."""
        return self.count + self.again + EXTRA[self.flags]

    def begin(self, place: int) -> None:
        """Stand at the begin of a complex type."""
        table = self.table
        self.first = table[place + 2] << 8 | table[place + 3]
        self.count = table[place + 1]
        self.flags = table[place] >> 4
        self.current = -1
        self.again = 0

    def advance(self, index: int) -> int:
        """Stand behind a production; return where its bytes begin."""
        table, at = self.table, self.schema.productions + PRODUCTION_SIZE * index
        offset, after = table[at + 4], table[at + 5]
        self.occurred = self.occurred + 1 if index == self.current else 1
        self.current = index
        self.first = index + (offset - 256 if offset > 127 else offset)
        self.count = after & 31
        self.flags = after >> 5
        most = self.schema.most(table[at + 3])
        self.again = 1 if not most or self.occurred < most else 0
        return at

    def push(self, holder: "Holder") -> None:
        """Lay the open element aside, with its value or what is left of it.  Errors: ExiError past the depth."""
        if len(self.open) + 2 > bounds.DEPTH:
            raise self.bits.error("more than %d elements open" % bounds.DEPTH)
        self.open.append((holder, self.first, self.count, self.flags, self.current, self.again, self.occurred))

    def pop(self) -> "Holder":
        """Take up the element around the one that ended; return what was laid aside with it."""
        holder, self.first, self.count, self.flags, self.current, self.again, self.occurred = self.open.pop()
        return holder

    def place(self, kind: int) -> int:
        """Return where the bytes of a type begin."""
        return self.schema.types + TYPE_SIZE * kind

    def is_simple(self, place: int) -> bool:
        """Tell whether a type is a simple one."""
        return self.table[place] & 15 != COMPLEX

    def is_element(self, at: int) -> bool:
        """Tell whether the production at `at` is an element, and neither attribute nor content."""
        return self.table[at] >> 6 == ELEMENT
