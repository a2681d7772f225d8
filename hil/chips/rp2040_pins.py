"""What is wired to an emulated RP2040: voltages at its ADC, and serial lines with a time for every octet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from hil.chips.rp2040 import Rp2040

_SILENCE_US = 300.0  # after the last octet that the chip wrote: what it wrote before is one burst
_RROBIN_SHIFT, _AINSEL_SHIFT = 16, 12
_CHANNELS = 5


class AnalogInputs:
    """Gives the ADC's channels their values: `counts(us)` of each is asked at the moment it is sampled."""

    def __init__(self, chip: Rp2040, channels: Mapping[int, Callable[[float], int]]) -> None:
        self._chip = chip
        self._channels = channels
        self._adc: Any = chip.mcu.adc
        self._convert = self._adc.on_adc_read
        self._adc.on_adc_read = self._sample
        self._adc.complete_adc_read = self._complete(self._adc.complete_adc_read)

    def _sample(self, channel: int) -> None:
        counts = self._channels.get(channel)
        self._adc.channel_values[channel] = counts(self._chip.now_us) if counts else 0
        self._convert(channel)

    def _complete(self, complete: Callable[[int, bool], None]) -> Callable[[int, bool], None]:
        """Return the end of a conversion with the next channel of a round in its place.

        The emulator keeps no more than the upper two bits of a channel's number, and so would read the first for ever.
        """
        adc = self._adc

        def completed(value: int, error: bool) -> None:
            rounds = adc.cs >> _RROBIN_SHIFT & 31
            channel = adc.cs >> _AINSEL_SHIFT & 7
            if rounds:
                channel = next(n % _CHANNELS for n in range(channel + 1, channel + 6) if rounds >> n % _CHANNELS & 1)
                adc.cs &= ~(31 << _RROBIN_SHIFT | 7 << _AINSEL_SHIFT)
                adc.cs |= channel << _AINSEL_SHIFT
            complete(value, error)
            adc.cs |= rounds << _RROBIN_SHIFT

        return completed


class UartLine:
    """A line to one of the chip's UARTs; both ways an octet takes its time.

    said(octets, us): what the chip wrote at once, and when its first octet began.  dropped: octets that the chip did
    not fetch in time.
    """

    def __init__(self, chip: Rp2040, number: int, bits_an_octet: int, said: Callable[[bytes, float], None]) -> None:
        self._chip = chip
        self._uart: Any = chip.mcu.uart[number]
        self._bits = bits_an_octet
        self._said = said
        self._burst = bytearray()
        self._begun_us = self._free_us = 0.0
        self._over = chip.clock.create_alarm(self._end)
        self._coming: deque[tuple[float, int]] = deque()
        self._next = chip.clock.create_alarm(self._feed)
        self.dropped = 0
        self.octets_out = self.octets_in = 0
        self._uart.on_byte = self._written

    def hear(self, data: bytes, at_us: float) -> None:
        """Let data arrive, its last octet at at_us or as soon as the line is free; a closed port hears nothing."""
        if not self._uart.enabled:
            return
        octet_us = self._bits * 1e6 / self._uart.baud_rate
        first_us = max(at_us - (len(data) - 1) * octet_us, self._chip.now_us)
        if self._coming:
            first_us = max(first_us, self._coming[-1][0] + octet_us)
        idle = not self._coming
        self._coming.extend((first_us + n * octet_us, octet) for n, octet in enumerate(data))
        if idle and data:
            self._wait()

    def _wait(self) -> None:
        self._next.schedule(max(0.0, self._coming[0][0] - self._chip.now_us) * 1000.0)

    def _feed(self) -> None:
        _at_us, octet = self._coming.popleft()
        if self._uart.rx_fifo.full:
            self.dropped += 1
        else:
            self.octets_in += 1
            self._uart.feed_byte(octet)
        if self._coming:
            self._wait()

    def _written(self, octet: int) -> None:
        now_us = self._chip.now_us
        octet_us = self._bits * 1e6 / self._uart.baud_rate
        if not self._burst:
            self._begun_us = max(now_us, self._free_us)
        self._free_us = max(now_us, self._free_us) + octet_us
        self._burst.append(octet)
        self._over.schedule(_SILENCE_US * 1000.0)

    def _end(self) -> None:
        data = bytes(self._burst)
        self._burst.clear()
        self.octets_out += len(data)
        self._said(data, self._begun_us)
