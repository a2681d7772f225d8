"""A piecewise-linear curve in integers: points flat in a tuple or array('i'), x rising."""

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def share_of(curve: "Sequence[int]", points: int, x: int, scale: int) -> int:
    """Return y * scale // 10000 on the curve at x >= 0, not rounded up; 0 before the first point.

    curve: points (x in thousands of x's unit, y in 0.01 %), rising, x at most 10**4 apart.  scale: 0..5 * 10**4.
    Allocates: nothing.
    """
    if not points or x <= curve[0] * 1000:
        return 0
    for at in range(2, 2 * points, 2):
        if x < curve[at] * 1000:
            low = scale * curve[at - 1] // 10000
            rise = scale * curve[at + 1] // 10000 - low
            past = x - curve[at - 2] * 1000
            whole = past // 1000
            # rise <= 5 * 10**4 and whole < 10**4: the sum stays under 2**29, and no thousandth is lost.
            return low + (rise * whole + rise * (past - whole * 1000) // 1000) // (curve[at] - curve[at - 2])
    return scale * curve[2 * points - 1] // 10000
