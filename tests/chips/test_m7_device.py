"""Every device test again on an emulated Cortex-M7, compiled and in its flash."""

from __future__ import annotations

import m7
import pytest
from devices import DEVICE, check_passed, device_flash

from hil.chips import qemu

NAMES = sorted(path.stem for path in DEVICE.glob("test_*.py") if path.stem != "test_on_micropython")
DEADLINE_S = 900.0  # the longest take minutes where the machine is busy; one without a prompt ends after seconds


# What needs much room runs as a board holds it, with constants in place; others may set a constant for a test.
FOLDED = ("test_v2g_", "test_controller_following")


@pytest.fixture(scope="module")
def flashes() -> dict[bool, bytes]:
    m7.image()
    return {folded: device_flash(qemu.CHIP, folded=folded) for folded in (False, True)}


@pytest.mark.timeout(1000)
@pytest.mark.parametrize("name", NAMES)
def test_m7(name: str, flashes: dict[bool, bytes]) -> None:
    script = f"import runner\nrunner.main({name!r})\n"
    flash = flashes[name.startswith(FOLDED)]
    done = qemu.run(m7.image(), script, flash, deadline_s=DEADLINE_S)
    check_passed(name, (done.output + done.error).strip())
