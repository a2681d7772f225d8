"""The envelope, the departure and the energy between them where one bound gives way to another."""

from inverter_limits import InverterRatings

from gridkeel import energy, limits, ticks
from gridkeel.departure import DEPARTURE_MAX_S, Departure
from gridkeel.envelope import TEMPERATURE_UNKNOWN, Envelope
from gridkeel.params import Parameters


class Demand:
    soc_pct_x100 = -1


class Connector:
    demand = Demand()
    charge_w = 3000
    charge_by = limits.CABLE_RATING
    discharge_w = 2000
    discharge_by = limits.V1G


def envelope_of(**changes):
    return Envelope(Parameters(dict({"charge_max_w": 8000, "discharge_max_w": 6000}, **changes)))


def bounded(envelope, requested_w, soc=6000, temperature_c=TEMPERATURE_UNKNOWN, active_left_w=limits.NO_BOUND):
    permitted_w = envelope.limit(requested_w, InverterRatings(20000, 20000, soc), True, temperature_c, active_left_w)
    assert permitted_w == envelope.permitted_w
    return permitted_w, envelope.limiter


def test_the_connector_bounds_both_sides_and_the_headroom_is_reported_without_it():
    envelope = envelope_of()
    envelope.connector = Connector()
    assert bounded(envelope, 9000) == (3000, limits.CABLE_RATING)
    assert bounded(envelope, -9000) == (-2000, limits.V1G)
    assert envelope.headroom_w == 8000
    assert bounded(envelope, 3000) == (3000, limits.NONE)
    assert bounded(envelope, -2000) == (-2000, limits.NONE)


class Wide:
    """A connector that bounds one side alone."""

    demand = Demand()
    charge_by = discharge_by = limits.SESSION

    def __init__(self, charge_w, discharge_w):
        self.charge_w = charge_w
        self.discharge_w = discharge_w


def test_a_connector_that_carries_more_than_the_ratings_leaves_them_in_force():
    envelope = envelope_of()
    envelope.connector = Wide(9000, 1000)
    assert bounded(envelope, 9900) == (8000, limits.CHARGE_RATING)
    assert bounded(envelope, -9900) == (-1000, limits.SESSION)
    envelope.connector = Wide(2500, 7000)
    assert bounded(envelope, 9900) == (2500, limits.SESSION)
    assert bounded(envelope, -9900) == (-6000, limits.DISCHARGE_RATING)
    envelope.connector = Wide(7000, 5000)
    assert bounded(envelope, 9900) == (7000, limits.SESSION)
    assert bounded(envelope, -9900) == (-5000, limits.SESSION)


def test_the_vehicles_own_state_of_charge_counts_where_it_reports_one():
    envelope = envelope_of()
    envelope.connector = Connector()
    assert bounded(envelope, -100) == (-100, limits.NONE)
    Demand.soc_pct_x100 = 0
    try:
        assert bounded(envelope, -100) == (0, limits.SOC_RESERVE)
    finally:
        Demand.soc_pct_x100 = -1


def test_what_reactive_power_leaves_bounds_both_sides():
    envelope = envelope_of()
    assert bounded(envelope, 9000, active_left_w=5000) == (5000, limits.REACTIVE)
    assert bounded(envelope, -9000, active_left_w=5000) == (-5000, limits.REACTIVE)


def test_ratings_of_either_side_are_their_own():
    envelope = envelope_of()
    assert bounded(envelope, 9000) == (8000, limits.CHARGE_RATING)
    assert bounded(envelope, -9000) == (-6000, limits.DISCHARGE_RATING)


def test_heat_takes_from_the_larger_rating_and_ends_in_zero():
    for ratings in ({}, {"charge_max_w": 6000, "discharge_max_w": 8000}):
        envelope = envelope_of(temperature_sensor=1, derate_from_c=60, derate_span_k=20, **ratings)
        for temperature_c, most_w in ((60, 8000), (61, 7600), (75, 2000), (79, 400), (80, 0), (99, 0)):
            for sign, rating_w in ((1, envelope._p.charge_max_w), (-1, envelope._p.discharge_max_w)):
                found = bounded(envelope, sign * 9000, temperature_c=temperature_c)
                assert found[0] == sign * min(most_w, rating_w), temperature_c
        assert bounded(envelope, 9000) == (0, limits.TEMPERATURE)


def test_a_full_battery_charges_again_half_a_percent_below():
    envelope = envelope_of(soc_full_pct_x100=9500)
    for soc, flows in ((9499, True), (9500, False), (9499, False), (9451, False), (9450, True), (9499, True)):
        assert (bounded(envelope, 100, soc)[0] == 100) == flows, soc


