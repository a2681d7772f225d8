"""The virtual board: a real MicroPython process on pseudo-terminals, its console a board's serial port."""

from hil.virtual_board.hardware import VirtualBoard
from host_tools.micropython.interpreter import HEAP_BYTES, find_interpreter

__all__ = ["HEAP_BYTES", "VirtualBoard", "find_interpreter"]
