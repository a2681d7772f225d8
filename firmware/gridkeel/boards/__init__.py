"""Boards: the only code that imports `machine` or opens a port, and the one platform switch.

What a board offers is the protocol Board in gridkeel/protocols.pyi, in words docs/porting.md. At reset the contactor is
open, and the pilot at -12 V or not driven.
"""

import sys

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.protocols import Board


def this_board() -> "Board":
    """Return the board this program runs on.  Errors: RuntimeError where no board file fits the platform."""
    platform = sys.platform  # compared itself, mypy would pass over all boards but its own platform's
    if platform == "linux":
        from gridkeel.boards import virtual

        return virtual.make()
    raise RuntimeError("no board file for platform %r: add one to gridkeel/boards, see docs/porting.md" % platform)
