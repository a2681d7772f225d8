"""A value to an EXI body, one event at a time, so that the work can be sliced."""

from gridkeel import TYPE_CHECKING
from gridkeel.errors import ExiError
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.grammar import Position
from gridkeel.v2g.exi.schema import (
    ANY_ELEMENT,
    CONTENT,
    END,
    HEADER,
    MIXED_TYPE,
    NO_TYPE,
    PRODUCTION_SIZE,
    UNBOUNDED,
    WIDTHS,
    width,
)
from gridkeel.v2g.exi.value_writer import write
from gridkeel.v2g.exi.writer import BitWriter

if TYPE_CHECKING:
    from gridkeel.protocols import ExiValue, WritableBuffer
    from gridkeel.v2g.exi.schema import Schema


class Encoder:
    """One value under one schema: open(), run() until it returns False, then close()."""

    def __init__(self, schema: "Schema", out: "WritableBuffer", start: int) -> None:
        self._schema = schema
        self._bits = BitWriter(out, start)
        self._position = Position(schema, self._bits)
        self._rest: "dict | None" = None  # of the open element's value: what was not written yet
        self._items: "list | tuple | None" = None  # of the current production, where it is a list
        self._written = 0
        self._name = ""
        self._fragment_of = 0

    def open(self, name: str, value: "ExiValue", fragment: bool) -> None:
        """Write up to the root's start.  Errors: ExiError."""
        bits, schema = self._bits, self._schema
        known = schema.elements if fragment else schema.globals
        self._fragment_of = known if fragment else 0
        self._name = name
        code, at = schema.find(name, not fragment)
        bits.put(HEADER, 8)
        bits.put(code, width(known + 1 if fragment else known))
        try:
            self._open_root(at, value)
        except ExiError as error:
            raise self._placed(error)

    def _open_root(self, at, value):
        kind = self._schema.data[at + 1]
        if kind == MIXED_TYPE:
            from gridkeel.v2g.exi import relaxed  # one name of one schema needs it

            relaxed.write_element(self._bits, self._schema, at, value)
        else:
            self._element(kind, value)

    def close(self) -> int:
        """Write the end; return the position after it.  Errors: ExiError."""
        known = self._fragment_of
        if known:
            self._bits.put(known + 1, width(known + 1))
        return self._bits.finish()

    def run(self, events: int) -> bool:
        """Write up to so many events; return whether there are more.  Errors: ExiError."""
        try:
            while self._rest is not None:
                if not events:
                    return True
                events -= 1
                self._event()
        except ExiError as error:
            raise self._placed(error)
        return False

    def _placed(self, error):
        return ExiError("%s (at %s)" % (error, self._name))

    def _event(self):
        position = self._position
        code = self._next_code()
        if code < 0:
            self._end()
            return
        self._bits.put(code, WIDTHS[position.known()])
        index = position.current if code < position.again else position.first + code - position.again
        table, at = position.table, position.advance(index)
        value = self._next_value(at)
        if position.is_element(at):
            self._element(table[at + 2], value)
        else:
            write(self._bits, table, position.place(table[at + 2]), value)

    def _next_code(self):
        """Return the event code of what comes next of the open element's value, -1 where nothing is left."""
        position = self._position
        if self._items is not None:
            if position.again:
                return 0
            code = position.current - position.first
            if 0 <= code < position.count:
                return code
            raise self._bits.error("%d items where %d may be" % (len(self._items), self._written))
        for code in range(position.count):
            if self._key(position.first + code) in self._rest:
                return code + position.again
        return -1

    def _key(self, index):
        table, at = self._position.table, self._schema.productions + PRODUCTION_SIZE * index
        if table[at] >> 6 == CONTENT:
            return ""
        return self._schema.name((table[at] & 0x3F) << 8 | table[at + 1])

    def _next_value(self, at):
        if self._items is None:
            self._name = self._key(self._position.current)
            value = self._rest.pop(self._name)
            if self._position.table[at + 3] == 1:
                return value
            if not isinstance(value, (list, tuple)) or not value:
                raise self._bits.error("%r is no list of at least one" % (value,))
            if self._position.table[at + 3] in UNBOUNDED and len(value) > bounds.OCCURRENCES:
                raise self._bits.error("a list of %d, %d are taken" % (len(value), bounds.OCCURRENCES))
            self._items = value
            self._written = 0
        items = self._items
        value = items[self._written]
        self._written += 1
        if self._written == len(items):
            self._items = None
        return value

    def _end(self):
        position = self._position
        if not position.flags & END:
            raise self._bits.error("%s is missing" % (self._key(position.first) if position.count else "an element"))
        for name in self._rest:
            raise self._bits.error("%s is unknown here or does not go with the rest" % name)
        code = position.named() + (1 if position.flags & ANY_ELEMENT else 0)
        self._bits.put(code, WIDTHS[position.known()])
        self._rest = None
        if position.open:
            self._rest, self._items, self._written = position.pop()

    def _element(self, kind, value):
        position = self._position
        if kind == NO_TYPE:
            raise self._bits.error("the element is abstract")
        place = position.place(kind)
        if position.is_simple(place):
            self._bits.put(0, 1)
            write(self._bits, position.table, place, value)
            self._bits.put(0, 1)
            return
        if not isinstance(value, dict):
            raise self._bits.error("%r is no dict" % (value,))
        if self._rest is not None:
            position.push((self._rest, self._items, self._written))
        self._rest = dict(value)
        self._items = None
        position.begin(place)
