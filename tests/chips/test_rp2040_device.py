"""The kernels' device tests again on an emulated RP2040, and what a signature costs there."""

from __future__ import annotations

import pico
import pytest
from devices import check_passed, device_flash

from hil.chips.rp2040 import CHIP, CLOCK_HZ, Rp2040, layout_of

pytestmark = pytest.mark.timeout(0)  # the runs end by virtual time

NAMES = ("test_board_kernels", "test_crypto_field", "test_crypto_kernels", "test_kernels")
DEADLINE_MS = 60_000.0
VERIFICATION_MS = 300.0
SLICE_MS = 5.0
VERIFICATION = f"""\
import time
from hashlib import sha256
from rfc6979_vectors import PUBLIC, SAMPLE
from gridkeel import slices
from gridkeel.crypto import ecdsa, field
slices.set_clock({CLOCK_HZ})
digest = sha256(b"sample").digest()
for _ in range(2):
    work = ecdsa.verify(PUBLIC, digest, SAMPLE)
    longest = whole = 0
    found = None
    while found is None:
        begun = time.ticks_us()
        try:
            next(work)
        except StopIteration as stop:
            found = stop.value
        took = time.ticks_diff(time.ticks_us(), begun)
        whole += took
        longest = max(longest, took)
print(field.kernels.__name__, found, whole, longest)
"""


@pytest.fixture(scope="module")
def flash():
    image = pico.image()
    return image, device_flash(CHIP, folded=False), layout_of(image)


@pytest.mark.parametrize("name", NAMES)
def test_kernels_agree_with_their_twins(name, flash):
    image, octets, layout = flash
    with Rp2040(image, octets, layout=layout) as chip:
        done = chip.run(f"import runner\nrunner.main({name!r})\n", deadline_ms=DEADLINE_MS)
    check_passed(name, (done.output + done.error).strip())


def test_a_signature_is_verified_in_time_and_in_short_slices(flash):
    image, octets, layout = flash
    with Rp2040(image, octets, layout=layout) as chip:
        done = chip.run(VERIFICATION, deadline_ms=DEADLINE_MS)
    assert done.error == ""
    kernels, found, whole_us, longest_us = done.output.split()
    print(f"a verification takes {whole_us} us, its longest slice {longest_us} us")
    assert (kernels, found) == ("gridkeel.crypto.kernels_thumb", "True")
    assert int(whole_us) < VERIFICATION_MS * 1000
    assert int(longest_us) < SLICE_MS * 1000