def test_an_empty_battery_is_known_and_an_unknown_one_is_not_full():
    envelope = envelope_of(soc_reserve_pct_x100=0)
    assert bounded(envelope, -100, 0) == (0, limits.SOC_RESERVE)
    assert bounded(envelope, -100, -1) == (0, limits.SOC_UNKNOWN)
    assert bounded(envelope, 100, 10000) == (0, limits.SOC_FULL)
    assert bounded(envelope, 100, -1) == (100, limits.NONE)


def test_a_battery_that_is_unknown_for_a_while_keeps_what_was_reached():
    for before, after, flows in ((4020, 4020, True), (4000, 4020, False)):
        envelope = envelope_of(soc_reserve_pct_x100=4000)
        for soc in (before, -1):
            bounded(envelope, -100, soc)
        assert (bounded(envelope, -100, after)[0] != 0) == flows, before
    envelope = envelope_of(soc_full_pct_x100=9500)
    for soc in (9500, -1):
        bounded(envelope, 100, soc)
    assert bounded(envelope, 100, 9480) == (0, limits.SOC_FULL)


def test_the_limiter_of_the_floor_is_what_set_it_and_the_reserve_in_a_tie():
    envelope = envelope_of(battery_wh=60000, soc_reserve_pct_x100=4000)
    for needed, name in ((4000, limits.SOC_RESERVE), (4001, limits.DEPARTURE)):
        envelope.departure.set(3600, needed, 0)
        envelope.departure.floor_pct_x100 = lambda *_known, needed=needed: needed
        assert bounded(envelope, -100, needed) == (0, name)
    envelope.departure.floor_pct_x100 = lambda *_known: 0
    assert bounded(envelope, -100, 4000) == (0, limits.SOC_RESERVE)


def test_a_horizon_is_a_minute_at_the_least_and_bounds_nothing_unknown():
    for horizon_s, most_w in ((30, 48000), (60, 48000), (90, 32000)):
        envelope = envelope_of(
            battery_wh=1000, horizon_s=horizon_s, efficiency_pct=100, soc_reserve_pct_x100=2000,
            discharge_max_w=50000, ev_discharge_max_w=50000, cable_max_w=50000,
        )  # fmt: skip
        ratings = InverterRatings(20000, 20000, 10000)
        ratings.discharge_rating_w = 50000
        assert envelope.limit(-50000, ratings, True) == -most_w
    envelope = envelope_of(battery_wh=1000, horizon_s=3600)
    assert bounded(envelope, 8000, -1) == (8000, limits.NONE)
    assert bounded(envelope, 8000, 0)[1] == limits.SUSTAINED_ENERGY
    assert bounded(envelope, 8000, 9600) == (0, limits.SOC_FULL)  # past full, and no negative bound
    assert envelope.charge_w == 0
    assert bounded(envelope, -8000, 3000) == (0, limits.SOC_RESERVE)
    assert envelope.discharge_w == 0


# --- the departure


def known(in_s, soc_pct_x100, now_ms=0):
    departure = Departure()
    assert departure.set(in_s, soc_pct_x100, now_ms)
    return departure


def test_the_ends_of_the_range_of_a_departure_are_taken():
    assert known(DEPARTURE_MAX_S, 10000).left_s == DEPARTURE_MAX_S
    assert known(1, 0).left_s == 1
    for in_s, soc in ((-1, 0), (DEPARTURE_MAX_S + 1, 0), (1, -1), (1, 10001)):
        assert not Departure().set(in_s, soc, 0)


