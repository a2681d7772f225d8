"""Tests the tests: plants one small defect at a time and looks whether the tests notice.

python tests/mutation/run.py [--jobs N] [WORD]    WORD: a group of groups.py, or what a mutant's title must hold;
                                                  exit code 1 where one survives

Defects of the firmware are left to the device tests (on MicroPython where only it runs the code), defects of the fleet
model (hil/fleet/...) to its property test.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent))
from groups import chosen
from mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TIMEOUT_S = 60  # a mutant that hangs is noticed too
FLEET_TIMEOUT_S = 900  # arrays do not hang: this is a machine with no time left
SCRIPTS = {"device": "attempt.py", "micropython": "micropython_attempt.py", "fleet": "fleet_attempt.py"}


def check_fit(mutant: Mutant) -> None:
    """Errors: SystemExit where the mutant's text does not stand exactly once in its file."""
    found = (ROOT / mutant.path).read_text().count(mutant.old)
    if found != 1:
        raise SystemExit(f"{mutant.title}: found {found} times; bring tests/mutation up to date")


def passes(root: Path, runner: str, names: tuple[str, ...]) -> bool:
    """Run the named tests on a checkout's firmware, or on its fleet model."""
    of_the_fleet = runner == "fleet"
    sources, tests = (root, "hil") if of_the_fleet else (root / "firmware", "device")
    isolated = ["-S"] if runner == "device" else []
    command = [
        sys.executable,
        *isolated,
        str(HERE / SCRIPTS[runner]),
        str(sources),
        str(ROOT / "tests" / tests),
        *names,
    ]
    timeout_s = FLEET_TIMEOUT_S if of_the_fleet else TIMEOUT_S
    try:
        return subprocess.run(command, capture_output=True, timeout=timeout_s, check=False, cwd=root).returncode == 0
    except subprocess.TimeoutExpired:
        if of_the_fleet:
            raise SystemExit(f"the fleet's tests did not end within {timeout_s} s: nothing to learn") from None
        return False


def survives(mutant: Mutant) -> bool:
    """Plant the mutant in a copy of the sources; return whether every test still passes."""
    with tempfile.TemporaryDirectory(prefix="gridkeel-mutant-") as folder:
        root = Path(folder)
        packages = ("firmware/gridkeel", "hil", "host_tools") if mutant.runner == "fleet" else ("firmware/gridkeel",)
        for package in packages:
            ignored = shutil.ignore_patterns("*.pyc", "data")
            shutil.copytree(ROOT / package, root / package, ignore=ignored)
        target = root / mutant.path
        target.write_text(target.read_text().replace(mutant.old, mutant.new))
        return passes(root, mutant.runner, mutant.tests)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen mutants, print what became of each."""
    parser = argparse.ArgumentParser(description="plants defects and looks whether the tests notice")
    parser.add_argument("word", nargs="?", default="", help="a group, or what a mutant's title must hold")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="mutants tried at a time")
    options = parser.parse_args(arguments)
    mutants = chosen(options.word)
    for mutant in mutants:
        check_fit(mutant)
    for runner in {mutant.runner for mutant in mutants}:
        names = {name for mutant in mutants if mutant.runner == runner for name in mutant.tests}
        if not all(passes(ROOT, runner, (name,)) for name in sorted(names)):
            print("the tests fail without any mutant: nothing to learn")
            return 1
    started = perf_counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        survivors = 0
        for mutant, alive in zip(mutants, pool.map(survives, mutants), strict=True):
            survivors += alive
            print("SURVIVED" if alive else "noticed ", mutant.title, flush=True)
    print(f"{len(mutants)} mutants, {survivors} survived, {perf_counter() - started:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
