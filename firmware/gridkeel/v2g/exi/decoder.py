"""An EXI body to a value, one event at a time, so that the work can be sliced."""

from gridkeel import TYPE_CHECKING
from gridkeel.errors import ExiError
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.budget import Budget
from gridkeel.v2g.exi.grammar import Position
from gridkeel.v2g.exi.reader import BitReader
from gridkeel.v2g.exi.schema import (
    ANY_ELEMENT,
    CONTENT,
    END,
    HEADER,
    MIXED_TYPE,
    NO_TYPE,
    REPEATED,
    UNBOUNDED,
    WIDTHS,
    width,
)
from gridkeel.v2g.exi.value_reader import read

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer, ExiValue
    from gridkeel.v2g.exi.schema import Schema


class Decoder:
    """One body under one schema: open(), run() until it returns False, then close().

    trailing: octets behind the document, once it is closed.
    """

    def __init__(self, schema: "Schema", buffer: "Buffer", start: int, end: int) -> None:
        self._schema = schema
        self._bits = BitReader(buffer, start, end)
        self._position = Position(schema, self._bits)
        self._budget = Budget(self._bits)
        self._names: "dict[int, str]" = {}
        self._value: "dict | None" = None  # of the element that is open
        self._root: "ExiValue | None" = None
        self._latest = 0
        self.trailing = 0
        self._fragment_of = 0  # how many elements the schema has, where this is a fragment

    def open(self, fragment: bool) -> str:
        """Read up to the root's start; return its name.  Errors: ExiError."""
        bits, schema = self._bits, self._schema
        if bits.take(8) != HEADER:
            raise bits.error("no EXI header without cookie and options")
        known = schema.elements if fragment else schema.globals
        self._fragment_of = known if fragment else 0
        code = bits.take(width(known + 1 if fragment else known))
        if code >= known:
            raise bits.error("the root is no element of this schema")
        self._latest = schema.element_at(code, not fragment)
        try:
            if fragment and schema.data[self._latest] & REPEATED:
                raise bits.error("an element of this name is in more than one namespace")
            self._open_root(schema.data[self._latest + 1])
        except ExiError as error:
            raise self._placed(error)
        return schema.name(self._latest)

    def _open_root(self, kind):
        position = self._position
        place = position.place(kind)
        if kind == MIXED_TYPE:
            from gridkeel.v2g.exi import relaxed  # one name of one schema needs it

            self._root = relaxed.read_element(self._bits, self._schema, self._latest)
            self._budget.container()
            for value in self._root.values():
                self._budget.value(value)
        elif kind == NO_TYPE:
            raise self._bits.error("the element is abstract")
        elif position.is_simple(place):
            self._root = self._simple(place)
            self._budget.value(self._root)
        else:
            self._budget.container()
            self._root = self._value = {}
            position.begin(place)

    def close(self) -> "ExiValue":
        """Make sure that the body ends here; return the root's value.  Errors: ExiError."""
        known = self._fragment_of
        if known and self._bits.take(width(known + 1)) != known + 1:
            raise self._bits.error("a fragment of more than one element")
        self.trailing = self._bits.finish(0 if known else bounds.TRAILING_BYTES)
        return self._root

    def run(self, events: int) -> bool:
        """Take up to so many events; return whether there are more.  Errors: ExiError."""
        try:
            while self._value is not None:
                if not events:
                    return True
                events -= 1
                self._event()
        except ExiError as error:
            raise self._placed(error)
        return False

    def _placed(self, error):
        return ExiError("%s (at %s)" % (error, self._schema.name(self._latest)))

    def _event(self):
        position = self._position
        again, named, known = position.again, position.named(), position.known()
        code = self._bits.take(WIDTHS[known])
        if code < named:
            self._produce(position.current if code < again else position.first + code - again)
        elif code < known:
            self._end(position.flags, code - named)
        elif code == known:
            raise self._bits.error("a second-level event: xsi:type, xsi:nil or what the schema does not know")
        else:
            raise self._bits.error("event code %d, 0..%d are known" % (code, known - 1))

    def _end(self, flags, code):
        if flags & ANY_ELEMENT:
            if not code:
                raise self._bits.error("an element where the schema takes any: not supported")
            code -= 1
        if code or not flags & END:
            raise self._bits.error("text between elements: not supported")
        self._value = self._position.pop() if self._position.open else None

    def _produce(self, index):
        position = self._position
        table, at = position.table, position.advance(index)
        self._latest = (table[at] & 0x3F) << 8 | table[at + 1] or self._latest
        if table[at + 2] == NO_TYPE:
            raise self._bits.error("the element is abstract")
        place = position.place(table[at + 2])
        if not position.is_element(at):
            self._store(at, read(self._bits, table, place))
        elif position.is_simple(place):
            self._store(at, self._simple(place))
        else:
            value: dict = {}
            self._budget.container()
            self._store(at, value)
            position.push(self._value)
            self._value = value
            position.begin(place)

    def _simple(self, place):
        """Read what an element of simple type is made of: characters and end, each the one event that is known."""
        bits = self._bits
        if bits.take(1):
            raise bits.error("a second-level event where a value has to be; an empty element is none")
        value = read(bits, self._schema.data, place)
        if bits.take(1):
            raise bits.error("a second-level event behind a value")
        return value

    def _store(self, at, value):
        table = self._schema.data
        name = "" if table[at] >> 6 == CONTENT else self._name(self._latest)
        self._budget.value(value)
        holder, most = self._value, table[at + 3]
        if most == 1:
            holder[name] = value
            return
        items = holder.get(name)
        if items is None:
            items = holder[name] = []
            self._budget.container()
        if most in UNBOUNDED and len(items) >= bounds.OCCURRENCES:
            raise self._bits.error("more than %d of one element" % bounds.OCCURRENCES)
        items.append(value)

    def _name(self, at):
        """Return the name; one message has each name once in memory, however often it comes."""
        name = self._names.get(at)
        if name is None:
            name = self._names[at] = self._schema.name(at)
            self._budget.spend(bounds.VALUE_BYTES)
        return name
