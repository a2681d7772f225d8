"""Trip and ride-through tables as data, and the clocks that run on them.

A row of TABLE is (name, nominal_hz, trips, block_pct, rocof_ride_mhz_s, low_mhz, high_mhz, delay_ms, ramp_s, source,
open, block_high_pct):

    trips             flat: fault code, limit, clock in ms, fault code ...; the code says which quantity on which side:
                      mHz for frequency, 0.1 % of nominal_v for voltage. A SAMPLES_LOST row is the patience with an
                      estimate that cannot be used.
    block_pct         under this share of nominal_v no power flows, and it comes back without delay: momentary
                      cessation. 0: there is none, and such a voltage is loss of mains, at once.
    block_high_pct    the same over this share; 0: there is none
    rocof_ride_mhz_s  rate of change that must be ridden through: trip_rocof_mhz_s is refused unless it is over it
    low, high, delay, ramp   conditions to enter service

A profile's clocks are clearing times, from the disturbance to the end of the power: sensing, bus and inverter are taken
off. A profile's index is the value of `trip_profile`, so rows are appended, never moved.
"""

from array import array

from gridkeel import errors, ticks
from gridkeel.sensing.quality import UNUSABLE

NAME = 0
NOMINAL_HZ = 1
TRIPS = 2
BLOCK_PCT = 3
ROCOF_RIDE_MHZ_S = 4
LOW_MHZ = 5
HIGH_MHZ = 6
DELAY_MS = 7
RAMP_S = 8
SOURCE = 9
OPEN = 10
BLOCK_HIGH_PCT = 11

CUSTOM = 0
_CUSTOM_TRIPS = 4
_TRIPS_MAX = 9
_CLOCK_MIN_MS = 20

_UL = "IEEE 1547-2018, tables 11 to 13, 18 and 21, as quoted by the UL1741SB test code"
_OPEN_1547 = "momentary cessation, enter service"
_FREQUENCY_1547 = (
    (errors.OVER_FREQUENCY, 62000, 160)
    + (errors.OVER_FREQUENCY, 61200, 300000)
    + (errors.UNDER_FREQUENCY, 58500, 300000)
    + (errors.UNDER_FREQUENCY, 56500, 160)
)
_OVER_VOLTAGE_1547 = (errors.OVER_VOLTAGE, 1200, 160, errors.OVER_VOLTAGE, 1100, 2000)
_CAT1 = (errors.UNDER_VOLTAGE, 700, 2000, errors.UNDER_VOLTAGE, 450, 160, errors.SAMPLES_LOST, 0, 660)
_CAT2 = (errors.UNDER_VOLTAGE, 700, 10000, errors.UNDER_VOLTAGE, 450, 160, errors.SAMPLES_LOST, 0, 660)
_CAT3 = (
    (errors.OVER_VOLTAGE, 1200, 160, errors.OVER_VOLTAGE, 1100, 13000)
    + (errors.UNDER_VOLTAGE, 880, 21000, errors.UNDER_VOLTAGE, 500, 2000)
    + (errors.SAMPLES_LOST, 0, 2500)
)
_ENTER_1547 = (59500, 60100, 300000, 300, _UL, _OPEN_1547)
_EN50549 = (
    (errors.OVER_FREQUENCY, 51500, 200, errors.UNDER_FREQUENCY, 47500, 200)
    + (errors.OVER_VOLTAGE, 1150, 200, errors.UNDER_VOLTAGE, 850, 1500)
    + (errors.MAINS_LOST, 500, 0, errors.SAMPLES_LOST, 0, 300)
)

TABLE: tuple = (
    ("custom", 0, (), 0, 0, 0, 0, 0, 0, "parameters trip_*, mains_loss_pct, return_*, enter_ramp_s", "", 0),
    ("ieee1547-cat1", 60, _FREQUENCY_1547 + _OVER_VOLTAGE_1547 + _CAT1, 50, 500) + _ENTER_1547 + (0,),
    ("ieee1547-cat2", 60, _FREQUENCY_1547 + _OVER_VOLTAGE_1547 + _CAT2, 50, 2000) + _ENTER_1547 + (0,),
    ("ieee1547-cat3", 60, _FREQUENCY_1547 + _CAT3, 50, 3000) + _ENTER_1547 + (110,),
    ("en50549", 50, _EN50549, 0, 2000)
    + (49900, 50100, 600000, 600, "Beckhoff TF8360 defaults (EN 50549, VDE)", "all trips, ROCOF ride-through, ramp", 0),
)
NAMES = tuple([row[NAME] for row in TABLE])


