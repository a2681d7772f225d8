"""The firmware's costs on an emulated Cortex-M7: instructions and heap, the same on every run and machine."""

from __future__ import annotations

from pathlib import Path

from hil.chips import qemu
from hil.chips.flash_image import flash_image
from host_tools.errors import ToolError

HERE = Path(__file__).parent
DEVICE = HERE.parent / "device"
CLOCK_MHZ = 240
DEADLINE_S = 240.0
_OF_ALL = (HERE / "chip_guest.py", HERE / "m7_counter.py")
_WORLD = (HERE / "cycle_guest.py", *(DEVICE / name for name in ("sine.py", "sunspec_slave.py", "rfc6979_vectors.py")))
_VEHICLE = tuple(
    DEVICE / f"{name}.py"
    for name in ("contracts", "der_maker", "evcc", "fake_charger", "repeatable_random", "small_heap")
)
SESSION = "Plug & Charge session"
# What is measured: the call in chip_guest.py.
CALLS = {
    "cycle": "cycle(False)",
    "cycle with a pilot": "cycle(True)",
    "Controller at rest": "rest('controller')",
    "App at rest, fixed vehicle": "rest(0)",
    "App at rest, IEC 61851": "rest(1)",
    "App at rest, ISO 15118": "rest(2)",
    "garbage": "garbage()",
    "P-256 verification": "verification()",
    SESSION: "session()",
}
SLICE_MS = 5
# Most instructions of a figure: of the control cycle at this clock, of a verification, of any slice of work.
BOUNDS = {
    ("cycle", "median"): 200_000,
    ("cycle", "receive"): 400_000,  # what one answer to the search costs
    ("cycle with a pilot", "receive"): 400_000,
    ("P-256 verification", "whole"): 60_000_000,
    ("P-256 verification", "slice"): SLICE_MS * CLOCK_MHZ * 1000,
    (SESSION, "slice"): SLICE_MS * CLOCK_MHZ * 1000,
    (SESSION, "turn"): SLICE_MS * CLOCK_MHZ * 1000,
    (SESSION, "collected"): 0,
}


class Costs:
    """Measures on one MicroPython image; the flash is made once."""

    def __init__(self, image: Path) -> None:
        self._image = image
        self._flashes: dict[bool, bytes] = {}

    def flash(self, *, named: bool) -> bytes:
        """Return the flash image: as a board gets it, or with the names that the vehicle's script asks for."""
        if named not in self._flashes:
            scripts = _OF_ALL + (_VEHICLE if named else _WORLD)
            self._flashes[named] = flash_image(qemu.CHIP, scripts, keep_names=named)
        return self._flashes[named]

    def measure(self, what: str) -> dict[str, int]:
        """Return the figures of one of CALLS by their names.  Errors: ToolError."""
        script = f"import chip_guest\nchip_guest.{CALLS[what]}\n"
        flash = self.flash(named=what == SESSION)
        done = qemu.run(self._image, script, flash, deadline_s=DEADLINE_S, counted=True)
        if done.error:
            raise ToolError(f"{what}: {done.error}")
        return {name: int(value) for name, value in (line.split() for line in done.output.splitlines())}
