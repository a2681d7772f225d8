"""Recording of a procedure: the record of its run, asked as an instrument would be."""

from __future__ import annotations

import numpy as np

from hil.bench.figures import full_response_ms
from hil.report import RunRecord
from hil.typetest.accuracy import POWER_CYCLES


class Recording:
    """A run's record; times in seconds of the run, power in W into the vehicle."""

    def __init__(self, record: RunRecord, nominal_hz: float) -> None:
        self.record = record
        self._cycle_s = 1.0 / nominal_hz
        self._t_s = record.plant.t_s
        self._power_w = record.plant.values["delivered_w"]
        self._var = record.plant.values["var"]
        self._on = record.plant.values["energise"] > 0.5
        self._step_s = float(np.median(np.diff(self._t_s)))

    def power_w(self, until_s: float) -> float:
        """Return the mean power of the ten cycles before a time."""
        return self.mean_w(until_s - POWER_CYCLES * self._cycle_s, until_s)

    def mean_w(self, from_s: float, until_s: float) -> float:
        """Return the mean power of a stretch."""
        inside = (self._t_s >= from_s - 1e-9) & (self._t_s < until_s)
        return float(self._power_w[inside].mean())

    def largest_move_w(self, from_s: float, until_s: float, around_w: float) -> float:
        """Return how far power, or a command on the wire, went from around_w within a stretch."""
        inside = (self._t_s >= from_s) & (self._t_s < until_s)
        moves = np.abs(self._power_w[inside] - around_w)
        written = [abs(power - around_w) for t_s, power in self.record.commands if from_s <= t_s < until_s]
        return float(max(moves.max(), *written, 0.0))

    def rise_s(self, step_s: float, until_s: float, share: float = 0.9) -> float | None:
        """Return the time from a step until the power has made `share` of its way to where it ends."""
        before_w, after_w = self.power_w(step_s), self.power_w(until_s)
        if abs(after_w - before_w) < 1.0:
            return None
        inside = (self._t_s >= step_s) & (self._t_s < until_s)
        made = (self._power_w[inside] - before_w) / (after_w - before_w) >= share
        return float(self._t_s[inside][np.argmax(made)] - step_s) if made.any() else None

    def reached_s(self, from_s: float, until_s: float, before_w: float, wanted_w: float, share: float) -> float | None:
        """Return the time from from_s until `share` of the way from before_w to wanted_w is made, None: never."""
        made = (self._power_w - before_w) / (wanted_w - before_w) >= share
        return self._first(made, from_s, until_s)

    def seconds_at_least(self, from_s: float, until_s: float, before_w: float, wanted_w: float, share: float) -> float:
        """Return for how long at least `share` of the way from before_w to wanted_w was made."""
        inside = (self._t_s >= from_s) & (self._t_s < until_s)
        made = (self._power_w[inside] - before_w) / (wanted_w - before_w) >= share
        return float(np.count_nonzero(made) * self._step_s)

    def steepest_w(self, from_s: float, until_s: float, window_s: float) -> float:
        """Return the largest change of the power, either way, over a window."""
        inside = self._power_w[(self._t_s >= from_s) & (self._t_s < until_s)]
        steps = round(window_s / self._step_s)
        return float(np.abs(inside[steps:] - inside[:-steps]).max())

    def largest_power_w(self, from_s: float, until_s: float) -> float:
        """Return the largest power, either way, of a stretch."""
        inside = (self._t_s >= from_s) & (self._t_s < until_s)
        return float(np.abs(self._power_w[inside]).max())

    def var(self, until_s: float) -> float:
        """Return the mean reactive power, positive absorbed, of the ten cycles before a time."""
        inside = (self._t_s >= until_s - POWER_CYCLES * self._cycle_s - 1e-9) & (self._t_s < until_s)
        return float(self._var[inside].mean())

    def var_rise_s(self, step_s: float, until_s: float, share: float = 0.9) -> float | None:
        """Return the time from a step until the reactive power has made `share` of its way to where it ends."""
        before, after = self.var(step_s), self.var(until_s)
        if abs(after - before) < 1.0:
            return None
        return self._first((self._var - before) / (after - before) >= share, step_s, until_s)

    def first_wire_s(self, step_s: float) -> float | None:
        """Return the time from a step to the last byte of the first command that differs from the one before it."""
        before = [power for t_s, power in self.record.commands if t_s <= step_s]
        after = [t_s for t_s, power in self.record.commands if t_s > step_s and before and power != before[-1]]
        return after[0] - step_s if after else None

    def wire_s(self, step_s: float, until_s: float) -> float | None:
        """Return the time from a step to the last byte of the command that carries 90 % of its answer."""
        commands = [(round(t_s * 1e6), round(power)) for t_s, power in self.record.commands]
        found_ms = full_response_ms(step_s, until_s, commands)
        return None if found_ms is None else found_ms / 1000

    def off_s(self, from_s: float, until_s: float) -> float | None:
        """Return the time from from_s to cease-to-energise, None where it stays on until until_s."""
        return self._first(~self._on, from_s, until_s)

    def on_s(self, from_s: float, until_s: float) -> float | None:
        """Return the time from from_s until it energises."""
        return self._first(self._on, from_s, until_s)

    def seconds_off(self, from_s: float, until_s: float) -> float:
        """Return for how long it did not energise within a stretch."""
        inside = (self._t_s >= from_s) & (self._t_s < until_s)
        return float(np.count_nonzero(~self._on[inside]) * self._step_s)

    def most_over_ramp_pu(self, start_s: float, until_s: float, ramp_s: float, rating_w: float) -> float:
        """Return how far the power went over a ramp to the rating that begins at start_s, in per unit."""
        inside = (self._t_s >= start_s) & (self._t_s < until_s)
        line = np.minimum((self._t_s[inside] - start_s) / ramp_s, 1.0)
        return float((np.abs(self._power_w[inside]) / rating_w - line).max())

    def _first(self, wanted: np.ndarray, from_s: float, until_s: float) -> float | None:
        at = np.flatnonzero(wanted & (self._t_s >= from_s) & (self._t_s < until_s))
        return float(self._t_s[at[0]] - from_s) if at.size else None