def test_a_departure_of_the_past_stays_past_when_the_tick_wraps():
    departure = known(10, 8000, ticks.MASK - 5000)
    departure.update(ticks.add(ticks.MASK - 5000, 10000))
    assert departure.left_s == 0
    departure.update(ticks.add(ticks.MASK - 5000, ticks.MASK // 2 + 15000))
    assert departure.left_s == 0
    departure = known(0, 8000)
    departure.update(ticks.sub(0, 5000))
    assert departure.left_s == 0


def test_the_floor_counts_what_the_time_behind_the_horizon_brings_back():
    departure = known(7200, 8000)
    for battery_wh, charge_w, horizon_s, floor in (
        (50000, 5000, 3600, 7000),
        (50000, 5000, 7200, 8000),
        (50000, 5000, 9000, 8000),  # the horizon lies behind the departure
        (50000, 5000, 0, 6000),
        (50000, 25000, 0, 0),
        (50000, 5000, 7199, 8000),
        (0, 5000, 0, 0),
    ):
        assert departure.floor_pct_x100(battery_wh, charge_w, 100, horizon_s) == floor, (battery_wh, horizon_s)
    departure.update(ticks.add(0, 7200000))
    assert departure.floor_pct_x100(50000, 5000, 100, 0) == 0
    assert known(DEPARTURE_MAX_S, 10000).floor_pct_x100(50000, 100, 100, 0) == 9520  # a day is counted, no more


def test_required_power_begins_at_its_share_of_what_may_flow_and_stays():
    departure = known(3600, 8000)
    for soc, charge_w, needed in (
        (7201, 5000, 0),
        (7200, 5000, 4000),  # 80 % of 5 kW
        (7500, 5000, 2500),  # called for once, it stays
        (8000, 5000, 0),
        (7500, 5000, 0),
        (7000, 5000, 5000),
        (6000, 5000, 5000),
    ):
        assert departure.required_w(50000, soc, charge_w, 100) == needed, soc
    departure.set(3600, 8000, 0)
    assert departure.required_w(50000, 7500, 5000, 100) == 0  # another departure starts over


def test_no_power_is_required_without_a_departure_a_battery_or_its_state_of_charge():
    departure = known(3600, 8000)
    assert departure.required_w(0, 2000, 5000, 100) == 0
    assert departure.required_w(50000, -1, 5000, 100) == 0
    assert departure.required_w(50000, 0, 5000, 100) == 5000
    assert Departure().required_w(50000, 2000, 5000, 100) == 0


def test_required_power_is_spread_over_a_minute_to_a_day():
    assert known(30, 8000).required_w(60000, 7900, 36000, 100) == 36000
    assert known(30, 8000).required_w(60000, 7999, 300, 100) == 300
    assert known(30, 8000).required_w(60000, 7999, 400, 100) == 360
    assert known(DEPARTURE_MAX_S, 8000).required_w(50000, 3200, 1200, 100) == 1000


# --- energy


def test_energy_power_and_time_go_together():
    assert energy.power_w(24000, 3600) == 24000
    assert energy.power_w(24001, 86400) == 1000
    assert energy.power_w(1000, 60) == 60000
    assert energy.moved_wh(3600, 3601) == 3601
    assert energy.moved_wh(50000, 86400) == 1200000
    assert energy.moved_wh(1000, 4500) == 1250
    assert energy.moved_wh(1, 3599) == 0


def test_a_share_is_the_whole_at_the_most():
    assert energy.share_pct_x100(60000, 59999) == 9999
    assert energy.share_pct_x100(60000, 60000) == 10000
    assert energy.share_pct_x100(60000, 900000) == 10000
    assert energy.share_pct_x100(60000, 15000) == 2500
    assert energy.share_pct_x100(500000, 7) == 0
    assert energy.share_pct_x100(30000, 1) == 0
    assert energy.share_pct_x100(30000, 3) == 1


def test_the_bounds_of_the_energy_are_those_its_users_count_on():
    assert (energy.TIME_MIN_S, energy.TIME_MAX_S, energy.BATTERY_MAX_WH) == (60, 86400, 500000)


class Deviation:
    """What an inverter was seen to deliver."""

    def __init__(self, deviation_w, charge_w=limits.NO_BOUND, discharge_w=limits.NO_BOUND):
        self.deviation_w = deviation_w
        self.charge_w = charge_w
        self.discharge_w = discharge_w


def test_what_an_inverter_does_not_deliver_bounds_its_promise_and_not_its_command():
    envelope = envelope_of()
    for following, charge, discharge in (
        (Deviation(-3000, charge_w=2000), (2000, limits.NOT_FOLLOWING), (6000, limits.DISCHARGE_RATING)),
        (Deviation(3000, discharge_w=1000), (8000, limits.CHARGE_RATING), (1000, limits.NOT_FOLLOWING)),
        (Deviation(0), (8000, limits.CHARGE_RATING), (6000, limits.DISCHARGE_RATING)),
    ):
        envelope.following = following
        assert bounded(envelope, 5000) == (5000, limits.NONE)
        assert bounded(envelope, -5000) == (-5000, limits.NONE)
        assert (envelope.charge_w, envelope.charge_by) == charge
        assert (envelope.discharge_w, envelope.discharge_by) == discharge


def test_the_floor_of_a_departure_counts_with_what_is_delivered():
    def floor(following, **changes):
        envelope = envelope_of(battery_wh=40000, **changes)
        envelope.departure.set(3600, 8000, 0)
        envelope.following = following
        bounded(envelope, 0, soc=7000)
        return envelope._floor

    assert floor(Deviation(0)) == floor(None) < 8000
    assert floor(Deviation(-1, charge_w=2000)) == floor(None, charge_max_w=2000) > floor(None)
