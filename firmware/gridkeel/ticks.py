"""Arithmetic on a tick that wraps at 2**30, small integers on every board.

MicroPython's own ticks wrap at 2**30 on 32-bit boards and at 2**62 on the unix port; the boards mask theirs to
MASK, so pure code sees one period everywhere. No intermediate value leaves the small-integer range.
"""

MASK = 0x3FFFFFFF
HALF = 0x20000000


def diff(later: int, earlier: int) -> int:
    """Return later - earlier in ticks, -2**29..2**29-1, right across one wrap."""
    # Taken round once, then the upper half below zero: no branch, and no step past the small integers.
    return (later - earlier & MASK ^ HALF) - HALF


def add(tick: int, delta: int) -> int:
    """Return tick + delta, wrapped; delta 0..2**29-1."""
    room = MASK - tick
    return tick + delta if delta <= room else delta - room - 1


def sub(tick: int, delta: int) -> int:
    """Return tick - delta, wrapped; delta 0..2**29-1."""
    return tick - delta if delta <= tick else tick - delta + MASK + 1
