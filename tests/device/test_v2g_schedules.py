"""SAScheduleTuple from a price plan, and charging profiles held against it."""

from fake_charger import FakeCharger

from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import modes, schedules, values
from gridkeel.v2g.iso2.codes import RefusedError


class ScheduleContext:
    """As much of a context as a schedule needs."""

    def __init__(self, schedule=(), rating_w=7360):
        self.charger = FakeCharger()
        self.charger.schedule = schedule
        self.charger.max_power_w = rating_w
        self.tuple_id = 1
        self.offer = ()
        self.offer_end_s = 0
        self.over_w = 0

    def log(self, kind, subject, detail, number):
        assert (kind, subject, detail) == (journal.KIND_DELIVERY, journal.CHARGING_PROFILE_CUT, journal.OTHER)
        self.over_w = number


def offered(schedule, departure_s=None, entries=schedules.ENTRIES_UNASKED):
    context = ScheduleContext(schedule)
    schedules.make(context, departure_s, entries)
    return context.offer, context.offer_end_s


def test_without_a_price_plan_the_rating_is_offered_for_a_day():
    assert offered(()) == (((0, 7360),), 86400)
    assert offered((), 7200) == (((0, 7360),), 7200)


def test_slots_are_cut_and_joined():
    slots = ((0, 9000), (900, 7360), (1800, 0), (2700, -5), (3600, 2000))
    assert offered(slots) == (((0, 7360), (1800, 0), (3600, 2000)), 3600 + 86400 - 3600)
    assert offered(slots, 2000) == (((0, 7360), (1800, 0)), 2000)


def test_the_last_entry_lasts_a_day_at_most():
    assert offered((), 300000) == (((0, 7360),), 86400)
    assert offered(((0, 100), (50000, 200)), 300000) == (((0, 100), (50000, 200)), 136400)


def test_entries_past_what_the_ev_takes_are_joined_to_their_least_power():
    slots = ((0, 1000), (100, 2000), (200, 500), (300, 4000))
    assert offered(slots, None, 4)[0] == slots
    assert offered(slots, None, 3)[0] == ((0, 1000), (100, 2000), (200, 500))
    assert offered(slots, None, 2)[0] == ((0, 1000), (100, 500))
    assert offered(slots, None, 1)[0] == offered(slots, None, 0)[0] == ((0, 500),)
    day = tuple((k * 900, 1000 + k) for k in range(96))
    assert len(offered(day)[0]) == 23 and len(offered(day, None, 1024)[0]) == 96


def test_the_schedule_tuple_has_its_entries_and_durations():
    context = ScheduleContext(((0, 1000), (900, 0)))
    schedules.make(context, None, 24)
    found = schedules.tuple_of(context)
    assert found["SAScheduleTupleID"] == 1
    first, second = found["PMaxSchedule"]["PMaxScheduleEntry"]
    assert first == {"PMax": {"Multiplier": 0, "Unit": "W", "Value": 1000}, "RelativeTimeInterval": {"start": 0}}
    assert second["RelativeTimeInterval"] == {"start": 900, "duration": 85500}


def entry(start_s, power_w, unit="W"):
    power = {"Multiplier": 0, "Unit": unit, "Value": power_w}
    return {"ChargingProfileEntryStart": start_s, "ChargingProfileEntryMaxPower": power}


def profiled(context, entries):
    """Return what is kept of a profile, or the code it is refused with; context.over_w: what was logged of it."""
    context.over_w = 0
    try:
        return schedules.check_profile(context, {"ProfileEntry": list(entries)})
    except RefusedError as error:
        return error.code


def checked(*entries):
    context = ScheduleContext(((0, 1000), (900, 3000), (1800, 0)))
    schedules.make(context, 3600, 24)
    return profiled(context, entries), context.over_w


def test_a_profile_within_the_offer_is_followed_as_it_is():
    whole = ((0, 1000), (900, 3000), (1800, 0), (3600, 0))
    for entries in (whole, ((0, 0),), ((900, 3000), (1799, 0)), ((0, 1000), (900, 1000), (1800, 0))):
        assert checked(*[entry(*pair) for pair in entries]) == (entries, 0)
    assert schedules.check_profile(ScheduleContext(), None) == ()


def test_a_profile_above_the_offer_is_cut_to_it_and_logged():
    for entries, found, over_w in (
        (((0, 1001), (900, 0)), ((0, 1000), (900, 0)), 1),
        (((0, 32767000),), ((0, 1000), (900, 3000), (1800, 0)), 32767000),
        # it lasts into the slot without power
        (((0, 900),), ((0, 900), (1800, 0)), 900),
        (((0, 1000), (899, 2000), (1800, 0)), ((0, 1000), (900, 2000), (1800, 0)), 1000),
        # past the end of the schedule nothing is offered
        (((3600, 1),), ((3600, 0),), 1),
        (((0, 0), (5000, 7000), (6000, 0)), ((0, 0),), 7000),
        # longer than the schedule by many entries
        (tuple((100 * k, 5000) for k in range(24)), ((0, 1000), (900, 3000), (1800, 0)), 5000),
    ):
        assert checked(*[entry(*pair) for pair in entries]) == (found, over_w), entries


