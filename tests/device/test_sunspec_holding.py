"""Devices that hold another value than was written: what is accepted, how often it is rewritten, what is reported."""

from small_heap import COLLECTED, sample, share
from sunspec_slave import DriverSetup, Slave, der_models, legacy_models, signed16

from gridkeel import errors
from gridkeel.inverter import DRIVING, READY

WASM_GROUP = 1
MINUTE = 60000 if COLLECTED else 4000
# Writes a minute once a device is known: a refresh of the timer every two seconds is two of them.
DRIVEN = 64
STUBBORN = 16  # what is not driven is tried again every 32 s


class Fussy(Slave):
    """A device that changes what it was written: change(slave, now) after each write and before each read."""

    def __init__(self, models, change):
        super().__init__(models)
        self.change = change
        self.written_ms = 0

    def handle(self, frame, now):
        if frame[1] == 3:
            self.change(self, now)
        answer = super().handle(frame, now)
        if frame[1] == 16:
            self.written_ms = now
            self.change(self, now)
        return answer


def hold(number, offset, word):
    return lambda slave, _now: slave.set(number, offset, word)


def at_least(number, offset, least):
    return lambda slave, _now: slave.set(number, offset, max(slave.get(number, offset), least))


def at_most(number, offset, most):
    return lambda slave, _now: slave.set(number, offset, min(slave.get(number, offset), most))


