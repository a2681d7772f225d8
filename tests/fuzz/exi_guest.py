"""Runs exi_garbage.py in MicroPython, on the valid bodies of fuzzers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from exi_fuzzer import Fuzzer

from host_tools.micropython.interpreter import argv

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "firmware"
# Codec (compiled here, not frozen), one table and this test: 96 kB on the 64-bit port.  A message at its bounds takes
# 64 kB decoded, 16 kB as it came, 16 kB as it is damaged, 16 kB as the decoder's copy.
HEAP_BYTES = 224 * 1024


def run_guest(made: dict[str, Fuzzer], folder: Path, count: int) -> dict[str, int]:
    """Decode some `count` damaged bodies in a small heap; return the printed counts.  Errors: AssertionError."""
    bodies, script = folder / "bodies", folder / "start.py"
    records = [(name.split()[0], fuzzer.fragment, body) for name, fuzzer in made.items() for body in fuzzer.valid]
    with bodies.open("wb") as file:
        for name, fragment, body in records:
            file.write(f"{name}\n".encode() + bytes([fragment]) + len(body).to_bytes(2, "big") + body)
    script.write_text(
        f"import sys\nsys.path[:] = {[str(HERE), str(FIRMWARE)]!r}\n"
        f"sys.argv[:] = ['', {str(bodies)!r}, '{len(records)}', '{count}', '1']\nimport exi_garbage\n"
    )
    done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES), capture_output=True, text=True, timeout=3000)
    counts = {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", done.stdout, re.MULTILINE)}
    assert "in_use" in counts, done.stdout + done.stderr
    return counts
