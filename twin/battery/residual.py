"""What the circuit leaves of the voltage, learned: a small ridge regression on bumps, gated by distance.

It is added to the voltage alone.  Charge and energy never see it, and far from what it was trained on it is nought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.battery import ecm
from twin.battery.chemistry import Chemistry, Floats

# Currents in units of the capacity, 1/h: now, less its mean over the step, and behind either RC pair
FEATURES = ("soc", "temperature_c", "now", "change", "level1", "level2")
_SCALES = np.array([0.12, 2.5, 1.2, 1.0, 0.8, 0.4])  # what counts as one apart
_CENTRES = 160
_REACH = 1.3  # radius of a bump
_NEAR, _FAR = 0.7, 1.4  # distance from the nearest trained point at which the gate begins to close, and is closed
_RIDGE = 3.0
_CLIP_V = 0.05
_LINE = 0.3  # how easily the straight part is taken, beside the bumps
_ROWS = 3000.0  # what every run weighs as
_SUPPORT = 400  # trained points that the gate remembers


@dataclass(frozen=True)
class Residual:
    """Bumps at centres, their heights, and the points that stand for the training data."""

    centres: Floats
    heights_v: Floats
    support: Floats

    @classmethod
    def of(cls, chemistry: Chemistry) -> Residual | None:
        data = chemistry.residual
        if data is None:
            return None
        return cls(np.array(data["centres"]), np.array(data["heights_v"]), np.array(data["support"]))

    def to_dict(self) -> dict[str, Any]:
        rounded = {name: np.round(getattr(self, name), 4).tolist() for name in ("centres", "support")}
        return {"features": list(FEATURES), **rounded, "heights_v": np.round(self.heights_v, 7).tolist()}

    def voltage_v(self, scaled: Floats) -> Floats:
        """Return the correction at rows of scaled features."""
        raw = _bumps(scaled, self.centres) @ self.heights_v
        return np.clip(raw, -_CLIP_V, _CLIP_V) * self.gate(scaled)

    def gate(self, scaled: Floats) -> Floats:
        """Return 1 near the training data, 0 far from all of it."""
        near = np.sqrt(_nearest(scaled, self.support))
        return np.clip((_FAR - near) / (_FAR - _NEAR), 0.0, 1.0)


def features(
    soc: Floats, temperature_c: Floats, now_a: Floats, mean_a: Floats, run: ecm.Run, capacity_ah: float
) -> Floats:
    """Return rows of scaled features."""
    currents = [each / capacity_ah for each in (now_a, now_a - mean_a, run.current1_a, run.current2_a)]
    return np.stack([soc, temperature_c, *currents], axis=-1) / _SCALES


def train(scaled: Sequence[Floats], error_v: Sequence[Floats]) -> Residual:
    """Return the residual of several runs: rows of scaled features, and measured less modelled voltage of each.

    Every run weighs the same; the centres are spread over the data, the first one first, so the same data give the
    same residual.
    """
    rows = np.concatenate(scaled)
    spread = _spread(rows, _SUPPORT)
    centres = spread[:_CENTRES]
    size = len(centres) + len(FEATURES) - 2
    normal = _RIDGE * np.eye(size)
    wanted = np.zeros(size)
    for each, error in zip(scaled, error_v, strict=True):
        bumps = _bumps(each, centres)
        weight = _ROWS / len(error)
        normal += weight * bumps.T @ bumps
        wanted += weight * bumps.T @ np.clip(error, -2.0 * _CLIP_V, 2.0 * _CLIP_V)
    heights: Floats = np.linalg.solve(normal, wanted).astype(float)
    return Residual(centres, heights, spread)


def corrected(chemistry: Chemistry, run: ecm.Run, temperature_c: Floats, now_a: Floats, mean_a: Floats) -> ecm.Run:
    """Return the run with the residual in its voltage, and with nothing else changed."""
    residual = Residual.of(chemistry)
    if residual is None:
        return run
    scaled = features(run.soc, temperature_c, now_a, mean_a, run, chemistry.capacity_ah)
    return replace(run, voltage_v=run.voltage_v + residual.voltage_v(scaled))


def _bumps(scaled: Floats, centres: Floats) -> Floats:
    """Return a column a centre, and one a current, by which the error may go straight."""
    return np.concatenate([np.exp(-0.5 * _squares(scaled, centres) / _REACH**2), _LINE * scaled[..., 2:]], axis=-1)


def _squares(a: Floats, b: Floats) -> Floats:
    return np.maximum(np.square(a).sum(-1)[..., None] + np.square(b).sum(-1) - 2.0 * a @ b.T, 0.0)


def _nearest(scaled: Floats, support: Floats) -> Floats:
    return _squares(scaled, support).min(-1)


def _spread(rows: Floats, count: int) -> Floats:
    """Return rows that lie far from each other (each next one is the farthest from those taken)."""
    thin = rows[:: max(1, len(rows) // 6000)]
    taken = [0]
    least = np.square(thin - thin[0]).sum(1)
    for _ in range(min(count, len(thin)) - 1):
        far = int(np.argmax(least))
        taken.append(far)
        least = np.minimum(least, np.square(thin - thin[far]).sum(1))
    return thin[taken]
