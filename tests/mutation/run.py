"""Tests the tests: plants one small defect at a time and looks whether the tests notice.

python tests/mutation/run.py [WORD]    WORD: only mutants whose title holds it; exit code 1 where one survives

Defects of the firmware's services are left to the device tests, defects of the fleet model (hil/fleet/...) to its
property test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent))
from fleet_mutants import FLEET
from mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
EVERY = [*MUTANTS, *FLEET]
TIMEOUT_S = 60  # a mutant that hangs is noticed too
FLEET_TIMEOUT_S = 900  # arrays do not hang: this is a machine with no time left


def check_fit(mutant: Mutant) -> None:
    """Errors: SystemExit where the mutant's text does not stand exactly once in its file."""
    found = (ROOT / mutant.path).read_text().count(mutant.old)
    if found != 1:
        raise SystemExit(f"{mutant.title}: found {found} times; bring tests/mutation up to date")


def passes(root: Path, of_the_fleet: bool, names: tuple[str, ...]) -> bool:
    """Run the named tests on a checkout's firmware, or on its fleet model."""
    if of_the_fleet:
        script, sources, tests, timeout_s = "fleet_attempt.py", root, ROOT / "tests" / "hil", FLEET_TIMEOUT_S
    else:
        script, sources, tests, timeout_s = "attempt.py", root / "firmware", ROOT / "tests" / "device", TIMEOUT_S
    isolated = [] if of_the_fleet else ["-S"]
    command = [sys.executable, *isolated, str(HERE / script), str(sources), str(tests), *names]
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
        for package in ("firmware/gridkeel", "hil", "host_tools") if mutant.of_the_fleet else ("firmware/gridkeel",):
            ignored = shutil.ignore_patterns("*.pyc", "data")
            shutil.copytree(ROOT / package, root / package, ignore=ignored)
        target = root / mutant.path
        target.write_text(target.read_text().replace(mutant.old, mutant.new))
        return passes(root, mutant.of_the_fleet, mutant.tests)


def main(word: str = "") -> int:
    """Run the chosen mutants, print what became of each."""
    chosen = [mutant for mutant in EVERY if word in mutant.title]
    for mutant in chosen:
        check_fit(mutant)
    for of_the_fleet in {mutant.of_the_fleet for mutant in chosen}:
        names = {name for mutant in chosen if mutant.of_the_fleet == of_the_fleet for name in mutant.tests}
        if not passes(ROOT, of_the_fleet, tuple(sorted(names))):
            print("the tests fail without any mutant: nothing to learn")
            return 1
    started = perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        survivors = 0
        for mutant, alive in zip(chosen, pool.map(survives, chosen), strict=True):
            survivors += alive
            print("SURVIVED" if alive else "noticed ", mutant.title, flush=True)
    print(f"{len(chosen)} mutants, {survivors} survived, {perf_counter() - started:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
