"""The control pilot: every edge of every band, debounce, diode; duty and current."""

from noalloc import without_heap

from gridkeel import errors, ticks
from gridkeel.evse import duty, pilot
from gridkeel.evse.times import DEBOUNCE_MS, DIODE_MS

LOW_MV = -12000


class PilotSetup:
    """A pilot seen every 10 ms, from shortly before the tick wraps."""

    def __init__(self, high_mv=12000, duty_permille=1000):
        self.pilot = pilot.Pilot()
        self.now = ticks.MASK - 200
        self.duty = duty_permille
        self.high_mv = high_mv
        self.low_mv = None
        self.run(100)

    def _update(self):
        low_mv = self.low_mv
        if low_mv is None:
            low_mv = LOW_MV if duty.has_pwm(self.duty) else self.high_mv
        self.pilot.update(self.high_mv, low_mv, self.duty, self.now)

    def run(self, ms):
        update = self._update
        for _ in range(ms // 10):
            self.now = ticks.add(self.now, 10)
            without_heap(update)
        return self.pilot.state

    def see(self, high_mv, ms=100, low_mv=None):
        self.high_mv = high_mv
        self.low_mv = low_mv
        return self.run(ms)


def test_every_voltage_band_gives_its_state_to_the_edge():
    for level_mv, state in (
        (15000, pilot.A),
        (11000, pilot.A),
        (10000, pilot.B),
        (8000, pilot.B),
        (7000, pilot.C),
        (5000, pilot.C),
        (4000, pilot.D),
        (2000, pilot.D),
        (1000, pilot.E),
        (0, pilot.E),
        (-9999, pilot.E),
        (-10000, pilot.F),
        (-13000, pilot.F),
    ):
        for before in range(len(pilot.NAMES)):
            assert pilot.state_of(level_mv, before) == state, level_mv


def test_every_band_ends_where_it_should_whatever_the_state_before():
    middles_mv = (9000, 6000, 3000, 0, -12000, 12000)
    for level_mv, state in (
        (11000, pilot.A),
        (10000, pilot.B),
        (8000, pilot.B),
        (7000, pilot.C),
        (5000, pilot.C),
        (4000, pilot.D),
        (2000, pilot.D),
        (1000, pilot.E),
        (-7000, pilot.E),
        (-10000, pilot.F),
    ):
        for before_mv in middles_mv:
            setup = PilotSetup(high_mv=before_mv)
            assert setup.see(level_mv) == state, (before_mv, level_mv)
            assert setup.pilot.fault == (errors.PILOT_ERROR if level_mv <= 1000 else errors.NO_FAULT)


def test_between_two_bands_it_stays_on_either_side():
    for before_mv, least_mv, most_mv in ((9000, 7001, 10999), (6000, 4001, 7999), (3000, 1001, 4999)):
        setup = PilotSetup(high_mv=before_mv)
        state = setup.pilot.state
        assert setup.see(least_mv) == setup.see(most_mv) == state


def test_between_two_bands_the_state_before_is_kept():
    for least_mv, most_mv in ((10001, 10999), (7001, 7999), (4001, 4999), (1001, 1999)):
        for level_mv in (least_mv, most_mv):
            for before in range(len(pilot.NAMES)):
                assert pilot.state_of(level_mv, before) == before, level_mv


def test_nothing_is_known_before_the_first_clear_level():
    setup = PilotSetup(high_mv=10500)
    assert setup.pilot.state == pilot.NONE
    assert not setup.pilot.plugged()
    assert setup.see(9000) == pilot.B
    assert setup.pilot.plugged()


def test_a_state_counts_once_it_has_lasted():
    setup = PilotSetup()
    assert setup.see(9000, DEBOUNCE_MS) == pilot.A
    assert setup.run(10) == pilot.B
    assert setup.see(6000, DEBOUNCE_MS) == pilot.B
    assert setup.run(10) == pilot.C


def test_a_level_that_comes_and_goes_never_counts():
    setup = PilotSetup(high_mv=6000)
    assert setup.pilot.state == pilot.C
    for _ in range(20):
        assert setup.see(12000, DEBOUNCE_MS) == pilot.C
        assert setup.see(6000, 10) == pilot.C


def test_a_glitch_on_the_way_begins_the_wait_anew():
    setup = PilotSetup(high_mv=6000)
    setup.see(9000, 20)
    setup.see(12000, 10)
    assert setup.see(9000, DEBOUNCE_MS) == pilot.C
    assert setup.run(10) == pilot.B


def test_short_to_pe_is_an_error_that_ends_with_it():
    setup = PilotSetup(high_mv=6000)
    assert setup.see(300) == pilot.E
    assert setup.pilot.fault == errors.PILOT_ERROR
    assert not setup.pilot.plugged()
    assert setup.see(9000) == pilot.B
    assert setup.pilot.fault == errors.NO_FAULT


def test_minus_12_v_that_is_not_ours_is_an_error():
    setup = PilotSetup()
    assert setup.see(-12000) == pilot.F
    assert setup.pilot.fault == errors.PILOT_ERROR


def test_our_own_f_and_e_are_no_errors():
    setup = PilotSetup(high_mv=9000)
    for duty_permille, state in ((0, pilot.F), (-1, pilot.E)):
        setup.duty = duty_permille
        assert setup.see(-12000) == state
        assert setup.pilot.fault == errors.NO_FAULT
    setup.duty = 1000
    assert setup.see(9000) == pilot.B


def test_a_missing_diode_is_found_and_stays_until_the_vehicle_is_gone():
    setup = PilotSetup(high_mv=9000, duty_permille=100)
    assert setup.pilot.fault == errors.NO_FAULT
    setup.see(9000, DIODE_MS, low_mv=pilot.DIODE_MV + 1)
    assert setup.pilot.fault == errors.NO_FAULT
    setup.run(10)
    assert setup.pilot.fault == errors.PILOT_DIODE
    setup.see(9000, 1000)
    assert setup.pilot.fault == errors.PILOT_DIODE
    setup.see(12000)
    assert setup.pilot.fault == errors.NO_FAULT


def test_the_low_level_counts_to_the_millivolt_and_only_with_pwm():
    setup = PilotSetup(high_mv=9000, duty_permille=100)
    setup.see(9000, 1000, low_mv=pilot.DIODE_MV)
    assert setup.pilot.fault == errors.NO_FAULT
    setup.duty = 1000
    setup.see(9000, 1000)
    assert setup.pilot.fault == errors.NO_FAULT
    for percent_permille in (50, 100, 960):
        setup = PilotSetup(high_mv=6000, duty_permille=percent_permille)
        setup.see(6000, 200, low_mv=-5600)
        assert setup.pilot.fault == errors.PILOT_DIODE


def test_a_short_does_not_make_good_for_a_missing_diode():
    setup = PilotSetup(high_mv=9000, duty_permille=100)
    setup.see(9000, 200, low_mv=-5000)
    assert setup.pilot.fault == errors.PILOT_DIODE
    setup.see(0)
    assert setup.pilot.fault == errors.PILOT_ERROR
    setup.see(9000)
    assert setup.pilot.fault == errors.PILOT_DIODE
    setup.see(12000)
    setup.see(9000)
    assert setup.pilot.fault == errors.NO_FAULT


def test_a_diode_that_is_missing_now_and_then_is_not_added_up():
    setup = PilotSetup(high_mv=9000, duty_permille=100)
    for _ in range(10):
        setup.see(9000, DIODE_MS - 20, low_mv=-5000)
        setup.see(9000, 10)
    assert setup.pilot.fault == errors.NO_FAULT


def test_a_glitch_is_no_fault_and_makes_none_good():
    setup = PilotSetup(high_mv=9000, duty_permille=100)
    setup.see(0, 10)
    assert setup.pilot.fault == errors.NO_FAULT
    setup.see(9000, 200, low_mv=-5000)
    setup.see(12000, 10)
    assert setup.pilot.fault == errors.PILOT_DIODE
    setup.see(9000)
    assert setup.pilot.fault == errors.PILOT_DIODE


def test_a_vehicle_is_there_in_b_c_and_d():
    for level_mv, plugged in ((12000, False), (9000, True), (6000, True), (3000, True), (0, False), (-12000, False)):
        setup = PilotSetup(high_mv=level_mv)
        assert setup.pilot.plugged() is plugged, level_mv


def test_there_is_a_pwm_between_its_ends():
    for duty_permille, swings in ((-1, False), (0, False), (1, True), (50, True), (999, True), (1000, False)):
        assert duty.has_pwm(duty_permille) is swings, duty_permille


def test_the_duty_of_a_current_is_that_of_the_standard():
    for current_ma, duty_permille in (
        (0, 1000),
        (5999, 1000),
        (6000, 100),
        (10000, 166),
        (16000, 266),
        (32000, 533),
        (51000, 850),
        (52499, 850),
        (52500, 850),
        (63000, 892),
        (80000, 960),
        (200000, 960),
    ):
        assert duty.of_ma(current_ma) == duty_permille, current_ma


def test_the_current_of_a_duty_is_that_of_the_standard():
    for duty_permille, current_ma in (
        (0, 0),
        (50, 0),
        (99, 0),
        (100, 6000),
        (500, 30000),
        (850, 51000),
        (851, 52750),
        (960, 80000),
        (961, 0),
        (1000, 0),
    ):
        assert duty.ma_of(duty_permille) == current_ma, duty_permille


def test_no_duty_offers_more_than_there_is_and_none_wastes_a_step():
    for current_ma in range(6000, 80001, 37):
        offered_ma = duty.ma_of(duty.of_ma(current_ma))
        assert offered_ma <= current_ma
        # 0.06 A a step under the knee, 0.25 A over it, and the gap of the two lines at 85 %
        assert current_ma - offered_ma < (60 if current_ma < 51060 else 250 if current_ma >= 52750 else 1750)


def test_what_the_station_itself_drives_is_no_fault_of_the_vehicle():
    for duty_permille, state in ((0, pilot.F), (-1, pilot.E)):
        setup = PilotSetup()
        setup.see(0)
        assert setup.pilot.fault == errors.PILOT_ERROR
        setup.duty = duty_permille
        assert setup.run(10) == state
        assert setup.pilot.fault == errors.NO_FAULT
