"""Gridkeel: the edge controller of an EV charger, from mains samples to an inverter command."""

VERSION = "0.2.0"  # stands here alone: pyproject.toml reads it
COMMIT = "unknown"  # host_tools/image/stamp.py puts the commit into what is flashed
BOARD = ""  # the pin table (boards/tables) an image was built for; empty where the interpreter's own name decides

# What stands under `if TYPE_CHECKING:` is read by mypy alone; mpy-cross leaves it out. MicroPython has no `typing`.
TYPE_CHECKING = 0
