"""Runs after boot.py: mounts the image of the slot that the selector chooses, and starts the controller.

No update replaces this file, selector.py and area.py. Without slots, or where neither can be run, the program is the
one on the flash itself. An image that fails resets the board, which takes one of the starts that a new image has.
"""

import gc
import sys

# Compiling leaves far more garbage than code. Collected early, the modules come to lie side by side at the low end of
# the heap, and the rest stays in one piece for the buffers.
gc.threshold(16384)

RESET_AFTER_MS = 1000  # time for Ctrl-C at the console
WATCHDOG_MS = 8000  # for an image on trial to begin feeding it; an RP2040's counts to 8.3 s


def _mount():
    """Mount the image of the chosen slot and return whether there is one.  Errors: OSError where it is no image."""
    try:
        import area
        import selector
    except ImportError:  # this board has no slots
        return False
    flash = area.find()
    slot = selector.choose(flash) if flash else -1
    if slot >= 0:
        at = selector.slot_start(flash, slot) + selector.HEAD_BYTES
        area.mount(flash, at, selector.read_header(flash, slot).size)
        record = selector.read_record(flash)
        if record and record.state != selector.CONFIRMED:
            import machine

            machine.WDT(timeout=WATCHDOG_MS)
    for name in ("area", "selector"):
        del sys.modules[name]
    return slot >= 0


def _reset(error):
    import time

    import machine

    sys.print_exception(error)
    time.sleep_ms(RESET_AFTER_MS)
    machine.reset()


in_slot = True
try:
    in_slot = _mount()
    gc.collect()
    from gridkeel.boards import this_board
    from gridkeel.runtime.app import main

    main(this_board())
except Exception as error:  # whatever an image fails of
    if not in_slot:
        raise
    _reset(error)
