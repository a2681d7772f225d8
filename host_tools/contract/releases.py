"""A release of firmware as the broker keeps it: a head and pieces, retained, once for the whole fleet.  Pure.

gridkeel/v2/$release/<name>/0 is the head, JSON; the pieces are 1, 2, ...  The name is the beginning of the SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import NamedTuple

from host_tools.contract import topics
from host_tools.contract.online import document_of

PIECE_BYTES = 4096
MAX_BYTES = 2 << 20
NAME_DIGITS = 16
NAME = re.compile(f"[0-9a-f]{{{NAME_DIGITS}}}")


class Head(NamedTuple):
    """What a release is said to be.  size: bytes."""

    sha256: str
    size: int
    pieces: int

    def piece_bytes(self, number: int) -> int:
        """Return how many bytes a piece (1, 2, ...) has."""
        return min(PIECE_BYTES, self.size - (number - 1) * PIECE_BYTES)


def name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:NAME_DIGITS]


def messages(data: bytes) -> list[tuple[str, bytes]]:
    """Return (topic, payload) of the pieces, and last of the head: where that is, the pieces are.

    Errors: ValueError for a size that no release may have.
    """
    _check_size(len(data))
    name = name_of(data)
    parts = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
    head = Head(hashlib.sha256(data).hexdigest(), len(data), len(parts))
    pieces = [(topics.release(name, number), part) for number, part in enumerate(parts, 1)]
    return [*pieces, (topics.release(name, 0), json.dumps(head._asdict()).encode())]


def read_head(name: str, payload: bytes) -> Head:
    """Return what a head says.  Errors: ValueError where it is none of a release of this name."""
    document = document_of(payload)
    if document is None:
        raise ValueError("its head is no JSON object")
    sha256, size, pieces = (document.get(field) for field in Head._fields)
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256) or not sha256.startswith(name):
        raise ValueError("its head is that of another release")
    if type(size) is not int or type(pieces) is not int:
        raise ValueError("its head has no size")
    _check_size(size)
    if pieces != -(-size // PIECE_BYTES):
        raise ValueError(f"its head says {size} bytes in {pieces} pieces")
    return Head(sha256, size, pieces)


def joined(head: Head, parts: dict[int, bytes]) -> bytes:
    """Return the release that all its pieces make.  Errors: ValueError where it is not the one of the head."""
    data = b"".join(parts[number] for number in range(1, head.pieces + 1))
    if hashlib.sha256(data).hexdigest() != head.sha256:
        raise ValueError("its pieces are not those that its head announces")
    return data


def _check_size(size: int) -> None:
    if not 1 <= size <= MAX_BYTES:
        raise ValueError(f"a release has 1 to {MAX_BYTES:,} bytes, and not {size:,}")
