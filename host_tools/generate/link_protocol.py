"""Generated section of docs/link-protocol.md: messages, fields, offsets and the names behind numbers."""

from __future__ import annotations

from pathlib import Path

from gridkeel.link import table
from host_tools.generate.section import page
from host_tools.link.dictionary import LIMITS, Dictionary, Field, Row

ENUM_SOURCES = {
    "CATALOGUE": "fault codes",
    "INVERTER_STATES": "states of the inverter driver",
    "TABLE": "parameters",
}


def files() -> dict[Path, str]:
    """Return {path: text} of the page."""
    return page("link-protocol.md", "gridkeel.link.messages", section())


def section() -> list[str]:
    """Return the lines of the section, markers not included."""
    dictionary = Dictionary.ours()
    text = table.text()
    lines = [f"Table hash `0x{table.table_hash(text):08x}`, {len(text)} bytes of text.", ""]
    for row in dictionary.rows.values():
        lines += _row(row)
    lines += ["Names behind numbers:", "", "| unit | numbers |", "|---|---|"]
    for unit, names in dictionary.enums.items():
        title = f"{unit} ({ENUM_SOURCES[unit]})" if unit in ENUM_SOURCES else unit
        lines.append(f"| {title} | {', '.join(f'{number} {name}' for number, name in names.items())} |")
    return lines


def _row(row: Row) -> list[str]:
    direction = "command, host to device" if row.is_command else "record, device to host"
    lines = [f"**{row.message_id} `{row.name}`**, {direction}, {row.layout.size} bytes", ""]
    heads = ["offset", "field", "type", "unit", *(["limits"] if row.is_command else [])]
    lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    offset = 0
    types = {"B": "u8", "b": "i8", "H": "u16", "h": "i16", "I": "u32", "i": "i32"}
    for field in row.fields:
        cells = [str(offset), f"`{field.name}`", types[field.code], field.unit]
        lines.append(f"| {' | '.join(cells + ([_limits(field)] if row.is_command else []))} |")
        offset += int(types[field.code][1:]) // 8
    return [*lines, ""]


def _limits(field: Field) -> str:
    """Return the limits of a field, "" where only its type bounds it."""
    return "" if (field.low, field.high) == LIMITS[field.code] else f"{field.low}..{field.high}"
