"""The control of a register map by itself: what is read back in which order, and what each reading means."""

from gridkeel.inverter.control import CLAMPED, DIFFERS, LOST, MATCH, OVERRIDDEN, UNSETTLED
from gridkeel.inverter.register_map import (
    HEARTBEAT,
    HOLD,
    INTO,
    LIFETIME,
    OUT,
    S16,
    S32_LOW_FIRST,
    SET_POINT,
    U16,
    RegisterMap,
)
from gridkeel.inverter.register_map.control import MapControl

IDENTITY = (100, 10, ((0, 0xFFFF, 0x4245),))
MODE = ((HOLD, 20, U16, 5),)
LIFE = ((LIFETIME, 50, U16, 1000, 2, 60), (HOLD, 51, U16, 7))
BEAT = ((HEARTBEAT, 30, U16, 3000, 1, 3),)
SETTING = ((HOLD, 10, U16, 9), (SET_POINT, 11, S32_LOW_FIRST, 1, 10, OUT, -5000, 7400))
BOTH = (
    (SET_POINT, 10, S16, 1, 1, INTO, -5000, 5000),
    (HOLD, 11, U16, 9),
    (SET_POINT, 12, S16, 1, 1, INTO, -5000, 5000),
)


class Device:
    """A device that holds what is written to it, with its control and the master between them."""

    def __init__(self, steps=(MODE, LIFE), setting=SETTING, reversion_s=4):
        mapped = RegisterMap("Maker", "Model", IDENTITY, steps, setting, None, None, None)
        self.control = MapControl(mapped)
        self.words = {}
        self.answer = []
        self.writes = []
        self.control.set_reversion(reversion_s)
        self.control.begin()

    def register(self, i):
        return self.answer[i]

    def signed(self, i):
        return (self.register(i) ^ 0x8000) - 0x8000

    def check(self, settled=True):
        """Read what is to be read next; return what the reading means."""
        address = self.control.address
        self.answer = [self.words.get(address + i, 0) for i in range(self.control.count)]
        return self.control.check(self, settled)

    def write(self, out, address, words, first, count, now_ms):
        written = [words[first + i] for i in range(count)]
        self.writes.append((address, written))
        self.lay(address, *written)
        return 8

    def lay(self, address, *words):
        for i in range(len(words)):
            self.words[address + i] = words[i] & 0xFFFF

    def step(self, step):
        return self.control.write_step(self, bytearray(32), step, 0)

    def driven(self, power_w=2000):
        """Write a power and every step; return this."""
        self.control.encode(power_w)
        self.control.write_setting(self, bytearray(32), 0)
        for step in range(self.control.steps):
            self.step(step)
        return self

    def matched(self, power_w=2000):
        """Go on until a reading matches, and until the setting is read next; return this."""
        self.driven(power_w)
        assert MATCH in [self.check() for _ in range(2 * self.control.steps + 1)]
        self.until_setting()
        return self

    def until_setting(self):
        for _ in range(self.control.steps + 1):
            if self.control.address == 10:
                return
            assert self.check() == UNSETTLED
        raise AssertionError("the setting is never read")

    def seen(self, times, settled=True):
        """Return [(address, what the reading means)] of the next readings."""
        found = []
        for _ in range(times):
            found.append((self.control.address, self.check(settled)))
        return found


def test_what_is_written_stands_at_its_place():
    device = Device().driven(-1234)
    assert device.writes == [(10, [9, 12340, 0]), (20, [5]), (50, [4, 7])]
    device = Device((((HOLD, 20, U16, 5), (HOLD, 21, U16, 6)), BEAT), reversion_s=10).driven()
    for _ in range(3):
        device.step(1)
    assert [words for address, words in device.writes if address == 30] == [[1], [2], [3], [1]]


def test_a_refresh_begins_with_the_heartbeat_or_is_the_setting_itself():
    assert Device().control.renewing == 2
    assert Device((MODE, BEAT)).control.renewing == 1


def test_every_stretch_is_seen_once_and_then_each_in_turn_between_two_of_the_setting():
    device = Device().driven()
    assert device.seen(3) == [(20, UNSETTLED), (50, UNSETTLED), (10, MATCH)]
    assert [address for address, _ in device.seen(6)] == [20, 10, 50, 10, 20, 10]
    device = Device((MODE, BEAT)).driven()
    assert device.seen(4) == [(20, UNSETTLED), (10, MATCH), (20, UNSETTLED), (10, MATCH)]
    device = Device((BEAT,)).driven()
    assert device.seen(3) == [(10, MATCH)] * 3


def test_a_step_that_was_written_again_is_seen_again_before_a_match():
    for step, address in ((0, 20), (1, 50)):
        device = Device().matched()
        device.step(step)
        assert device.seen(3) == [(10, UNSETTLED), (address, UNSETTLED), (10, MATCH)]
    device = Device().driven()
    assert device.seen(5)[-1] == (10, MATCH)
    assert device.control.address == 50
    device.step(0)
    assert device.seen(3) == [(50, UNSETTLED), (20, UNSETTLED), (10, MATCH)]
    device = Device().driven()
    assert device.seen(4)[-1][0] == 20
    device.step(0)  # and not the stretch whose turn it would be
    assert [address for address, _ in device.seen(2)] == [10, 20]


def test_what_is_lost_is_told_and_is_no_match_until_it_was_seen():
    for address, value in ((20, 5), (51, 7)):
        device = Device().matched()
        device.lay(address, 0)
        found = device.seen(4)
        assert (20 if address == 20 else 50, LOST) in found
        at = found.index((20 if address == 20 else 50, LOST))
        device = Device().matched()
        device.lay(address, 0)
        device.seen(at + 1)
        device.lay(address, value)
        assert device.seen(1) == [(10, UNSETTLED)]
        assert device.seen(2) == [(20 if address == 20 else 50, UNSETTLED), (10, MATCH)]


