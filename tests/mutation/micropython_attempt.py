"""One attempt on MicroPython: device tests on a copy of the firmware, for what CPython never runs.

python micropython_attempt.py FIRMWARE TESTS NAME...    exit code 0: all passed, 1: one failed or was skipped
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from hil.virtual_board.interpreter import HEAP_BYTES, argv

START = "import sys\nsys.path[:] = [{tests!r}, {firmware!r}]\nimport runner\nrunner.main({name!r})\n"


def passes(firmware: str, tests: str, name: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "start.py"
        script.write_text(START.format(tests=tests, firmware=firmware, name=name))
        done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES), capture_output=True, text=True, check=False)
    # A kernel that does not compile is passed over by the tests, which then say so: it tells nothing.
    return "SKIP" not in done.stdout and done.stdout.rstrip().endswith(" 0 failed")


if __name__ == "__main__":
    sys.exit(0 if all(passes(sys.argv[1], sys.argv[2], name) for name in sys.argv[3:]) else 1)
