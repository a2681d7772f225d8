"""One attempt, in a process of its own: device tests on a copy of the firmware, up to the first that fails.

python attempt.py FIRMWARE TESTS NAME...    exit code 0: all passed, 1: one failed, which is what a mutant should cause
"""

import importlib
import sys


def main(firmware: str, tests: str, names: list[str]) -> int:
    """Run every test_* function of the named files; print the first that fails."""
    sys.path[:0] = [firmware, tests]
    sys.dont_write_bytecode = True
    for name in names:
        try:
            module = importlib.import_module(name)
        except Exception as error:
            print(f"import of {name}: {type(error).__name__}")
            return 1
        for test in sorted(dir(module)):
            if not test.startswith("test_"):
                continue
            try:
                getattr(module, test)()
            except Exception:
                print(f"{name}.{test}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
