"""The virtual board: the unix port of MicroPython with its plants outside, in real time or in lock step."""

import os

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.protocols import Board


def device_id() -> bytes:
    """Return the identity that the environment gives."""
    return (os.getenv("GRIDKEEL_DEVICE_ID") or "virtual").encode()


MODEL = b"virtual"
CHIP = b"unix-x64"
ENTROPY = "the kernel's generator of the machine that it runs on"
KEYS_ON_DEVICE = True


def make() -> "Board":
    """Return the board that the environment asks for: GRIDKEEL_LOCKSTEP for virtual time, else real time."""
    if os.getenv("GRIDKEEL_LOCKSTEP"):
        from gridkeel.boards.lockstep import LockStepBoard

        return LockStepBoard(os.getenv("GRIDKEEL_LOCKSTEP"))
    from gridkeel.boards.realtime import RealTimeBoard

    return RealTimeBoard()