def time_left(number, offset):
    """The timer reads as the time that is left of the 4 s."""
    return lambda slave, now: slave.set(number, offset, max(0, 4 - (now - slave.written_ms) // 1000))


def none32(number, offset):
    def change(slave, _now):
        slave.set(number, offset, 0xFFFF)
        slave.set(number, offset + 1, 0xFFFF)

    return change


def clamp_704(most_w):
    def change(slave, _now):
        set_w = max(-most_w, min(most_w, slave.signed32(704, 24)))
        slave.set(704, 24, set_w >> 16)
        slave.set(704, 25, set_w)

    return change


def floor_704(slave, _now):
    """No power under 4,000 W, either way."""
    set_w = slave.signed32(704, 24)
    if set_w:
        set_w = max(set_w, 4000) if set_w > 0 else min(set_w, -4000)
        slave.set(704, 24, set_w >> 16)
        slave.set(704, 25, set_w)


def clamp_124(most):
    def change(slave, _now):
        for offset in (12, 13):
            slave.set(124, offset, max(-most, min(most, signed16(slave.get(124, offset)))))

    return change


def no_negative_124(slave, _now):
    for offset in (12, 13):
        slave.set(124, offset, max(0, signed16(slave.get(124, offset))))


# name, models, what it does, state, W commanded of 3,000 (None: not judged), fault
DEVICES = (
    ("timer of at least 60 s", der_models, at_least(704, 32, 60), READY, 0, errors.INVERTER_READBACK),
    ("timer of at most 2 s", der_models, at_most(704, 32, 2), DRIVING, 3000, errors.NO_FAULT),
    ("timer of at most 3 s", der_models, at_most(704, 32, 3), DRIVING, 3000, errors.NO_FAULT),
    ("time left", der_models, time_left(704, 32), DRIVING, 3000, errors.NO_FAULT),
    ("timer not implemented", der_models, none32(704, 31), READY, 0, errors.INVERTER_READBACK),
    ("timer stays 0", der_models, hold(704, 32, 0), READY, 0, errors.INVERTER_READBACK),
    ("reversion not implemented", der_models, hold(704, 30, 0xFFFF), READY, 0, errors.INVERTER_READBACK),
    ("reversion power not implemented", der_models, none32(704, 26), READY, 0, errors.INVERTER_READBACK),
    ("mode stays percent", der_models, hold(704, 23, 0), READY, 0, errors.INVERTER_READBACK),
    ("stays disabled", der_models, hold(704, 22, 0), READY, 0, errors.INVERTER_READBACK),
    ("clamped", der_models, clamp_704(2000), DRIVING, 2000, errors.INVERTER_READBACK),
    ("stays 0", der_models, clamp_704(0), DRIVING, 0, errors.INVERTER_READBACK),
    ("raised", der_models, floor_704, DRIVING, None, errors.INVERTER_READBACK),
    ("timer of at least 60 s", legacy_models, at_least(124, 15, 60), READY, 0, errors.INVERTER_READBACK),
    ("timer of at most 2 s", legacy_models, at_most(124, 15, 2), DRIVING, 3000, errors.NO_FAULT),
    ("time left", legacy_models, time_left(124, 15), DRIVING, 3000, errors.NO_FAULT),
    ("timer not implemented", legacy_models, hold(124, 15, 0xFFFF), READY, 0, errors.INVERTER_READBACK),
    ("mode stays 0", legacy_models, hold(124, 5, 0), READY, 0, errors.INVERTER_READBACK),
    ("clamped", legacy_models, clamp_124(2000), DRIVING, 1600, errors.INVERTER_READBACK),
    ("nothing forced", legacy_models, no_negative_124, DRIVING, 3000, errors.INVERTER_READBACK),
)


class Watched(DriverSetup):
    """Counts the changes of one fault, and keeps no log of what was sent and read."""

    def watch(self, ms, code):
        changes = 0
        before = self.inverter.fault == code
        for _ in range(ms // 100):
            self.run(100)
            self.sent.clear()
            self.slave.reads.clear()
            now = self.inverter.fault == code
            changes += now != before
            before = now
        return changes


def test_a_setting_that_never_matches_is_written_seldom_and_reported_once():
    for name, models, change, state, commanded_w, fault in sample(share(DEVICES, 2), 6):
        slave = Fussy(models(), change)
        setup = Watched(slave)
        setup.run(1500, 0)
        setup.run(100, 3000)
        changes = setup.watch(5000, errors.INVERTER_READBACK)
        case = (name, models)
        assert changes <= 1, case
        assert setup.inverter.state == state, (case, setup.inverter.state)
        slave.writes.clear()
        setup.watch(MINUTE, errors.NO_FAULT)
        first = len(slave.writes)
        slave.writes.clear()
        assert setup.watch(MINUTE, errors.INVERTER_READBACK) == 0, case
        assert setup.inverter.state == state, case
        # The power of a device whose timer is shorter is renewed at half of that.
        most = STUBBORN if state == READY else DRIVEN if "at most" not in name else 2 * DRIVEN + 4
        assert len(slave.writes) <= most, (case, len(slave.writes))
        assert first <= most + 24, (case, first)
        if fault == errors.INVERTER_READBACK:
            assert setup.inverter.fault in (fault, errors.INVERTER_NOT_FOLLOWING), (case, setup.inverter.fault)
        else:
            assert setup.inverter.fault == fault, (case, setup.inverter.fault)
        if commanded_w is not None:
            # With each refresh it is what was written, until the next reading.
            start = setup.now
            while setup.inverter.active.commanded_w != commanded_w:
                setup.run(10)
                assert setup.now - start < 1000, (case, setup.inverter.active.commanded_w)


def test_a_shorter_timer_is_renewed_in_time():
    for models, number, timer in share(((der_models, 704, 32), (legacy_models, 124, 15)), 1):
        slave = Fussy(models(), at_most(number, timer, 2))
        setup = DriverSetup(slave)
        setup.run(3000, 3000)
        assert setup.inverter.state == DRIVING
        writes = [
            ms for ms, address, words in slave.writes if address <= slave.address(number, timer) < address + len(words)
        ]
        setup.run(20000 if COLLECTED else 4000)
        written = [
            ms for ms, address, words in slave.writes if address <= slave.address(number, timer) < address + len(words)
        ]
        written = written[len(writes) - 1 :]
        assert max([written[i + 1] - written[i] for i in range(len(written) - 1)]) < 1500


def test_a_timer_lost_while_driving_puts_zero_in_its_place_and_comes_back():
    for models, number, timer, power in share(((der_models, 704, 32, 24), (legacy_models, 124, 15, 13)), 1):
        slave = Fussy(models(), lambda _slave, _now: None)
        setup = Watched(slave)
        setup.run(3000, 3000)
        assert setup.inverter.state == DRIVING
        slave.change = at_least(number, timer, 60)
        setup.run(2500)
        assert setup.inverter.state == READY and setup.inverter.active.commanded_w == 0
        assert slave.get(number, power) == 0
        slave.change = lambda _slave, _now: None
        setup.watch(5000, errors.NO_FAULT)
        assert setup.inverter.state == DRIVING and setup.inverter.active.commanded_w == 3000


def test_a_longer_timer_is_driven_where_the_operator_allows_it():
    slave = Fussy(der_models(), at_least(704, 32, 60))
    setup = DriverSetup(slave, {"reversion_s": 60})
    setup.run(3000, 3000)
    assert setup.inverter.state == DRIVING and setup.inverter.fault == errors.NO_FAULT


def test_another_master_that_never_gives_way_is_counted_and_not_fought_on_every_reading():
    slave = Slave(der_models())
    setup = Watched(slave)
    setup.run(3000, 1500)
    slave.writes.clear()
    changes = 0
    for _ in range(200 if COLLECTED else 10):
        slave.set(704, 24, 0)
        slave.set(704, 25, 5000)
        changes += setup.watch(300, errors.INVERTER_OVERRIDDEN)
    assert setup.inverter.faults.overridden >= 1
    assert changes <= 4, changes
    assert len(slave.writes) <= 2 * DRIVEN, len(slave.writes)


class Flickering(Slave):
    """A device one word of which shows something else in every second reading of its registers."""

    def __init__(self, models, number, offset, other, count):
        super().__init__(models)
        self.flicker = (number, offset, other, count)
        self.turn = 0

    def handle(self, frame, now):
        number, offset, other, count = self.flicker
        if frame[1] != 3 or frame[4] << 8 | frame[5] != count:
            return super().handle(frame, now)
        kept = self.get(number, offset)
        self.turn += 1
        if self.turn % 2:
            self.set(number, offset, other)
        answer = super().handle(frame, now)
        self.set(number, offset, kept)
        return answer


def test_a_hold_that_comes_and_goes_is_written_seldom_as_well():
    for models, number, offset, other, count in share(
        (
            (der_models, 704, 22, 0, 11),
            (der_models, 704, 32, 60, 11),
            (legacy_models, 124, 5, 0, 11),
            (legacy_models, 124, 15, 60, 11),
        ),
        1,
    ):
        slave = Flickering(models(), number, offset, other, count)
        setup = Watched(slave)
        setup.run(3000, 3000)
        setup.watch(MINUTE, errors.NO_FAULT)
        slave.writes.clear()
        assert setup.watch(MINUTE, errors.INVERTER_READBACK) <= 1
        assert slave.turn > 2 * MINUTE // 1000
        assert len(slave.writes) <= 20, (number, offset, len(slave.writes))


def test_a_reactive_hold_that_comes_and_goes_is_written_seldom_as_well():
    slave = Flickering(der_models(), 704, 36, 0, 12)
    setup = Watched(slave)
    setup.run(3000, 1000)
    setup.reactive = (True, 1500)
    setup.watch(MINUTE, errors.NO_FAULT)
    slave.writes.clear()
    setup.watch(MINUTE, errors.NO_FAULT)
    assert slave.turn > 2 * MINUTE // 1000
    assert len(slave.writes) <= 2 * DRIVEN, len(slave.writes)


def clamp_var(most_var):
    def change(slave, _now):
        var = max(-most_var, min(most_var, slave.signed32(704, 38)))
        slave.set(704, 38, var >> 16)
        slave.set(704, 39, var)

    return change


def test_reactive_settings_that_never_match_are_written_seldom_too():
    for name, change, held_var in share(
        (
            ("clamped", clamp_var(500), -500),
            ("timer of at least 60 s", at_least(704, 46, 60), 0),
            ("timer not implemented", none32(704, 45), 0),
            ("time left", time_left(704, 46), -1500),
            ("mode stays", hold(704, 36, 0), 0),
        ),
        1,
    ):
        slave = Fussy(der_models(), change)
        setup = Watched(slave)
        setup.run(2000, 1000)
        setup.reactive = (True, 1500)
        changes = setup.watch(8000, errors.INVERTER_READBACK)
        assert changes <= 1, name
        setup.watch(MINUTE, errors.NO_FAULT)
        slave.writes.clear()
        assert setup.watch(MINUTE, errors.INVERTER_READBACK) == 0, name
        assert len(slave.writes) <= 2 * DRIVEN, (name, len(slave.writes))
        assert slave.signed32(704, 38) == held_var, name
        assert setup.inverter.state == DRIVING and slave.signed32(704, 24) == -1000, name
