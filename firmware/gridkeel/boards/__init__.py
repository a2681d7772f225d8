"""Boards: the only code that imports `machine` or opens a port, and the one platform switch.

What a board offers is the protocol Board in gridkeel/protocols.pyi, in words docs/porting.md. At reset the contactor is
open, and the pilot at -12 V or not driven.
"""

import sys

import gridkeel

if gridkeel.TYPE_CHECKING:
    from types import ModuleType

    from gridkeel.protocols import Board


def this_board() -> "Board":
    """Return the board this program runs on: gridkeel.BOARD of the image, else what the interpreter says it is.

    Errors: RuntimeError where no board file fits, or the image was built for another chip.
    """
    platform = sys.platform  # compared itself, mypy would pass over all boards but its own platform's
    if platform == "linux":
        from gridkeel.boards import virtual

        return virtual.make()
    from gridkeel.boards import choice

    table = choice.table(platform, gridkeel.BOARD)
    return _family(table).make(table)


def _family(table: "ModuleType") -> "ModuleType":
    return __import__("gridkeel.boards." + table.FAMILY, None, None, ("make",))
