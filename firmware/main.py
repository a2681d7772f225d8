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
WATCHDOG_MS = 8000  # for an image on trial to begin feeding it; an RP2040's counts to 8.3 s


def _choose():
    """Return (area, slot, selector, area's module); slot -1 where the program of the flash is to run."""
    import os

    import vfs

    if not hasattr(vfs, "rom_ioctl") and not getattr(os, "getenv", _nothing)("GRIDKEEL_AREA"):
        return None, -1, None, None  # the names of what follows would stay in memory
    try:
        import area
        import selector

        flash = area.find()
        return flash, selector.choose(flash) if flash else -1, selector, area
    except Exception as error:  # this board has no slots, or none that can be read
        print("gridkeel: no slot is looked for: %s" % error)
        return None, -1, None, None


def _nothing(_name):
    return None


def _mount(flash, slot, selector, area):
    """Mount the image of a slot, and begin the watchdog where it is on trial.  Errors: OSError where it is no image."""
    at = selector.slot_start(flash, slot) + selector.HEAD_BYTES
    area.mount(flash, at, selector.read_header(flash, slot).size)
    record = selector.read_record(flash)
    if record and record.state != selector.CONFIRMED:
        import machine

        machine.WDT(timeout=WATCHDOG_MS)


def _reset(error):
    import time

    import machine

    sys.print_exception(error)
    time.sleep_ms(RESET_AFTER_MS)
    machine.reset()


found = _choose()
in_slot = found[1] >= 0
try:
    if in_slot:
        _mount(*found)
    del found
    for name in ("area", "selector"):
        sys.modules.pop(name, None)
    gc.collect()
    from gridkeel.boards import this_board
    from gridkeel.runtime.app import main

    main(this_board())
except Exception as error:  # whatever an image fails of
    if not in_slot:
        raise
    _reset(error)
