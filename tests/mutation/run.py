"""Tests the tests: plants one small defect at a time and looks whether the tests notice.

python tests/mutation/run.py [--jobs N] [--sample N] [--seed N] [WORD]

WORD: a group of targets.toml, or what a mutant's title must hold. Exit code 1 where one survives that judged.txt does
not name. Defects of the firmware are left to the device tests (on MicroPython where only it runs
the code), defects of the fleet model (studies/fleet/...) to its property test.
"""

from __future__ import annotations

import argparse
import compileall
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent))
from mutants import FOLDERS, HERE, ROOT, Mutant, Survivors, Target, mutants_of, targets

PACKAGES = {
    "device": ("firmware", "tests/device"),
    "micropython": ("firmware", "tests/device"),
    "fleet": ("firmware", "hil", "host_tools", "studies", "tests/hil"),
}


class Attempts:
    """A warm process of a target's tests on a copy of the sources, in which mutants are planted one at a time."""

    def __init__(self, tree: Path, target: Target) -> None:
        self._file = tree / target.path
        isolated = ["-S"] if target.runner == "device" else []
        places = [tree, tree / FOLDERS[target.runner], target.path, *target.tests]
        command = [sys.executable, *isolated, HERE / "warm.py", target.runner, *places]
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tree
        )
        answer = self._answer()
        if answer != "ready":
            raise SystemExit(f"{target.file}: {answer} fails without any mutant: nothing to learn")

    def outcome(self, mutant: Mutant) -> str:
        """Plant a mutant; return the test that fails, or what warm.py says otherwise."""
        source = self._file.read_text()
        self._file.write_text(mutant.site.planted(source))
        print(*mutant.site.lines, file=self._process.stdin, flush=True)
        answer = self._answer()
        self._file.write_text(source)
        return answer

    def _answer(self) -> str:
        return self._process.stdout.readline().strip() or "nothing"

    def __enter__(self) -> Attempts:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


class Run:
    """Tries the mutants of the targets on copies of the sources, and keeps what became of them."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._folder = folder
        self._jobs = jobs
        self._known = Survivors()
        self._named: set[str] = set()
        self.found: dict[str, Counter[str]] = defaultdict(Counter)

    def target(self, target: Target, mutants: list[Mutant]) -> None:
        """Try the mutants of a target and print what survived.

        Errors: SystemExit where the tests fail without any.
        """
        found, started = Counter(mutants=len(mutants)), perf_counter()
        free: SimpleQueue[Attempts] = SimpleQueue()

        def attempt(mutant: Mutant) -> str:
            attempts = free.get()
            by = attempts.outcome(mutant)
            free.put(attempts)
            return by

        with ThreadPoolExecutor(self._jobs) as pool, ExitStack() as warm:
            for attempts in pool.map(lambda tree: Attempts(tree, target), self._trees(target.runner)):
                free.put(warm.enter_context(attempts))
            for mutant, by in zip(mutants, pool.map(attempt, mutants), strict=True):
                found[self._known_as(mutant.title, by) if by in ("survived", "unexecuted") else "noticed"] += 1
        self.found[target.group].update(found)
        print(f"{target.group} {target.file}: {figures(found)}, {perf_counter() - started:.0f} s", flush=True)

    def _known_as(self, title: str, outcome: str) -> str:
        entries = self._known.naming(title)
        self._named.update(entries)
        if not entries:
            print(outcome.upper(), title, flush=True)
            return "new"
        return "judged"

    def stale(self, files: set[str]) -> list[str]:
        """Return the known survivors of these files that were not seen to survive."""
        return [entry for entry in self._known.reasons if entry.split()[0] in files and entry not in self._named]

    def _trees(self, runner: str) -> list[Path]:
        """Return copies of the sources, one a job."""
        trees = [self._folder / f"{runner}-{job}" for job in range(self._jobs)]
        for tree in trees if not trees[0].exists() else ():
            for package in PACKAGES[runner]:
                shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("*.pyc"))
            # Compiled once, each file bound to its text: a planted one is compiled again, and nothing written.
            compileall.compile_dir(tree, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        return trees


def figures(found: Counter[str]) -> str:
    """Return how many mutants there were, and survivors by what is known of them."""
    return ", ".join(f"{found[name]} {name}" for name in ("mutants", "noticed", "judged", "new"))


def chosen(word: str, sample: int | None, seed: int) -> dict[Target, list[Mutant]]:
    """Return the mutants of a group, or those whose title holds the word; sample: so many of them, by lot."""
    of_group = [target for target in targets() if target.group == word]
    every = [mutant for target in of_group or targets() for mutant in mutants_of(target)]
    found = every if of_group else [one for one in every if word in one.title]
    if sample is not None and sample < len(found):
        found = random.Random(seed).sample(found, sample)
    by_target: dict[Target, list[Mutant]] = defaultdict(list)
    for mutant in found:
        by_target[mutant.target].append(mutant)
    return by_target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen mutants, print what became of them."""
    parser = argparse.ArgumentParser(description="plants defects and looks whether the tests notice")
    parser.add_argument("word", nargs="?", default="", help="a group, or what a mutant's title must hold")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried at a time")
    parser.add_argument("--sample", type=int, help="try so many only, drawn by lot")
    parser.add_argument("--seed", type=int, default=1, help="of the lot")
    options = parser.parse_args(arguments)
    started = perf_counter()
    by_target = chosen(options.word, options.sample, options.seed)
    with tempfile.TemporaryDirectory(prefix="gridkeel-mutants-") as folder:
        run = Run(Path(folder), options.jobs)
        for target, mutants in by_target.items():
            run.target(target, mutants)
    whole = {target.file for target, mutants in by_target.items() if len(mutants) == len(mutants_of(target))}
    for entry in run.stale(whole):
        print("known as a survivor, but noticed now or gone:", entry)
    for group, found in run.found.items():
        print(f"{group}: {figures(found)}")
    print(f"{perf_counter() - started:.0f} s")
    return 1 if any(found["new"] for found in run.found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
