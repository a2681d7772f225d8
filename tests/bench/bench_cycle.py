"""One control cycle in executed instructions of the 32-bit interpreter: exact, the same on every run and machine.

python tests/bench/bench_cycle.py           print the split
python tests/bench/bench_cycle.py --check   and fail where the whole rose by over 5 % of cycle_fuel.json
python tests/bench/bench_cycle.py --write   renew cycle_fuel.json

The interpreter counts WebAssembly instructions (fuel). It has no viper, so the kernels run as their plain twins: a
board with viper spends far less on sensing; what counts here is the change from one revision to the next.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import wasm_interpreter  # noqa: E402

FIRMWARE = HERE.parents[1] / "firmware"
COMMITTED = HERE / "cycle_fuel.json"
MOST_RISE = 0.05
PARTS = {"nothing": 0, "sensing": 1, "envelope": 2, "command": 3, "whole": 4}
CODE = "import gc, sys\ngc.disable()\nsys.path[:] = ['/input']\nimport cycle_guest\n{call}\n"


def guest_folder(folder: Path) -> Path:
    """Fill a folder with what the guest may read: it sees a single read-only directory."""
    shutil.copytree(FIRMWARE / "gridkeel", folder / "gridkeel", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (HERE / "cycle_guest.py", *(HERE.parent / "device" / name for name in ("sine.py", "sunspec_slave.py"))):
        shutil.copy(path, folder)
    return folder


def execute(call: str, folder: Path) -> wasm_interpreter.Run:
    """Run one call in the guest."""
    return wasm_interpreter.run(CODE.format(call=call), folder)


def measure() -> dict[str, int]:
    """Return the instructions of each part of a cycle; services are what the named parts leave of the whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = guest_folder(Path(name))
        blocks = int(execute("print(cycle_guest.find())", folder).output)
        spent = {
            part: execute(f"cycle_guest.run({number}, {blocks})", folder).instructions for part, number in PARTS.items()
        }
    found = {part: spent[part] - spent["nothing"] for part in PARTS if part != "nothing"}
    services = found["whole"] - found["sensing"] - found["envelope"] - found["command"]
    return {
        "whole": found["whole"],
        "sensing": found["sensing"],
        "services": services,
        "envelope": found["envelope"],
        "command": found["command"],
    }


def rise(found: dict[str, int], committed: dict[str, int]) -> float:
    """Return by how much the whole cycle rose, as a share."""
    return found["whole"] / committed["whole"] - 1


def main() -> int:
    found = measure()
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else found
    print("instructions of one control cycle, WebAssembly, 32 bit, kernels as plain twins")
    for part, value in found.items():
        print(f"  {part:9} {value:9,}  {value / found['whole']:6.1%}  committed {committed.get(part, 0):9,}")
    change = rise(found, committed)
    print(f"whole: {change:+.2%} against the committed figure, at most {MOST_RISE:+.0%}")
    if "--write" in sys.argv[1:]:
        COMMITTED.write_text(json.dumps(found, indent=1) + "\n")
    elif "--check" in sys.argv[1:] and change > MOST_RISE:
        print("the cycle became dearer: make it cheaper, or say why and run with --write")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
