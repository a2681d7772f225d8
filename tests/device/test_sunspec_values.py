"""Scale factors, 'not implemented' values, percentages; small integers only."""

from noalloc import without_heap

from gridkeel import limits, ticks
from gridkeel.inverter import sunspec
from gridkeel.inverter.following import Following
from gridkeel.inverter.modbus import pdu
from gridkeel.inverter.sunspec.der import Control704, Measure701, soc_pct_x100
from gridkeel.inverter.sunspec.legacy import Control124
from gridkeel.params import Parameters

SMALL = 1 << 30


def exact(value, sf):
    """value * 10**sf toward zero, in exact arithmetic."""
    size = abs(value) * 10**sf if sf >= 0 else abs(value) // 10**-sf
    return -size if value < 0 else size


def test_scaling_is_exact_until_it_saturates():
    for value in (0, 1, -1, 9, -9, 10, 12345, -12345, 32767, -32767, 65534):
        for sf in range(-10, 11):
            scaled = sunspec.scaled(value, sf)
            true = exact(value, sf)
            if abs(true) <= sunspec.LIMIT:
                assert scaled == true, (value, sf)
            else:
                assert scaled == (sunspec.LIMIT if value > 0 else -sunspec.LIMIT)
            assert abs(scaled) < SMALL


def test_no_scale_factor_is_unknown():
    for sf in (-32768, 32767, 11, -11):
        assert sunspec.scaled(5, sf) == sunspec.UNKNOWN
        assert not sunspec.fits(5, sf, 100)


def test_values_not_implemented_are_unknown():
    assert sunspec.scaled_s16(-0x8000, 0) == sunspec.UNKNOWN
    assert sunspec.scaled_s16(-0x7FFF, 0) == -0x7FFF
    assert sunspec.scaled_u16(0xFFFF, 0) == sunspec.UNKNOWN
    assert sunspec.scaled_u16(0xFFFE, 0) == 0xFFFE


def test_percentages_are_scaled_by_their_rating():
    for word, sf, expected in (
        (623, -1, 6230),
        (62, 0, 6200),
        (6234, -2, 6234),
        (62345, -3, 6234),
        (1, 2, 10000),
        (100, 0, 10000),
        (0, 0, 0),
        (101, 0, -1),
        (0xFFFF, 0, -1),
        (50, -32768, -1),
        (50, 10, -1),
    ):
        assert soc_pct_x100(word, sf) == expected, (word, sf)


def test_fits_is_true_for_what_encode_can_hold():
    control = Control704()
    for sf in range(-10, 11):
        control._sf = sf
        for power in (1, 20, 999, 7400, 50000):
            if not sunspec.fits(power, sf, sunspec.LIMIT):
                continue
            for signed in (power, -power):
                control.encode(signed)
                raw = control.words[2] << 16 | control.words[3]
                raw -= (1 << 32) if raw >> 31 else 0
                assert raw == exact(-signed, -sf) and raw != 0, (sf, power)
                assert control.commanded_w == exact(-raw, sf)


FULL_W = (1, 3, 800, 4600, 7400, 49999, 1000000, sunspec.LIMIT)


def test_percent_settings_stay_inside_their_point():
    control = Control124()
    for full_in_w in FULL_W:
        for full_out_w in FULL_W:
            for full_raw in (100, 1000, 10000):
                control._full_w, control._full_out_w, control._full_raw = full_in_w, full_out_w, full_raw
                for power in (0, 1, 399, 7400, 50000):
                    for sign, bound, other in ((1, 8, 7), (-1, 7, 8)):
                        full_w, other_w = (full_in_w, full_out_w) if sign > 0 else (full_out_w, full_in_w)
                        control.encode(sign * power)
                        raw, forced = control.words[bound], -pdu.signed(control.words[other])
                        assert raw == min(power, full_w) * full_raw // full_w
                        assert sign * control.commanded_w == raw * full_w // full_raw <= power
                        # Both ends in the same watts, or as near to them as the other side's unit and its 100 % let.
                        assert forced == min(raw * full_w // other_w, full_raw)


class Judge:
    """Following under measurements from all ends of what it may be given, the heap locked."""

    def __init__(self, changes):
        self.following = Following(Parameters(changes))
        self.now = ticks.MASK - 3000
        self.commanded_w = self.power_w = self.rating_w = 0

    def take(self):
        self.following.update(self.commanded_w, self.power_w, self.rating_w, self.now)


def test_following_needs_no_heap_for_any_measurement():
    for changes in ({}, {"evse": 1}, {"evse": 2, "connector": 1}):
        judge = Judge(changes)
        take = judge.take
        for power_w in (0, 1, -1, 50000, -50000, 1000000, -1000000):
            for commanded_w in (0, 50000, -50000):
                for rating_w in (1, 7400, sunspec.LIMIT):
                    judge.power_w, judge.commanded_w, judge.rating_w = power_w, commanded_w, rating_w
                    for passed_ms in (1, 200, 3000, 3000, 3000, 3000):
                        without_heap(take)
                        judge.now = ticks.add(judge.now, passed_ms)
                        assert abs(judge.following.deviation_w) < SMALL
                        assert judge.following.charge_w <= limits.NO_BOUND


class Answer:
    """The last answer of a master, and the readings it becomes."""

    def __init__(self, *words):
        self.words = words

    def register(self, i):
        return self.words[i]

    def signed(self, i):
        return (self.words[i] ^ 0x8000) - 0x8000


def test_what_701_does_not_say_is_unknown():
    measure = Measure701()
    answer = Answer(0xFFFF, 0, 0, 0, 0, 0, 0x8000, *([0x8000] * 20))
    assert measure.take(answer, answer) == sunspec.UNKNOWN
    assert (answer.operating_state, answer.var) == (-1, 0)
    answer = Answer(3, 0, 0, 0, 0, 0, 100, *([7] * 20))
    assert measure.take(answer, answer) == -100
    assert (answer.operating_state, answer.var) == (3, -7)
