"""A schema's table: productions, types and names in one bytes object, read where it lies.

host_tools/generate/exi/pack.py writes it; docs/exi.md has the format.  Numbers of two bytes are big-endian.
"""

from gridkeel.errors import ExiError

MAGIC = b"EX\x01"
HEADER = 0x80  # distinguishing bits, no options, version 1; no cookie

TYPES = 16
TYPE_SIZE = 4
PRODUCTION_SIZE = 6

# Kinds of type, in the low four bits of a type's first byte
COMPLEX = 0
BOOLEAN = 1
STRING = 2
BINARY = 3
ENUMERATION = 4
BITS = 5
UNSIGNED = 6
SIGNED = 7
LIMITED = 8

# What a state allows besides its productions, in the order of the event codes
ANY_ELEMENT = 1
END = 2
TEXT = 4
EXTRA = b"\0\1\1\2\1\2\2\3"  # how many of them a state's flags name

# Kinds of production, in the high two bits of its name's offset
ELEMENT = 0
ATTRIBUTE = 1
CONTENT = 2

# A production's count: 0 is unbounded, from LARGE on an index into the large counts, GROUPED repeats with its group
LARGE = 240
GROUPED = 255
UNBOUNDED = (0, GROUPED)

NO_TYPE = 0  # abstract: nothing of this type can be in a message
MIXED_TYPE = 255  # an element's name with more than one type
GLOBAL = 0x80  # flag at the length of an element's name
REPEATED = 0x40  # the same local name is in another namespace too

WIDTHS = b"\0\1\2\2\3\3\3\3" + b"\4" * 8 + b"\5" * 16 + b"\6" * 32


def width(highest: int) -> int:
    """Return the bits that the event codes 0..highest take."""
    bits = 0
    while highest:
        bits += 1
        highest >>= 1
    return bits


class Schema:
    """One grammar.  data: a generated table, used in place.  Errors: ExiError where it is none of this version."""

    def __init__(self, data: bytes) -> None:
        if data[:3] != MAGIC:
            raise ExiError("EXI: this is no schema table of this version")
        self.data = data
        self.elements = data[4] << 8 | data[5]
        self.globals = data[6] << 8 | data[7]
        self.attributes = data[8]
        self.types = TYPES + 2 * data[9]
        self.productions = data[10] << 8 | data[11]
        self.element_names = data[12] << 8 | data[13]
        self.attribute_names = data[14] << 8 | data[15]
        self._known: "dict[tuple[str, bool], tuple[int, int]]" = {}

    def name(self, at: int) -> str:
        """Return the name whose record begins at `at`."""
        return str(self.data[at + 2 : at + 2 + (self.data[at] & 0x3F)], "ascii")

    def most(self, code: int) -> int:
        """Return how often in a row a production of this count code may come; 0 is unbounded."""
        if code < LARGE:
            return code
        if code == GROUPED:
            return 1
        at = TYPES + 2 * (code - LARGE)
        return self.data[at] << 8 | self.data[at + 1]

    def find(self, name: str, only_global: bool) -> "tuple[int, int]":
        """Return (event code, offset of the name's record) of an element.

        Errors: ExiError where the schema has no such element, or several of this local name.
        """
        key = (name, only_global)
        if key not in self._known:
            self._known[key] = self._search(name, only_global)
        return self._known[key]

    def _search(self, name, only_global):
        data, wanted, at, code = self.data, bytes(name, "utf-8"), self.element_names, 0
        for _ in range(self.elements):
            size = data[at] & 0x3F
            if not only_global or data[at] & GLOBAL:
                if size == len(wanted) and data[at + 2 : at + 2 + size] == wanted:
                    if data[at] & REPEATED and not only_global:
                        raise ExiError("EXI: element %s is in more than one namespace" % name)
                    return code, at
                code += 1
            at += 2 + size
        raise ExiError("EXI: no element %s %s this schema" % (name, "at the root of" if only_global else "in"))

    def element_at(self, code: int, only_global: bool) -> int:
        """Return the offset of the name's record of the element with this event code."""
        data, at = self.data, self.element_names
        while True:
            if not only_global or data[at] & GLOBAL:
                if code == 0:
                    return at
                code -= 1
            at += 2 + (data[at] & 0x3F)
