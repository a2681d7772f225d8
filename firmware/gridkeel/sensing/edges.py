"""The estimator's other front end: zero crossings that the hardware stamped, for boards without a sampled voltage."""

from array import array

from gridkeel import TYPE_CHECKING
from gridkeel.errors import ParameterError, ProtocolError
from gridkeel.sensing.quality import (
    BLOCK_LOST,
    LOW_VOLTAGE,
    NO_VOLTAGE,
    OUT_OF_RANGE,
    PHASE_JUMP,
    WARM_UP_LONG,
    WARM_UP_SHORT,
)
from gridkeel.ticks import diff

if TYPE_CHECKING:
    from gridkeel.params import Parameters

SHORT_CYCLES = 4
ROCOF_CYCLES = 6
LONG_CYCLES = 10
TICK_HZ_MIN = 1000000  # a tick is 2.5 mHz of a single cycle at 50 Hz, 0.1 mHz of the long window
TICK_HZ_MAX = 60000000  # keeps the long window's sum of weighted periods, times three, under 2**30
ROCOF_MAX = 40000  # mHz/s; times 7,500 centihertz twice over nominal stays under 2**29
# One weight a period, newest first, the first half. The long window lets a phase modulation at 5 Hz through as class M
# asks (two thirds of it, half in ROCOF), for twice the least-squares slope's noise; a wider one would hide it.
LONG_HALF = (-5, 4, 19, 36, 46)
ROCOF_LONG_HALF = (2, 5, 7, 6, 2)
SUDDEN = 62  # a 62nd of a cycle, 5.8 degrees, from one period to the next: 0.8 Hz


