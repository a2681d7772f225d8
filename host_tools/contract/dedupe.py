"""Deduplication of messages: QoS 1 delivers at least once, (device, boot, sequence) names each once."""

from __future__ import annotations

from collections import OrderedDict

# A redelivery goes back no further than what was in flight; a publisher here reads at most 256 records ahead.
_RECENT = 4096
_BOOTS = 20_000  # (device, boot) pairs remembered: the least recently heard goes first


class Dedupe:
    """Bounded memory of what was seen; within a boot, sequences older than the last `recent` count as doubled."""

    def __init__(self, recent: int = _RECENT, boots: int = _BOOTS) -> None:
        self.doubled = 0
        self._recent = recent
        self._boots = boots
        self._seen: OrderedDict[tuple[str, int], _Boot] = OrderedDict()

    def is_new(self, device: str, boot: int, sequence: int) -> bool:
        """Return True the first time a message is named."""
        known = self._seen.get((device, boot))
        if known is None:
            known = self._seen[device, boot] = _Boot()
            if len(self._seen) > self._boots:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end((device, boot))
        if known.add(sequence, self._recent):
            return True
        self.doubled += 1
        return False


class _Boot:
    """Everything up to `floor` is old; `above` holds what was seen over it."""

    __slots__ = ("above", "floor", "highest")

    def __init__(self) -> None:
        self.floor = 0
        self.highest = 0
        self.above: set[int] = set()

    def add(self, sequence: int, recent: int) -> bool:
        if sequence <= self.floor or sequence in self.above:
            return False
        self.above.add(sequence)
        self.highest = max(self.highest, sequence)
        while self.floor + 1 in self.above:
            self.floor += 1
            self.above.remove(self.floor)
        lowest = self.highest - recent
        if self.floor < lowest:
            self.floor = lowest
            self.above = {seen for seen in self.above if seen > lowest}
        return True
