"""The device's EXI tables, firmware/gridkeel/v2g/exi/tables/."""

from __future__ import annotations

from pathlib import Path

from host_tools.generate.exi import sources
from host_tools.generate.exi.grammar import Builder
from host_tools.generate.exi.pack import Packed, pack

TABLES = Path(__file__).resolve().parents[3] / "firmware" / "gridkeel" / "v2g" / "exi" / "tables"
_LINE = 112
_PLAIN = set(range(32, 127)) - {ord('"'), ord("\\")}


def packed_tables() -> dict[str, Packed]:
    """Return {name: table} of every schema.  Errors: MissingError, UnsupportedSchemaError."""
    with sources.prepared() as folder:
        return {name: pack(Builder(sources.load(folder, name)).build()) for name in sources.MAIN}


def module(name: str, data: bytes) -> str:
    """Return the text of a table's module."""
    lines, line = [], ""
    for value in data:
        piece = chr(value) if value in _PLAIN else f"\\x{value:02x}"
        if len(line) + len(piece) > _LINE:
            lines.append(line)
            line = ""
        line += piece
    lines.append(line)
    body = "\n".join(f'    b"{text}"' for text in lines)
    about = f"EXI table of {sources.MAIN[name]}, made by `make generate`; do not edit."
    return f'"""{about}"""\n\nTABLE = (\n{body}\n)\n'


def files() -> dict[Path, str]:
    """Return {path: text} of every table.  Errors: MissingError, UnsupportedSchemaError."""
    return {TABLES / f"{name}.py": module(name, packed.data) for name, packed in packed_tables().items()}
