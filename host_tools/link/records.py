"""Bookkeeping of the records of a boot: which are new, which are repeats, which are gone for good."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """Place of a record: the next one, a repeat, or one ahead."""

    NEXT = "next"
    REPEAT = "repeat"
    AHEAD = "ahead"


class Inbox:
    """The window of one boot: expected is the next new sequence, committed the last one the caller made safe."""

    def __init__(self, committed: int) -> None:
        self.expected = committed + 1
        self.committed = committed

    def skip_to(self, oldest: int) -> tuple[int, int] | None:
        """Take note of the oldest sequence the device still holds; return the gap (first, last) that it shows."""
        if oldest <= self.expected:
            return None
        gap = (self.expected, oldest - 1)
        self.expected = oldest
        return gap

    def place(self, sequence: int) -> Place:
        """Sort one record, and count it in where it is the next."""
        if sequence == self.expected:
            self.expected += 1
            return Place.NEXT
        return Place.REPEAT if sequence < self.expected else Place.AHEAD

    def commit(self, sequence: int) -> None:
        """Errors: ValueError for a sequence that was not handed out."""
        if sequence >= self.expected:
            raise ValueError(f"record {sequence} was not handed out; the next is {self.expected}")
        self.committed = max(self.committed, sequence)
