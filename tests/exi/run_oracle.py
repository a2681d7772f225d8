"""`python tests/exi/run_oracle.py --count 10000`: random messages of every schema, against EXIficient both ways."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from exi_compare import Comparison, compare, no_bounds, productions_seen, schema
from exi_messages import Messages
from exi_oracle import Oracle

from gridkeel.v2g.exi.schema import PRODUCTION_SIZE
from host_tools.generate.exi import sources

_BATCH = 100
_COLUMNS = ("schema", "messages", "differences", "roots", "productions", "of", "body bytes", "longest", "s")


def run(oracle: Oracle, folder: Path, name: str, count: int, seed: int) -> tuple[str, ...]:
    """Compare `count` messages of one schema; return its row, and print the first differences."""
    known = schema(name)
    messages = Messages(sources.load(folder, name), random.Random(f"{name} {seed}"))
    made, began = Comparison(), time.monotonic()
    with no_bounds(), productions_seen() as seen:
        while made.messages < count:
            size = min(_BATCH, count - made.messages)
            compare(oracle, name, [messages.message() for _ in range(size)], made)
            print(f"\r{name} {made.messages}/{count} ", end="", file=sys.stderr)
    print(file=sys.stderr)
    for text in made.differences[:3]:
        print(text)
    of = (known.element_names - known.productions) // PRODUCTION_SIZE
    numbers = (made.messages, len(made.differences), len(made.roots), len(seen), of, made.body_bytes, made.longest)
    return name, *(f"{number:,}" for number in numbers), f"{time.monotonic() - began:.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="messages of each schema")
    parser.add_argument("--schema", choices=list(sources.MAIN), action="append", help="only these")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with sources.prepared() as folder, Oracle(folder) as oracle:
        names = arguments.schema or list(sources.MAIN)
        rows = [run(oracle, folder, name, arguments.count, arguments.seed) for name in names]
    for row in (_COLUMNS, *rows):
        print(row[0].ljust(13) + "".join(f"{cell:>13}" for cell in row[1:]))
    return int(any(row[2] != "0" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
