"""Runs after boot.py: mounts the image of the slot that the selector chooses, and starts the controller.

No update replaces this file, the selector and `area` beside it. Without slots, or where neither can be run, the program
is the one on the flash itself. An image that fails resets the board, which takes one of the starts of a new image.
"""

import gc
import sys

# Compiling leaves far more garbage than code. Collected early, the modules come to lie side by side at the low end of
# the heap, and the rest stays in one piece for the buffers.
gc.threshold(16384)

RESET_AFTER_MS = 1000  # time for Ctrl-C at the console


def _chooser():
    """Return what chooses between slots, None on a board without: its names would stay in memory."""
    import os

    import vfs

    if hasattr(vfs, "rom_ioctl") or hasattr(os, "getenv") and os.getenv("GRIDKEEL_AREA"):
        try:
            import area

            return area
        except ImportError:
            pass
    return None


def _reset(error):
    import time

    import machine

    sys.print_exception(error)
    time.sleep_ms(RESET_AFTER_MS)
    machine.reset()


chooser = _chooser()
in_slot = chooser is not None and chooser.choose()
try:
    if in_slot:
        chooser.enter()
    for name in ("area", "selector"):
        sys.modules.pop(name, None)
    del chooser
    gc.collect()
    from gridkeel.boards import this_board
    from gridkeel.runtime.app import main

    main(this_board())
except Exception as error:  # whatever an image fails of
    if not in_slot:
        raise
    _reset(error)
