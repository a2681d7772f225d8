"""Places of files in an image: MicroPython reads them there, and what has not outgrown its place keeps it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from firmware_images import run

from host_tools.errors import ToolError
from host_tools.image import layout

_READ = """\
import os
from binascii import hexlify


def files(folder):
    for name, kind, *_ in os.ilistdir(folder):
        path = folder + "/" + name
        if kind == 0x4000:
            files(path)
        else:
            with open(path, "rb") as file:
                print(path[5:], hexlify(file.read()).decode())


files("/rom")
"""


def some_files(seed: int) -> dict[str, bytes]:
    rng = random.Random(seed)
    names = ["main.mpy", "gridkeel/__init__.mpy", *(f"gridkeel/{a}/{b}.mpy" for a in "abc" for b in "12345")]
    return {name: rng.randbytes(rng.randint(1, 3000)) for name in names} | {"gridkeel/empty.mpy": b""}


def read_back(image: bytes) -> dict[str, bytes]:
    return {path: image[place.at : place.at + place.size] for path, place in layout.places(image).items()}


def test_micropython_finds_every_file_where_its_record_points(tmp_path: Path) -> None:
    files = some_files(1)
    image = layout.pack(files)
    assert len(image) % 2 == 0
    assert read_back(image) == files
    (tmp_path / "image").write_bytes(image)
    done = run(tmp_path, _READ, tmp_path / "image")
    assert not done.stderr
    found = (line.split(" ") for line in done.stdout.splitlines())
    assert {path: bytes.fromhex(text) for path, text in found} == files


@pytest.mark.parametrize("seed", range(6))
def test_a_file_that_has_not_outgrown_its_place_lies_where_it_lay(seed: int) -> None:
    rng = random.Random(seed)
    files = some_files(seed)
    image = layout.pack(files)
    for _ in range(8):
        before, changed = layout.places(image), dict(files)
        touched = set(rng.sample(sorted(files), 3))
        for name in touched:
            changed[name] = rng.randbytes(max(0, len(files[name]) + rng.randint(-200, 200)))
        if rng.random() < 0.5:
            changed[f"gridkeel/new{rng.random()}.mpy"] = rng.randbytes(300)
            del changed[rng.choice(sorted(set(files) - touched))]
        image, files = layout.pack(changed, image), changed
        after = layout.places(image)
        assert read_back(image) == files
        assert all(after[name] == before[name] for name in before.keys() & after.keys() - touched)
        ordered = sorted(place for place in after.values() if place.size)
        assert all(one.at + one.size <= other.at for one, other in zip(ordered, ordered[1:], strict=False))


def test_one_file_that_grows_a_little_or_a_lot_changes_few_blocks() -> None:
    rng = random.Random(3)
    files = {f"gridkeel/{number:03}.mpy": rng.randbytes(1200) for number in range(200)}
    image = layout.pack(files)
    for growth in (5, 2000):
        other = layout.pack(files | {"gridkeel/020.mpy": rng.randbytes(1200 + growth)}, image)
        assert layout.blocks_that_differ(image, other) <= 6
        assert layout.blocks_that_differ(image, layout.pack(read_back(other))) >= (40 if growth > 100 else 0)


def test_a_directory_that_outgrows_its_room_moves_what_lies_there() -> None:
    few = {f"{number}.mpy": bytes([number]) * 100 for number in range(10)}
    many = few | {f"{number}.mpy": bytes([number % 256]) * 100 for number in range(10, 400)}
    assert read_back(layout.pack(many, layout.pack(few))) == many


@pytest.mark.parametrize(
    "junk", [b"", b"\xd2\xcd\x31\x02\x01\x00", b"no image at all", layout.pack(some_files(1))[:400]]
)
def test_what_is_no_image_with_places_is_refused(junk: bytes) -> None:
    with pytest.raises(ToolError, match="earlier image"):
        layout.pack(some_files(1), junk)
