"""Model 124's shares of two ratings, scale factors that move, and readings as floats."""

import struct

from small_heap import share
from sunspec_slave import DriverSetup, Slave, common, der_models, float32, legacy_models, model, signed16

from gridkeel import errors, limits
from gridkeel.inverter import DRIVING, UNSUITED, sunspec

WASM_GROUP = 1


def models(charge=(740, 1), discharge=(500, 1), sf=-2):
    """The older family with WChaMax and MaxDisChaRte as (value, scale factor), discharge None where it has none."""
    value, scale = discharge or (0xFFFF, -32768)
    return [
        common(),
        model(103, 50, {14: 0, 15: 0, 20: 0, 21: 0, 33: 305, 34: 412, 37: -1}),
        model(120, 26, {3: 50, 4: 2, 23: 0xFFFF, 24: -32768, 25: value, 26: scale}),
        model(124, 24, {2: charge[0], 5: 0, 8: 5500, 12: 0, 13: 0, 14: 0, 15: 0, 18: charge[1], 22: -2, 25: sf}),
    ]


def driving(slave, wanted=0, changes=None):
    setup = DriverSetup(slave, changes)
    setup.run(1500, wanted)
    assert setup.inverter.state == DRIVING, setup.inverter.state
    return setup


def asked_w(slave, offset, rating, sf):
    """Return what a rate asks for, in W of its own rating."""
    value, scale = rating
    return signed16(slave.get(124, offset)) * 10.0**sf / 100 * value * 10.0**scale


def test_a_command_asks_for_itself_whatever_the_ratings_and_scales():
    for charge in share(((740, 1), (7400, 0), (35, 2), (20, 3)), 1):
        for discharge in share(((500, 1), (3000, 0), (46, 2), (11, 3), None), 1):
            for sf in share((-2, -1, 0), 2):
                slave = Slave(models(charge, discharge, sf))
                setup = driving(slave)
                out_rating = discharge or charge
                for wanted in (3000, -3000, 137, -2999):
                    setup.run(300, wanted)
                    case = (charge, discharge, sf, wanted)
                    into_w = asked_w(slave, 13, charge, sf)
                    out_w = asked_w(slave, 12, out_rating, sf)
                    bound_w, rating = (into_w, charge) if wanted > 0 else (out_w, out_rating)
                    unit_w = 10.0**sf / 100 * rating[0] * 10.0 ** rating[1]
                    assert abs(wanted) - unit_w < bound_w <= abs(wanted), case
                    assert abs(setup.inverter.active.commanded_w - (bound_w if wanted > 0 else -bound_w)) < 1, case
                    # The forced side never passes the bound, or the device has an empty window.
                    assert -min(into_w, out_w) <= bound_w + 1e-6, case
                    assert min(into_w, out_w) <= 0, case


def test_less_than_the_other_sides_rating_is_forced_to_the_watt_too():
    slave = Slave(models((740, 1), (500, 1)))
    setup = driving(slave, -3000)
    setup.run(500)
    assert slave.get(124, 12) == 6000, "3,000 of 5,000 W"
    assert abs(asked_w(slave, 13, (740, 1), -2) + 3000) < 1
    assert abs(setup.inverter.power_w + 3000) < 2


def test_a_discharge_rating_of_none_or_zero_leaves_the_charge_rating():
    for discharge in (None, (0, 0), (0xFFFF, 0), (500, -32768)):
        slave = Slave(models((800, 1), discharge))
        driving(slave, -3000)
        assert slave.get(124, 12) == 3750


def move(slave, number, values):
    for offset in values:
        slave.set(number, offset, values[offset])


