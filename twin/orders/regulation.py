"""Regulation of a group: one share for all members a cycle, and how much each member stands for.  Pure.

A group command says one share of everybody's `regulation_w`. So what a vehicle can do is said rarely and one by one, by
that parameter; what the grid wants is said every cycle in one publish, however many vehicles there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SPARE = 1.15  # of what is promised, so that members who cannot follow are made up for by the others
_GAIN = 0.02  # of the error of the last cycles, a cycle: what is slow is made up for, telemetry being behind is not
_MOST = 0.12  # of what is promised: what the feedback may add
_LAG_CYCLES = 2  # telemetry is behind by that: what was wanted then is what is delivered now
SAMPLE_S = 10.0  # of the score
LATEST_S = 300.0


class Score(NamedTuple):
    """As PJM scores a resource (manual 12): each 0 to 1, `score` their mean.  delay_s: at the best correlation."""

    correlation: float
    delay: float
    precision: float
    score: float
    delay_s: float


def score(signal_w: np.ndarray, response_w: np.ndarray, period_s: float = SAMPLE_S) -> Score:
    """Compare a signal with what was delivered, both sampled every period_s, power about the base point.

    Errors: ValueError where there is too little of it, or a signal that says nothing.
    """
    if len(signal_w) != len(response_w) or len(signal_w) < 12:
        raise ValueError("want as many samples of the response as of the signal, twelve at least")
    if not np.abs(signal_w).mean() > 0:
        raise ValueError("the signal is zero all the time")
    shifts = range(min(int(LATEST_S / period_s), len(signal_w) // 3) + 1)
    found = [_correlation(signal_w[: len(signal_w) - k], response_w[k:]) for k in shifts]
    best = int(np.argmax(np.round(found, 6)))
    delay_s = best * period_s
    delay = (LATEST_S - delay_s) / LATEST_S
    precision = max(0.0, 1.0 - float(np.abs(response_w - signal_w).mean() / np.abs(signal_w).mean()))
    correlation = max(0.0, found[best])
    return Score(correlation, delay, precision, (correlation + delay + precision) / 3.0, delay_s)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 0.0


def shares(up_w: np.ndarray, down_w: np.ndarray, promised_w: float) -> np.ndarray:
    """Return the regulation_w of each member, by its headroom to the side where it has less, whole tens of watts.

    up_w, down_w: what it could still take and give beside its base point.  All together have SPARE times what is
    promised, or all that there is.
    """
    able_w = np.maximum(np.minimum(up_w, down_w), 0.0)
    total_w = able_w.sum()
    if total_w <= 0:
        return np.zeros(len(able_w))
    return np.floor(able_w * min(1.0, SPARE * promised_w / total_w) / 10.0) * 10.0


@dataclass
class _Member:
    delivered_w: float
    base_w: float
    regulation_w: float = 0.0


class Regulator:
    """What is said to a group each cycle.  promised_w: to either side."""

    def __init__(self, promised_w: float) -> None:
        self.promised_w = promised_w
        self._members: dict[str, _Member] = {}
        self._delivered_w = 0.0
        self._base_w = 0.0
        self._standing_w = 0.0  # sum of the members' regulation_w
        self._wanted_w: list[float] = []
        self._added_w = 0.0
        self.active = False

    @property
    def delivered_w(self) -> float:
        """What all members deliver about their base points."""
        return self._delivered_w - self._base_w

    @property
    def standing_w(self) -> float:
        """What all members together stand for."""
        return self._standing_w

    def __len__(self) -> int:
        return len(self._members)

    def deliver(self, device: str, power_w: float, base_w: float | None = None) -> None:
        """Take a member's power.  base_w: what it would have without regulation; without it what it had before."""
        member = self._members.get(device)
        if member is None:
            member = self._members[device] = _Member(0.0, 0.0)
            base_w = power_w if base_w is None else base_w
        elif base_w is None:
            base_w = member.base_w if self.active else power_w
        self._delivered_w += power_w - member.delivered_w
        self._base_w += base_w - member.base_w
        member.delivered_w, member.base_w = power_w, base_w

    def stand(self, device: str, regulation_w: float) -> bool:
        """Take note of what a member stands for; return whether that is worth telling it."""
        member = self._members[device]
        if abs(regulation_w - member.regulation_w) <= 0.1 * max(member.regulation_w, 100.0):
            return False
        self._standing_w += regulation_w - member.regulation_w
        member.regulation_w = regulation_w
        return True

    def base_of(self, device: str) -> float:
        return self._members[device].base_w

    def leave(self, device: str) -> None:
        """Count no longer on a member."""
        member = self._members.pop(device, None)
        if member is not None:
            self._delivered_w -= member.delivered_w
            self._base_w -= member.base_w
            self._standing_w -= member.regulation_w

    def command(self, signal: float) -> float | None:
        """Return the share for a signal of -1 to 1, None where nobody stands for anything.

        What was wanted some cycles ago and is not there now is made up for, slowly.
        """
        wanted_w = max(-1.0, min(1.0, signal)) * self.promised_w
        if self.active and len(self._wanted_w) >= _LAG_CYCLES:
            most_w = _MOST * self.promised_w
            error_w = self._wanted_w[-_LAG_CYCLES] - self.delivered_w
            self._added_w = max(-most_w, min(most_w, self._added_w + _GAIN * error_w))
        self._wanted_w = [*self._wanted_w[-_LAG_CYCLES:], wanted_w]
        self.active = True
        if self._standing_w <= 0:
            return None
        return max(-1.0, min(1.0, (wanted_w + self._added_w) / self._standing_w))

    def end(self) -> None:
        """No signal any more: members come back to their base points by their own rules."""
        self.active = False
        self._wanted_w, self._added_w = [], 0.0
