"""What a board can carry, judged before it is built for: heap and clock against what each kind of EVSE takes."""

from __future__ import annotations

from collections.abc import Mapping

from gridkeel.evse import ISO15118
from gridkeel.params import Parameters
from host_tools.errors import ToolError
from host_tools.image.boards import Board
from host_tools.image.chips import CYCLE_SHARE_PER_CENT, MODES

_LARGEST_BLOCK_MS = 20


def check(board: Board, parameters: Mapping[str, int]) -> int:
    """Return the heap that a board takes on these parameters.

    Errors: ToolError where it cannot run on them, with the figure and the way out.
    """
    values = Parameters(dict(parameters))
    reason = refusal(board, values.evse, values.block_ms, values.sample_hz)
    if reason:
        raise ToolError(f"{board.name} ({board.chip.name}) cannot carry {MODES[values.evse]}: {reason}")
    return board.chip.heap_required(values.evse)


def check_any(board: Board) -> str:
    """Return what a board wants in its parameters to run at all, "" where the defaults do.

    Errors: ToolError where no parameters help.
    """
    try:
        check(board, {})
    except ToolError as error:
        check(board, {"block_ms": _LARGEST_BLOCK_MS})
        return str(error)
    return ""


def refusal(board: Board, mode: int, block_ms: int, sample_hz: int) -> str:
    """Return why a board cannot run in a mode of parameter `evse`, "" where it can."""
    return _heap(board, mode) or _clock(board, mode, block_ms, sample_hz) or _network(board, mode)


def refusals(board: Board) -> dict[str, str]:
    """Return {mode in words: why a board cannot run in it with the default blocks, "" where it can}."""
    values = Parameters()
    return {words: refusal(board, mode, values.block_ms, values.sample_hz) for mode, words in MODES.items()}


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


def _network(board: Board, mode: int) -> str:
    if mode != ISO15118 or board.vehicle_network:
        return ""
    return f"evse = {mode} needs a network for vehicles, and its board file serves none (VEHICLE_NETWORK of the table)"


def _clock(board: Board, mode: int, block_ms: int, sample_hz: int) -> str:
    chip = board.chip
    lowest_hz = chip.lowest_clock_hz(mode, block_ms, sample_hz)
    if lowest_hz <= board.clock_hz:
        return ""
    cycles = chip.cycles(mode, block_ms, sample_hz)
    step_ms = cycles / board.clock_hz * 1e3
    longer = chip.lowest_clock_hz(mode, _LARGEST_BLOCK_MS, sample_hz) <= board.clock_hz
    way = f", or block_ms = {_LARGEST_BLOCK_MS}" if longer else ""
    return (
        f"its control step takes {cycles:,} cycles ({chip.step_source}), {step_ms:.1f} ms at "
        f"{board.clock_hz / 1e6:.0f} MHz, and {CYCLE_SHARE_PER_CENT} % of a block of {block_ms} ms are there for it; "
        f"it takes a clock of {-(-lowest_hz // 1_000_000)} MHz{way}"
    )
