"""Weights of the estimator's windows: the least noise that keeps leakage and passband inside their limits.

A weight belongs to one phase increment of a hop (a quarter cycle); frequencies are in units of nominal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NUMBER = re.compile(r"-?\d+")
HOP = 0.25  # cycles
SIZE = 96  # samples a cycle at which noise is weighed; another size gives the same weights to 1e-4
ROUNDS = 20000
MILLION = 1000000
SLACK = 20  # another machine's arithmetic may end this far off
SENSING = Path(__file__).parents[2] / "firmware" / "gridkeel" / "sensing"
IMAGE = np.arange(1.78, 2.001, 0.02)  # where the mixer's image falls, seen in hops, for +-5 Hz and more


@dataclass(frozen=True)
class Window:
    """One set of weights: its name in weights.py, increments, and whether it is a slope of frequency (ROCOF)."""

    name: str
    hops: int
    rocof: bool
    image: float
    stop_from: float = 0.0
    pass_least: float = 0.0
    pass_at: float = 0.1
    leakage_hz: float = 0.003


WINDOWS = (
    Window("SHORT", 8, False, image=0.007),
    # A 10 % interferer 22.5 Hz or more from 50 Hz (with 10 % freedom) leaves 3 mHz, and so do its image and its square;
    # a 10 degree phase modulation at 5 Hz keeps two thirds of its swing.
    Window("LONG", 32, False, image=0.01, stop_from=0.45, pass_least=0.662),
    Window("ROCOF_SHORT", 16, True, image=0.002),
    Window("ROCOF_LONG", 32, True, image=0.002, pass_least=0.52),
)
INTERFERER = 0.1
# For reports at half and at a fifth of nominal a second: interferers from a quarter and a tenth of nominal away on, the
# fundamental moved by a tenth of that; modulations to 5 and to 2 Hz.
REPORTS = (
    Window("HALF", 72, False, image=0.01, stop_from=0.25, pass_least=0.662, leakage_hz=0.002),
    Window("HALF_ROCOF", 72, True, image=0.002, pass_least=0.52),
    Window("FIFTH", 144, False, image=0.01, stop_from=0.1, pass_least=0.662, pass_at=0.04, leakage_hz=0.002),
    Window("FIFTH_ROCOF", 144, True, image=0.002, pass_least=0.52, pass_at=0.04),
)
FILES = {"weights.py": WINDOWS, "report_weights.py": REPORTS}


def boxcars(offset: Floats) -> Floats:
    """Return the gain of both one-cycle boxcars at an offset from nominal."""
    gain: Floats = np.sinc(offset) ** 2
    return gain


def noise_matrix(hops: int) -> Floats:
    """Return the quadratic form of the noise that white sample noise leaves, as a multiple of the bound's variance."""
    step = SIZE // 4
    triangle = np.convolve(np.ones(SIZE) / SIZE, np.ones(SIZE) / SIZE)
    response = np.zeros((len(triangle) + hops * step, hops))
    for j in range(hops):
        response[j * step : j * step + len(triangle), j] += triangle
        response[(j + 1) * step : (j + 1) * step + len(triangle), j] -= triangle
    samples = SIZE * (2 + hops // 4)
    form: Floats = response.T @ response / step**2 * samples * (samples**2 - 1) / 12
    return form


def transfer(window: Window, offset: Floats) -> Floats:
    """Return the rows that give a window's real response at each offset from its weights."""
    position = (window.hops - 1) / 2 - np.arange(window.hops)
    turn = np.outer(2 * np.pi * offset * HOP, position)
    rows: Floats = np.sin(turn) if window.rocof else np.cos(turn)
    return rows


def limits(window: Window) -> tuple[Floats, Floats, Floats]:
    """Return rows, lowest and highest value: what the weights must keep."""
    rows = [transfer(window, IMAGE)]
    low, high = [np.full(IMAGE.size, -window.image)], [np.full(IMAGE.size, window.image)]
    if window.stop_from:
        offset = np.arange(0.9 * window.stop_from, 3.03, 0.01)  # an image reaches to 3
        # The angle of 1 + z is z - z**2 / 2: what the boxcars leave of an interferer shows at twice its offset again.
        swing = INTERFERER * boxcars(offset) + (INTERFERER * boxcars(offset / 2)) ** 2 / 2 + 1e-9
        most = np.minimum(window.leakage_hz / (swing * 50 * np.abs(np.sin(np.pi * offset * HOP)) / (np.pi * HOP)), 3.0)
        rows.append(transfer(window, offset))
        low.append(-most)
        high.append(most)
    if window.pass_least:
        at = np.array([window.pass_at])
        scale = boxcars(at) * np.sinc(at * HOP)
        if window.rocof:
            scale = scale / (2 * np.pi * at * HOP)
        rows.append(transfer(window, at))
        low.append(window.pass_least / scale)
        high.append(1.3 / scale)
    return np.vstack(rows), np.concatenate(low), np.concatenate(high)


def solve(window: Window) -> Floats:
    """Return the first half of the weights, newest first (a quadratic programme by alternating projections, ADMM)."""
    half = window.hops // 2
    mirror = np.zeros((window.hops, half))
    for k in range(half):
        mirror[k, k] = 1.0
        mirror[window.hops - 1 - k, k] = -1.0 if window.rocof else 1.0
    form = mirror.T @ noise_matrix(window.hops) @ mirror
    position = (window.hops - 1) / 2 - np.arange(window.hops)
    unit = (position if window.rocof else np.ones(window.hops)) @ mirror
    rows, low, high = limits(window)
    rows = rows @ mirror
    stiff = 10.0 / np.maximum(1e-4, np.minimum(np.abs(low), np.abs(high))) ** 2 * (1.0 if window.rocof else 1e-3)
    system = np.block([[2 * form + (rows.T * stiff) @ rows * 2, unit[:, None]], [unit[None, :], np.zeros((1, 1))]])
    inverse = np.linalg.inv(system)
    slack, price = np.zeros(len(low)), np.zeros(len(low))
    for _ in range(ROUNDS):
        found: Floats = (inverse @ np.concatenate([2 * (rows.T * stiff) @ (slack - price), [1.0]]))[:-1]
        reached = rows @ found
        slack = np.clip(reached + price, low, high)
        price += reached - slack
    if float(np.maximum(low - reached, reached - high).max()) > 1e-4:
        raise ValueError(f"{window.name}: no weights meet the limits")
    return found


def text(name: str) -> str:
    """Return one of FILES."""
    what = "windows that reports are made of" if FILES[name] is REPORTS else "frequency and ROCOF windows"
    lines = [
        f'"""Weights of the {what}, in millionths; made by `make generate`.',
        "",
        "One weight a hop, newest first, the first half only: frequency windows are symmetric and sum to one, ROCOF",
        "windows are antisymmetric and give the slope of the phase increments a hop.",
        '"""',
        "",
        "# fmt: off",
    ]
    for window in FILES[name]:
        values = [round(float(value) * MILLION) for value in solve(window)]
        lines.append(f"{window.name} = (")
        lines += [f"    {', '.join(map(str, values[k : k + 8]))}," for k in range(0, len(values), 8)]
        lines.append(")")
    return "\n".join(lines) + "\n"


def numbers(source: str) -> list[int]:
    """Return every weight of a file."""
    return [int(value) for value in _NUMBER.findall(source.partition("# fmt: off")[2])]


def files() -> dict[Path, str]:
    """Return {path: text} of both files: the committed text where it is within another machine's rounding."""
    found = {}
    for name in FILES:
        designed, path = text(name), SENSING / name
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        found[path] = committed if _is_close(designed, committed) else designed
    return found


def _is_close(designed: str, committed: str) -> bool:
    a, b = numbers(designed), numbers(committed)
    same_shape = _NUMBER.sub("", designed) == _NUMBER.sub("", committed)
    return same_shape and len(a) == len(b) and all(abs(x - y) <= SLACK for x, y in zip(a, b, strict=True))
