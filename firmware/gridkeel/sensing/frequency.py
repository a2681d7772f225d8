"""The estimator: blocks of samples in; frequency on two windows, ROCOF, voltage and quality out."""

import math
from array import array

from gridkeel import TYPE_CHECKING
from gridkeel.sensing import weights, windows
from gridkeel.sensing.jumps import BACK_HOPS, GIVEN_UP, NOTICED, TRIAL_HOPS, JumpDetector
from gridkeel.sensing.quality import (
    BLOCK_LOST,
    CLIPPED,
    LOW_VOLTAGE,
    OUT_OF_RANGE,
    PHASE_JUMP,
    WARM_UP_LONG,
    WARM_UP_REPORT,
    WARM_UP_SHORT,
)

if TYPE_CHECKING:
    from gridkeel.params import Parameters

try:
    from gridkeel.sensing.kernels import magnitude, mix, phase, weigh, weigh_each
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without the viper emitter
    from gridkeel.sensing.twins import magnitude, mix, phase, weigh, weigh_each

HOPS_A_CYCLE = 4
BOXCAR_HOPS = 8  # two cascaded one-cycle boxcars
SHORT_HOPS = 8  # with the boxcars 4 cycles in all: 80 ms at 50 Hz
LONG_HOPS = 32  # 10 cycles: 200 ms at 50 Hz; ROCOF's long window too
ROCOF_HOPS = 16  # 6 cycles: 120 ms at 50 Hz
STEP_LIMIT = 220000  # phase a hop, millionths of half a turn: +-22 Hz at 50 Hz, +-26 Hz at 60 Hz
LOW_VOLTAGE_PCT = 8
WEIGHT_SHIFT = 5
ROCOF_SHIFT = 8
CLOCK_MAX_PPM = 2000
# The windows of every estimate, in the order of their sums and of their weights.
WINDOW_HOPS = bytes((LONG_HOPS, SHORT_HOPS, ROCOF_HOPS, LONG_HOPS))
FREQ, FREQ_SHORT, ROCOF, ROCOF_LONG, BEFORE, REPORT_NEW, REPORT_OLD, REPORT_ROCOF = range(8)  # places in the sums


