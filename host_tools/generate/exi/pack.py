"""A grammar to the bytes of its table; docs/exi.md has the format, gridkeel's schema.py reads it."""

from __future__ import annotations

from dataclasses import dataclass

from gridkeel.v2g.exi import schema as table
from host_tools.generate.exi.model import (
    ABSTRACT,
    ComplexType,
    Grammar,
    Production,
    SimpleType,
    UnsupportedSchemaError,
    order,
)

_COUNT_MOST = 31  # productions of a state behind another, in five bits
_LARGE_MOST = table.GROUPED - table.LARGE


@dataclass(frozen=True)
class Packed:
    """A table and what its sections take of it, in bytes."""

    data: bytes
    sections: dict[str, int]


def pack(grammar: Grammar) -> Packed:
    """Return the table of a grammar.  Errors: UnsupportedSchemaError where it does not fit the format."""
    packer = Packer(grammar)
    sections = packer.sections()
    return Packed(b"".join(sections.values()), {name: len(data) for name, data in sections.items()})


def _fit(value: int, most: int, what: str) -> int:
    if not 0 <= value <= most:
        raise UnsupportedSchemaError(f"{what}: {value} does not fit 0..{most}")
    return value


class Packer:
    """Lays out one table: header, types, productions, names of elements and attributes, values."""

    def __init__(self, grammar: Grammar) -> None:
        self.complex_types = [kind for kind in grammar.types.values() if isinstance(kind, ComplexType)]
        self.simple_types = sorted({kind for kind in grammar.types.values() if isinstance(kind, SimpleType)}, key=repr)
        self.numbers = self._numbers(grammar)
        productions = [production for kind in self.complex_types for production in kind.productions]
        self.large = sorted({production.most for production in productions if production.most >= table.LARGE})
        _fit(len(self.large), _LARGE_MOST, "large counts")
        self.grammar = grammar
        self.productions_at = table.TYPES + 2 * len(self.large) + table.TYPE_SIZE * self._type_count()
        self.names_at = self.productions_at + table.PRODUCTION_SIZE * len(productions)
        self.name_places: dict[tuple[bool, str], int] = {}
        self.element_names = self._element_names(self.names_at)
        self.attributes_at = self.names_at + len(self.element_names)
        self.attribute_names = self._attribute_names(self.attributes_at)
        self.values = _Values(self.attributes_at + len(self.attribute_names))

    def sections(self) -> dict[str, bytes]:
        types = self._types()
        return {
            "header": self._header(),
            "types": types,
            "productions": self._productions(),
            "element names": self.element_names,
            "attribute names": self.attribute_names,
            "values": bytes(self.values.data),
        }

    def _type_count(self) -> int:
        return _fit(1 + len(self.complex_types) + len(self.simple_types), table.MIXED_TYPE, "types")

    def _numbers(self, grammar: Grammar) -> dict[int | None, int]:
        """Return {type key: number}: complex types first, equal simple types under one number."""
        numbers: dict[int | None, int] = {ABSTRACT: table.NO_TYPE, None: table.MIXED_TYPE}
        for kind, number in zip(self.complex_types, range(1, 256), strict=False):
            numbers[next(key for key, known in grammar.types.items() if known is kind)] = number
        for key, simple in grammar.types.items():
            if isinstance(simple, SimpleType):
                numbers[key] = 1 + len(self.complex_types) + self.simple_types.index(simple)
        return numbers

    def _header(self) -> bytes:
        grammar = self.grammar
        numbers = (
            len(grammar.elements),
            sum(element.is_global for element in grammar.elements),
            _fit(len(grammar.attributes), 0xFF, "attributes") << 8 | len(self.large),
            self.productions_at,
            self.names_at,
            self.attributes_at,
            *self.large,
        )
        head = table.MAGIC + bytes([self._type_count()])
        return head + b"".join(_fit(number, 0xFFFF, "header").to_bytes(2, "big") for number in numbers)

    def _types(self) -> bytes:
        packed, first = bytearray(table.TYPE_SIZE), 0
        for kind in self.complex_types:
            start = kind.start
            packed += bytes([table.COMPLEX | start.flags << 4, start.count])
            packed += (first + start.first).to_bytes(2, "big")
            first += len(kind.productions)
        for simple in self.simple_types:
            packed += bytes([simple.kind, _fit(simple.small, 0xFF, "a type's small number")])
            packed += (self.values.place(simple) or simple.large).to_bytes(2, "big")
        return bytes(packed)

    def _productions(self) -> bytes:
        return b"".join(
            self._production(production, index)
            for kind in self.complex_types
            for index, production in enumerate(kind.productions)
        )

    def _production(self, production: Production, index: int) -> bytes:
        """name and kind, type, count, where the state behind begins seen from here, its size and flags."""
        after = production.after
        name = 0
        if production.kind != table.CONTENT:
            name = self.name_places[production.kind == table.ELEMENT, production.name]
        offset = after.first - index if after.count else 0
        if not -128 <= offset <= 127:
            raise UnsupportedSchemaError(f"{production.name}: the state behind is {offset} away")
        return (_fit(name, 0x3FFF, "names' places") | production.kind << 14).to_bytes(2, "big") + bytes(
            [
                self.numbers[production.type_key],
                self._count(production),
                offset & 0xFF,
                _fit(after.count, _COUNT_MOST, "a state's size") | after.flags << 5,
            ]
        )

    def _count(self, production: Production) -> int:
        if production.grouped:
            return table.GROUPED
        return table.LARGE + self.large.index(production.most) if production.most in self.large else production.most

    def _element_names(self, at: int) -> bytes:
        packed = bytearray()
        local_names = [order(element.name)[0] for element in self.grammar.elements]
        for element, local in zip(self.grammar.elements, local_names, strict=True):
            repeated = local_names.count(local) > 1
            if element.is_global and self._global_names().count(local) > 1:
                raise UnsupportedSchemaError(f"{local} is global in more than one namespace")
            self.name_places[True, element.name] = at + len(packed)
            flags = (table.GLOBAL if element.is_global else 0) | (table.REPEATED if repeated else 0)
            packed += bytes([_fit(len(local), 0x3F, local) | flags, self.numbers[element.type_key]]) + local.encode()
        return bytes(packed)

    def _global_names(self) -> list[str]:
        return [order(element.name)[0] for element in self.grammar.elements if element.is_global]

    def _attribute_names(self, at: int) -> bytes:
        packed = bytearray()
        for name, key in self.grammar.attributes:
            self.name_places[False, name] = at + len(packed)
            local = order(name)[0]
            packed += bytes([_fit(len(local), 0x3F, local), self.numbers[key]]) + local.encode()
        return bytes(packed)


class _Values:
    """Values that do not fit a type's four bytes: the words of enumerations, and limits."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.data = bytearray()

    def place(self, simple: SimpleType) -> int:
        """Return where the rest of a type is, put there if it is new; 0 where it has none."""
        parts = [word.encode("ascii") for word in simple.enumeration]
        if simple.highest is not None:
            parts = [simple.highest.to_bytes((simple.highest.bit_length() + 7) // 8, "big")]
        if not parts:
            return 0
        packed = b"".join(bytes([_fit(len(part), 0xFF, "a value")]) + part for part in parts)
        found = self.data.find(packed)
        if found < 0:
            found = len(self.data)
            self.data += packed
        return _fit(self.at + found, 0xFFFF, "values' places")
