"""Makes the delta between two images, in the form that gridkeel.update.delta reads; bsdiff4 finds what is alike."""

from __future__ import annotations

from collections.abc import Iterator

import bsdiff4.core

_SHORT_RUN = 3  # fewer zeros between two differences are written out: that is cheaper than two runs


def make_delta(base: bytes, image: bytes) -> bytes:
    """Return the delta that makes `image` from `base`."""
    control, differences, new = bsdiff4.core.diff(base, image)
    out = bytearray()
    diff_at = new_at = 0
    numbers = (bsdiff4.core.decode_int64(control[at : at + 8]) for at in range(0, len(control), 8))
    for add, append, move in zip(numbers, numbers, numbers, strict=True):
        out += _varint(add) + _varint(append)
        for run in _runs(differences[diff_at : diff_at + add]):
            out += run
        out += new[new_at : new_at + append]
        diff_at += add
        new_at += append
        if diff_at + new_at == len(image):
            break
        out += _varint(abs(move) << 1 | (move < 0))
    return bytes(out)


def _runs(differences: bytes) -> Iterator[bytes]:
    """Yield the differences as runs of zeros and of literals."""
    at = literal_at = 0
    while at < len(differences):
        end = at
        while end < len(differences) and not differences[end]:
            end += 1
        if end - at >= _SHORT_RUN or end == len(differences) and end > at:
            if literal_at < at:
                yield _varint((at - literal_at - 1) << 1 | 1) + differences[literal_at:at]
            yield _varint((end - at - 1) << 1)
            literal_at = end
        at = max(end, at + 1)
    if literal_at < len(differences):
        yield _varint((len(differences) - literal_at - 1) << 1 | 1) + differences[literal_at:]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
