"""The message table a host reads records with: ours, or the one a device declared."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

from gridkeel.link import table
from host_tools.errors import ToolError

COMMAND_FIELD = "command"
OR_NONE = " or none"  # of a unit: the value may be not known
_TABLES = 16  # different ones held for the links of a process
LIMITS = {
    "B": (0, 0xFF),
    "b": (-0x80, 0x7F),
    "H": (0, 0xFFFF),
    "h": (-0x8000, 0x7FFF),
    "I": (0, 0xFFFFFFFF),
    "i": (-0x80000000, 0x7FFFFFFF),
}


@dataclass(frozen=True)
class Field:
    """One field of a row; unit is a unit of measure, or the name of an enum.  low..high: what a command may hold."""

    name: str
    code: str
    unit: str
    low: int
    high: int

    def knows(self, value: int) -> bool:
        """Return whether a value is one: a unit that ends in " or none" makes the least that fits say "not known"."""
        return not self.unit.endswith(OR_NONE) or value != LIMITS[self.code][0]


@dataclass(frozen=True)
class Row:
    """One message."""

    message_id: int
    name: str
    fields: tuple[Field, ...]

    @cached_property
    def layout(self) -> struct.Struct:
        return struct.Struct("<" + "".join(field.code for field in self.fields))

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def is_command(self) -> bool:
        return self.names[:1] == (COMMAND_FIELD,)


class Dictionary:
    """Rows by id and by name, and the names behind enum numbers."""

    def __init__(self, text: bytes) -> None:
        """Parse a table's text.  Errors: ToolError where it is not a table this version reads."""
        self.text = text
        self.hash = table.table_hash(text)
        self.enums: dict[str, dict[int, str]] = {}
        self.rows: dict[int, Row] = {}
        self.by_name: dict[str, Row] = {}
        try:
            self._parse(text.decode("ascii").splitlines())
        except (ValueError, IndexError, KeyError) as error:
            raise ToolError(
                f"the device's message table cannot be read ({error}); update gridkeel on the host"
            ) from error

    @classmethod
    def ours(cls) -> Dictionary:
        """Return the table this package was built with."""
        return cls.of(_our_text())

    @staticmethod
    @lru_cache(maxsize=_TABLES)
    def of(text: bytes) -> Dictionary:
        """Return the table of a text, one for all the links that use it.  Errors: as of the constructor."""
        return Dictionary(text)

    @cached_property
    def columns(self) -> dict[str, list[dict[str, str]]]:
        """Return {record: [{"name", "unit"}, ...]}, as a birth message declares it."""
        return {
            row.name: [{"name": field.name, "unit": field.unit} for field in row.fields]
            for row in self.rows.values()
            if not row.is_command
        }

    def decode(self, message_id: int, payload: bytes) -> tuple[str, dict[str, int]]:
        """Return (name, values).  Errors: ValueError for an id or a length the table does not hold."""
        row = self.rows.get(message_id)
        if row is None or row.layout.size != len(payload):
            raise ValueError(f"message {message_id} of {len(payload)} bytes is not in the table")
        return row.name, dict(zip(row.names, row.layout.unpack(payload), strict=True))

    def encode(self, name: str, values: dict[str, int | str]) -> tuple[int, bytes]:
        """Return (message id, payload); an enum field takes its name as well as its number.  Errors: ToolError."""
        row = self.by_name.get(name)
        if row is None:
            raise ToolError(f"the device has no message {name!r}; it has {', '.join(self.by_name)}")
        if set(values) != set(row.names):
            raise ToolError(f"{name} takes {', '.join(row.names)}, not {', '.join(values) or 'nothing'}")
        return row.message_id, row.layout.pack(*(self._number(name, field, values[field.name]) for field in row.fields))

    def _number(self, message: str, field: Field, value: int | str) -> int:
        if isinstance(value, str):
            for number, name in self.enums.get(field.unit, {}).items():
                if name == value:
                    return number
            raise ToolError(f"{message}: {field.name} = {value!r} is not one of {self._choices(field)}")
        low, high = LIMITS[field.code]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ToolError(f"{message}: {field.name} = {value!r} is not an integer in {low}..{high}")
        return value

    def _choices(self, field: Field) -> str:
        return ", ".join(self.enums.get(field.unit, {}).values()) or "its names: give the number"

    def _parse(self, lines: list[str]) -> None:
        if lines[:1] != [table.FORMAT_LINE]:
            raise ValueError(f"it does not begin with {table.FORMAT_LINE!r}")
        messages: list[tuple[int, str, list[Field]]] = []
        for line in lines[1:]:
            kind, first, rest = line.split(" ", 2)
            if kind == "enum":
                self.enums[first] = {int(n): name for n, name in (pair.split("=") for pair in rest.split(" "))}
            elif kind == "message":
                messages.append((int(first), rest, []))
            elif kind == "field":
                code, unit = rest.split(" ", 1)
                messages[-1][2].append(Field(first, code, unit, *_limits(code)))
            elif kind == "limits":
                fields = messages[-1][2]
                fields[-1] = replace(fields[-1], low=int(first), high=int(rest))
            else:
                raise ValueError(f"unknown line {line!r}")
        for message_id, name, fields in messages:
            row = Row(message_id, name, tuple(fields))
            self.rows[message_id] = self.by_name[name] = row


@cache
def _our_text() -> bytes:
    return bytes(table.text())


def _limits(code: str) -> tuple[int, int]:
    if code not in LIMITS:
        raise ValueError(f"unknown field code {code!r}")
    return LIMITS[code]
