"""Tests the tests: plants one small defect at a time and looks whether the device tests notice.

python tests/mutation/run.py [WORD]    WORD: only mutants whose title holds it; exit code 1 where one survives
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
from mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "device"
ATTEMPT = Path(__file__).with_name("attempt.py")
TIMEOUT_S = 60  # a mutant that hangs is noticed too


def check_fit(mutant: Mutant) -> None:
    """Errors: SystemExit where the mutant's text does not stand exactly once in its file."""
    found = (ROOT / "firmware" / "gridkeel" / mutant.file).read_text().count(mutant.old)
    if found != 1:
        raise SystemExit(f"{mutant.title}: found {found} times; bring tests/mutation/mutants.py up to date")


def passes(firmware: Path, names: tuple[str, ...]) -> bool:
    """Run the named device tests on a firmware copy."""
    command = [sys.executable, "-S", str(ATTEMPT), str(firmware), str(TESTS), *names]
    try:
        return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def survives(mutant: Mutant) -> bool:
    """Plant the mutant in a copy of the firmware; return whether every test still passes."""
    with tempfile.TemporaryDirectory(prefix="gridkeel-mutant-") as folder:
        firmware = Path(folder)
        shutil.copytree(ROOT / "firmware" / "gridkeel", firmware / "gridkeel", ignore=shutil.ignore_patterns("*.pyc"))
        target = firmware / "gridkeel" / mutant.file
        target.write_text(target.read_text().replace(mutant.old, mutant.new))
        return passes(firmware, mutant.tests)


def main(word: str = "") -> int:
    """Run the chosen mutants, print the survivors."""
    chosen = [mutant for mutant in MUTANTS if word in mutant.title]
    for mutant in chosen:
        check_fit(mutant)
    names = tuple(sorted({name for mutant in chosen for name in mutant.tests}))
    if not passes(ROOT / "firmware", names):
        print("the tests fail without any mutant: nothing to learn")
        return 1
    started = perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        survivors = [mutant for mutant, alive in zip(chosen, pool.map(survives, chosen), strict=True) if alive]
    for mutant in survivors:
        print("survived", mutant.title)
    print(f"{len(chosen)} mutants, {len(survivors)} survived, {perf_counter() - started:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
