"""An xmlschema schema to the grammar of a table."""

from __future__ import annotations

from typing import Any

import xmlschema

from gridkeel.v2g.exi import schema as table
from host_tools.generate.exi.automaton import Automaton, automaton, contiguous_order
from host_tools.generate.exi.model import (
    ABSTRACT,
    ComplexType,
    Element,
    Grammar,
    Production,
    State,
    UnsupportedSchemaError,
    order,
)
from host_tools.generate.exi.simple_types import XSD, simple_type


class Builder:
    """Collects types and names of one schema."""

    def __init__(self, schema: xmlschema.XMLSchema10) -> None:
        self.maps: Any = schema.maps
        self.grammar = Grammar()
        self._keys: dict[Any, int] = {}
        self._elements: dict[str, dict[int, bool]] = {}
        self._attributes: dict[str, set[int]] = {}

    def build(self) -> Grammar:
        """Return the grammar: every global element and what is reached from it, and every named type."""
        for element in _own(self.maps.elements):
            self._note(element, is_global=True)
        for xsd in _own(self.maps.types):
            # An abstract type has no place in the table; the names declared in it count for fragments all the same.
            if self.type_key(xsd) == ABSTRACT:
                self._complex(xsd)
        for name in sorted(self._elements, key=order):
            keys = self._elements[name]
            only = next(iter(keys)) if len(keys) == 1 else None
            self.grammar.elements.append(Element(name, any(keys.values()), only))
        for name in sorted(self._attributes, key=order):
            types = self._attributes[name]
            self.grammar.attributes.append((name, next(iter(types)) if len(types) == 1 else None))
        return self.grammar

    def _note(self, element: Any, *, is_global: bool) -> int:
        if element.nillable or element.default is not None or element.fixed is not None:
            raise UnsupportedSchemaError(f"{element}: nillable, default or fixed")
        key = ABSTRACT if element.abstract else self.type_key(element.type)
        known = self._elements.setdefault(element.name, {})
        known[key] = known.get(key, False) or is_global
        return key

    def type_key(self, xsd: Any) -> int:
        """Return the key of a type, which is built where it is new; ABSTRACT where nothing can be of it."""
        if xsd.is_complex() and xsd.abstract:
            return ABSTRACT
        known = self._keys.get(xsd)
        if known is None:
            known = self._keys[xsd] = len(self._keys)
            self.grammar.types[known] = self._complex(xsd) if xsd.is_complex() else simple_type(xsd)
        return known

    def _complex(self, xsd: Any) -> ComplexType:
        if xsd.has_simple_content():
            return self._with_attributes(xsd, *self._text(xsd.content))
        made = automaton(xsd.content)
        if made.grouped and any(made.leaves[index].max_occurs != 1 for index in made.grouped):
            raise UnsupportedSchemaError(f"{xsd}: repeated within a repeated group")
        placed = contiguous_order(made)
        first: dict[int, int] = {}
        size = 0
        for index in placed:
            first[index] = size
            size += len(self._names(made.leaves[index]))
        states = {at: self._state(made, at, first, mixed=xsd.mixed) for at in [None, *placed]}
        productions = [p for index in placed for p in self._elements_of(made, index, states[index])]
        return self._with_attributes(xsd, productions, states[None])

    def _text(self, content: Any) -> tuple[list[Production], State]:
        text = Production(table.CONTENT, "", self.type_key(content), 1, False, State(1, 0, table.END))
        return [text], State(0, 1, 0)

    def _state(self, made: Automaton, at: int | None, first: dict[int, int], *, mixed: bool) -> State:
        wild = [index for index in made.follow[at] if not made.is_named(index)]
        if len(wild) > 1:
            raise UnsupportedSchemaError("two wildcards side by side")
        flags = (table.ANY_ELEMENT if wild else 0) | (table.END if at in made.final else 0)
        flags |= table.TEXT if mixed else 0
        named = made.named(at)
        count = sum(len(self._names(made.leaves[index])) for index in named)
        return State(first[named[0]] if named else 0, count, flags)

    def _names(self, leaf: Any) -> list[Any]:
        """Return the elements that may stand for a particle: itself and its substitution group, in EXI's order."""
        found = {leaf.name: leaf}
        if leaf.ref is not None or leaf.name in self.maps.elements:
            self._substitutes(leaf.name, found)
        return [found[name] for name in sorted(found, key=order)]

    def _substitutes(self, name: str, found: dict[str, Any]) -> None:
        for member in self.maps.substitution_groups.get(name, ()):
            found[member.name] = member
            self._substitutes(member.name, found)

    def _elements_of(self, made: Automaton, index: int, after: State) -> list[Production]:
        leaf = made.leaves[index]
        names = self._names(leaf)
        if leaf.max_occurs != 1 and len(names) > 1:
            raise UnsupportedSchemaError(f"{leaf}: repeated, with a substitution group")
        return [
            Production(
                table.ELEMENT,
                element.name,
                self._note(element, is_global=False),
                leaf.max_occurs or 0,
                index in made.grouped,
                after,
            )
            for element in names
        ]

    def _with_attributes(self, xsd: Any, content: list[Production], start: State) -> ComplexType:
        """Put the attributes before the content: from each, up to the first that is required may come."""
        uses = [xsd.attributes[name] for name in sorted(xsd.attributes, key=_attribute_order)]
        count = len(uses)
        shifted = [_shift(production, count) for production in content]
        state = State(start.first + count, start.count, start.flags)
        attributes: list[Production] = []
        for at in range(count - 1, -1, -1):
            attributes.insert(0, self._attribute(uses[at], state))
            if uses[at].use == "required":
                state = State(at, 1, 0)
            elif state.count and state.first != at + 1:
                raise UnsupportedSchemaError(f"{xsd}: an optional attribute before a permuted content")
            else:
                state = State(at, state.count + 1, state.flags)
        return ComplexType(state, attributes + shifted)

    def _attribute(self, use: Any, after: State) -> Production:
        if use.name is None or use.fixed is not None or use.default is not None or use.use == "prohibited":
            raise UnsupportedSchemaError(f"{use}: a wildcard, fixed, default or prohibited attribute")
        key = self.type_key(use.type)
        self._attributes.setdefault(use.name, set()).add(key)
        return Production(table.ATTRIBUTE, use.name, key, 1, False, after)


def _shift(production: Production, count: int) -> Production:
    after = production.after
    production.after = State(after.first + count, after.count, after.flags)
    return production


def _attribute_order(name: str | None) -> tuple[str, str]:
    return order(name or "")


def _own(components: Any) -> list[Any]:
    """Return what the schema itself declares: not XML Schema's own, sorted by name."""
    own = [c for name, c in components.items() if not name.startswith((f"{{{XSD}}}", "{http://www.w3.org/XML/"))]
    return sorted((c for c in own if not _foreign(c)), key=lambda c: order(c.name))


def _foreign(component: Any) -> bool:
    return (component.target_namespace or "").startswith("http://www.w3.org/2001/XMLSchema")
