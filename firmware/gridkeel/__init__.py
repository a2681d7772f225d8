"""Gridkeel: the edge controller of an EV charger, from mains samples to an inverter command."""

VERSION = "0.2.0"  # stands here alone: pyproject.toml reads it
COMMIT = "unknown"  # host_tools/image/stamp.py puts the commit into what is flashed
