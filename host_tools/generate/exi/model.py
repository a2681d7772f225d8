"""A grammar between the schema and its table: types and productions by reference, nothing packed yet."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SimpleType:
    """A simple type.  kind: as gridkeel.v2g.exi.schema names them; the rest as facets.py reads it."""

    kind: int
    small: int = 0
    large: int = 0
    enumeration: tuple[str, ...] = ()
    highest: int | None = None


@dataclass(frozen=True)
class State:
    """State of a type: `count` productions from `first` (within the type), and the flags of gridkeel's schema.py."""

    first: int
    count: int
    flags: int


@dataclass
class Production:
    """One event with a name.  most: 0 is unbounded; grouped: repeated by a group around it, not by itself."""

    kind: int
    name: str
    type_key: int
    most: int
    grouped: bool
    after: State


@dataclass
class ComplexType:
    """A complex type's automaton."""

    start: State
    productions: list[Production]


@dataclass
class Element:
    """A name that elements have in the schema, {namespace}local.  type_key: None where they are of several types."""

    name: str
    is_global: bool
    type_key: int | None


ABSTRACT = -1  # type key of what cannot be in a message


@dataclass
class Grammar:
    """All that a table holds.  types: {key: type}; elements and attributes in the order of EXI's event codes."""

    types: dict[int, SimpleType | ComplexType] = field(default_factory=dict)
    elements: list[Element] = field(default_factory=list)
    attributes: list[tuple[str, int | None]] = field(default_factory=list)


def order(name: str) -> tuple[str, str]:
    """Return the key that EXI sorts qualified names by: local name, then namespace."""
    namespace, _, local = name.rpartition("}")
    return local, namespace


class UnsupportedSchemaError(Exception):
    """The schema has what the table format does not; the generator must learn it before the codec can."""
