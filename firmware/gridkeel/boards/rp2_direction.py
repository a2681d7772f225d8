"""DE of the RS-485 transceiver, by a state machine that watches the UART's own line: no program has to be in time.

The start bit of a frame raises DE within an eighth of a bit; twelve bit times without a zero lower it. No character
has so many ones in a row, and a device answers after 38 bit times at the earliest.
"""
# ruff: noqa: F821, N802 - the names of an assembler

import rp2
from machine import Pin

CYCLES_A_BIT = 8


@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)
def _follow():
    wrap_target()
    wait(0, pin, 0).side(0)
    label("zero")
    set(x, 31).side(1)
    label("count")
    jmp(pin, "one").side(1)
    jmp("zero").side(1)
    label("one")
    jmp(x_dec, "count").side(1)[1]
    wrap()


class Direction:
    """Drives pin `de` while the line `tx` carries a frame."""

    def __init__(self, tx: int, de: int) -> None:
        self._tx = Pin(tx)
        self._de = Pin(de, Pin.OUT, value=0)
        self._machine: rp2.StateMachine | None = None

    def begin(self, baud: int) -> None:
        """Follow the line at that rate; the UART drives it already."""
        if self._machine is not None:
            self._machine.active(0)
        self._machine = rp2.StateMachine(
            0, _follow, freq=CYCLES_A_BIT * baud, in_base=self._tx, jmp_pin=self._tx, sideset_base=self._de
        )
        self._machine.active(1)
