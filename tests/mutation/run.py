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
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent))
from mutants import FOLDERS, HERE, ROOT, Mutant, Survivors, Target, mutants_of, targets

SCRIPTS = {"device": "attempt.py", "micropython": "micropython_attempt.py", "fleet": "fleet_attempt.py"}
PACKAGES = {
    "device": ("firmware", "tests/device"),
    "micropython": ("firmware", "tests/device"),
    "fleet": ("firmware", "hil", "host_tools", "studies", "tests/hil"),
}
WALL_S = 900  # processor time is what ends a mutant that hangs; this ends one that waits


class Copy:
    """A copy of the sources that mutants are planted in, one at a time."""

    def __init__(self, folder: Path, runner: str) -> None:
        self.root = folder
        for package in PACKAGES[runner]:
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("*.pyc"))
        # Compiled once, each file bound to its text: a planted one is compiled again, and nothing written.
        compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)

    def noticed_by(self, mutant: Mutant, first: str, cpu_s: int) -> str:
        """Plant a mutant; return the test that fails, "" where all pass."""
        file = self.root / mutant.target.path
        source = file.read_text()
        file.write_text(mutant.site.planted(source))
        try:
            return self.failing(mutant.target, first, cpu_s)
        finally:
            file.write_text(source)

    def failing(self, target: Target, first: str, cpu_s: int) -> str:
        """Return the first test of a target that fails, "" where all pass."""
        isolated = ["-S"] if target.runner == "device" else []
        script, tests = HERE / SCRIPTS[target.runner], self.root / FOLDERS[target.runner]
        command = [*isolated, script, str(cpu_s), self.root / "firmware", tests, first, *target.tests]
        try:
            done = subprocess.run(
                [sys.executable, *map(str, command)],
                capture_output=True,
                text=True,
                timeout=WALL_S,
                check=False,
                cwd=self.root,
            )
        except subprocess.TimeoutExpired:
            return "time"
        if done.returncode == 0:
            return ""
        said = done.stdout.split()
        return said[-1] if said and done.returncode == 1 else "time"


class Run:
    """Tries the mutants of the targets on copies of the sources, and keeps what became of them."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._folder = folder
        self._jobs = jobs
        self._copies: dict[str, SimpleQueue[Copy]] = {}
        self._first: dict[str, str] = defaultdict(str)
        self._known = Survivors()
        self._named: set[str] = set()
        self.found: Counter[str] = Counter()

    def target(self, target: Target, mutants: list[Mutant]) -> None:
        """Try the mutants of a target and print what survived.

        Errors: SystemExit where the tests fail without any.
        """
        copies = self._copies_for(target.runner)
        cpu_s = self._cpu_s(target)

        def attempt(mutant: Mutant) -> str:
            copy = copies.get()
            by = copy.noticed_by(mutant, self._first[target.file], cpu_s)
            copies.put(copy)
            if by and by != "time":
                self._first[target.file] = by  # what notices one defect of a file mostly notices the next
            return by

        found = Counter(mutants=len(mutants))
        started = perf_counter()
        with ThreadPoolExecutor(self._jobs) as pool:
            for mutant, by in zip(mutants, pool.map(attempt, mutants), strict=True):
                if not by:
                    found[self._known_as(mutant.title)] += 1
        self.found.update(found)
        print(f"{target.group} {target.file}: {figures(found)}, {perf_counter() - started:.0f} s", flush=True)

    def _known_as(self, title: str) -> str:
        entries = self._known.naming(title)
        self._named.update(entries)
        if not entries:
            print("SURVIVED", title, flush=True)
            return "new"
        return "judged"

    def stale(self, files: set[str]) -> list[str]:
        """Return the known survivors of these files that were not seen to survive."""
        return [entry for entry in self._known.reasons if entry.split()[0] in files and entry not in self._named]

    def _copies_for(self, runner: str) -> SimpleQueue[Copy]:
        if runner not in self._copies:
            self._copies[runner] = SimpleQueue()
            for job in range(self._jobs):
                self._copies[runner].put(Copy(self._folder / f"{runner}-{job}", runner))
        return self._copies[runner]

    def _cpu_s(self, target: Target) -> int:
        """Return the processor time that an attempt may take: some times what the tests take without a defect."""
        copy = self._copies[target.runner].get()
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        by = copy.failing(target, "", WALL_S)
        self._copies[target.runner].put(copy)
        if by:
            raise SystemExit(f"{by} fails without any mutant: nothing to learn")
        return 3 + int(4 * (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before))


def figures(found: Counter[str]) -> str:
    """Return how many mutants there were, and survivors by what is known of them."""
    return ", ".join(f"{found[name]} {name}" for name in ("mutants", "judged", "new"))


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
    print(f"{figures(run.found)}, {perf_counter() - started:.0f} s")
    return 1 if run.found["new"] else 0


if __name__ == "__main__":
    sys.exit(main())
