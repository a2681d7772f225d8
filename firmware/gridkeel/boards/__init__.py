"""Boards: the only code that imports `machine` or opens a port, and the one platform switch.

A board offers: device_id (bytes), boot_id (int), ticks_ms() and ticks_us() masked to gridkeel.ticks.MASK,
block_buffer(n), mains (`await next_block(buffer)` -> blocks lost before it), rs485 and host (`write(buffer, n)`,
`await readinto(buffer)` -> n), energise(on), feed_watchdog(),
load(name, most) and save(name, lines) of a file on its flash (boards/flash.py).

connector is None where there is no control pilot, else `read(levels)` fills the array of what is measured (high and low
level of the pilot in mV, the contactor's feedback, the RCD, the DC side) and `write(orders)` takes the array of what is
driven (the pilot's duty in 0.1 %, 0 for state F, PILOT_OFF for state E, and the DC side); gridkeel/evse/ports.py names
the places. Neither waits. At reset the pilot is at -12 V or not driven. has_vehicle_network tells whether a car may
speak to the board at all: vehicle_network() and what it needs are asked for only then.
"""

import sys

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.protocols import Board


def this_board() -> "Board":
    """Return the board this program runs on.  Errors: RuntimeError where no board file fits the platform."""
    platform = sys.platform  # compared itself, mypy would pass over all boards but its own platform's
    if platform == "linux":
        from gridkeel.boards import virtual

        return virtual.make()
    raise RuntimeError("no board file for platform %r: add one to gridkeel/boards, see docs/porting.md" % platform)
