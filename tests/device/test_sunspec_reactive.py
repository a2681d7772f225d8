"""Reactive power on the wire: taken hold of, renewed, read back, let go; in var or in percent."""

from sunspec_slave import DriverSetup, Slave, common, der_models, legacy_models, model

from gridkeel import errors, limits, ticks
from gridkeel.inverter import DRIVING
from gridkeel.inverter.sunspec import points, var_control

OFF = (False, 0)


def driving(slave, var=None, changes=None, start=0):
    setup = DriverSetup(slave, changes, start)
    setup.reactive = OFF if var is None else (True, var)
    setup.run(1000, 2000)
    assert setup.inverter.state == DRIVING
    return setup


def writes(slave, number, first, end):
    """Return [(ms, offset, words)] of the writes inside a stretch of a model."""
    low, high = slave.address(number, first), slave.address(number, end)
    return [(ms, at - slave.address(number, 0), words) for ms, at, words in slave.writes if low <= at < high]


def test_while_switched_off_no_reactive_power_is_written():
    slave = Slave(der_models())
    setup = driving(slave)
    setup.run(3000)
    assert not writes(slave, 704, 35, 49)
    assert setup.inverter.fault == errors.NO_FAULT


def test_var_is_set_with_the_sign_turned():
    for var_sf, scale in ((0, 1), (-1, 10), (1, 0.1)):
        slave = Slave(der_models(0, var_sf))
        setup = driving(slave, 1500)
        assert slave.get(704, 35) == 1 and slave.get(704, 36) == 4 and slave.get(704, 37) == 0
        assert slave.signed32(704, 38) == -1500 * scale
        assert setup.inverter.reactive.commanded_var == 1500
        setup.reactive = (True, -900)
        setup.run(150)
        assert slave.signed32(704, 38) == 900 * scale
        assert setup.inverter.fault == errors.NO_FAULT
        assert slave.signed32(704, 24) == -2000


def test_priority_is_written():
    slave = Slave(der_models())
    driving(slave, 1500, {"reactive_priority": 1})
    assert slave.get(704, 37) == 1


def test_it_takes_hold_with_zero_and_its_reversion_first():
    slave = Slave(der_models())
    slave.set(704, 39, 4000)  # left over from another master
    slave.set(704, 41, 4000)
    driving(slave, 1500, {"reversion_s": 7})
    seen = writes(slave, 704, 35, 49)
    assert [(offset, words) for _ms, offset, words in seen[:4]] == [
        (35, [1, 4, 0, 0, 0]),
        (40, [0, 0]),
        (44, [1, 0, 7]),
        (35, [1, 4, 0, 0xFFFF, 0x10000 - 1500]),
    ]


def test_nothing_is_written_before_the_power_side_drives():
    slave = Slave(der_models())
    setup = DriverSetup(slave)
    setup.reactive = (True, 1000)
    setup.run(1)
    while setup.inverter.state != DRIVING and setup.now < 2000:
        assert not writes(slave, 704, 35, 49)
        setup.run(1, 2000)
    setup.run(100)
    assert slave.signed32(704, 38) == -1000


def test_the_timer_is_refreshed_at_half_its_time_over_a_tick_wrap():
    slave = Slave(der_models())
    setup = driving(slave, 1500, {"reversion_s": 4}, start=ticks.MASK - 4000)
    setup.run(11000)
    assert setup.now < 10000
    renewed = [ms for ms, offset, _words in writes(slave, 704, 35, 49) if offset == 44]
    assert len(renewed) == 6
    for i in range(1, len(renewed)):
        assert 1990 <= ticks.diff(renewed[i], renewed[i - 1]) <= 2020
    settings = [ms for ms, offset, _words in writes(slave, 704, 35, 49) if offset == 35]
    for ms in renewed:
        assert any(0 < ticks.diff(other, ms) <= 20 for other in settings)


def test_changes_are_spaced_and_zero_is_not_lost():
    slave = Slave(der_models())
    setup = driving(slave, 1500, {"reversion_s": 600})  # no refresh in between
    del slave.writes[:]
    for k in range(100):
        setup.reactive = (True, 1500 + 20 * k)
        setup.run(10)
    settings = [ms for ms, offset, _words in writes(slave, 704, 35, 49) if offset == 35]
    assert 8 <= len(settings) <= 12
    assert min([settings[i + 1] - settings[i] for i in range(len(settings) - 1)]) >= 100
    setup.reactive = (True, 0)
    setup.run(130)
    assert slave.signed32(704, 38) == 0


def test_small_changes_wait():
    slave = Slave(der_models())
    setup = driving(slave, 1500, {"command_step_w": 100, "reversion_s": 600})
    setup.run(600)
    setup.reactive = (True, 1550)
    setup.run(450)
    assert slave.signed32(704, 38) == -1500
    setup.run(100)
    assert slave.signed32(704, 38) == -1550
    setup.reactive = (True, 60)
    setup.run(150)
    setup.reactive = (True, 0)
    setup.run(130)
    assert slave.signed32(704, 38) == 0