def test_a_rating_that_moves_is_taken_up_without_a_new_search():
    slave = Slave(models((800, 1), None))
    setup = driving(slave, 3000)
    assert slave.get(124, 13) == 3750 and setup.inverter.charge_rating_w == 8000
    for rating, word in ((4000, 7500), (6000, 5000), (8000, 3750)):
        move(slave, 124, {2: rating // 10})
        before = slave.reads.count(40000)
        setup.run(2500)
        assert slave.get(124, 13) == word, rating
        assert setup.inverter.charge_rating_w == rating
        assert setup.inverter.active.commanded_w == 3000
        assert setup.inverter.state == DRIVING and slave.reads.count(40000) == before


def test_scale_factors_of_124_that_move_are_taken_up():
    slave = Slave(models((800, 1), (500, 1)))
    setup = driving(slave, -3000)
    assert slave.get(124, 12) == 6000
    move(slave, 124, {25: -1})
    setup.run(2500)
    assert slave.get(124, 12) == 600 and setup.inverter.active.commanded_w == -3000
    move(slave, 124, {2: 8000, 18: 0})
    setup.run(2500)
    setup.run(300, 2000)
    assert slave.get(124, 13) == 250 and setup.inverter.active.commanded_w == 2000
    move(slave, 124, {8: 55, 22: 0})
    setup.run(2500)
    assert setup.inverter.soc_pct_x100 == 5500


def test_the_scale_of_701_may_move_and_the_power_is_right_again():
    slave = Slave(der_models())
    setup = driving(slave, 3000)
    for sf in (1, -1, 2, 0):
        slave.set(701, 116, sf)
        setup.run(2500)
        assert setup.inverter.power_w == 3000, sf
        assert setup.inverter.fault == errors.NO_FAULT


def test_a_reading_that_disagrees_is_looked_into_at_once():
    slave = Slave(der_models())
    setup = driving(slave, 3000)
    setup.run(2000)
    slave.set(701, 116, 1)
    start = setup.now
    while True:
        setup.run(10)
        if setup.inverter.power_w == 300:
            break
        assert setup.now - start < 1000
    setup.run(250)
    assert setup.inverter.power_w == 3000


def test_the_scale_of_704_may_move_and_the_setting_is_written_again():
    slave = Slave(der_models())
    setup = driving(slave, -3000)
    for sf, raw in ((-1, 30000), (1, 300), (0, 3000)):
        slave.set(704, 55, sf)
        setup.run(2500)
        assert slave.signed32(704, 24) == raw and setup.inverter.active.commanded_w == -3000, sf


def test_a_scale_that_becomes_none_makes_the_device_unsuited():
    slave = Slave(der_models())
    setup = driving(slave, 3000)
    slave.set(704, 55, -32768)
    setup.run(2500)
    assert setup.inverter.state == UNSUITED and setup.inverter.fault == errors.INVERTER_UNSUITED
    slave.set(704, 55, 0)
    setup.run(6000)
    assert setup.inverter.state == DRIVING and slave.signed32(704, 24) == -3000


def test_a_device_that_refuses_the_second_look_is_driven_on():
    slave = Slave(der_models())
    setup = driving(slave, 3000)
    slave.refuse[slave.address(701, 116)] = 2
    slave.refuse[slave.address(704, 55)] = 2
    setup.run(5000, -1500)
    assert setup.inverter.state == DRIVING and setup.inverter.fault == errors.NO_FAULT
    assert slave.signed32(704, 24) == 1500


def exact(value):
    return max(-sunspec.LIMIT, min(sunspec.LIMIT, int(value)))


def test_floats_become_integers_toward_zero():
    values = [0.0, -0.0, 0.5, 0.999, 1.0, 1.5, 2.75, 99.99, 7400.0, 7400.75, 65535.9, 65536.0, 16777215.0, 16777216.0]
    values += [536870912.0, 1073741823.0, 1073741824.0, 3e9, 1e38, 1e-38, 1e-45, 123456.789]
    for value in values:
        for signed in (value, -value):
            high, low = float32(signed)
            rounded = struct.unpack(">f", struct.pack(">f", signed))[0]
            assert sunspec.float32(high, low) == exact(rounded), signed
            assert abs(sunspec.float32(high, low)) < 1 << 30


def test_floats_that_are_no_numbers_are_unknown():
    for high, low in (
        (0x7FC0, 0),
        (0xFFC0, 0),
        (0x7F80, 1),
        (0x7FFF, 0xFFFF),
        (0x7F80, 0),
        (0xFF80, 0),
        (0xFFFF, 0xFFFF),
    ):
        assert sunspec.float32(high, low) == sunspec.UNKNOWN


def floats(number):
    """A three-phase device's model as floats: W, VAr and two temperatures."""
    words = model(number, 60, {})
    for offset, value in ((22, -3000.4), (28, 412.0), (40, 30.5), (42, 41.2)):
        words[offset], words[offset + 1] = float32(value)
    return words


def test_models_111_to_113_are_read_as_101_to_103_are():
    for number in share((113, 111, 112), 1):
        for sensor, found_c in share(((1, 30), (2, 41)), 1):
            parts = legacy_models()
            parts[1] = floats(number)
            slave = Slave(parts)
            slave.follows = False
            setup = driving(slave, 3000, {"temperature_sensor": sensor})
            setup.run(500)
            inverter = setup.inverter
            assert (inverter.power_w, inverter.var, inverter.temperature_c) == (3000, -412, found_c)
            slave.follows = True
            setup.run(500, -2000)
            assert inverter.power_w == -2000
            slave.follows = False
            slave.set(number, 22, 0x7FC0)
            setup.run(500)
            assert inverter.measured_w(setup.now) == limits.UNKNOWN


def test_of_both_the_integers_count():
    slave = Slave(legacy_models() + [floats(113)])
    slave.follows = False
    setup = driving(slave)
    setup.run(500)
    assert setup.inverter.power_w == -3000 and setup.inverter.var == 400


def test_a_float_model_that_is_too_short_is_none():
    parts = legacy_models()
    parts[1] = model(113, 40, {})
    setup = driving(Slave(parts))
    setup.run(500)
    assert setup.inverter.measured_w(setup.now) == limits.UNKNOWN


def test_a_scale_that_moves_before_the_first_command_writes_nothing():
    slave = Slave(der_models())
    setup = DriverSetup(slave)
    setup.run(2000)
    slave.set(704, 55, -1)
    setup.run(3000)
    assert not slave.writes
    setup.run(1500, -3000)
    assert slave.signed32(704, 24) == 30000
