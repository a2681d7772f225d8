"""Packs files as a ROMFS image in which a file that has not outgrown its place lies where an earlier image has it.

An update erases and writes the blocks of flash that change. Where files are packed side by side, all that lie behind
the first one that grows move. Here the directory lies in front, with room of its own; the data of each file lies behind
it, with some room to grow, and its record points there. What outgrows its place goes into a gap or behind the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from host_tools.errors import ToolError

BLOCK_BYTES = 4096  # of the flash's erasure
HEAD_BYTES = 256  # of a slot, before its image: the image's first block is so much shorter
MAGIC = b"\xd2\xcd\x31"
_PADDING, _VERBATIM, _POINTER, _DIRECTORY, _FILE = 1, 2, 3, 4, 5
_ALIGNED = 16
_GROWTH = 32  # a file has this part of its size to grow
_NUMBER_BYTES = 4  # of sizes and places, so that no record grows with its number
_TOP_BYTES = len(MAGIC) + _NUMBER_BYTES  # places in an image's records count from behind them
_RECORD_BYTES = 1 + _NUMBER_BYTES


@dataclass(frozen=True, order=True)
class Place:
    """Octets of an image: the first one and how many."""

    at: int
    size: int


def pack(files: Mapping[str, bytes], before: bytes | None = None) -> bytes:
    """Return the ROMFS image of these files.

    before: an image whose places are kept.  Errors: ToolError where it is not one that was packed here.
    """
    known = {} if before is None else places(before)
    front = _TOP_BYTES + len(_directory(files, dict.fromkeys(files, Place(0, 0)))) + 2 * _RECORD_BYTES
    start = min((place.at for place in known.values()), default=0)
    if start < front:
        start = _block_end(front)
    placed = _placed(files, known, start)
    end = max((place.at + place.size for place in placed.values()), default=start)
    data = bytearray(end + end % 2 - start)  # the whole is even, as the format wants it
    for path, place in placed.items():
        data[place.at - start : place.at - start + place.size] = files[path]
    body = _directory(files, placed) + _record(_PADDING, bytes(start - front)) + _record(_VERBATIM, bytes(data))
    return MAGIC + _number(len(body)) + body


def places(image: bytes) -> dict[str, Place]:
    """Return where each file of a packed image lies.  Errors: ToolError where it is no image that was packed here."""
    try:
        if image[: len(MAGIC)] != MAGIC:
            raise ValueError
        size, at = _read_number(image, len(MAGIC))
        found = dict(_files(image, at, at + size, ""))
    except (ValueError, IndexError):
        raise ToolError("the earlier image is no ROMFS image") from None
    if not found:
        raise ToolError("the earlier image keeps its files side by side: it was built before images had places")
    return found


def blocks_that_differ(one: bytes, other: bytes) -> int:
    """Return how many blocks of a slot are written where one image takes the other's place."""
    edges = [0, *range(BLOCK_BYTES - HEAD_BYTES, max(len(one), len(other)), BLOCK_BYTES)]
    ends = [*edges[1:], None]
    return sum(one[at:end] != other[at:end] for at, end in zip(edges, ends, strict=True))


def _placed(files: Mapping[str, bytes], known: Mapping[str, Place], start: int) -> dict[str, Place]:
    """Return a place for each file, none before `start`."""
    kept = {
        path: Place(known[path].at, len(files[path]))
        for path, room in _rooms(known)
        if path in files and known[path].at >= start and len(files[path]) <= room
    }
    gaps, end = _gaps(kept, start)
    placed = dict(kept)
    for path in sorted(set(files) - set(kept)):
        size = _with_growth(len(files[path]))
        gap = next((gap for gap in gaps if gap[1] - gap[0] >= size), None)
        if gap is None:
            placed[path] = Place(end, len(files[path]))
            end += size
        else:
            placed[path] = Place(gap[0], len(files[path]))
            gap[0] += size
    return placed


def _rooms(known: Mapping[str, Place]) -> Iterator[tuple[str, int]]:
    """Yield each file that has a place, and how large it may become there."""
    ordered = sorted(known, key=known.__getitem__)
    for path, after in zip(ordered, [*ordered[1:], None], strict=False):
        yield path, known[after].at - known[path].at if after else _with_growth(known[path].size)


def _gaps(kept: Mapping[str, Place], start: int) -> tuple[list[list[int]], int]:
    """Return what is free between the kept files, first and end of each, and where it is free for good."""
    gaps, at = [], start
    for place in sorted(kept.values()):
        if place.at > at:
            gaps.append([at, place.at])
        at = _aligned(place.at + place.size)
    return gaps, at


def _aligned(at: int) -> int:
    return -(-at // _ALIGNED) * _ALIGNED


def _with_growth(size: int) -> int:
    return _aligned(size + size // _GROWTH)


def _block_end(at: int) -> int:
    """Return where the block of the slot ends in which the image's octet `at` lies, with a little room before it."""
    return -(-(at + at // _GROWTH + HEAD_BYTES) // BLOCK_BYTES) * BLOCK_BYTES - HEAD_BYTES


def _directory(files: Mapping[str, bytes], placed: Mapping[str, Place]) -> bytes:
    """Return the records of files and folders, in order of their names."""
    out = bytearray()
    folders: dict[str, dict[str, bytes]] = {}
    for path in sorted(files):
        name, _, rest = path.partition("/")
        if rest:
            folders.setdefault(name, {})[rest] = files[path]
        else:
            out += _record(_FILE, _text(name) + _pointer(placed[path]))
    for name, inside in folders.items():
        below = {rest: placed[f"{name}/{rest}"] for rest in inside}
        out += _record(_DIRECTORY, _text(name) + _directory(inside, below))
    return bytes(out)


def _pointer(place: Place) -> bytes:
    return _record(_POINTER, _number(place.size) + _number(max(place.at - _TOP_BYTES, 0)))


def _record(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + _number(len(payload)) + payload


def _text(name: str) -> bytes:
    octets = name.encode("ascii")
    return bytes([len(octets)]) + octets


def _number(value: int) -> bytes:
    """Return 7 bits an octet, highest first, always as many octets."""
    if value >> 7 * _NUMBER_BYTES:
        raise ToolError(f"an image of {value:,} octets and more has no places")
    shifts = range(7 * (_NUMBER_BYTES - 1), -1, -7)
    return bytes(value >> shift & 127 | (128 if shift else 0) for shift in shifts)


def _read_number(image: bytes, at: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | image[at] & 127
        at += 1
        if not image[at - 1] & 128:
            return value, at


def _files(image: bytes, at: int, end: int, folder: str) -> Iterator[tuple[str, Place]]:
    while at < end:
        kind, at = _read_number(image, at)
        size, at = _read_number(image, at)
        if at + size > end:
            raise ValueError
        if kind in (_FILE, _DIRECTORY):
            length, first = _read_number(image, at)
            name = image[first : first + length].decode("ascii")
            inside = first + length
            if kind == _DIRECTORY:
                yield from _files(image, inside, at + size, f"{folder}{name}/")
            elif image[inside] == _POINTER:
                _length, inside = _read_number(image, inside + 1)
                data_size, inside = _read_number(image, inside)
                yield folder + name, Place(_TOP_BYTES + _read_number(image, inside)[0], data_size)
        at += size
