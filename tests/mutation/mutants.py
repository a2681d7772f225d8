"""The mutants: what operators make of the targets (targets.toml), the curated ones, and survivors that were judged."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from operators import Site, sites, written

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OPEN_HEAD = (
    "# Survivors that no test shows yet; `run.py --record` writes this file. Each wants a test or a judgement.\n"
)
FOLDERS = {"device": "tests/device", "micropython": "tests/device", "fleet": "tests/hil"}


class Target(NamedTuple):
    """A file whose mutants the named test files must notice.

    functions: those alone, all where there are none.  tables: names of the module whose entries are changed too.
    """

    group: str
    file: str
    functions: tuple[str, ...]
    tables: tuple[str, ...]
    runner: str
    tests: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file, from the root of the checkout."""
        return f"studies/{self.file}" if self.runner == "fleet" else f"firmware/gridkeel/{self.file}"


class Mutant(NamedTuple):
    """A defect at a site of a target."""

    target: Target
    site: Site

    @property
    def title(self) -> str:
        return f"{self.target.file} {self.site.function} {self.site.operator}: {self.site.shown}"


def targets() -> list[Target]:
    """Read targets.toml."""
    return [
        _target(name, file, tests, group)
        for name, group in tomllib.loads((HERE / "targets.toml").read_text()).items()
        for file, tests in group["files"].items()
    ]


def _target(name: str, file: str, tests: list[str], group: dict[str, Any]) -> Target:
    runner = group.get("runner", "device")
    functions, tables = (tuple(group.get(key, {}).get(file, ())) for key in ("functions", "tables"))
    return Target(name, file, functions, tables, runner, tuple(tests))


@cache
def mutants_of(target: Target) -> list[Mutant]:
    """Return every mutant of a target, generated and curated."""
    source = (ROOT / target.path).read_text()
    found = sites(source, target.tables) + [site for entry in curated(target.file) if (site := written(source, *entry))]
    return [Mutant(target, site) for site in found if not target.functions or site.function in target.functions]


def curated(file: str) -> list[tuple[str, str, str]]:
    """Return what no operator makes of a file: curated.toml, (function, what is there, what is planted)."""
    table = tomllib.loads((HERE / "curated.toml").read_text())
    return [(entry["in"], entry["old"], entry["new"]) for entry in table.get(file, ())]


def missing() -> list[str]:
    """Return the curated mutants whose place is gone, and the named functions without a mutant."""
    files = {target.file: (ROOT / target.path).read_text() for target in targets()}
    found = [
        f"{file} {entry[0]} {entry[1]}"
        for file, source in files.items()
        for entry in curated(file)
        if written(source, *entry) is None
    ]
    for target in targets():
        there = {site.function for site in sites(files[target.file], target.tables)}
        found += [f"{target.file} {name}" for name in target.functions if name not in there]
    return found


class Survivors:
    """Survivors that are known: judged ones with a reason (judged.txt), open ones that no test shows yet (open.txt).

    A line of either file names a mutant by its title; in judged.txt `*` matches anything and `  # ` comes before the
    reason.  [file] is above the lines of a file.
    """

    def __init__(self) -> None:
        lines = [entry.rpartition("  # ") for entry in _entries("judged.txt")]
        self.reasons = {entry: reason for entry, _, reason in lines}
        self.open = set(_entries("open.txt"))

    def judged(self, title: str) -> list[str]:
        """Return the judgements that name a mutant."""
        return [entry for entry in self.reasons if entry == title or "*" in entry and _matches(entry, title)]

    def record(self, files: set[str], found: list[str]) -> None:
        """Write open.txt anew for these files: what was found to survive there, and is not judged."""
        kept = [title for title in self.open if title.split()[0] not in files] + found
        by_file: dict[str, list[str]] = {}
        for title in sorted(kept):
            file, _, shown = title.partition(" ")
            by_file.setdefault(file, []).append(shown)
        blocks = [f"[{file}]\n" + "".join(f"{line}\n" for line in lines) for file, lines in by_file.items()]
        (HERE / "open.txt").write_text("\n".join([OPEN_HEAD, *blocks]))


def _entries(name: str) -> list[str]:
    file, found = "", []
    for line in (HERE / name).read_text().splitlines():
        if line.startswith("[") and line.endswith(".py]"):
            file = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append(f"{file} {line}")
    return found


def _matches(entry: str, title: str) -> bool:
    return re.fullmatch(re.escape(entry).replace(r"\*", ".*"), title) is not None
