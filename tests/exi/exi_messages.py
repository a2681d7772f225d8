"""Random messages that a schema allows, each as a value of the codec and as XML; made from the XSD alone."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import xmlschema

_XML_SCHEMA = ("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/2001/XMLSchema-instance")
_WRAPPED = 0.9
_OFTEN = 0.6  # an optional element or attribute is there
_ATTRIBUTE_ESCAPES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_TEXT_ESCAPES = {"\r": "&#13;"}
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 *:/.-_#<>&\"'"
_NAME = "abcXYZ019._-é"
_WIDE = "\x7f\x80äß߿ࠀ€\ud7ff\ue000\ufffd\U00010000😀\U0010ffff\t\n"
_LONGEST = 1024  # of strings that the schema does not bound, as in the codec
_LARGEST = 4096
_SERIAL_BITS = 280
_UNBOUNDED = 64


@dataclass(frozen=True)
class Message:
    """name: the root's local name; value: as the codec has it; xml: the same as a document."""

    name: str
    value: Any
    xml: str


class Messages:
    """Makes messages of one schema.

    longest: lists are no longer than this, but for a few that are as long as the schema allows.
    shortest: of strings and binaries, where the schema allows it; 0 lets empty ones come.
    full: the local name of an element of which there are always as many as there may be.
    """

    def __init__(self, schema: xmlschema.XMLSchema10, dice: random.Random, longest: int = 3, shortest: int = 1) -> None:
        self.maps: Any = schema.maps
        self.dice = dice
        self.longest = longest
        self.shortest = shortest
        self.full = ""
        self._ids = 0
        self._possible: dict[Any, bool] = {}
        own = [e for name, e in schema.maps.elements.items() if "www.w3.org/2001/XMLSchema" not in name]
        self.roots = [e for e in own if self._can_be(e)]
        self._declared = self._declarations(own)

    def message(self) -> Message:
        """Return one message; most are V2G_Message where the schema has it, the others any global element."""
        wrapped = [element for element in self.roots if element.local_name == "V2G_Message"]
        element = self.dice.choice(wrapped if wrapped and self.dice.random() < _WRAPPED else self.roots)
        value, xml = self.element(element, None)
        return Message(element.local_name, value, xml)

    def fragments(self) -> list[str]:
        """Return the local names of all elements that can be a fragment: those that one declaration has."""
        return sorted(name for name, element in self._declared.items() if element is not None)

    def fragment(self, name: str) -> Message:
        """Return a message whose root is any element of the schema."""
        value, xml = self.element(self._declared[name], None)
        return Message(name, value, xml)

    def lists(self) -> list[tuple[str, str]]:
        """Return (fragment, child) of every list that one of the fragments holds right beneath itself."""
        return [
            (name, child.local_name)
            for name in self.fragments()
            for child in _children(self._declared[name].type)
            if child.max_occurs not in (1, None) and self._can(child)
        ]

    def _declarations(self, roots: list[Any]) -> dict[str, Any]:
        """Return {local name: the one declaration of it, or None where there are several}."""
        named = [kind for kind in self.maps.types.values() if kind.target_namespace not in _XML_SCHEMA]
        found: dict[str, Any] = {}
        known: set[Any] = set()
        left = [*roots, *(child for kind in named for child in _children(kind))]
        while left:
            element = left.pop()
            first = found.setdefault(element.local_name, element)
            if first is not None and (first.name, first.type) != (element.name, element.type):
                found[element.local_name] = None
            if element.type not in known:
                known.add(element.type)
                left += [member for child in _children(element.type) for member in self._members(child)]
        return {
            name: None if element is None or not self._can_be(element) else element for name, element in found.items()
        }

    def element(self, element: Any, around: str | None) -> tuple[Any, str]:
        """Return (value, XML) of an element; around: the default namespace where it will be."""
        kind, tag, space = element.type, element.local_name, element.name.rpartition("}")[0][1:]
        declared = "" if space == around else f' xmlns="{space}"'
        if kind.is_simple():
            value, text = self.simple(kind)
            return value, f"<{tag}{declared}>{escape(text, _TEXT_ESCAPES)}</{tag}>"
        value, attributes = self._attributes(kind)
        if kind.has_simple_content():
            value[""], text = self.simple(kind.content)
            inner = escape(text, _TEXT_ESCAPES)
        else:
            inner = self._group(kind.content, value, space)
        return value, f"<{tag}{declared}{attributes}>{inner}</{tag}>"

    def _attributes(self, kind: Any) -> tuple[dict[str, Any], str]:
        value: dict[str, Any] = {}
        xml = ""
        for name, use in kind.attributes.items():
            if use.use != "required" and self.dice.random() > _OFTEN:
                continue
            space, _, local = name.rpartition("}")
            value[local], text = self.simple(use.type)
            prefix = f'xmlns:a="{space[1:]}" a:' if space else ""
            xml += f' {prefix}{local}="{escape(text, _ATTRIBUTE_ESCAPES)}"'
        return value, xml

    def _group(self, group: Any, value: dict[str, Any], space: str) -> str:
        if not self._there(group):
            return ""
        repeated = group.max_occurs is None
        if group.model != "choice":
            return "".join(self._particle(child, value, space, repeated=repeated) for child in group)
        able = [child for child in group if self._can(child)]
        if not repeated:
            return self._particle(self.dice.choice(able), value, space, repeated=False)
        chosen = sorted(self.dice.sample(range(len(able)), self.dice.randint(1, len(able))))
        return "".join(self._particle(able[index], value, space, repeated=True) for index in chosen)

    def _there(self, particle: Any) -> bool:
        if not self._can(particle):
            assert particle.min_occurs == 0, particle
            return False
        return particle.min_occurs > 0 or self.dice.random() < _OFTEN

    def _particle(self, particle: Any, value: dict[str, Any], space: str, *, repeated: bool) -> str:
        if isinstance(particle, xmlschema.validators.XsdGroup):
            if repeated and particle.model == "choice":  # a repeated sequence of one choice is a repeated choice
                able = [child for child in particle if self._can(child)]
                chosen = sorted(self.dice.sample(range(len(able)), self.dice.randint(1, len(able))))
                return "".join(self._particle(able[index], value, space, repeated=True) for index in chosen)
            return self._group(particle, value, space)
        if not self._there(particle):
            return ""
        element = self.dice.choice([e for e in self._members(particle) if self._can_be(e)])
        if particle.max_occurs == 1 and not repeated:
            value[element.local_name], xml = self.element(element, space)
            return xml
        made = [self.element(element, space) for _ in range(self._count(particle, repeated=repeated))]
        value[element.local_name] = [item for item, _ in made]
        return "".join(xml for _, xml in made)

    def _count(self, particle: Any, *, repeated: bool) -> int:
        most = particle.max_occurs if particle.max_occurs and not repeated else _UNBOUNDED
        if self.full == particle.local_name:
            return most
        if not self.full and self.dice.random() < (0.1 if most <= 8 else 0.02 if most < 100 else 0.004):
            return most
        return self.dice.randint(1, min(most, self.longest))

    def _members(self, element: Any) -> list[Any]:
        found = [element]
        for member in self.maps.substitution_groups.get(element.name, ()):
            found += self._members(member)
        return found

    def _can_be(self, element: Any) -> bool:
        return not element.abstract and self._can_have(element.type)

    def _can_have(self, kind: Any) -> bool:
        """Tell whether the codec can have anything of a type: not abstract, no wildcard that must be filled."""
        if kind.is_simple() or kind.has_simple_content():
            return True
        if kind.abstract:
            return False
        if kind not in self._possible:
            self._possible[kind] = True  # no type of these schemas holds itself
            self._possible[kind] = kind.content.min_occurs == 0 or self._can(kind.content)
        return self._possible[kind]

    def _can(self, particle: Any) -> bool:
        if isinstance(particle, xmlschema.validators.XsdGroup):
            able = [self._can(child) or child.min_occurs == 0 for child in particle]
            return (any if particle.model == "choice" else all)(able) if able else True
        if not isinstance(particle, xmlschema.XsdElement):
            return False
        return any(self._can_be(member) for member in self._members(particle))

    def simple(self, kind: Any) -> tuple[Any, str]:
        """Return (value, text) of a simple type, at an edge of what it allows more often than not."""
        root = kind.root_type.local_name
        if kind.enumeration is not None:
            word = self.dice.choice(kind.enumeration)
            return word, word
        if root == "boolean":
            flag = self.dice.random() < 0.5
            return flag, "true" if flag else "false"
        if root == "hexBinary":
            data = self.dice.randbytes(self._length(kind, _LARGEST))
            return data, data.hex().upper()
        if root == "base64Binary":
            data = self.dice.randbytes(self._length(kind, _LARGEST))
            return data, base64.b64encode(data).decode()
        if root == "decimal":
            number = self._number(kind)
            return number, str(number)
        text = self._string(kind, self._length(kind, _LONGEST - 20))
        return text, text

    def _length(self, kind: Any, bound: int) -> int:
        low, high = max(self.shortest, kind.min_length or 0), kind.max_length or bound
        usual = min(high, low + 40)
        edge = high if high <= 100 or self.dice.random() < 0.02 else usual
        return self.dice.choice([low, edge, self.dice.randint(low, usual), self.dice.randint(low, usual)])

    def _string(self, kind: Any, size: int) -> str:
        if kind.local_name in ("ID", "IDREF"):  # an ID is one of a kind in its document
            self._ids += 1
            return "x" + "".join(self.dice.choices(_NAME, k=max(0, size - 1))) + str(self._ids)
        letters = _PLAIN if self.dice.random() < 0.8 else _PLAIN + _WIDE * 2
        text = "x" + "".join(self.dice.choices(letters, k=max(0, size - 2))) + "y"
        if kind.white_space == "collapse":
            text = "".join("-" if letter.isspace() else letter for letter in text)
        return text[:size]

    def _number(self, kind: Any) -> int:
        low = kind.min_value if kind.min_value is not None else -(1 << _SERIAL_BITS)
        high = kind.max_value if kind.max_value is not None else (1 << _SERIAL_BITS) - 1
        near = [n for n in (low, low + 1, high - 1, high, -129, -1, 0, 1, 127, 128, 16383, 16384) if low <= n <= high]
        if self.dice.random() < 0.6:
            return self.dice.choice(near)
        bits = self.dice.randint(1, max(high.bit_length(), low.bit_length()))
        number = self.dice.getrandbits(bits) * self.dice.choice((1, -1))
        return min(max(number, low), high)


def _children(kind: Any) -> list[Any]:
    if kind.is_simple() or kind.has_simple_content():
        return []
    return [child for child in kind.content.iter_elements() if isinstance(child, xmlschema.XsdElement)]