def test_power_does_not_wait_for_reactive_power():
    """Both change in every block: each power goes out with its block all the same, 20 ms later at the most."""
    slave = Slave(der_models())
    setup = driving(slave, 0)
    for k in range(100):
        power = 2000 + (k % 2) * 1000
        setup.reactive = (True, (k * 37) % 3000)
        setup.run(20, power)
        del setup.sent[:], slave.writes[:], slave.reads[:]  # a board's heap does not hold so many
        assert slave.signed32(704, 24) == -power, k
    assert setup.inverter.power_age(setup.now) < 450
    assert setup.inverter.soc_age(setup.now) < 2000


def test_a_reading_that_differs_is_written_again():
    slave = Slave(der_models())
    setup = driving(slave, 1500, {"reversion_s": 600})
    setup.run(1500)
    slave.set(704, 39, 300)
    slave.set(704, 38, 0)
    setup.run(550)
    assert setup.inverter.fault == errors.INVERTER_OVERRIDDEN and setup.inverter.faults.overridden == 1
    setup.run(1500)
    assert slave.signed32(704, 38) == -1500
    assert setup.inverter.fault == errors.NO_FAULT
    slave.set(704, 46, 700)  # the timer
    setup.run(530)
    assert setup.inverter.fault == errors.INVERTER_READBACK
    setup.run(4500)
    assert slave.get(704, 46) == 600 and setup.inverter.fault == errors.NO_FAULT


def test_an_inverter_that_takes_no_reactive_power_is_reported():
    slave = Slave(der_models())
    slave.frozen = set(range(slave.address(704, 38), slave.address(704, 40)))
    setup = driving(slave, 1500)
    setup.run(3000)
    assert setup.inverter.fault == errors.INVERTER_READBACK
    assert slave.signed32(704, 24) == -2000
    assert setup.inverter.state == DRIVING


def test_a_refusal_is_reported_and_power_goes_on():
    slave = Slave(der_models())
    slave.refuse[slave.address(704, 35)] = 3
    setup = driving(slave, 1500)
    assert setup.inverter.fault == errors.INVERTER_EXCEPTION
    setup.run(100, -2500)
    assert slave.signed32(704, 24) == 2500
    slave.refuse.clear()
    setup.run(1500)
    assert slave.signed32(704, 38) == -1500 and setup.inverter.fault == errors.NO_FAULT


def test_switching_off_releases_the_inverter():
    slave = Slave(der_models())
    setup = driving(slave, 1500)
    del slave.writes[:]
    setup.reactive = OFF
    setup.run(200)
    seen = [(offset, words) for _ms, offset, words in writes(slave, 704, 35, 49)]
    assert seen == [(35, [0, 4, 0, 0, 0]), (44, [0, 0, 0])]
    del slave.writes[:]
    setup.run(5000)
    assert not writes(slave, 704, 35, 49)
    setup.reactive = (True, -700)
    setup.run(200)
    assert slave.signed32(704, 38) == 700 and slave.signed32(704, 45) == 4


def test_switching_off_and_on_during_the_take_over_is_followed():
    for wait in (1, 7, 13, 22, 40):
        slave = Slave(der_models())
        setup = driving(slave)
        for reactive in ((True, 1500), OFF, (True, 800)):
            setup.reactive = reactive
            setup.run(wait)
        setup.run(300)
        assert slave.signed32(704, 38) == -800, wait
        assert slave.signed32(704, 45) == 4 and slave.get(704, 35) == 1
        setup.run(2000)
        assert setup.inverter.fault == errors.NO_FAULT


def test_a_silent_inverter_is_taken_hold_of_again():
    slave = Slave(der_models())
    setup = driving(slave, 1500)
    slave.mute = True
    setup.run(3000)
    for offset in range(35, 49):
        slave.set(704, offset, 0)
    slave.mute = False
    setup.run(8000)
    assert slave.signed32(704, 38) == -1500 and slave.get(704, 35) == 1
    assert setup.inverter.fault == errors.NO_FAULT


def test_a_lost_answer_is_asked_for_again():
    slave = Slave(der_models())
    setup = driving(slave, 1500)
    setup.reactive = (True, 2500)
    lost = []

    def lose(answer):
        """Lose the answer to every second write."""
        if answer and answer[1] == 16:
            lost.append(1)
            return b"" if len(lost) % 2 else answer
        return answer

    setup.spoil = lose
    setup.run(3000)
    assert slave.signed32(704, 38) == -2500


def test_the_legacy_family_is_set_in_percent_of_its_reactive_rating():
    slave = Slave(legacy_models())
    setup = driving(slave, 1000)
    # absorbing: the smaller of the third and the fourth quadrant, 2,000 var
    assert slave.get(123, 16) == 0x10000 - 5000 and slave.get(123, 15) == 0
    assert slave.get(123, 21) == 2 and slave.get(123, 22) == 1 and slave.get(123, 19) == 4
    setup.reactive = (True, -1000)
    setup.run(150)
    # injecting: the smaller of the first and the second, 2,500 var
    assert slave.get(123, 16) == 4000
    assert setup.inverter.reactive.commanded_var == -1000
    setup.run(5000)
    assert setup.inverter.fault == errors.NO_FAULT
    setup.reactive = OFF
    setup.run(200)
    assert slave.get(123, 16) == 0 and slave.get(123, 22) == 0 and slave.get(123, 19) == 0