def test_a_mode_in_the_setting_that_is_lost_is_no_other_power():
    device = Device().matched()
    device.lay(10, 8)
    assert device.seen(1) == [(10, LOST)]


def test_a_lifetime_is_held_where_it_is_no_longer_than_ours_and_than_the_register_takes():
    for reversion_s, held, expected in ((4, 4, UNSETTLED), (4, 1, UNSETTLED), (4, 5, LOST), (4, 0, LOST)):
        device = Device(reversion_s=reversion_s).driven()
        device.lay(50, held)
        assert device.seen(2)[-1] == (50, expected), (reversion_s, held)
    device = Device(reversion_s=100).driven()
    assert device.words[50] == 60
    device.lay(50, 61)
    assert device.seen(2)[-1] == (50, LOST)


def test_a_setting_that_is_young_says_nothing():
    device = Device().matched()
    assert device.seen(1, settled=False) == [(10, UNSETTLED)]
    device.until_setting()
    device.lay(11, 1)
    assert device.seen(1, settled=False) == [(10, UNSETTLED)]
    device.until_setting()
    assert device.seen(1) == [(10, OVERRIDDEN)]


def test_what_matched_and_is_another_power_is_overridden_once():
    for words in ((20001, 0), (20000, 1), (10, 0)):
        device = Device().matched(-2000)
        assert device.words[11] == 20000
        device.lay(11, *words)
        assert device.seen(1) == [(10, OVERRIDDEN)]
        device.until_setting()
        assert device.seen(1)[0][1] in (DIFFERS, CLAMPED)
    device = Device().matched(-2000)
    device.lay(11, 0, 0)
    assert device.seen(1) == [(10, DIFFERS)], "zero is nobody's power"


def test_a_device_that_is_found_again_begins_anew():
    device = Device().matched()
    device.control.retry(1000)
    device.lay(11, 1)
    device.control.begin()
    assert device.control.pause_ms == 0
    assert [address for address, _ in device.seen(2)] == [20, 50]
    assert device.seen(1)[0][1] in (DIFFERS, CLAMPED), "it was never ours here"


def test_what_is_held_nearer_to_zero_is_clamped_and_all_else_differs():
    for power_w, held, expected in (
        (2000, (1500, 1500), CLAMPED),
        (2000, (1500, 2000), CLAMPED),
        (2000, (1500, 2001), DIFFERS),
        (2000, (2001, 1500), DIFFERS),
        (2000, (2000, -1), DIFFERS),
        (-2000, (-1500, -1), CLAMPED),
        (-2000, (1, -2000), DIFFERS),
        (2000, (0, 2000), CLAMPED),
        (2000, (2000, 2000), MATCH),
    ):
        device = Device(setting=BOTH).driven(power_w)
        device.lay(10, held[0], 9, held[1])
        assert device.seen(3)[-1] == (10, expected), (power_w, held)


def test_both_registers_of_a_number_say_whether_it_is_nearer():
    device = Device().driven(2000)
    device.lay(11, -65546, -65546 >> 16)  # 6,554 W, though its low register alone would be 1 W
    assert device.seen(3)[-1] == (10, DIFFERS)


def test_what_is_accepted_is_the_largest_that_is_held_until_ours_is():
    for held, accepted_w in (((1500, 1000), 1500), ((1000, 1500), 1500), ((-3, 2), -3), ((0, 0), 0)):
        device = Device(setting=BOTH).driven(2000)
        assert device.control.commanded_w == 2000
        device.until_setting()
        device.lay(10, held[0], 9, held[1])
        assert device.check() in (CLAMPED, DIFFERS)
        device.control.accept(device)
        device.until_setting()
        assert device.control.commanded_w == accepted_w
        device.lay(10, 2000, 9, 2000)
        assert device.seen(1) == [(10, MATCH)]
        assert device.control.commanded_w == 2000


def test_a_heartbeat_longer_than_the_operator_allows_is_lost():
    device = Device((MODE, BEAT), reversion_s=3).matched()
    assert device.seen(1) == [(10, MATCH)]
    device.control.set_reversion(2)
    device.until_setting()
    assert device.seen(1) == [(10, LOST)]


def test_what_suits_is_a_lifetime_of_its_least_or_more_and_a_heartbeat_within_it():
    assert [Device().control.suits(reversion_s) for reversion_s in (1, 2, 3)] == [False, True, True]
    assert [Device((MODE, BEAT)).control.suits(reversion_s) for reversion_s in (2, 3)] == [False, True]


def test_a_setting_lives_as_long_as_the_shortest_of_what_ends_it():
    long = ((LIFETIME, 60, U16, 500, 1, 100),)
    for steps, reversion_s, life_s in (
        ((MODE, LIFE), 4, 4),
        ((MODE, LIFE), 100, 60),
        ((long, LIFE), 100, 50),
        ((LIFE, long), 100, 50),
        ((((LIFETIME, 60, U16, 100, 1, 300),), LIFE), 100, 30),
        ((MODE, BEAT), 10, 3),
        ((MODE, BEAT), 2, 2),
    ):
        assert Device(steps, reversion_s=reversion_s).control.life_s == life_s, (steps, reversion_s)


def test_the_time_held_is_the_longest_that_was_seen_in_the_timer_or_the_life_of_a_heartbeat():
    device = Device().driven()
    device.lay(50, 3)
    device.seen(2)
    assert device.control.held_s == 3
    device.lay(50, 2)
    device.seen(4)
    assert device.control.held_s == 3
    assert Device((MODE, BEAT), reversion_s=10).matched().control.held_s == 3
