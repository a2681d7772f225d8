"""Start-up tables of the estimator, made once with floats: mixer, arctangent, slope weights."""

import math
from array import array

AMPLITUDE = 16384


def mixer(size):
    """Return array('h') of 2 * size: cos, then -sin, of one nominal cycle, amplitude 2**14."""
    turn = 2 * math.pi / size
    table = array("h", bytes(4 * size))
    for k in range(size):
        table[k] = round(AMPLITUDE * math.cos(turn * k))
        table[size + k] = round(-AMPLITUDE * math.sin(turn * k))
    return table


def arctangent():
    """Return array('i') of 258: atan(k / 256) in millionths of half a turn; one past the end for the interpolation."""
    table = array("i", bytes(4 * 258))
    for k in range(258):
        table[k] = round(math.atan(k / 256) * 1000000 / math.pi)
    return table


def slope_weights(n, total, hann):
    """Return array('i') of n integer weights over phase increments that sum to `total`, symmetric.

    A weighted least-squares slope over n + 1 phases, written over their n increments: plain (parabolic weights, the
    least noise) or with a Hann window over the phases (the least leakage).
    """
    phases = n + 1
    moment = []
    for k in range(phases):
        window = math.sin(math.pi * (k + 1) / (phases + 1)) ** 2 if hann else 1.0
        moment.append(window * (k - (phases - 1) / 2))
    raw = [sum(moment[j + 1 :]) for j in range(n)]
    scale = total / sum(raw)
    weights = [round(value * scale) for value in raw]
    rest = total - sum(weights)
    half = n // 2
    if n % 2:
        weights[half] += rest
    else:
        weights[half - 1] += rest // 2
        weights[half] += rest - rest // 2
    return array("i", weights)
