from hand_mains import Mains

from gridkeel import errors, ticks
from gridkeel.params import Parameters
from gridkeel.sensing.quality import LOW_VOLTAGE, WARM_UP_LONG
from gridkeel.services.droop import Droop
from gridkeel.services.protection import CEASED, RETURNING, RUN, SAFE, Protection
from gridkeel.services.setpoint import Setpoint


def test_droop_line():
    droop = Droop(Parameters())
    for mhz, power_w in (
        (50000, 0),
        (50020, 0),
        (49980, 0),
        (50500, 7400),
        (49500, -7400),
        (50260, 3700),
        (49740, -3700),
        (55000, 7400),
        (45000, -7400),
        (50021, 15),
        (49979, -15),
    ):
        assert droop.update(Mains(mhz)) == power_w, mhz


def test_droop_takes_the_short_window_once_it_parts():
    droop = Droop(Parameters())
    mains = Mains()
    mains.at(50000, 49986)
    assert droop.update(mains) == 0
    mains.at(50000, 49740)
    assert droop.update(mains) == -3700


def test_droop_holds_over_a_doubtful_estimate():
    droop = Droop(Parameters())
    mains = Mains(49740)
    droop.update(mains)
    mains.at(50000)
    mains.quality = LOW_VOLTAGE
    assert droop.update(mains) == -3700


def running(parameters=None, now=ticks.MASK - 100):
    protection = Protection(parameters or Parameters())
    mains = Mains()
    for _ in range(60):
        protection.update(mains, now)
        now = ticks.add(now, 10)
    assert protection.state == RUN
    return protection, mains, now


def test_starts_safe_and_runs_after_the_start_delay():
    protection = Protection(Parameters())
    assert protection.state == SAFE
    mains = Mains()
    mains.quality = WARM_UP_LONG
    assert protection.update(mains, 0) == SAFE
    mains.quality = 0
    assert protection.update(mains, 10) == RETURNING
    assert protection.update(mains, 509) == RETURNING
    assert protection.update(mains, 510) == RUN


def test_mains_lost_ceases_at_once():
    protection, mains, now = running()
    mains.cycle_mv = 114000
    assert protection.update(mains, now) == CEASED
    assert protection.trip == errors.MAINS_LOST


def trip_time(protection, mains, now):
    for elapsed in range(0, 2000, 10):
        if protection.update(mains, ticks.add(now, elapsed)) == CEASED:
            return elapsed
    return None


def test_frequency_trips_have_their_clock():
    for mhz, code in ((47499, errors.UNDER_FREQUENCY), (51501, errors.OVER_FREQUENCY)):
        protection, mains, now = running()
        mains.at(mhz)
        assert trip_time(protection, mains, now) == 100
        assert protection.trip == code
    for mhz in (47500, 51500):
        protection, mains, now = running()
        mains.at(mhz)
        assert trip_time(protection, mains, now) is None


def test_a_short_excursion_does_not_trip():
    protection, mains, now = running()
    for _ in range(5):
        mains.at(47000)
        for _ in range(9):
            assert protection.update(mains, now) == RUN
            now = ticks.add(now, 10)
        mains.at(50000)
        assert protection.update(mains, now) == RUN
        now = ticks.add(now, 10)


def test_rocof_trip():
    for rocof in (4001, -4001):
        protection, mains, now = running()
        mains.rocof_mhz_s = rocof
        assert trip_time(protection, mains, now) == 500
        assert protection.trip == errors.ROCOF_TRIP
    protection, mains, now = running()
    mains.rocof_mhz_s = 4000
    assert trip_time(protection, mains, now) is None


def test_an_unusable_estimate_ceases_in_the_end():
    protection, mains, now = running()
    mains.quality = LOW_VOLTAGE
    assert trip_time(protection, mains, now) == 100
    assert protection.trip == errors.SAMPLES_LOST


def test_return_waits_its_delay_and_starts_over_when_the_window_is_left():
    protection, mains, now = running()
    protection.samples_lost()
    assert protection.state == CEASED
    assert protection.update(mains, now) == RETURNING
    now = ticks.add(now, 59990)
    assert protection.update(mains, now) == RETURNING
    mains.at(50101)
    assert protection.update(mains, now) == CEASED
    mains.at(50100)
    assert protection.update(mains, now) == RETURNING
    assert protection.update(mains, ticks.add(now, 59999)) == RETURNING
    assert protection.update(mains, ticks.add(now, 60000)) == RUN
    assert protection.trip == errors.NO_FAULT


def test_low_voltage_is_no_return():
    protection, mains, now = running()
    protection.samples_lost()
    mains.voltage_mv = 195499
    assert protection.update(mains, now) == CEASED


def test_mode_safe_wins():
    protection, mains, now = running()
    protection.allow(False)
    assert protection.update(mains, now) == SAFE


def test_setpoint_lives_its_lifetime_and_no_longer():
    setpoint = Setpoint(Parameters())
    now = ticks.MASK - 50
    assert setpoint.set(-2000, 1000, now)
    now = ticks.add(now, 999)
    assert setpoint.update(now)
    assert setpoint.power_w == -2000
    assert not setpoint.expired
    now = ticks.add(now, 1)
    assert not setpoint.update(now)
    assert setpoint.expired
    assert not setpoint.update(now)
    assert not setpoint.expired, "told for one update, whoever reads it"


def test_setpoint_out_of_range_changes_nothing():
    setpoint = Setpoint(Parameters())
    for power_w, lifetime_ms in ((7401, 1000), (-7401, 1000), (0, 0), (0, -5), (0, 900001)):
        assert not setpoint.set(power_w, lifetime_ms, 0)
        assert not setpoint.alive
    assert setpoint.set(7400, 900000, 0)
    assert setpoint.set(-7400, 1, 0)