class EdgeEstimator:
    """Frequency and ROCOF of one mains phase from the times of its rising zero crossings.

    The same attributes as sensing.frequency.Estimator, and the same ages: 4, 6 and 10 cycles.  No voltage is measured:
    voltage_mv and cycle_mv say nominal while crossings come and zero once they stay away, and NO_VOLTAGE is always set.
    """

    SAMPLED = False  # the capture counter's clock is not that of the blocks

    def __init__(self, parameters: "Parameters", tick_hz: int) -> None:
        if not TICK_HZ_MIN <= tick_hz <= TICK_HZ_MAX:
            raise ParameterError("tick_hz = %d is outside %d..%d" % (tick_hz, TICK_HZ_MIN, TICK_HZ_MAX))
        nominal_hz = parameters.nominal_hz
        self.nominal_uhz = nominal_hz * 1000000
        self._period = tick_hz // nominal_hz
        # A tick that does not divide evenly is a clock error, known to the ppm.
        uneven_ppm = (tick_hz - self._period * nominal_hz) * 1000000 / tick_hz
        self._clock_ppm = parameters.sample_clock_ppm + round(uneven_ppm)
        self._nominal_mv = parameters.nominal_v * 1000
        self._silent_blocks = 5000 // (4 * nominal_hz) // parameters.block_ms + 1  # a cycle and a quarter
        self._short = _level([(k + 1) * (SHORT_CYCLES - k) for k in range(SHORT_CYCLES)])
        self._long = _level(list(LONG_HALF) + list(reversed(LONG_HALF)))
        self._slope = _slope([ROCOF_CYCLES - 1 - 2 * k for k in range(ROCOF_CYCLES)])
        self._slope_long = _slope(list(ROCOF_LONG_HALF) + [-weight for weight in reversed(ROCOF_LONG_HALF)])
        self._off = array("i", [0] * LONG_CYCLES)  # periods less nominal, in ticks
        self._head = 0
        self._last = 0
        self._cycles = -1  # whole periods since crossings came without a gap, -1 before the first crossing
        self._blocks = 0  # without a crossing
        self._held = 0
        self._doubted = 0
        self._out_of_range = False
        self.freq_uhz = self.nominal_uhz
        self.freq_short_uhz = self.nominal_uhz
        self.rocof_mhz_s = 0
        self.rocof_long_mhz_s = 0
        self.report_uhz = self.nominal_uhz
        self.report_mhz_s = 0
        self.voltage_mv = 0
        self.cycle_mv = 0
        self.quality = NO_VOLTAGE | LOW_VOLTAGE | WARM_UP_SHORT | WARM_UP_LONG

    def report(self) -> int:
        """Take the ten-cycle figures for a record; there is no longer window.  Return no quality bits."""
        self.report_uhz = self.freq_uhz
        self.report_mhz_s = self.rocof_mhz_s
        return 0

    def trim(self, ppm: int) -> None:
        """Errors: ProtocolError, always: the host's time says nothing of the capture counter's clock."""
        raise ProtocolError("the edges' clock is not that of the blocks")

    def block_lost(self) -> None:
        """Note that crossings may be missing before the next block."""
        self._cycles = -1
        self.quality |= BLOCK_LOST | WARM_UP_SHORT | WARM_UP_LONG

    def update(self, edges: "array[int]", n: int) -> bool:
        """Take the crossings of one block; call it for every block, with none too.  Return True: an estimate is ready.

        edges: array('i'), ticks of the capture counter, wrapping at 2**30.  n: 0..len(edges).
        Errors: ValueError where n is out of range.  Allocates: nothing.
        """
        if not 0 <= n <= len(edges):
            raise ValueError("n")
        for k in range(n):
            self._fold(edges[k])
        self._blocks = 0 if n else self._blocks + 1
        if self._blocks >= self._silent_blocks:
            self._blocks = self._silent_blocks
            self._cycles = -1
        if n and self._cycles >= 1:
            self._estimate()
        self._judge()
        return True

    def _fold(self, tick):
        if self._cycles < 0:
            self._last = tick
            self._cycles = 0
            return
        off = diff(tick, self._last) - self._period
        # 40..70 Hz and some: a crossing that comes sooner is a bounce and is passed over.
        if off < -(self._period // 3):
            return
        self._last = tick
        self._out_of_range = off > self._period // 3
        if self._out_of_range:
            self._cycles = 0
            return
        self._put(off)
        if self._cycles < 1000:
            self._cycles += 1

    def _put(self, off):
        """Store a period; one that stands out alone is a phase jump and counts as the one before it."""
        head = self._head
        before = self._off[head]
        change = off - before
        sudden = change > self._period // SUDDEN or change < -(self._period // SUDDEN)
        if sudden and self._cycles >= SHORT_CYCLES and not self._held:
            self._held = 1
            self._doubted = off
            off = before
        elif self._held:
            if sudden:  # the second in a row: the frequency really changed
                self._off[head] = self._doubted
            self._held = 0
        head = head + 1 if head + 1 < LONG_CYCLES else 0
        self._head = head
        self._off[head] = off

    def _estimate(self):
        self.freq_uhz = self._frequency(self._long, LONG_CYCLES)
        self.freq_short_uhz = self._frequency(self._short, SHORT_CYCLES)
        self.rocof_mhz_s = self._rocof(self._slope, ROCOF_CYCLES)
        self.rocof_long_mhz_s = self._rocof(self._slope_long, LONG_CYCLES)

    def _frequency(self, weights, n):
        off = self._weigh(weights, n)
        change = scaled(self.nominal_uhz, off if off >= 0 else -off, weights[n] * self._period + off)
        uhz = self.nominal_uhz - change if off >= 0 else self.nominal_uhz + change
        return uhz + uhz // 1000 * self._clock_ppm // 1000

    def _rocof(self, weights, n):
        # f' = -(slope of the period a cycle) / period**3, in mHz/s by nominal**2 * 1000 and two times f over nominal.
        slope = self._weigh(weights, n)
        nominal_mhz = self.nominal_uhz // 1000
        rocof = scaled(nominal_mhz * (nominal_mhz // 1000), slope if slope >= 0 else -slope, weights[n] * self._period)
        if rocof > ROCOF_MAX:
            rocof = ROCOF_MAX
        chz = self.freq_short_uhz // 10000
        nominal_chz = nominal_mhz // 10
        rocof = (rocof * chz // nominal_chz) * chz // nominal_chz
        return -rocof if slope >= 0 else rocof

    def _weigh(self, weights, n):
        total = 0
        k = self._head
        for j in range(n):
            total += self._off[k] * weights[j]
            k = k - 1 if k else LONG_CYCLES - 1
        return total

    def _judge(self):
        quality = NO_VOLTAGE
        alive = self._cycles >= 0
        self.cycle_mv = self.voltage_mv = self._nominal_mv if alive else 0
        if not alive:
            quality |= LOW_VOLTAGE
        if self._cycles < ROCOF_CYCLES:
            quality |= WARM_UP_SHORT
        if self._cycles < LONG_CYCLES:
            quality |= WARM_UP_LONG
        if self._out_of_range:
            quality |= OUT_OF_RANGE
        if self._held:
            quality |= PHASE_JUMP
        self.quality = quality


def scaled(factor: int, part: int, whole: int) -> int:
    """Return factor * part // whole, bit by bit, where the product would not fit; part < whole < 2**30 / 3."""
    quotient = 0
    rest = 0
    for bit in range(27, -1, -1):
        quotient += quotient
        rest += rest
        if (factor >> bit) & 1:
            rest += part
        while rest >= whole:
            rest -= whole
            quotient += 1
    return quotient


def _level(weights):
    """Return array('i') of weights over periods, newest first, and their sum."""
    return array("i", weights + [sum(weights)])


def _slope(weights):
    """Return array('i') of weights that give the slope of periods, newest first, and what a slope of one gives."""
    n = len(weights)
    return array("i", weights + [sum([weights[k] * (n - 1 - 2 * k) for k in range(n)]) // 2])
