"""What a register map may be: lifetimes by heartbeat, numbers of every type, maps that are rejected with an error."""

from register_slaves import Beating, Lasting
from sunspec_line import Line, always

from gridkeel import errors, inverter, limits
from gridkeel.errors import ParameterError, ProtocolError
from gridkeel.inverter import DRIVING, UNSUITED
from gridkeel.inverter.register_map import (
    HEARTBEAT,
    HOLD,
    INTO,
    LIFETIME,
    OUT,
    S16,
    S32,
    S32_LOW_FIRST,
    SET_POINT,
    U16,
    U32,
    U32_LOW_FIRST,
    RegisterMap,
    device,
    numbers,
)
from gridkeel.inverter.register_map.identity import Identity
from gridkeel.inverter.search import COMPLETE, NOT_FOUND, SETTLED, WORKING
from gridkeel.params import Parameters

WASM_GROUP = 2

IDENTITY = (100, 6, ((0, 0xFFFF, 0x4245), (1, 0xFF00, 0x4100)))
MODE = ((HOLD, 20, U16, 5),)
BEAT = ((HEARTBEAT, 30, U16, 3000, 1, 3),)
SETTING = ((HOLD, 10, U16, 1), (SET_POINT, 11, S32_LOW_FIRST, 1, 10, OUT, -5000, 7400))
POWER = (40, 5, S32_LOW_FIRST, 1, 10, OUT)


def register_map(identity=IDENTITY, steps=(MODE, BEAT), setting=SETTING, power=POWER, soc=None, state=None):
    return RegisterMap("Maker", "Beating", identity, steps, setting, power, soc, state)


def beating(power_w=2000, **changes):
    line = Line(Beating(), always(3), changes=changes, family=lambda p: device.driver(p, register_map()))
    line.run(6000, power_w)
    return line


# --- a heartbeat


def test_a_device_with_a_heartbeat_is_driven_and_its_heartbeat_moved_in_time():
    line = beating()
    line.run(10000, 2000)
    slave = line.slave
    assert line.inverter.state == DRIVING and line.inverter.fault == errors.NO_FAULT
    assert slave.power_w() == line.inverter.power_w == 2000
    beats = [(ms, words[0]) for ms, address, words in slave.writes if address == 30]
    assert [beat for _ms, beat in beats[:5]] == [1, 2, 3, 1, 2]
    assert all(beats[i + 1][0] - beats[i][0] <= 1600 for i in range(1, len(beats) - 1))
    line.run(1000, -1234)
    assert slave.power_w() == line.inverter.power_w == -1234


def test_a_device_whose_heartbeat_stops_ends_its_power_by_itself():
    line = beating()
    assert line.slave.power_w() == 2000
    line.answer = lambda i, frame: b""
    line.slave.pass_time(line.now + 3100)
    assert line.slave.power_w() == 0


def test_a_device_that_lives_longer_than_the_operator_allows_is_unsuited():
    line = beating(reversion_s=2)
    assert line.inverter.state == UNSUITED and line.inverter.fault == errors.INVERTER_UNSUITED
    assert not line.slave.writes


def test_ratings_are_the_limits_of_the_set_point():
    line = beating()
    assert (line.inverter.charge_rating_w, line.inverter.discharge_rating_w) == (7400, 5000)
    line.run(500, -7000)
    assert line.inverter.active.commanded_w == -5000


def test_a_state_of_charge_that_is_none_is_unknown_and_a_missing_one_too():
    line = beating()
    assert line.inverter.soc_pct_x100 == -1
    for raw, expected in ((50, 5000), (100, 10000), (101, -1)):
        soc = (50, 4, U16, 100, 1, INTO)
        slave = Beating()
        slave.lay(50, raw, 0, 0, 0)
        line = Line(slave, always(3), family=lambda p, soc=soc: device.driver(p, register_map(soc=soc)))
        line.run(4000, 1000)
        assert line.inverter.soc_pct_x100 == expected


# --- a lifetime that travels with each setting


def lasting(**changes):
    setting = ((SET_POINT, 10, S16, 10, 1, INTO, -7400, 7400), (LIFETIME, 11, U16, 100, 10, 300))
    mapped = register_map(steps=(), setting=setting, power=(40, 5, S16, 10, 1, INTO))
    line = Line(Lasting(), always(3), changes=changes, family=lambda p: device.driver(p, mapped))
    line.run(4000, 2000)
    return line


