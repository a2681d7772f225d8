"""The kernels of the chips' samples in plain Python: the oracle of kernels.py, and what runs without viper."""

from gridkeel import TYPE_CHECKING
from gridkeel.boards.sample_ring import OVERSAMPLED

if TYPE_CHECKING:
    from array import array

_MIDDLE = 8192  # of four readings of 12 bits


def mix_down(ring: "array[int]", at: int, n: int, stride: int, out: "array[int]") -> None:
    """Write n samples, each of four readings that lie `stride` apart in `ring` from `at` on, left-aligned to 16 bits.

    ring: array('H') of 12-bit counts.  out: array('h').
    """
    for i in range(n):
        total = sum([ring[at + k * stride] for k in range(OVERSAMPLED)])
        at += OVERSAMPLED * stride
        out[i] = (total - _MIDDLE) << 2


def plateaus(ring: "array[int]", at: int, n: int, stride: int, out: "array[int]") -> None:
    """Write the mean of the high plateau and of the low one among n readings: out[0] and out[1], equal where steady.

    A plateau is what lies within a sixteenth of the span of the second-highest (second-lowest) reading: edges do not
    count, nor does a single spike, noise does in the mean.  n: 2 or more.  out: array('i').
    """
    readings = [ring[at + k * stride] for k in range(n)]
    ordered = sorted(readings)
    low, high = ordered[1], ordered[-2]
    band = ((high - low) >> 4) + 16
    tops = [x for x in readings if high - band <= x <= high]
    bottoms = [x for x in readings if low <= x <= low + band]
    out[0] = sum(tops) // len(tops)
    out[1] = sum(bottoms) // len(bottoms)


def mix_frames(frames: "array[int]", n: int, out: "array[int]") -> None:
    """Write n samples, each the mean of the left channel of four frames.

    frames: array('h'), left and right in turn.  out: array('h').
    """
    for i in range(n):
        out[i] = sum([frames[2 * (OVERSAMPLED * i + k)] for k in range(OVERSAMPLED)]) >> 2
