"""The estimator: blocks of samples in; frequency on two windows, ROCOF, voltage and quality out."""

import math
from array import array

from gridkeel.sensing import windows
from gridkeel.sensing.quality import BLOCK_LOST, CLIPPED, LOW_VOLTAGE, OUT_OF_RANGE, WARM_UP_LONG, WARM_UP_SHORT

try:
    from gridkeel.sensing.kernels import magnitude, mix, phase, weigh
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without the viper emitter
    from gridkeel.sensing.twins import magnitude, mix, phase, weigh

HOPS_A_CYCLE = 4
BOXCAR_HOPS = 8  # two cascaded one-cycle boxcars
SHORT_HOPS = 8  # with the boxcars 4 cycles in all: 80 ms at 50 Hz
LONG_HOPS = 32  # 10 cycles: 200 ms at 50 Hz
RING = LONG_HOPS
STEP_LIMIT = 200000  # phase a hop, millionths of half a turn: +-20 Hz at 50 Hz, +-24 Hz at 60 Hz
LOW_VOLTAGE_PCT = 8
WEIGHT_SHIFT = 5


class Estimator:
    """Frequency, ROCOF and voltage of one mains phase.

    After `update` returned True: freq_uhz (long window, 10 cycles), freq_short_uhz (4 cycles), rocof_mhz_s (change of
    the short estimate over 5 cycles, 9 cycles in all), voltage_mv (2 cycles), cycle_mv (1 cycle), quality (bits).
    An estimate belongs to the middle of its window: it is 5, 2 and 4.5 cycles old when it comes out.
    Source: two-boxcar quadrature demodulation with weighted phase slopes, see docs/sensing.md.
    """

    def __init__(self, parameters):
        nominal_hz = parameters.nominal_hz
        size = parameters.sample_hz // nominal_hz
        hop = size // HOPS_A_CYCLE
        self.nominal_uhz = nominal_hz * 1000000
        self._table = windows.mixer(size)
        self._atan = windows.arctangent()
        self._ring = array("i", bytes(16 * size))
        self._acc = array("i", [0, 0, 0, 0, size, hop, 0, hop, 0])
        self._block_samples = parameters.sample_hz * parameters.block_ms // 1000
        self._out = array("i", bytes(16 * (self._block_samples // hop + 2)))
        # f = mean phase step * 4 * nominal / (2 * 10**6); the weights carry the factor, the shift takes 2**5 back.
        total = (2 * nominal_hz) << WEIGHT_SHIFT
        self._short = windows.slope_weights(SHORT_HOPS, total, False)
        self._long = windows.slope_weights(LONG_HOPS, total, True)
        self._steps = array("i", [0] * RING)
        self._head = 0
        self._sums = array("i", [0, 0])
        self._rocof_hops = 5 * HOPS_A_CYCLE
        self._rocof_per_s = nominal_hz // 5
        self._history = array("i", [0] * self._rocof_hops)
        self._at = 0
        self._last = 0
        self._hops = 0  # since the phase was last continuous, saturating
        self._limited = False
        self._scale_voltage(parameters, size)
        self.freq_uhz = self.nominal_uhz
        self.freq_short_uhz = self.nominal_uhz
        self.rocof_mhz_s = 0
        self.voltage_mv = 0
        self.cycle_mv = 0
        self.quality = WARM_UP_SHORT | WARM_UP_LONG

    def _scale_voltage(self, parameters, size):
        # A sample amplitude A gives a one-cycle sum of size * A / 4. The sum is shifted to under 2**15 and scaled by
        # a 14-bit factor, so the product stays under 2**29.
        self._cycle_shift = 0
        while (size * 8192) >> self._cycle_shift >= 32768:
            self._cycle_shift += 1
        mv = 4 * parameters.adc_uv / (1000 * math.sqrt(2) * size) * (1 << self._cycle_shift)
        self._mv_shift = 0
        while mv * (2 << self._mv_shift) < 16384:
            self._mv_shift += 1
        self._mv_factor = round(mv * (1 << self._mv_shift))
        self._size = size
        self._low_mv = parameters.nominal_v * 10 * LOW_VOLTAGE_PCT
        # sinc(d / f0)**-2 is about 1 + (pi d / f0)**2 / 3; d in mHz squared, over 2**8, to ppm over 2**10.
        self._droop_ppm = round(math.pi**2 / 3 / (parameters.nominal_hz * 1000) ** 2 * 1000000 * 256 * 1024)

    def block_lost(self):
        """Tell that samples are missing before the next block: the phase is no longer continuous."""
        self._hops = 0
        self.quality |= BLOCK_LOST | WARM_UP_SHORT | WARM_UP_LONG

    def update(self, samples, n):
        """Fold in n samples; return True when a new estimate is ready.

        samples: array('h') or any int16 buffer, left-aligned ADC counts at sample_hz.  n: 1..one block.
        Errors: ValueError where n is out of range.  Allocates: nothing.
        """
        if not 0 < n <= self._block_samples:
            raise ValueError("n")
        hops = mix(samples, n, self._table, self._ring, self._acc, self._out)
        for hop in range(hops):
            self._fold(4 * hop)
        if hops:
            self._estimate(4 * (hops - 1))
        return hops > 0

    def _fold(self, at):
        angle = phase(self._out[at], self._out[at + 1], self._atan)
        step = angle - self._last
        self._last = angle
        if step > 1000000:
            step -= 2000000
        elif step < -1000000:
            step += 2000000
        if step > STEP_LIMIT or step < -STEP_LIMIT:
            step = STEP_LIMIT if step > 0 else -STEP_LIMIT
            self._limited = True
            self._hops = 0
        else:
            self._limited = False
        head = self._head + 1
        if head == RING:
            head = 0
        self._head = head
        self._steps[head] = step
        weigh(self._steps, head, RING, self._short, SHORT_HOPS, self._sums, 0)
        short = self._sums[0] >> WEIGHT_SHIFT
        at = self._at
        self.rocof_mhz_s = (short - self._history[at]) * self._rocof_per_s // 1000
        self._history[at] = short
        self._at = at + 1 if at + 1 < self._rocof_hops else 0
        self.freq_short_uhz = self.nominal_uhz + short
        if self._hops < 1000:
            self._hops += 1

    def _estimate(self, at):
        weigh(self._steps, self._head, RING, self._long, LONG_HOPS, self._sums, 1)
        deviation = self._sums[1] >> WEIGHT_SHIFT
        self.freq_uhz = self.nominal_uhz + deviation
        out = self._out
        shift = self._cycle_shift
        i = out[at + 2] >> shift
        q = out[at + 3] >> shift
        self.cycle_mv = (magnitude(i, q) * self._mv_factor) >> self._mv_shift
        size = self._size
        i = (out[at] // size) >> shift
        q = (out[at + 1] // size) >> shift
        voltage = (magnitude(i, q) * self._mv_factor) >> self._mv_shift
        mhz = deviation // 1000
        ppm = ((mhz * mhz) >> 8) * self._droop_ppm >> 10
        self.voltage_mv = voltage + voltage // 1000 * ppm // 1000
        self._judge()

    def _judge(self):
        # A low voltage restarts the warm-up: a window that still holds the dip is no measurement.
        if self.cycle_mv < self._low_mv:
            self._hops = 0
            quality = LOW_VOLTAGE
        else:
            quality = 0
        if self._hops < BOXCAR_HOPS + SHORT_HOPS:
            quality |= WARM_UP_SHORT
        if self._hops < BOXCAR_HOPS + LONG_HOPS:
            quality |= WARM_UP_LONG
        if self._limited:
            quality |= OUT_OF_RANGE
        clipped = self._acc[8]
        if clipped:
            self._acc[8] = 0
            quality |= CLIPPED
        self.quality = quality
