"""How much work goes into one slice, from the processor's clock: a millisecond's, so that the longest keeps to five.

Whoever runs slices joins them up to half a millisecond and does one more (runtime/connection.py), and collects garbage
between them (runtime/health.py). The rest is for code in slow flash, which takes some times as long.
"""

_A_SECOND = 1000  # slices

cycles = 2000000  # of one slice


def set_clock(clock_hz: int) -> None:
    """Take the clock that the board states; once, at start."""
    global cycles
    cycles = clock_hz // _A_SECOND


def units(unit_cycles: int, most: int) -> int:
    """Return how many units of work make a slice, 1..most; unit_cycles: what one takes, its worst."""
    return max(1, min(most, cycles // unit_cycles))
