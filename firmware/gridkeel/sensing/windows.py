"""Start-up tables of the estimator, made once with floats: mixer, arctangent, window weights."""

import math
from array import array

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

AMPLITUDE = 16384
MILLION = 1000000


def mixer(size: int) -> "array[int]":
    """Return array('h') of 2 * size: cos and -sin in turn, of one nominal cycle, amplitude 2**14."""
    turn = 2 * math.pi / size
    table = array("h", bytes(4 * size))
    for k in range(size):
        table[2 * k] = round(AMPLITUDE * math.cos(turn * k))
        table[2 * k + 1] = round(-AMPLITUDE * math.sin(turn * k))
    return table


def arctangent() -> "array[int]":
    """Return array('i') of 258: atan(k / 256) in millionths of half a turn; one past the end for the interpolation."""
    table = array("i", bytes(4 * 258))
    for k in range(258):
        table[k] = round(math.atan(k / 256) * 1000000 / math.pi)
    return table


def frequency_weights(half: "Sequence[int]", total: int) -> "array[int]":
    """Return array('i') of a frequency window's integer weights: both halves, symmetric, summing to `total`."""
    weights = [(value * total + MILLION // 2) // MILLION for value in half]
    weights[-1] += total // 2 - sum(weights)
    return array("i", weights + weights[::-1])


def report_windows(kind: int) -> "tuple[int, Sequence[int], Sequence[int], int]":
    """Return (hops, frequency weights, ROCOF weights, ROCOF shift) of report_filter 1 or 2; halves, in millionths.

    The shift is as large as leaves the weighted sum of ROCOF under 2**30.
    """
    from gridkeel.sensing import report_weights  # only where report_filter asks for them: a kilobyte and a half

    if kind == 1:
        return 2 * len(report_weights.HALF), report_weights.HALF, report_weights.HALF_ROCOF, 9
    return 2 * len(report_weights.FIFTH), report_weights.FIFTH, report_weights.FIFTH_ROCOF, 10


def rocof_weights(half: "Sequence[int]", scale: float) -> "array[int]":
    """Return array('i') of a ROCOF window's integer weights: half * scale, then the same with the other sign."""
    weights = [round(value * scale / MILLION) for value in half]
    return array("i", weights + [-value for value in reversed(weights)])
