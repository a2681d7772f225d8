"""`python -m host_tools.exi --write | --check`: the device's EXI tables, made from the schemas or compared."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from host_tools.errors import EXIT_CHECK_FAILED, ToolError
from host_tools.exi import sources
from host_tools.exi.grammar import Builder
from host_tools.exi.pack import Packed, pack

TABLES = Path(__file__).resolve().parents[2] / "firmware" / "gridkeel" / "v2g" / "exi" / "tables"
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
    about = f"EXI table of {sources.MAIN[name]}, made by `python -m host_tools.exi --write`; do not edit."
    return f'"""{about}"""\n\nTABLE = (\n{body}\n)\n'


def print_sizes(tables: dict[str, Packed]) -> None:
    columns = list(next(iter(tables.values())).sections)
    print("table".ljust(14) + "".join(f"{column:>17}" for column in columns) + f"{'total bytes':>14}")
    for name, table in tables.items():
        print(name.ljust(14) + "".join(f"{table.sections[c]:>17,}" for c in columns) + f"{len(table.data):>14,}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m host_tools.exi", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="make the tables and print their sizes")
    action.add_argument("--check", action="store_true", help="fail where a table is not what it would be made as")
    arguments = parser.parse_args()
    try:
        tables = packed_tables()
    except ToolError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    texts = {TABLES / f"{name}.py": module(name, packed.data) for name, packed in tables.items()}
    if arguments.write:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        print_sizes(tables)
        return 0
    stale = [path.name for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if stale:
        print(f"stale EXI tables: {', '.join(stale)}; run python -m host_tools.exi --write", file=sys.stderr)
        return EXIT_CHECK_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
