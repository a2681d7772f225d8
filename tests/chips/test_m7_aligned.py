"""No kernel loads or stores an unaligned word: a Cortex-M0+ faults there, and so does this Cortex-M7 where it is told.

Constants lie in flash wherever they fall, so each test runs with the flash image at four places of a word.
"""

from __future__ import annotations

import m7
import pytest
from devices import DEVICE, device_flash

from hil.chips import qemu

# Tests that run viper kernels, on constants of the flash among other things.
NAMES = sorted(
    path.stem
    for pattern in (
        "test_crypto_*.py",
        "test_kernels.py",
        "test_*_kernels.py",
        "test_frequency.py",
        "test_modbus_rtu.py",
    )
    for path in DEVICE.glob(pattern)
)
# A shift of a long integer, which MicroPython's own code does in words where its compiler may read them unaligned.
OWN_CODE = "x = (1 << 200) + 12345\nprint([x >> n for n in range(1, 40)][-1])\n"


@pytest.fixture(scope="module")
def flash() -> bytes:
    image = m7.image()
    try:
        qemu.run(image, OWN_CODE, deadline_s=60.0, trap_unaligned=True)
    except qemu.ChipFaultError:
        pytest.skip(f"{image} reads unaligned words itself: build it with CFLAGS_EXTRA=-mno-unaligned-access")
    return device_flash(qemu.CHIP, folded=True)


@pytest.mark.timeout(1000)
@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_aligned(name: str, offset: int, flash: bytes) -> None:
    script = f"import runner\nrunner.main({name!r})\n"
    done = qemu.run(m7.image(), script, flash, deadline_s=900.0, trap_unaligned=True, flash_offset=offset)
    assert (done.output + done.error).strip().endswith(" 0 failed"), done.output + done.error