def test_the_legacy_family_is_set_in_percent_of_its_power():
    models = [row for row in legacy_models() if row[0] != 121]
    models.insert(3, model(121, 30, {2: 80, 8: -0x8000, 9: -0x8000, 10: -0x8000, 11: -0x8000, 22: 2, 27: 0}))
    models[2][7] = models[2][8] = models[2][9] = models[2][10] = 0x8000
    slave = Slave(models)
    setup = driving(slave, 2000)
    assert slave.get(123, 15) == 0x10000 - 2500 and slave.get(123, 16) == 0
    assert slave.get(123, 21) == 1
    setup.reactive = (True, 50000)
    setup.run(150)
    assert slave.get(123, 15) == 0x10000 - 10000
    assert setup.inverter.reactive.commanded_var == 8000


def test_the_inverter_s_limits_are_reported():
    found = driving(Slave(der_models())).inverter
    assert (found.apparent_va, found.inject_max_var, found.absorb_max_var) == (8000, 4400, 4000)
    slave = Slave(der_models())
    for offset, value in ((31, 70), (32, 30), (33, 20)):
        slave.set(702, offset, value)  # settings go before ratings
    found = driving(slave).inverter
    assert (found.apparent_va, found.inject_max_var, found.absorb_max_var) == (7000, 3000, 2000)
    found = driving(Slave(legacy_models())).inverter
    assert (found.inject_max_var, found.absorb_max_var) == (2500, 2000)
    assert found.apparent_va >= limits.NO_BOUND
    models = der_models()
    models[3] = model(702, 50, {2: 80, 45: 2})
    found = driving(Slave(models)).inverter
    assert found.apparent_va == found.inject_max_var == found.absorb_max_var == limits.NO_BOUND


def test_an_inverter_without_a_reactive_model_is_reported():
    slave = Slave([row for row in legacy_models() if row[0] != 123])
    setup = driving(slave)
    assert setup.inverter.fault == errors.NO_FAULT
    setup.reactive = (True, 100)
    setup.run(20)
    assert setup.inverter.fault == errors.INVERTER_NO_REACTIVE
    setup.reactive = OFF
    setup.run(20)
    assert setup.inverter.fault == errors.NO_FAULT
    slave = Slave(der_models(0, -32768))  # a scale that is none
    setup = driving(slave, 100)
    assert setup.inverter.fault == errors.INVERTER_NO_REACTIVE
    assert not writes(slave, 704, 35, 49)


def test_what_it_measures_has_the_sign_turned_too():
    setup = driving(Slave(der_models()))
    assert setup.inverter.var == -700
    setup = driving(Slave(legacy_models()))
    assert setup.inverter.var == 400
    models = [common(), model(701, 153, {4: 3, 10: -1500, 12: -0x8000, 116: 0, 119: 0})] + der_models()[3:]
    assert driving(Slave(models)).inverter.var == 0


def legacy(**changed):
    """The legacy models with other values: m121, m123 {offset: value}."""
    models = legacy_models()
    for words in models:
        for offset, value in changed.get("m%d" % words[0], {}).items():
            words[offset] = value & 0xFFFF
    return models


def test_a_side_without_a_rating_of_its_own_is_set_in_percent_of_the_power():
    for none in ({8: 0, 9: 0}, {10: 0, 11: 0}):
        slave = Slave(legacy(m121=none))
        driving(slave, 1000)
        assert slave.get(123, 21) == 1 and slave.get(123, 15) != 0 and slave.get(123, 16) == 0


def test_one_quadrant_speaks_for_its_side():
    for quadrants, inject_var in (({8: 0x8000, 9: 25}, 2500), ({8: 30, 9: 0x8000}, 3000), ({8: 30, 9: 25}, 2500)):
        models = legacy(m121=quadrants, m120=dict.fromkeys(range(7, 11), 0x8000))
        assert driving(Slave(models)).inverter.inject_max_var == inject_var


def test_a_scale_that_100_percent_does_not_fit_and_a_rating_of_nothing_are_no_reactive_power():
    for changed in ({"m123": {25: -3}}, {"m121": {2: 0, 8: 0, 9: 0, 10: 0, 11: 0}}):
        bench = driving(Slave(legacy(**changed)), 100)
        assert bench.inverter.fault == errors.INVERTER_NO_REACTIVE, changed


def test_apparent_power_has_its_own_scale():
    changed = {points.P121_VAMAX: 80, points.P121_VAMAX_SF: 2}
    assert driving(Slave(legacy(m121=changed))).inverter.apparent_va == 8000


def test_nothing_is_commanded_where_nothing_is_requested():
    control = var_control.VarControl704()
    control.commanded_var = 7
    control.encode(0, 1, 0)
    assert control.commanded_var == 0
