"""`python -m host_tools.generate --write | --check`: every generated file written, or compared with what is there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from host_tools.errors import EXIT_CHECK_FAILED, ToolError
from host_tools.generate import (
    board_tables,
    curve_table,
    grid_codes,
    grid_services,
    iso15118,
    link_protocol,
    link_table,
    packages,
    pages,
    schema_files,
    sensing_weights,
)
from host_tools.generate.exi import tables

MAKERS = (
    curve_table,
    sensing_weights,
    grid_codes,
    link_table,
    tables,
    schema_files,
    link_protocol,
    pages,
    grid_services,
    iso15118,
    packages,
    board_tables,
)
ROOT = Path(__file__).resolve().parents[2]


def wanted() -> dict[Path, str]:
    """Return {path: text} of all generated files.  Errors: ToolError where the schemas of ISO 15118 are missing."""
    return {path: text for maker in MAKERS for path, text in maker.files().items()}


def stale(files: dict[Path, str]) -> list[Path]:
    """Return the files that are missing or differ, and those in a folder of schemas that nothing makes any more."""
    differ = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return sorted(differ + [path for path in schema_files.FOLDER.glob("*.json") if path not in files])


def write(paths: list[Path], files: dict[Path, str]) -> None:
    for path in paths:
        if path in files:
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()


def main(arguments: list[str]) -> int:
    """Write what is out of date, or name it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m host_tools.generate", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the files that are out of date and name them")
    action.add_argument("--check", action="store_true", help="name the files that are out of date, and fail")
    is_write = parser.parse_args(arguments).write
    try:
        files = wanted()
    except ToolError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    paths = stale(files)
    if is_write:
        write(paths, files)
    for path in paths:
        print(f"written: {path.relative_to(ROOT)}" if is_write else f"out of date: {path.relative_to(ROOT)}")
    if paths and not is_write:
        print("run `make generate`", file=sys.stderr)
    return EXIT_CHECK_FAILED if paths and not is_write else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
