"""One attempt on a mutated fleet model: the property test from a fixed seed, up to the first difference.

python fleet_attempt.py CPU_S FIRMWARE TESTS FIRST NAME...    as attempt.py; FIRST is unused
"""

import resource
import sys
from pathlib import Path


def main(cpu_s: str, firmware: str, tests: str, first: str, *names: str) -> int:
    """Run the named test files against the packages next to the firmware; nothing is written there."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s)))
    sys.path[:0] = [str(Path(firmware).parent), firmware, tests]
    sys.dont_write_bytecode = True
    import pytest
    from hypothesis import Phase, settings

    # The first difference is enough: none is made smaller, and every attempt draws the same stories.
    settings.register_profile("first", phases=[Phase.generate], database=None, derandomize=True)
    settings.load_profile("first")
    files = [str(Path(tests) / f"{name}.py") for name in names]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line", *files]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