def test_a_lifetime_in_the_setting_is_written_with_each_and_renewed_at_its_half():
    line = lasting()
    begun = len(line.slave.writes)
    line.run(10000, 2000)
    assert line.inverter.state == DRIVING and line.inverter.power_w == 2000
    writes = line.slave.writes[begun:]
    assert {(address, words[0], words[1]) for _ms, address, words in writes} == {(10, 200, 40)}
    assert all(writes[i + 1][0] - writes[i][0] <= 2100 for i in range(len(writes) - 1))
    assert line.slave.power_w(writes[-1][0] + 3900) == 2000
    assert line.slave.power_w(writes[-1][0] + 4100) == 0


def test_a_lifetime_past_the_registers_most_is_shortened_to_it_and_one_below_its_least_is_unsuited():
    line = lasting(reversion_s=60)
    line.run(50000, 2000)
    assert line.slave.words[11] == 300 and line.inverter.fault == errors.NO_FAULT
    writes = line.slave.writes
    assert max([writes[i + 1][0] - writes[i][0] for i in range(2, len(writes) - 1)]) <= 15100
    short = (SETTING[0], SETTING[1], (LIFETIME, 13, U16, 1000, 10, 300))
    mapped = register_map(steps=(MODE,), setting=short, power=None)
    line = Line(Beating(), always(3), family=lambda p: device.driver(p, mapped))
    line.run(3000, 2000)
    assert line.inverter.state == UNSUITED and not line.slave.writes


# --- numbers


class Answer:
    """The last answer of a master: its registers."""

    def __init__(self, words):
        self.words = words

    def register(self, i):
        return self.words[i]

    def signed(self, i):
        return self.words[i] - 0x10000 if self.words[i] & 0x8000 else self.words[i]


def test_numbers_of_every_type_come_back_as_they_were_put():
    small = 0x3FFFFFFF
    for kind, values in (
        (U16, (0, 1, 0x7FFF, 0xFFFF)),
        (S16, (0, 1, -1, 0x7FFF, -0x8000)),
        (U32, (0, 1, 0xFFFF, 0x10000, small)),
        (U32_LOW_FIRST, (0, 1, 0xFFFF, 0x10000, small)),
        (S32, (0, 1, -1, 0x12345678, -0x12345678, small, -small)),
        (S32_LOW_FIRST, (0, 1, -1, 0x12345678, -0x12345678, small, -small)),
    ):
        for value in values:
            words = [0xAAAA, 0xAAAA, 0xAAAA]
            numbers.put(words, 1, kind, value)
            assert numbers.read(Answer(words), 1, kind) == value, (kind, value)
            assert words[0] == 0xAAAA
    words = [0, 0]
    numbers.put(words, 0, S32, 0x12345678)
    assert words == [0x1234, 0x5678]
    numbers.put(words, 0, S32_LOW_FIRST, 0x12345678)
    assert words == [0x5678, 0x1234]


def test_numbers_past_the_small_integers_are_unknown():
    for kind, words in ((U32, (0x4000, 0)), (U32, (0xFFFF, 0xFFFF)), (S32, (0x4000, 0)), (S32, (0xBFFF, 0))):
        assert numbers.read(Answer(words), 0, kind) == limits.UNKNOWN
        assert numbers.scaled(limits.UNKNOWN, 1, 1, INTO) == limits.UNKNOWN
    assert numbers.scaled(0x10000000, 10, 1, OUT) == limits.UNKNOWN


def test_scales_round_toward_zero_on_both_sides():
    for sign in (INTO, OUT):
        for value in (0, 9, 10, 19, -9, -19, 7405, -7405):
            raw = numbers.counts(value, 10, 1, sign)
            back = numbers.scaled(raw, 10, 1, sign)
            assert abs(back) <= abs(value) < abs(back) + 10 and back * value >= 0
            assert numbers.scaled(numbers.counts(value, 1, 10, sign), 1, 10, sign) == value


# --- maps that are rejected


def refused(word, **parts):
    try:
        register_map(**parts)
    except ProtocolError as error:
        assert word in str(error), error
        return
    raise AssertionError("taken: %s" % word)


def test_a_map_without_a_lifetime_is_rejected():
    refused("nothing ends a power", steps=(MODE,))
    refused("nothing ends a power", steps=())


def test_a_lifetime_may_be_written_in_a_step_or_with_the_setting():
    lifetime = (LIFETIME, 21, U16, 1000, 1, 60)
    register_map(steps=(MODE + (lifetime,),))
    register_map(steps=(MODE,), setting=SETTING + ((LIFETIME, 13, U16, 1000, 1, 60),))


def test_a_heartbeat_that_is_not_alone_or_too_short_is_rejected():
    refused("alone in the last step", steps=(BEAT, MODE))
    refused("alone in the last step", steps=(((HEARTBEAT, 30, U16, 3000, 1, 3), (HOLD, 31, U16, 1)),))
    refused("alone in the last step", steps=(BEAT, ((HEARTBEAT, 31, U16, 3000, 1, 3),)))
    refused("too short", steps=(((HEARTBEAT, 30, U16, 1999, 1, 3),),))
    assert register_map(steps=(((HEARTBEAT, 30, U16, 2000, 1, 3),),)).heartbeat


