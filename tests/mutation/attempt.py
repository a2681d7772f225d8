"""One attempt, in a process of its own: device tests on a copy of the firmware, up to the first that fails.

python attempt.py CPU_S FIRMWARE TESTS FIRST NAME...    FIRST: the test to begin with, "file.test"; "" for none

Exit code 0: all passed; 1: one failed, which is what a mutant should cause, and its name is on stdout.
"""

import importlib
import resource
import sys

MEMORY_BYTES = 2 << 30


def passes(name: str, test: str) -> bool:
    """Run one test; say which it was where it fails."""
    try:
        getattr(importlib.import_module(name), test)()
    except Exception:
        print(f"{name}.{test}")
        return False
    return True


def tests_of(name: str) -> list[str] | None:
    """Return the names of a file's tests; None where it cannot even be imported."""
    try:
        return sorted(test for test in dir(importlib.import_module(name)) if test.startswith("test_"))
    except Exception:
        print(name)
        return None


def main(cpu_s: str, firmware: str, tests: str, first: str, *names: str) -> int:
    """Run the first test, then every test_* function of the named files."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s)))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.path[:0] = [firmware, tests]
    sys.dont_write_bytecode = True
    name, _, test = first.partition(".")
    if test and tests_of(name) and not passes(name, test):
        return 1
    for name in names:
        found = tests_of(name)
        if found is None or not all(passes(name, test) for test in found):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
