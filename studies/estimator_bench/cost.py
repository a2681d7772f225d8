"""Cost of the estimator a sample, on this machine: CPython's twins, MicroPython's viper kernels."""

from __future__ import annotations

import subprocess
import tempfile
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

from gridkeel.params import Parameters
from gridkeel.sensing.frequency import Estimator
from host_tools.micropython.interpreter import HEAP_BYTES, argv

FIRMWARE = Path(__file__).parents[2] / "firmware"
BLOCK = 48
BLOCKS = 1000

ON_DEVICE = """
import sys, time
sys.path[:] = [{firmware!r}]
from array import array
from gridkeel.params import Parameters
from gridkeel.sensing.frequency import Estimator
estimator = Estimator(Parameters())
block = array("h", [(k * 7919) % 40000 - 20000 for k in range({block})])
best = 1 << 30
for _ in range(5):
    start = time.ticks_us()
    for _ in range({blocks}):
        estimator.update(block, {block})
    best = min(best, time.ticks_diff(time.ticks_us(), start))
print(best * 1000 / ({blocks} * {block}))
"""


@dataclass(frozen=True)
class Cost:
    """Cost of a sample on one interpreter."""

    where: str
    ns_per_sample: float


def measure_cost() -> list[Cost]:
    """Return the cost on both interpreters, the best of five rounds of 1,000 blocks each."""
    return [Cost("CPython, plain", _on_cpython()), Cost("MicroPython, viper", _on_micropython())]


def _on_cpython() -> float:
    estimator = Estimator(Parameters())
    block = array("h", [(k * 7919) % 40000 - 20000 for k in range(BLOCK)])
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(BLOCKS // 10):
            estimator.update(block, BLOCK)
        best = min(best, time.perf_counter() - start)
    return best * 1e9 / (BLOCKS // 10 * BLOCK)


def _on_micropython() -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "cost.py"
        script.write_text(ON_DEVICE.format(firmware=str(FIRMWARE), block=BLOCK, blocks=BLOCKS))
        done = subprocess.run(
            argv(script, heap_bytes=HEAP_BYTES), capture_output=True, text=True, timeout=60, check=True
        )
    return float(done.stdout)
