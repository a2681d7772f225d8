"""One attempt on a mutated fleet model: the property test from a fixed seed, up to the first difference.

python fleet_attempt.py ROOT TESTS NAME...    exit code 0: all passed
"""

import sys
from pathlib import Path


def main(root: str, tests: str, names: list[str]) -> int:
    """Run the named test files against the packages under root; nothing is written beside them."""
    sys.path[:0] = [root, str(Path(root) / "firmware"), tests]
    sys.dont_write_bytecode = True
    import pytest
    from hypothesis import Phase, settings

    # The first difference is enough: none is made smaller, and every attempt draws the same stories.
    settings.register_profile("first", phases=[Phase.generate], database=None, derandomize=True)
    settings.load_profile("first")
    files = [str(Path(tests) / f"{name}.py") for name in names]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line", *files]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
