"""Boards: the only code that imports `machine` or opens a port, and the one platform switch.

A board offers: device_id (bytes), boot_id (int), ticks_ms() and ticks_us() masked to gridkeel.ticks.MASK,
block_buffer(n), mains (`await next_block(buffer)` -> blocks lost before it), rs485 and host (`write(buffer, n)`,
`await readinto(buffer)` -> n), energise(on), feed_watchdog(), load_config(), save_config(values).
"""

import sys


def this_board():
    """Return the board this program runs on.  Errors: RuntimeError where no board file fits the platform."""
    if sys.platform == "linux":
        from gridkeel.boards import virtual

        return virtual.make()
    raise RuntimeError("no board file for platform %r: add one to gridkeel/boards, see docs/porting.md" % sys.platform)