def test_a_malformed_profile_is_refused():
    invalid = "FAILED_ChargingProfileInvalid", 0
    assert checked(entry(900, 0), entry(0, 0)) == invalid
    assert checked(entry(0, 0), entry(0, 0)) == invalid
    assert checked(entry(0, -1)) == invalid
    assert checked(entry(0, 5000), entry(900, -32767)) == invalid
    assert checked(entry(0, 100, "A")) == invalid


def test_a_cut_profile_keeps_to_the_entries_a_charger_follows():
    context = ScheduleContext(tuple((900 * k, 1000 + k % 2) for k in range(96)))
    schedules.make(context, None, 1024)
    found = profiled(context, [entry(0, 9000)])
    assert len(found) == 24 and found[:2] == ((0, 1000), (900, 1001)) and found[-1] == (900 * 23, 1000)
    assert context.over_w == 8000


def test_the_cut_is_the_least_of_profile_and_offer_at_every_moment():
    context = ScheduleContext(((0, 1000), (700, 4000), (1500, 500), (2500, 2000)))
    schedules.make(context, 4000, 24)
    for profile in (((0, 3000),), ((0, 800), (600, 4500), (1600, 100), (2600, 9000)), ((300, 5000), (3999, 1))):
        found = profiled(context, [entry(*pair) for pair in profile])
        for at_s in range(profile[0][0], 4000, 50):
            wanted = min(power_at(profile, at_s), power_at(context.offer, at_s))
            assert power_at(found, at_s) == wanted, (profile, at_s)


def power_at(entries, at_s):
    return [power_w for start_s, power_w in entries if start_s <= at_s][-1]


def test_nothing_is_offered_from_the_departure_on():
    assert offered(((0, 1000), (2000, 3000)), 2000) == (((0, 1000),), 2000)
    assert offered(((0, 1000), (1999, 3000)), 2000) == (((0, 1000), (1999, 3000)), 2000)
    context = ScheduleContext(((0, 1000),))
    schedules.make(context, 3600, 24)
    # up to the last second the offer lasts, from the departure on nothing does
    assert profiled(context, [entry(0, 900), entry(3599, 1001)]) == ((0, 900), (3599, 1000))
    assert profiled(context, [entry(0, 1000), entry(3600, 1001)]) == ((0, 1000), (3600, 0))
    closed = ((0, 1000), (3600, 0))
    assert (profiled(context, [entry(*pair) for pair in closed]), context.over_w) == (closed, 0)


def test_physical_values_keep_to_16_bits_by_their_multiplier():
    for value, multiplier, expected in (
        (0, 0, 0),
        (230, 0, 230),
        (10.5, -1, 105),
        (10.04, 0, 10),
        (32767, 0, 32767),
        (50000, 1, 5000),
        (-50000, 1, -5000),
        (123456789, 3, 32767),
    ):
        found = values.physical(value, "W")
        assert found == {"Multiplier": multiplier, "Unit": "W", "Value": expected}, (value, found)


def test_a_number_is_read_with_its_multiplier_in_its_unit_alone():
    body = {"X": {"Multiplier": -3, "Unit": "A", "Value": 32000}, "Y": {"Multiplier": 2, "Unit": "A", "Value": -3}}
    assert values.number(body, "X", "A") == 32 and values.number(body, "Y", "A") == -300
    assert values.number(body, "Z", "A", 7) == 7
    try:
        values.number(body, "X", "V")
        raise AssertionError("a unit went through")
    except RefusedError as error:
        assert error.code == "FAILED_WrongChargeParameter"


class ModeParameters:
    def __init__(self, bits):
        self.iso15118_energy_modes = bits


def test_the_offered_energy_modes_are_those_of_connector_and_parameter():
    one, three, dc = FakeCharger(), FakeCharger(), FakeCharger(dc=True)
    three.three_phase = True
    assert modes.offered(ModeParameters(0), one) == ["AC_single_phase_core"]
    assert modes.offered(ModeParameters(0), three) == ["AC_three_phase_core", "AC_single_phase_core"]
    assert modes.offered(ModeParameters(0), dc) == ["DC_extended"]
    assert modes.offered(ModeParameters(63), one) == ["AC_single_phase_core"]
    assert modes.offered(ModeParameters(63), dc) == ["DC_core", "DC_extended", "DC_combo_core", "DC_unique"]
    assert modes.offered(ModeParameters(1 | 4), three) == ["AC_single_phase_core"]
    assert modes.offered(ModeParameters(4), three) == modes.offered(ModeParameters(0), three)


def test_tenths_are_sent_as_far_as_16_bits_go():
    for watts, multiplier, sent in ((3276.7, -1, 32767), (-3276.7, -1, -32767), (3276.8, 0, 3277), (-3276.8, 0, -3277)):
        assert values.physical(watts, "W") == {"Multiplier": multiplier, "Unit": "W", "Value": sent}
