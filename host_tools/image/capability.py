"""What a board can carry, judged before it is built for: heap and clock against what each kind of EVSE takes."""

from __future__ import annotations

from collections.abc import Mapping

from gridkeel.params import Parameters
from host_tools.errors import ToolError
from host_tools.image.boards import Board
from host_tools.image.chips import CYCLE_SHARE_PER_CENT, MODES

_LARGEST_BLOCK_MS = 20


def check(board: Board, parameters: Mapping[str, int]) -> None:
    """Refuse a board that cannot run on these parameters.  Errors: ToolError with the figure and the way out."""
    values = Parameters(dict(parameters))
    reason = refusal(board, values.evse, values.block_ms)
    if reason:
        raise ToolError(f"{board.name} ({board.chip.name}) cannot carry {MODES[values.evse]}: {reason}")


def refusal(board: Board, mode: int, block_ms: int) -> str:
    """Return why a board cannot run in a mode of parameter `evse`, "" where it can."""
    return _heap(board, mode) or _clock(board, mode, block_ms)


def carried(board: Board, block_ms: int) -> list[str]:
    """Return the modes that a board can run in, in words."""
    return [words for mode, words in MODES.items() if not refusal(board, mode, block_ms)]


def _heap(board: Board, mode: int) -> str:
    required = board.chip.heap_required(mode)
    if required <= board.heap_bytes:
        return ""
    lower = [number for number in MODES if board.chip.heap_required(number) <= board.heap_bytes]
    way = f"set evse to {' or '.join(map(str, lower))}, or take" if lower else "take"
    return (
        f"evse = {mode} takes {required:,} bytes of heap, there are {board.heap_bytes:,} "
        f"({board.chip.heap_source}); {way} a board with more heap"
    )


def _clock(board: Board, mode: int, block_ms: int) -> str:
    lowest_hz = board.chip.lowest_clock_hz(mode, block_ms)
    if lowest_hz <= board.clock_hz:
        return ""
    cycles = board.chip.step_cycles_of(mode)
    way = ""
    if board.chip.lowest_clock_hz(mode, _LARGEST_BLOCK_MS) <= board.clock_hz:
        way = f", or block_ms = {_LARGEST_BLOCK_MS}"
    return (
        f"its control step takes {cycles:,} cycles ({board.chip.step_source}), {cycles / board.clock_hz * 1e3:.1f} ms at "
        f"{board.clock_hz / 1e6:.0f} MHz, and {CYCLE_SHARE_PER_CENT} % of a block of {block_ms} ms are there for it; "
        f"it takes a clock of {-(-lowest_hz // 1_000_000)} MHz{way}"
    )
