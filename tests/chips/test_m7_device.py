"""Every device test again on an emulated Cortex-M7, where an unaligned access of a word ends the run as on an M0+."""

from __future__ import annotations

import m7
import pytest

from hil.chips import qemu

NAMES = sorted(path.stem for path in m7.DEVICE.glob("test_*.py") if path.stem != "test_on_micropython")
DEADLINE_S = 900.0  # the longest take minutes where the machine is busy; one without a prompt ends after seconds


@pytest.fixture(scope="module")
def flash() -> bytes:
    m7.image()
    return m7.device_flash()


@pytest.mark.timeout(1000)
@pytest.mark.parametrize("name", NAMES)
def test_m7(name: str, flash: bytes) -> None:
    script = f"import runner\nrunner.main({name!r})\n"
    done = qemu.run(m7.image(), script, flash, deadline_s=DEADLINE_S, trap_unaligned=True)
    said = (done.output + done.error).strip()
    last = said.splitlines()[-1] if said else "no output"
    assert last.startswith(f"{name}: ") and last.endswith(" 0 failed"), said
    assert not last.startswith(f"{name}: 0 passed"), said
