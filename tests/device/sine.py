"""Mains samples for device tests, made in small integers: cheap on every interpreter, and free of garbage."""

import math
from array import array

_TABLE = array("i", [round(math.cos(2 * math.pi * k / 256) * 65536) for k in range(257)])


class Sine:
    """block(n) gives the next n samples at freq_hz and volts (RMS), as ADC counts left-aligned to 16 bits."""

    def __init__(self, parameters, freq_hz=50.0, volts=230.0):
        self._fs = parameters.sample_hz
        self._uv = parameters.adc_uv
        self._turn = 1 << 24  # of 2**28
        self.set(freq_hz, volts)

    def set(self, freq_hz, volts=230.0):
        self._step = round(freq_hz / self._fs * (1 << 28))
        self._peak = round(volts * math.sqrt(2) * 1000000 / self._uv)

    def block(self, n):
        """Return array('h') of the next n samples."""
        samples = array("h", [0] * n)
        self.fill(samples)
        return samples

    def fill(self, samples):
        """Write the next len(samples) samples over the old ones."""
        for k in range(len(samples)):
            at = self._turn >> 20
            low = _TABLE[at]
            cosine = low + ((_TABLE[at + 1] - low) * ((self._turn >> 8) & 4095) >> 12)
            samples[k] = max(-32768, min(32767, (cosine >> 2) * self._peak >> 14))
            self._turn = (self._turn + self._step) & 0xFFFFFFF
