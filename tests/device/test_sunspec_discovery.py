"""Discovery of the map and what follows from what was found."""

from sunspec_slave import Bench, Slave, der_models, legacy_models, model

from gridkeel import errors
from gridkeel.inverter import DRIVING, READY, SEARCHING, SILENT, UNSUITED


def discovered(slave, ms=1000, changes=None, wanted=0):
    bench = Bench(slave, changes)
    bench.run(ms, wanted)
    return bench


def test_all_three_bases():
    for base in (40000, 50000, 0):
        for models in (der_models(), legacy_models()):
            bench = discovered(Slave(models, base))
            assert bench.inverter.state == DRIVING
            assert bench.inverter.device.identity() == ("Maker", "Box 7", "", "")
            assert bench.inverter.fault == errors.NO_FAULT


def test_ratings_of_702_and_their_fallback():
    bench = discovered(Slave(der_models()))
    assert bench.inverter.charge_rating_w == 7400 and bench.inverter.discharge_rating_w == 6000
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
    models[5] = model(713, 7, {4: 0, 8: -1})  # its state of charge stands where the scale factor would
    assert discovered(Slave(models)).inverter.state == UNSUITED


def test_of_two_models_of_a_kind_the_first_counts():
    models = der_models()
    slave = Slave(models[:5] + [model(704, 65, {55: 1})] + models[5:])
    first = slave.at[704] - 67
    bench = discovered(slave, wanted=2000)
    assert bench.inverter.state == DRIVING
    assert slave.words[first + 24] << 16 | slave.words[first + 25] == (1 << 32) - 2000
    assert slave.get(704, 25) == 0xFFFF


def test_no_map_is_found_and_nothing_written():
    slave = Slave(der_models())
    slave.words[0] = 0x1234
    bench = discovered(slave, wanted=3000)
    assert bench.inverter.state == SEARCHING and bench.inverter.fault == errors.INVERTER_NOT_FOUND
    assert not slave.writes
    sent = len(bench.sent)
    bench.run(8000)
    assert len(bench.sent) - sent < 12  # the search slows down
    slave.words[0] = 0x5375
    bench.run(5000)
    assert bench.inverter.state == DRIVING and bench.inverter.fault == errors.NO_FAULT


def test_a_map_that_just_stops_has_ended():
    assert discovered(Slave(der_models(), end=False)).inverter.state == DRIVING


def test_a_map_without_an_end_is_walked_for_a_bounded_time():
    bench = discovered(Slave([model(64901, 0, {}) for _ in range(200)]), 2000)
    assert bench.inverter.state == UNSUITED
    assert len(bench.sent) < 80


def test_a_length_past_the_address_space_ends_the_walk():
    models = der_models()
    slave = Slave(models, 50000)
    slave.words[-2] = 64902
    slave.words[-1] = 0xFFF0
    bench = discovered(slave)
    assert bench.inverter.state == DRIVING


def test_nobody_there():
    slave = Slave(der_models())
    slave.mute = True
    bench = discovered(slave, 1500)
    assert bench.inverter.state == SEARCHING
    bench.run(1500)
    assert bench.inverter.state == SILENT and bench.inverter.fault == errors.INVERTER_SILENT
    sent = len(bench.sent)
    bench.run(20000)
    assert len(bench.sent) - sent < 40
    slave.mute = False
    bench.run(6000)
    assert bench.inverter.state == DRIVING and bench.inverter.fault == errors.NO_FAULT


def test_a_lost_answer_is_asked_for_again_after_a_pause():
    slave = Slave(der_models())
    bench = Bench(slave)
    bench.run(12, 0)
    slave.mute = True
    bench.run(150)
    slave.mute = False
    bench.run(1000)
    assert bench.inverter.state == DRIVING and bench.inverter.bus_errors == 1
    times = [ms for ms, _frame in bench.sent]
    assert max(times[i + 1] - times[i] for i in range(len(times) - 1)) >= 400


def test_after_silence_the_map_may_have_moved():
    slave = Slave(der_models())
    bench = discovered(slave, wanted=2500)
    assert bench.inverter.active.commanded_w == 2500
    slave.mute = True
    bench.run(1900)
    assert bench.inverter.state == DRIVING
    bench.run(600)
    assert bench.inverter.state == SILENT and bench.inverter.fault == errors.INVERTER_SILENT
    bench.slave = moved = Slave(der_models(-1), 50000)
    bench.run(6000)
    assert bench.inverter.state == DRIVING and moved.signed32(704, 24) == -25000
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
    bench = discovered(Slave(der_models(), unit=17), changes={"modbus_unit": 17})
    assert bench.inverter.state == DRIVING
    bench = discovered(Slave(der_models(), unit=17), 3000)
    assert bench.inverter.state == SILENT


def test_ready_waits_for_a_controller():
    bench = Bench(Slave(der_models()))
    bench.run(500)
    assert bench.inverter.state == READY
    bench.run(300, 0)
    assert bench.inverter.state == DRIVING
