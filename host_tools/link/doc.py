"""The made part of docs/link-protocol.md: `python -m host_tools.link.doc --write`, or `--check`."""

from __future__ import annotations

import sys
from pathlib import Path

from gridkeel.link import table
from host_tools.errors import EXIT_CHECK_FAILED, EXIT_USAGE
from host_tools.link.dictionary import Dictionary, Row

PATH = Path(__file__).resolve().parents[2] / "docs" / "link-protocol.md"
BEGIN = "<!-- begin: made by `python -m host_tools.link.doc --write` from gridkeel.link.messages -->"
END = "<!-- end -->"
ENUM_SOURCES = {
    "CATALOGUE": "fault codes",
    "INVERTER_STATES": "states of the inverter driver",
    "TABLE": "parameters",
}


def section() -> str:
    """Return the made part of the document, markers not included."""
    dictionary = Dictionary.ours()
    text = table.text()
    lines = [f"Table hash `0x{table.table_hash(text):08x}`, {len(text)} bytes of text.", ""]
    for row in dictionary.rows.values():
        lines += _row(row)
    lines += ["Names behind numbers:", "", "| unit | numbers |", "|---|---|"]
    for unit, names in dictionary.enums.items():
        title = f"{unit} ({ENUM_SOURCES[unit]})" if unit in ENUM_SOURCES else unit
        lines.append(f"| {title} | {', '.join(f'{number} {name}' for number, name in names.items())} |")
    return "\n".join(lines) + "\n"


def with_section(document: str) -> str:
    """Return the document with its made part as it should be.  Errors: ValueError where a marker is missing."""
    before, begin, rest = document.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PATH} lacks the markers of its made part")
    return f"{before}{BEGIN}\n\n{section()}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write or check the document; return the exit code."""
    if arguments not in (["--write"], ["--check"]):
        print("usage: python -m host_tools.link.doc --write | --check", file=sys.stderr)
        return EXIT_USAGE
    document = PATH.read_text()
    wanted = with_section(document)
    if arguments == ["--write"]:
        PATH.write_text(wanted)
    elif document != wanted:
        print(f"{PATH} is out of date: run python -m host_tools.link.doc --write", file=sys.stderr)
        return EXIT_CHECK_FAILED
    return 0


def _row(row: Row) -> list[str]:
    direction = "command, host to device" if row.is_command else "record, device to host"
    lines = [f"**{row.message_id} `{row.name}`**, {direction}, {row.layout.size} bytes", ""]
    lines += ["| offset | field | type | unit |", "|---|---|---|---|"]
    offset = 0
    types = {"B": "u8", "b": "i8", "H": "u16", "h": "i16", "I": "u32", "i": "i32"}
    for field in row.fields:
        lines.append(f"| {offset} | `{field.name}` | {types[field.code]} | {field.unit} |")
        offset += int(types[field.code][1:]) // 8
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
