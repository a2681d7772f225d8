"""Waves of a rollout: who is asked when, and whether what became of a wave halts the rest.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from host_tools.errors import ToolError

INSTALLED = "installed"
FAILED = "failed"
NOT_REACHED = "not_reached"  # it was offline or busy: that says nothing of the release
NOT_ASKED = "not_asked"
OTHER_BOARD = "other_board"  # the release is for another board than its, of a fleet that was asked as a whole


@dataclass(frozen=True)
class Verdict:
    """What became of one controller.  wave: 1, 2, ..., 0 for a controller in none."""

    device: str
    wave: int
    result: str
    reason: str = ""


def waves_of(devices: Sequence[str], text: str) -> list[list[str]]:
    """Return the devices in waves; "1,10,100%": one, then as many as make ten in all, then the rest.

    Errors: ToolError for a text that is none of rising numbers and percentages.
    """
    ends = [_end(part.strip(), len(devices)) for part in text.split(",")]
    waves, begin = [], 0
    for end in ends:
        if end > begin:
            waves.append(list(devices[begin:end]))
            begin = end
    return waves


def halts(wave: Sequence[Verdict], size: int, halt_at_pct: float) -> str:
    """Return why a wave of so many controllers halts a rollout, "" where it does not."""
    others = sum(one.result == OTHER_BOARD for one in wave)
    size -= others
    failed = sum(one.result == FAILED for one in wave)
    if failed and 100 * failed >= halt_at_pct * size:
        return f"{failed} of {size} failed, the limit is {halt_at_pct:g} %"
    if size and len(wave) - others == size and not any(one.result == INSTALLED for one in wave):
        return "nobody in this wave has installed it"
    return ""


def _end(part: str, devices: int) -> int:
    found = re.fullmatch(r"([0-9]{1,7})(%?)", part, re.ASCII)
    number = int(found[1]) if found else 0
    if found is None or number == 0 or (found[2] and number > 100):
        raise ToolError(f"--waves {part!a}: want numbers of controllers or percentages, for example 1,10,100%")
    return min(devices, -(-devices * number // 100) if found[2] else number)
