"""One attempt on MicroPython: device tests on a copy of the firmware, for what CPython never runs.

python micropython_attempt.py CPU_S FIRMWARE TESTS FIRST NAME...    as attempt.py; FIRST: the file to begin with

A file of which a test was skipped counts as failed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from host_tools.micropython.interpreter import HEAP_BYTES, argv

START = "import sys\nsys.path[:] = [{tests!r}, {firmware!r}]\nimport runner\nrunner.main({name!r})\n"


def passes(firmware: str, tests: str, name: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "start.py"
        script.write_text(START.format(tests=tests, firmware=firmware, name=name))
        done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES), capture_output=True, check=False)
    said = done.stdout.decode(errors="replace")
    # A kernel that does not compile is passed over by the tests, which then say so: it proves nothing.
    return "SKIP" not in said and said.rstrip().endswith(" 0 failed")


def main(cpu_s: str, firmware: str, tests: str, first: str, *names: str) -> int:
    """Run the named files, the one to begin with first; say which failed."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s)))
    for name in sorted(names, key=lambda name: name != first):
        if not passes(firmware, tests, name):
            print(name)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
