"""Discovery of the map and what follows from what was found."""

from sunspec_slave import DriverSetup, Slave, der_models, legacy_models, model

from gridkeel import errors
from gridkeel.inverter import DRIVING, READY, SEARCHING, SILENT, UNSUITED


def discovered(slave, ms=1000, changes=None, wanted=0):
    setup = DriverSetup(slave, changes)
    setup.run(ms, wanted)
    return setup


def test_a_map_at_each_of_the_three_bases_is_found():
    for base in (40000, 50000, 0):
        for models in (der_models(), legacy_models()):
            setup = discovered(Slave(models, base))
            assert setup.inverter.state == DRIVING
            assert setup.inverter.device.identity() == ("Maker", "Box 7", "", "")
            assert setup.inverter.fault == errors.NO_FAULT


def test_ratings_are_those_of_702_or_its_maximum():
    setup = discovered(Slave(der_models()))
    assert setup.inverter.charge_rating_w == 7400 and setup.inverter.discharge_rating_w == 6000
    models = der_models()
    models[3] = model(702, 50, {2: 80, 10: 0xFFFF, 11: 60, 45: 2})
    assert discovered(Slave(models)).inverter.charge_rating_w == 8000


def test_ratings_are_bounded_to_small_integers():
    models = der_models()
    models[3] = model(702, 50, {2: 80, 10: 60000, 11: 1, 45: 10})
    inverter = discovered(Slave(models)).inverter
    assert inverter.charge_rating_w < 1 << 30 and inverter.discharge_rating_w < 1 << 30
    assert inverter.charge_rating_w > 1000000000


def test_no_rating_at_all_is_refused():
    models = der_models()
    models[3] = model(702, 50, {2: 80, 10: 74, 11: 60, 45: -32768})
    inverter = discovered(Slave(models)).inverter
    assert inverter.charge_rating_w == 0
    assert inverter.state == UNSUITED and inverter.fault == errors.INVERTER_UNSUITED


def test_a_map_without_control_is_unsuited():
    models = der_models()
    del models[4]
    slave = Slave(models)
    inverter = discovered(slave, wanted=2000).inverter
    assert inverter.state == UNSUITED and inverter.fault == errors.INVERTER_UNSUITED
    assert not slave.writes


def test_scales_that_cannot_set_the_power_are_unsuited():
    for sf in (-32768, 11, -11, -6, 4, 10):
        inverter = discovered(Slave(der_models(sf))).inverter
        assert inverter.state == UNSUITED, sf
    for sf in (-5, 3):
        assert discovered(Slave(der_models(sf))).inverter.state == DRIVING, sf
    for sf in (-3, 3, -32768):
        models = legacy_models()
        models[-1][25] = sf & 0xFFFF
        assert discovered(Slave(models)).inverter.state == UNSUITED, sf


def test_a_model_too_short_for_its_points_counts_as_absent():
    models = der_models()
    models[4] = model(704, 49, {})
    models[5] = model(713, 7, {4: 0, 8: -1})  # its state of charge is where the scale factor would
    assert discovered(Slave(models)).inverter.state == UNSUITED


def test_of_two_models_of_a_kind_the_first_counts():
    models = der_models()
    slave = Slave(models[:5] + [model(704, 65, {55: 1})] + models[5:])
    first = slave.at[704] - 67
    setup = discovered(slave, wanted=2000)
    assert setup.inverter.state == DRIVING
    assert slave.words[first + 24] << 16 | slave.words[first + 25] == (1 << 32) - 2000
    assert slave.get(704, 25) == 0xFFFF


def test_no_map_is_found_and_nothing_written():
    slave = Slave(der_models())
    slave.words[0] = 0x1234
    setup = discovered(slave, wanted=3000)
    assert setup.inverter.state == SEARCHING and setup.inverter.fault == errors.INVERTER_NOT_FOUND
    assert not slave.writes
    sent = len(setup.sent)
    setup.run(8000)
    assert len(setup.sent) - sent < 12  # the search slows down
    slave.words[0] = 0x5375
    setup.run(5000)
    assert setup.inverter.state == DRIVING and setup.inverter.fault == errors.NO_FAULT


def test_a_map_that_just_stops_has_ended():
    assert discovered(Slave(der_models(), end=False)).inverter.state == DRIVING


def test_a_map_without_an_end_is_walked_for_a_bounded_time():
    setup = discovered(Slave([model(64901, 0, {}) for _ in range(200)]), 2000)
    assert setup.inverter.state == UNSUITED
    assert len(setup.sent) < 80


def test_a_length_past_the_address_space_ends_the_walk():
    models = der_models()
    slave = Slave(models, 50000)
    slave.words[-2] = 64902
    slave.words[-1] = 0xFFF0
    setup = discovered(slave)
    assert setup.inverter.state == DRIVING


def test_a_silent_line_is_reported_and_its_inverter_driven_once_it_answers():
    slave = Slave(der_models())
    slave.mute = True
    setup = discovered(slave, 1500)
    assert setup.inverter.state == SEARCHING
    setup.run(1500)
    assert setup.inverter.state == SILENT and setup.inverter.fault == errors.INVERTER_SILENT
    sent = len(setup.sent)
    setup.run(20000)
    assert len(setup.sent) - sent < 40
    slave.mute = False
    setup.run(6000)
    assert setup.inverter.state == DRIVING and setup.inverter.fault == errors.NO_FAULT


def test_a_lost_answer_is_asked_for_again_after_a_pause():
    slave = Slave(der_models())
    setup = DriverSetup(slave)
    setup.run(12, 0)
    slave.mute = True
    setup.run(150)
    slave.mute = False
    setup.run(1000)
    assert setup.inverter.state == DRIVING and setup.inverter.bus_errors == 1
    times = [ms for ms, _frame in setup.sent]
    assert max(times[i + 1] - times[i] for i in range(len(times) - 1)) >= 400


def test_after_silence_the_map_may_have_moved():
    slave = Slave(der_models())
    setup = discovered(slave, wanted=2500)
    assert setup.inverter.active.commanded_w == 2500
    slave.mute = True
    setup.run(1900)
    assert setup.inverter.state == DRIVING
    setup.run(600)
    assert setup.inverter.state == SILENT and setup.inverter.fault == errors.INVERTER_SILENT
    setup.slave = moved = Slave(der_models(-1), 50000)
    setup.run(6000)
    assert setup.inverter.state == DRIVING and moved.signed32(704, 24) == -25000
    assert [words[2:] for _ms, address, words in moved.writes if address == moved.address(704, 22)][0] == [0, 0]


def test_a_refused_detail_leaves_its_model_out():
    slave = Slave(der_models())
    slave.refuse[slave.address(701, 116)] = 4
    inverter = discovered(slave, 3000).inverter
    assert inverter.state == DRIVING and inverter.power_w == 0
    slave = Slave(der_models())
    slave.refuse[slave.address(1, 2)] = 4
    assert discovered(slave, 3000).inverter.device.identity() == ("", "", "", "")


def test_the_unit_is_the_configured_one():
    setup = discovered(Slave(der_models(), unit=17), changes={"modbus_unit": 17})
    assert setup.inverter.state == DRIVING
    setup = discovered(Slave(der_models(), unit=17), 3000)
    assert setup.inverter.state == SILENT


def test_ready_waits_for_a_controller():
    setup = DriverSetup(Slave(der_models()))
    setup.run(500)
    assert setup.inverter.state == READY
    setup.run(300, 0)
    assert setup.inverter.state == DRIVING
