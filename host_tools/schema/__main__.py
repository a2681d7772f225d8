"""`python -m host_tools.schema --write | --check`: the committed files, made or compared."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from host_tools.errors import EXIT_CHECK_FAILED
from host_tools.schema.generate import documents

FOLDER = Path(__file__).parent


def files() -> dict[Path, str]:
    """Return {path: text} of every schema file there has to be."""
    return {FOLDER / f"{name}.schema.json": json.dumps(text, indent=2) + "\n" for name, text in documents().items()}


def write() -> None:
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


def stale() -> list[str]:
    """Return the names of files that are missing, differ or have no message."""
    wanted = files()
    found = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.schema.json")}
    return sorted(path.name for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m host_tools.schema", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="make the files")
    action.add_argument("--check", action="store_true", help="fail where a file is not what it would be made as")
    if parser.parse_args().write:
        write()
        return 0
    names = stale()
    if names:
        print(f"stale: {', '.join(names)}; run python -m host_tools.schema --write", file=sys.stderr)
        return EXIT_CHECK_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
