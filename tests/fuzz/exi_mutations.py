"""Damage to EXI bodies: cut, flipped, random, and moved by bits, since nothing in a body is aligned to a byte."""

from __future__ import annotations

import random

_LONGEST_BITS = 8 * 4000


def _to_bits(body: bytes) -> str:
    return f"{int.from_bytes(body, 'big'):0{8 * len(body)}b}"


def _to_bytes(bits: str) -> bytes:
    bits = bits[:_LONGEST_BITS]
    size = (len(bits) + 7) // 8
    return int(bits.ljust(8 * size, "0"), 2).to_bytes(size, "big") if size else b""


def truncated(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    return body[: dice.randrange(len(body))]


def flipped(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        at = dice.randrange(8 * len(changed))
        changed[at >> 3] ^= 0x80 >> (at & 7)
    return bytes(changed)


def random_bytes(dice: random.Random, _body: bytes, _other: bytes) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 2, 5, 20, 100, 1000)))


def random_behind(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    """Keep the head, which opens elements; go on with random bytes."""
    return body[: dice.randint(1, min(len(body), 40))] + dice.randbytes(dice.choice((4, 40, 400)))


def mostly_zeros(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    """Keep the head; go on with bits that are zero more often than not, as the first event of a state is."""
    tail = dice.getrandbits(800) & dice.getrandbits(800) & dice.getrandbits(800)
    return body[: dice.randint(1, min(len(body), 20))] + tail.to_bytes(100, "big")


def without_bits(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    bits = _to_bits(body)
    at = dice.randrange(8, len(bits)) if len(bits) > 8 else 0
    return _to_bytes(bits[:at] + bits[at + dice.choice((1, 2, 3, 8, 60)) :])


def with_bits(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    bits = _to_bits(body)
    at = dice.randrange(8, len(bits)) if len(bits) > 8 else 0
    size = dice.choice((1, 2, 3, 8, 60))
    return _to_bytes(bits[:at] + f"{dice.getrandbits(size):0{size}b}" + bits[at:])


def repeated(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    """Say a stretch of bits again and again, as a list without an end does."""
    bits = _to_bits(body)
    at, size = dice.randrange(len(bits)), dice.randint(1, 200)
    return _to_bytes(bits[:at] + bits[at : at + size] * dice.choice((2, 3, 30, 300)) + bits[at + size :])


def spliced(dice: random.Random, body: bytes, other: bytes) -> bytes:
    first, second = _to_bits(body), _to_bits(other)
    return _to_bytes(first[: dice.randrange(len(first))] + second[dice.randrange(len(second)) :])


def ones(dice: random.Random, body: bytes, _other: bytes) -> bytes:
    """Set a stretch of bits: lengths and numbers at their highest, and second-level events."""
    bits = _to_bits(body)
    at, size = dice.randrange(len(bits)), dice.choice((3, 7, 8, 9, 16, 64))
    return _to_bytes(bits[:at] + "1" * size + bits[at + size :])


MUTATIONS = (
    truncated,
    flipped,
    flipped,
    random_bytes,
    random_behind,
    mostly_zeros,
    without_bits,
    with_bits,
    repeated,
    spliced,
    ones,
)
