"""Deltas made by the host and read by the device's code, on images of every kind."""

from __future__ import annotations

import random

import pytest

from gridkeel.update.delta import DeltaReader
from host_tools.update.delta import make_delta

PAGE = 256


def read(base: bytes, delta: bytes, size: int, chunk: int) -> bytes:
    def read_base(at: int, view: memoryview) -> None:
        view[:] = base[at : at + len(view)]

    reader = DeltaReader(read_base, len(base), size, PAGE)
    image = bytearray()
    for at in range(0, len(delta), chunk):
        part, taken = delta[at : at + chunk], 0
        while (taken := reader.take(part, taken, len(part))) < len(part) or reader.filled == PAGE:
            image += reader.page
            reader.next_page()
    assert reader.done
    return bytes(image + reader.page[: reader.filled])


def edited(rng: random.Random, base: bytes) -> bytes:
    """A later version: bytes changed, parts put in, taken out and moved."""
    image = bytearray(base)
    for _ in range(rng.randint(0, 8)):
        at, n = rng.randint(0, len(image)), rng.randint(0, 40)
        match rng.randrange(4):
            case 0:
                image[at : at + n] = rng.randbytes(len(image[at : at + n]))
            case 1:
                image[at:at] = rng.randbytes(n)
            case 2:
                del image[at : at + n]
            case _:
                piece = image[at : at + 5 * n]
                del image[at : at + 5 * n]
                image[rng.randint(0, len(image)) :] += piece
    return bytes(image) or b"\0"


@pytest.mark.parametrize("seed", range(100))
def test_a_delta_makes_the_image_whatever_was_edited(seed: int) -> None:
    rng = random.Random(seed)
    base = bytes(rng.choices(range(rng.choice((2, 16, 256))), k=rng.choice((0, 1, 50, 3000))))
    image = edited(rng, base)
    assert read(base, make_delta(base, image), len(image), rng.randint(1, 200)) == image


def test_the_delta_of_a_small_change_is_small() -> None:
    rng = random.Random(5)
    base = rng.randbytes(50_000)
    image = base[:20_000] + b"a new function" + base[20_000:]
    assert len(make_delta(base, image)) < 100


def test_nothing_in_common_costs_little_more_than_the_image() -> None:
    rng = random.Random(6)
    image = rng.randbytes(20_000)
    assert len(make_delta(rng.randbytes(20_000), image)) < 1.02 * len(image)
