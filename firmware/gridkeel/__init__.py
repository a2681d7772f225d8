"""Gridkeel: the edge controller of an EV charger, from mains samples to an inverter command."""

VERSION = "0.1.0"

# What stands under `if TYPE_CHECKING:` is read by mypy alone; mpy-cross leaves it out. MicroPython has no `typing`.
TYPE_CHECKING = 0