class Estimator:
    """Frequency, ROCOF and voltage of one mains phase.

    After `update` returned True: freq_uhz (10 cycles), freq_short_uhz (4), rocof_mhz_s (6), rocof_long_mhz_s (10),
    voltage_mv (2), cycle_mv (1), quality (bits).  An estimate belongs to the middle of its window: it is half as old
    when it comes out.
    Source: two-boxcar quadrature demodulation with weighted phase increments, see docs/sensing.md.
    """

    SAMPLED = True  # its clock is that of the blocks

    def __init__(self, parameters: "Parameters") -> None:
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
        self._short = windows.frequency_weights(weights.SHORT, total)
        # A slope of one unit a hop a hop is nominal**2 / 125 mHz/s.
        scale = (nominal_hz * nominal_hz << ROCOF_SHIFT) / 125
        self._weights = windows.frequency_weights(weights.LONG, total)
        self._weights.extend(self._short)
        self._weights.extend(windows.rocof_weights(weights.ROCOF_SHORT, scale))
        self._weights.extend(windows.rocof_weights(weights.ROCOF_LONG, scale))
        self._report_hops = 0
        if parameters.report_filter:
            self._report_hops, level, slope, self._report_shift = windows.report_windows(parameters.report_filter)
            report = windows.frequency_weights(level, total)
            self._report_new = report[: self._report_hops // 2]
            self._report_old = report[self._report_hops // 2 :]
            self._report_rocof = windows.rocof_weights(slope, (nominal_hz * nominal_hz << self._report_shift) / 125)
        self._size_ring = max(LONG_HOPS, self._report_hops)
        self._steps = array("i", [0] * self._size_ring)
        self._real = array("i", [0] * self._size_ring)  # the same, whatever is held
        self._head = 0
        self._sums = array("i", [0] * 8)
        self._jumps = JumpDetector()
        self._before = 0  # the increment a held hop takes: what was before the jump
        self._known_ppm = parameters.sample_clock_ppm
        self._clock_ppm = self._known_ppm
        self._last = 0
        self._hops = 0  # since the phase was last continuous, saturating
        self._limited = False
        self._scale_voltage(parameters, size)
        self.freq_uhz = self.nominal_uhz
        self.freq_short_uhz = self.nominal_uhz
        self.rocof_mhz_s = 0
        self.rocof_long_mhz_s = 0
        self.report_uhz = self.nominal_uhz
        self.report_mhz_s = 0
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

    def block_lost(self) -> None:
        """Note that samples are missing before the next block: the phase is no longer continuous."""
        self._hops = 0
        self.quality |= BLOCK_LOST | WARM_UP_SHORT | WARM_UP_LONG

    def trim(self, ppm: int) -> None:
        """Correct the frequency by so much more than sample_clock_ppm, +-CLOCK_MAX_PPM in all."""
        self._clock_ppm = max(-CLOCK_MAX_PPM, min(CLOCK_MAX_PPM, self._known_ppm + ppm))

    def update(self, samples: "array[int]", n: int) -> bool:
        """Fold in n samples; return True when a new estimate is ready.

        samples: array('h') or any int16 buffer, left-aligned ADC counts at sample_hz.  n: 1..one block.
        Errors: ValueError where n is out of range.  Allocates: nothing.
        """
        if not 0 < n <= self._block_samples:
            raise ValueError("n")
        hops = mix(samples, self._table, self._ring, n, self._acc, self._out)
        for hop in range(hops):
            self._fold(4 * hop)
        if hops:
            self._estimate(4 * (hops - 1))
        return hops > 0

    def report(self) -> int:
        """Work out report_uhz and report_mhz_s for a telemetry record; return quality bits that go with them.

        Not part of the control path: no service waits for a window as long as report_filter's.
        """
        hops = self._report_hops
        if self._hops < BOXCAR_HOPS + hops or not hops:
            self.report_uhz = self.freq_uhz
            self.report_mhz_s = self.rocof_mhz_s
            return WARM_UP_REPORT if hops else 0
        # In two halves: at 60 Hz the whole sum may pass 2**30.
        half = hops // 2
        sums = self._sums
        size = self._size_ring
        older = self._head - half if self._head >= half else self._head - half + size
        weigh(self._steps, self._head, size, self._report_new, half, sums, REPORT_NEW)
        weigh(self._steps, older, size, self._report_old, half, sums, REPORT_OLD)
        weigh(self._steps, self._head, size, self._report_rocof, hops, sums, REPORT_ROCOF)
        deviation = (sums[REPORT_NEW] >> WEIGHT_SHIFT) + (sums[REPORT_OLD] >> WEIGHT_SHIFT)
        self.report_uhz = self._true_uhz(self.nominal_uhz + deviation)
        self.report_mhz_s = sums[REPORT_ROCOF] >> self._report_shift
        return 0

    def _fold(self, at):
        out = self._out
        jumps = self._jumps
        angle = phase(out[at], out[at + 1], self._atan)
        step = angle - self._last
        self._last = angle
        if step > 1000000:
            step -= 2000000
        elif step < -1000000:
            step += 2000000
        if -STEP_LIMIT <= step <= STEP_LIMIT:
            self._limited = False
        else:
            step = STEP_LIMIT if step > 0 else -STEP_LIMIT
            if not jumps.held:
                self._limited = True
                self._hops = 0
        head = self._head + 1
        if head == self._size_ring:
            head = 0
        self._head = head
        self._steps[head] = self._real[head] = step
        hops = self._hops
        i = out[at + 2]
        q = out[at + 3]
        shift = self._cycle_shift
        self.cycle_mv = cycle_mv = (magnitude(i >> shift, q >> shift) * self._mv_factor) >> self._mv_shift
        verdict = jumps.update(phase(i, q, self._atan), cycle_mv, hops >= BOXCAR_HOPS + SHORT_HOPS)
        if verdict or jumps.held:
            self._hold(verdict)
        if hops < 1000:
            self._hops = hops + 1

    def _hold(self, verdict):
        """Replace what a jump of phase or amplitude did to the increments by the frequency before it."""
        if verdict == NOTICED:
            head = self._head - BACK_HOPS
            if head < 0:
                head += self._size_ring
            weigh(self._steps, head, self._size_ring, self._short, SHORT_HOPS, self._sums, BEFORE)
            # Back from microhertz to an increment; under 2**30 / 2**5 before the division.
            self._before = (self._sums[BEFORE] >> WEIGHT_SHIFT) // (self.nominal_uhz // 500000)
            self._jumps.hold_to(self._before)
            for _ in range(BACK_HOPS):
                head = head + 1 if head + 1 < self._size_ring else 0
                self._steps[head] = self._before
        elif verdict == GIVEN_UP:
            self._give_back()
        else:
            self._steps[self._head] = self._before

    def _give_back(self):
        head = self._head
        for _ in range(BACK_HOPS + TRIAL_HOPS):
            self._steps[head] = self._real[head]
            head = head - 1 if head else self._size_ring - 1

    def _estimate(self, at):
        sums = self._sums
        weigh_each(self._steps, self._weights, self._head, self._size_ring, WINDOW_HOPS, len(WINDOW_HOPS), sums)
        deviation = sums[FREQ] >> WEIGHT_SHIFT
        nominal_uhz = self.nominal_uhz
        ppm = self._clock_ppm
        uhz = nominal_uhz + deviation
        self.freq_uhz = uhz + uhz // 1000 * ppm // 1000  # as _true_uhz has it
        uhz = nominal_uhz + (sums[FREQ_SHORT] >> WEIGHT_SHIFT)
        self.freq_short_uhz = uhz + uhz // 1000 * ppm // 1000
        self.rocof_mhz_s = sums[ROCOF] >> ROCOF_SHIFT
        self.rocof_long_mhz_s = sums[ROCOF_LONG] >> ROCOF_SHIFT
        self._measure_voltage(at, deviation)
        self._judge()

    def _true_uhz(self, uhz):
        # mHz * ppm = nHz; under 84,000 * 2,000 = 2**28.
        return uhz + uhz // 1000 * self._clock_ppm // 1000

    def _measure_voltage(self, at, deviation):
        out = self._out
        shift = self._cycle_shift
        size = self._size
        voltage = magnitude((out[at] // size) >> shift, (out[at + 1] // size) >> shift) * self._mv_factor
        voltage >>= self._mv_shift
        mhz = deviation // 1000
        ppm = ((mhz * mhz) >> 8) * self._droop_ppm >> 10
        # voltage * ppm / 10**6, by two shifts and 2**15 / 10**6 = 2 / 61: for 33 kV at the clamp 7 * 10**8.
        self.voltage_mv = voltage + (voltage >> 10) * (ppm >> 5) // 61 * 2

    def _judge(self):
        # A low voltage restarts the warm-up: a window that still holds the dip is no measurement.
        quality = 0
        if self.cycle_mv < self._low_mv:
            self._hops = 0
            quality = LOW_VOLTAGE
        hops = self._hops
        if hops < BOXCAR_HOPS + LONG_HOPS:
            quality |= WARM_UP_LONG
            if hops < BOXCAR_HOPS + SHORT_HOPS:
                quality |= WARM_UP_SHORT
        if self._limited:
            quality |= OUT_OF_RANGE
        if self._jumps.held:
            quality |= PHASE_JUMP
        if self._acc[8]:
            self._acc[8] = 0
            quality |= CLIPPED
        self.quality = quality
