"""What is wired to an emulated RP2040: voltages at its ADC as sources, and serial lines with a time for every octet.

A source is evaluated at the moment of each sample, to counts of the converter's 12 bits.
"""

from __future__ import annotations

from collections.abc import Callable

from hil.chips.rp2040 import Rp2040

Source = dict[str, float]


def level(counts: int) -> Source:
    """Return a voltage that stays."""
    return {"counts": counts}


def sine(middle: float, amplitude: float, hz: float, turns: float = 0.0, at_us: float = 0.0) -> Source:
    """Return a sine, whose phase was so many turns from its maximum at that time."""
    return {"middle": middle, "amplitude": amplitude, "hz": hz, "turns": turns, "at_us": at_us}


def switched(pin: int, high: int, low: int) -> Source:
    """Return one of two voltages, as an output of the chip is high or low."""
    return {"pin": pin, "high": high, "low": low}


class UartLine:
    """A line to one of the chip's UARTs; both ways an octet takes its time.

    said(octets, us): what the chip wrote without a pause, and when its first octet began.
    """

    def __init__(self, chip: Rp2040, number: int, said: Callable[[bytes, float], None]) -> None:
        self._chip = chip
        self._number = number
        self._said = said
        self.octets_out = 0
        chip.wire_uart(number, self._written)

    @property
    def octets_in(self) -> int:
        """Octets that came to the chip."""
        return self._chip.octets_in[self._number]

    @property
    def dropped(self) -> int:
        """Octets that the chip did not fetch in time."""
        return self._chip.dropped[self._number]

    def hear(self, data: bytes, at_us: float) -> None:
        """Let data arrive, its last octet at at_us or as soon as the line is free; a closed port hears nothing."""
        self._chip.send_uart(self._number, data, at_us)

    def _written(self, data: bytes, begun_us: float) -> None:
        self.octets_out += len(data)
        self._said(data, begun_us)
