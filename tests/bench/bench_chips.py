"""The firmware's costs on an emulated Cortex-M7, in executed instructions and octets of heap, against their bounds.

python tests/bench/bench_chips.py           print the table
python tests/bench/bench_chips.py --check   and fail where a bound is passed

GRIDKEEL_QEMU_FIRMWARE names the MicroPython image (docs/chips.md); without it this says so and does nothing. Figures do
not depend on the machine. A real M7 takes two to three times the time, for its flash and caches.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from chip_costs import BOUNDS, CALLS, CLOCK_MHZ, Costs  # noqa: E402

from hil.chips.firmware_images import QEMU, named_image  # noqa: E402
from host_tools.errors import MissingError, ToolError  # noqa: E402


def main() -> int:
    try:
        image = named_image(QEMU)
    except MissingError as error:
        print(f"skipped: {error}")
        return 0
    except ToolError as error:
        print(error)
        return error.exit_code
    costs = Costs(image)
    size = len(costs.flash(named=False))
    print(f"Cortex-M7, {image.name}; flash image {size:,} octets; ms: at {CLOCK_MHZ} MHz, an instruction a cycle")
    passed = 0
    for what in CALLS:
        for name, value in costs.measure(what).items():
            bound = BOUNDS.get((what, name))
            passed += bound is not None and value > bound
            print(
                f"  {what:28} {name:9} {value:12,}{_time(name, value)}"
                + (f"  at most {bound:,}" if bound is not None else "")
            )
    if passed:
        print(f"{passed} bounds are passed")
    return 1 if passed and "--check" in sys.argv[1:] else 0


def _time(name: str, value: int) -> str:
    """Return the time that instructions take, nothing for octets and counts."""
    return (
        f" {value / CLOCK_MHZ / 1000:8.2f} ms"
        if name not in ("taken", "heap", "slices", "collected", "collections")
        else " " * 12
    )


if __name__ == "__main__":
    raise SystemExit(main())
