"""The mutants: what operators make of the targets (targets.toml), the curated ones, and survivors that are known."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from operators import Site, sites, written

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
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
    """Return every mutant of a target, generated and curated.

    Errors: ValueError where what targets.toml or curated.toml names is not there.
    """
    source = (ROOT / target.path).read_text()
    by_hand = [(entry, written(source, *entry)) for entry in curated(target.file)]
    found = sites(source, target.tables) + [site for _, site in by_hand if site]
    gone = [entry for entry, site in by_hand if not site] + [*({*target.functions} - {site.function for site in found})]
    gone += [name for name in target.tables if name != "*" and f"\n{name} = " not in source]
    if gone:
        raise ValueError(f"{target.path} has no {gone}, or nothing to change there")
    return [Mutant(target, site) for site in found if not target.functions or site.function in target.functions]


def curated(file: str) -> list[tuple[str, str, str]]:
    """Return what no operator makes of a file: curated.toml, (function, what is there, what is planted)."""
    table = tomllib.loads((HERE / "curated.toml").read_text())
    return [(entry["in"], entry["old"], entry["new"]) for entry in table.get(file, ())]


class Survivors:
    """Known survivors: judged.txt, a line each, under [file] of theirs.

    A line names a mutant by its title, `*` for anything; behind `  # ` comes why no test can or should notice it.
    """

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}
        file = ""
        for line in (HERE / "judged.txt").read_text().splitlines():
            entry, _, reason = line.rpartition("  # ")
            if line.startswith("[") and line.endswith(".py]"):
                file = line.strip("[]")
            elif entry:
                self.reasons[f"{file} {entry}"] = reason

    def naming(self, title: str) -> list[str]:
        """Return the entries that name a mutant."""
        file = title.split()[0] + " "
        return [one for one in self.reasons if one.startswith(file) and _matches(one, title)]


def _matches(entry: str, title: str) -> bool:
    return entry == title or "*" in entry and re.fullmatch(re.escape(entry).replace(r"\*", ".*"), title) is not None
