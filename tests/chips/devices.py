"""The device tests as an emulated chip gets them: in its flash, beside the firmware."""

from __future__ import annotations

from pathlib import Path

from hil.chips.flash_image import flash_image

DEVICE = Path(__file__).parents[1] / "device"


def device_flash(chip: str, *, folded: bool) -> bytes:
    """Return a flash image of the firmware and every device test."""
    scripts = [path for path in DEVICE.glob("*.py") if path.name != "test_on_micropython.py"]
    return flash_image(chip, scripts, folded=folded)


def check_passed(name: str, said: str) -> None:
    """Fail where the last line of a run of device tests is not that all passed."""
    last = said.splitlines()[-1] if said else "no output"
    assert last.startswith(f"{name}: ") and last.endswith(" 0 failed"), said
    assert not last.startswith(f"{name}: 0 passed"), said