def test_set_points_outside_of_the_setting_gaps_and_long_writes_are_rejected():
    refused("SET_POINT", setting=((HOLD, 10, U16, 1),))
    refused("SET_POINT", steps=(((SET_POINT, 50, U16, 1, 1, INTO, 0, 1),), BEAT))
    refused("does not follow", setting=((HOLD, 10, U16, 1), (SET_POINT, 12, S32, 1, 1, OUT, -1, 1)))
    refused("a write of", steps=(tuple([(HOLD, 60 + i, U16, i) for i in range(9)]), BEAT))
    register_map(steps=(tuple([(HOLD, 60 + i, U16, i) for i in range(8)]), BEAT))


def test_two_reads_of_one_length_are_rejected():
    refused("one length", soc=(50, 5, U16, 100, 1, INTO))
    refused("one length", soc=(50, 6, U16, 100, 1, INTO))
    refused("one length", steps=(tuple([(HOLD, 60 + i, U16, i) for i in range(3)]), BEAT))
    refused("one length", soc=(50, 7, U16, 100, 1, INTO))  # the second reading of the identity


def test_every_family_of_the_list_makes_its_driver_and_no_other_is_taken():
    for family in range(len(inverter.FAMILIES)):
        found = inverter.make(Parameters({"inverter_family": family}))
        assert found.state == inverter.SEARCHING and found.deadline(0) == 0
    try:
        Parameters({"inverter_family": len(inverter.FAMILIES)})
    except ParameterError as error:
        assert "inverter_family" in str(error)
        return
    raise AssertionError("a family that is none was taken")


# --- what is found and measured


def test_ratings_are_never_negative():
    for least_w, most_w, charge_w, discharge_w in ((100, 5000, 5000, 0), (-5000, -100, 0, 5000)):
        setting = (SETTING[0], (SET_POINT, 11, S32_LOW_FIRST, 1, 10, OUT, least_w, most_w))
        found = device.driver(Parameters({"reversion_s": 4}), register_map(setting=setting))
        found.device.bind(5000, 0, found)
        assert (found.charge_rating_w, found.discharge_rating_w) == (charge_w, discharge_w)


def test_a_device_that_is_searched_for_again_is_not_driven_meanwhile():
    line = beating()
    found = line.inverter.device
    assert found.control is not None and found.measure is not None
    found.forget()
    assert (found.control, found.measure, found.storage) == (None, None, None)
    found.control = None
    found._control._turn_to(1)
    assert found.bind(5000, 0, line.inverter)
    assert found.control.address == 20, "it begins with what it holds"


def test_a_state_that_was_not_read_is_unknown_and_a_map_without_power_has_none():
    slow = device.Slow((50, 4, U16, 100, 1, INTO), (60, 3, U16, 1, 1, INTO), None)
    measure = device.Measure((40, 5, S16, 10, 1, INTO))
    assert (measure.state, measure.count, measure.address) == (-1, 5, 40)
    soc = Reading()
    for words, address in (((0,), 60), ((7,), 50), ((100,), 60)):
        slow.take(Answer(words), soc, 0)
        assert slow.address == address
    assert soc.values == [0, 10000]


class Reading:
    def __init__(self):
        self.values = []

    def take(self, value, now_ms):
        self.values.append(value)


def test_an_identity_is_text_of_what_can_be_printed_once_it_was_read_twice():
    words = (0x4245, 0x2041, 0x7E7F, 0x1FC1, 0x2020, 7, 8)
    found = Identity(100, 6, ((0, 0xFFFF, 0x4245),))
    assert not found.heard and found.text() == ""
    assert found.take(Answer(words)) == WORKING and found.heard
    assert found.take(Answer(words)) == COMPLETE
    assert found.text() == "BE A~"
    assert not found.sure() and found.doubt() == SETTLED
    found.start()
    assert not found.heard and found.text() == ""
    assert found.refuse(2) == NOT_FOUND and found.heard


def test_a_product_past_the_small_integers_is_unknown_and_the_largest_is_not():
    for sign in (INTO, OUT):
        assert numbers.scaled(0x3FFFFFFE, 1, 1, sign) == sign * 0x3FFFFFFE
        assert numbers.scaled(0x3FFFFFFF, 1, 1, sign) == limits.UNKNOWN
        assert numbers.scaled(0x3FFFFFFE // 10 + 1, 10, 1, sign) == limits.UNKNOWN
