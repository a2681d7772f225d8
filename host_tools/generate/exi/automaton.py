"""A content model's particles to the states of its automaton (Glushkov: one state behind each particle).

XML Schema demands that a name decides which particle it belongs to, so the automaton is deterministic, and its states
have the productions of EXI's normalized grammars (EXI 8.5.4.2).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import xmlschema

from host_tools.generate.exi.model import UnsupportedSchemaError

_PERMUTED = 7  # particles of a type up to which other orders than the schema's are tried


@dataclass
class Part:
    """Part of the content model: may it be empty, and its first and last particles."""

    nullable: bool
    first: list[int]
    last: list[int]


@dataclass
class Automaton:
    """leaves: the particles in the schema's order; follow: what may come behind each, None: behind the start.

    final: particles (and None) behind which the content may end; grouped: those that a group around them repeats.
    """

    leaves: list[Any] = field(default_factory=list)
    follow: dict[int | None, list[int]] = field(default_factory=dict)
    final: set[int | None] = field(default_factory=set)
    grouped: set[int] = field(default_factory=set)

    def is_named(self, index: int) -> bool:
        return isinstance(self.leaves[index], xmlschema.XsdElement)

    def named(self, state: int | None) -> list[int]:
        return [index for index in self.follow[state] if self.is_named(index)]


def automaton(group: Any) -> Automaton:
    """Return the automaton of an xmlschema model group.  Errors: UnsupportedSchemaError."""
    made = Automaton()
    whole = _walk(made, group)
    made.follow[None] = whole.first
    made.final = set(whole.last) | ({None} if whole.nullable else set())
    for state, behind in made.follow.items():
        made.follow[state] = sorted(set(behind))
    return made


def _walk(made: Automaton, particle: Any) -> Part:
    if not isinstance(particle, xmlschema.validators.XsdGroup):
        return _leaf(made, particle)
    if (particle.max_occurs not in (1, None)) or particle.min_occurs > 1 or particle.model == "all":
        raise UnsupportedSchemaError(f"a group of {particle.model} {particle.min_occurs}..{particle.max_occurs}")
    begin = len(made.leaves)
    parts = [_walk(made, child) for child in particle]
    part = _choice(parts) if particle.model == "choice" else _sequence(made, parts)
    if particle.max_occurs is None:
        for index in part.last:
            made.follow[index] += part.first
        made.grouped |= {index for index in range(begin, len(made.leaves)) if made.is_named(index)}
    part.nullable = part.nullable or particle.min_occurs == 0
    return part


def _leaf(made: Automaton, particle: Any) -> Part:
    if particle.min_occurs > 1:
        raise UnsupportedSchemaError(f"{particle}: minOccurs {particle.min_occurs}")
    index = len(made.leaves)
    made.leaves.append(particle)
    made.follow[index] = []
    return Part(particle.min_occurs == 0, [index], [index])


def _choice(parts: list[Part]) -> Part:
    return Part(
        any(part.nullable for part in parts) or not parts,
        [index for part in parts for index in part.first],
        [index for part in parts for index in part.last],
    )


def _sequence(made: Automaton, parts: list[Part]) -> Part:
    whole = Part(True, [], [])
    for part in parts:
        for index in whole.last:
            made.follow[index] += part.first
        whole.first += part.first if whole.nullable else []
        whole.last = part.last + (whole.last if part.nullable else [])
        whole.nullable = whole.nullable and part.nullable
    return whole


def contiguous_order(made: Automaton) -> list[int]:
    """Return an order of the named particles in which those behind each state are next to each other, in schema order.

    Errors: UnsupportedSchemaError where there is none.
    """
    named = [index for index in range(len(made.leaves)) if made.is_named(index)]
    orders: Any = [named] if len(named) > _PERMUTED else itertools.permutations(named)
    for candidate in orders:
        place = {index: at for at, index in enumerate(candidate)}
        if all(_in_one_piece([place[index] for index in made.named(state)]) for state in made.follow):
            return list(candidate)
    raise UnsupportedSchemaError(f"no order for {[leaf.name for leaf in made.leaves]}")


def _in_one_piece(places: list[int]) -> bool:
    return all(later == before + 1 for before, later in itertools.pairwise(places))