class Trips:
    """The clocks of the selected table; each runs while its limit is passed and starts over when it is not."""

    def __init__(self, parameters, spread):
        self._p = parameters
        self._spread = spread
        self._custom = array("i", [0] * (3 * _CUSTOM_TRIPS))
        self._passed = bytearray(_TRIPS_MAX)
        self._since = array("i", [0] * _TRIPS_MAX)
        self._profile = CUSTOM
        self._revision = -1  # of the parameters that the custom table was made of

    def reset(self):
        """Start every clock over."""
        for k in range(_TRIPS_MAX):
            self._passed[k] = 0

    def update(self, mains, now_ms):
        """Follow a new estimate; return the fault code of a clock that has run out, NO_FAULT while none has."""
        profile = self._p.trip_profile
        if profile != self._profile:
            self._profile = profile
            self.reset()
        if profile == CUSTOM:
            trips = self._custom
            if self._revision != self._p.revision:
                self._fill_custom()
        else:
            trips = TABLE[profile][TRIPS]
        for k in range(len(trips) // 3):
            fault = trips[3 * k]
            was = self._passed[k]
            if not self._is_passed(fault, trips[3 * k + 1], mains, was):
                self._passed[k] = 0
                continue
            if not was:
                self._passed[k] = 1
                self._since[k] = now_ms
            if ticks.diff(now_ms, self._since[k]) >= self._clock_ms(fault, trips[3 * k + 2]):
                return fault
        return errors.NO_FAULT

    def _fill_custom(self):
        p = self._p
        trips = self._custom
        self._revision = p.revision
        trips[0] = errors.MAINS_LOST
        trips[1] = p.mains_loss_pct * 10
        trips[2] = 0
        trips[3] = errors.SAMPLES_LOST
        trips[5] = p.trip_frequency_ms
        trips[6] = errors.UNDER_FREQUENCY
        trips[7] = p.trip_under_mhz
        trips[8] = p.trip_frequency_ms
        trips[9] = errors.OVER_FREQUENCY
        trips[10] = p.trip_over_mhz
        trips[11] = p.trip_frequency_ms

    def _is_passed(self, fault, limit, mains, was):
        if fault == errors.MAINS_LOST:
            return mains.cycle_mv < self._p.nominal_v * limit
        if fault == errors.UNDER_VOLTAGE:
            return mains.voltage_mv < self._p.nominal_v * limit
        if fault == errors.OVER_VOLTAGE:
            return mains.voltage_mv > self._p.nominal_v * limit
        doubtful = mains.quality & UNUSABLE
        if fault == errors.SAMPLES_LOST:
            return doubtful
        if doubtful:
            # What cannot be told counts as no better than it was: a clock that runs goes on.
            return was
        mhz = mains.freq_short_uhz // 1000
        return mhz < limit if fault == errors.UNDER_FREQUENCY else mhz > limit

    def _clock_ms(self, fault, clock_ms):
        """Return how long a limit may be passed, staggered: a table's never past its clearing time, a custom one later.

        Sooner by at most 33 ms + clock / 500, which a test with its own accuracy cannot tell from the clock itself.
        """
        frequency = fault == errors.UNDER_FREQUENCY or fault == errors.OVER_FREQUENCY
        if self._profile == CUSTOM:
            return clock_ms + self._spread.of(self._p.trip_spread_ms) if frequency else clock_ms
        if fault == errors.SAMPLES_LOST or not clock_ms:
            return clock_ms
        latency_ms = self._p.response_latency_ms
        if frequency:
            clock_ms -= latency_ms + self._spread.of(min(self._p.trip_spread_ms, 33 + clock_ms // 500))
        else:
            clock_ms -= latency_ms >> 1  # a voltage is told sooner than a frequency
        return clock_ms if clock_ms > _CLOCK_MIN_MS else _CLOCK_MIN_MS
