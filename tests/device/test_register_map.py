"""A family whose registers are data, by the example of SOFAR's HYD-3PH: identity, lifetime, read-back, late answers."""

from register_slaves import Hyd, measured_w
from small_heap import share
from sunspec_line import DEAF, Line, always, dice, framed

from gridkeel import errors, limits
from gridkeel.inverter import DRIVING, READY, SEARCHING, SILENT

WASM_GROUP = 1

HYD = 1  # inverter_family


def line_to(slave, delay=3, **changes):
    changes["inverter_family"] = HYD
    return Line(slave, always(delay), changes=changes)


def driven(slave=None, power_w=2000, **changes):
    """Return a line whose device was found and took a power."""
    line = line_to(slave or Hyd(), **changes)
    taken = line.run(8000, power_w, lambda: line.inverter.active.commanded_w == power_w)
    assert taken, (line.inverter.state, line.inverter.fault)
    return line


def settings(slave):
    """Return [(ms, lower, upper set-point)] of the writes of a power."""
    found = []
    for ms, address, words in slave.writes:
        if address == 0x1187:
            assert words[:2] == [0, 0]
            values = [words[at] << 16 | words[at + 1] for at in (2, 4)]
            lower, upper = [value - (1 << 32) if value >> 31 else value for value in values]
            found.append((ms, lower, upper))
    return found


class Writing(Hyd):
    """One whose timeout only a write restarts."""

    kept_by_reads = False


class Weak(Hyd):
    """One that takes no more than 1,500 W either way."""

    def written(self, address, now):
        super().written(address, now)
        for at in (0x1189, 0x118B):
            value = max(-1500, min(self.s32(at), 1500))
            self.lay(at, value >> 16, value)


# --- who is driven, and how it begins


def test_nothing_is_written_before_the_serial_number_was_read_twice_alike():
    line = driven()
    first_ms = line.slave.writes[0][0]
    read = [(address, count) for ms, function, address, count in line.answered if ms < first_ms and function == 3]
    assert read[:2] == [(0x0445, 7), (0x0445, 8)]


def test_a_serial_number_of_another_family_is_not_written_to():
    for serial in share(("SS1ES120N6A0042", "", "sp1ES120N6A0042"), 1):
        line = line_to(Hyd(serial))
        line.run(6000, 2000)
        assert line.inverter.state == SEARCHING
        assert line.inverter.fault == errors.INVERTER_NOT_FOUND
        assert not line.slave.writes


def test_a_serial_number_that_reads_otherwise_the_second_time_is_not_written_to():
    line = line_to(Hyd())

    def answer(i, frame):
        if line.asked[i][1:] == (3, 0x0445, 8):
            return framed((1, 3, 16) + tuple(frame[3:8]) + (frame[8] ^ 1,) + tuple(frame[9:-2]))
        return frame

    line.answer = answer
    line.run(5000, 2000)
    assert line.inverter.fault == errors.INVERTER_MAP
    assert not line.slave.writes
    line.answer = None
    line.run(8000, 2000)
    assert line.inverter.state == DRIVING


def test_a_serial_number_that_is_refused_for_a_while_is_asked_for_again():
    line = line_to(Hyd())
    line.answer = lambda i, frame: framed((1, 0x83, 7)) if line.now < 3000 else frame
    line.run(12000, 2000)
    assert line.inverter.state == DRIVING and line.inverter.fault == errors.NO_FAULT


def test_a_read_refused_as_a_write_is_counts_as_unanswered_and_is_asked_again():
    """Some models refuse reads with function 0x90 too."""
    line = line_to(Hyd())
    line.answer = lambda i, frame: framed((1, 0x90, 7)) if line.now < 3000 else frame
    line.run(2900, 2000)
    assert line.inverter.state == SILENT and not line.slave.writes
    line.run(12000, 2000)
    assert line.inverter.state == DRIVING and line.inverter.fault == errors.NO_FAULT


def test_the_power_is_zero_until_mode_and_timeout_were_read_back():
    slave = Hyd()
    line = line_to(slave)
    assert line.run(4000, 2000, lambda: line.inverter.state == DRIVING)
    assert all(setting[1:] == (0, 0) for setting in settings(slave))
    assert [address for _ms, address, _words in slave.writes] == [0x1187, 0x1110, 0x1184, 0x1187]
    assert (slave.words[0x1110], slave.words[0x1184], slave.words[0x1185]) == (3, 4, 0)


def test_without_a_command_nothing_is_written():
    line = line_to(Hyd())
    inverter = line.inverter
    inverter.command = lambda power_w, now_ms: None
    line.run(4000, 0)
    assert inverter.state == READY and not line.slave.writes
    assert inverter.soc_pct_x100 == 6200


# --- what is commanded and measured


def test_a_power_is_both_set_points_and_is_measured_with_its_sign():
    slave = Hyd()
    line = driven(slave)
    for power_w in (3000, -3500, 7400, -10, 0):
        line.run(1500, power_w)
        assert settings(slave)[-1][1:] == (power_w, power_w)
        assert slave.battery_w() == line.inverter.active.commanded_w == line.inverter.power_w == power_w
    assert line.inverter.fault == errors.NO_FAULT
    assert line.faults == {errors.NO_FAULT}


def test_the_device_reports_who_it_is_and_how_it_is():
    line = driven()
    line.run(3000, 1000)
    inverter = line.inverter
    assert inverter.device.identity() == ("SOFAR", "HYD-3PH", "", "SP1ES120N6A004")
    assert (inverter.charge_rating_w, inverter.discharge_rating_w) == (20000, 20000)
    assert inverter.soc_pct_x100 == 6200 and inverter.soc_age(line.now) < 3000
    assert inverter.operating_state == 2
    line.slave.words[0x0404] = 5
    line.run(3000, 1000)
    assert inverter.operating_state == 5


def test_the_frames_written_are_those_of_the_maker_s_examples():
    """Remote Control Description for SOFARSOLAR Hybrid Inverter, 02 of 2022-07-01, chapter 3: its bytes, CRC too."""
    frames = []

    class Recorded(Hyd):
        def handle(self, frame, now):
            frames.append(bytes(frame))
            return super().handle(frame, now)

    line = driven(Recorded(), 1000, reversion_s=10)
    line.run(1500, -1000)
    for example in (
        b"\x01\x10\x11\x84\x00\x02\x04\x00\x0a\x00\x00\x1a\x6e",  # standby after 10 s
        b"\x01\x10\x11\x87\x00\x06\x0c\x00\x00\x00\x00\x00\x00\x03\xe8\x00\x00\x03\xe8\x15\x8a",  # charge 1,000 W
        b"\x01\x10\x11\x87\x00\x06\x0c\x00\x00\x00\x00\xff\xff\xfc\x18\xff\xff\xfc\x18\x40\x0b",  # discharge 1,000 W
    ):
        assert example in frames, example


def test_a_power_past_the_registers_limits_is_bounded_by_them():
    line = driven(power_w=20000, charge_max_w=50000, discharge_max_w=50000)
    line.run(1000, 30000)
    assert settings(line.slave)[-1][1:] == (20000, 20000) and line.inverter.active.commanded_w == 20000
    line.run(1000, -30000)
    assert settings(line.slave)[-1][1:] == (-20000, -20000)


def test_power_that_is_not_read_any_more_is_unknown():
    line = driven()
    line.run(1000, 2000)
    assert line.inverter.measured_w(line.now) == 2000
    line.answer = lambda i, frame: framed((1, 0x83, 4)) if line.asked[i][2] == 0x0606 else frame
    line.run(4000, 2000)
    assert line.inverter.measured_w(line.now) == limits.UNKNOWN
    assert line.inverter.fault == errors.INVERTER_EXCEPTION


def test_reactive_power_is_reported_to_be_missing():
    line = driven()
    line.inverter.react(True, 500, line.now)
    assert line.inverter.fault == errors.INVERTER_NO_REACTIVE


# --- the lifetime of a setting


def renewed(slave):
    line = driven(slave)
    begun = len(slave.writes)
    line.run(30000, 2000)
    times = [ms for ms, _address, _words in slave.writes[begun:]]
    assert {address for _ms, address, _words in slave.writes[begun:]} == {0x1187}
    assert all(times[i + 1] - times[i] <= 2100 for i in range(len(times) - 1))
    assert 12 <= len(times) <= 32
    assert not slave.standby


def test_a_setting_is_renewed_at_half_its_lifetime_and_nothing_else_is_written():
    renewed(Hyd())


def test_a_device_whose_timeout_only_a_write_restarts_does_not_stand_by():
    renewed(Writing())


def test_a_device_that_hears_nothing_stands_by_and_is_taken_again():
    slave = Hyd()
    line = driven(slave)
    slave.mute = True
    assert line.run(4000, 2000, lambda: line.inverter.state == SILENT)
    line.run(4000, 2000)
    slave.pass_time(line.now)
    assert slave.standby and slave.battery_w() == 0
    slave.mute = False
    line.run(10000, 2000)
    assert slave.battery_w() == 2000 and line.inverter.state == DRIVING


def test_a_timeout_that_is_not_taken_keeps_the_device_at_zero():
    for address, value in share(((0x1184, 60), (0x1184, 0), (0x1185, 1), (0x1110, 0)), 1):
        slave = Hyd()
        slave.frozen[address] = slave.words[address] = value
        line = line_to(slave)
        line.run(20000, 2000)
        assert line.inverter.state == READY, (address, value)
        assert line.inverter.fault == errors.INVERTER_READBACK
        assert all(setting[1:] == (0, 0) for setting in settings(slave))
        assert len(slave.writes) < 40


def test_a_shorter_timeout_is_accepted_and_renewed_in_time():
    slave = Hyd()
    slave.frozen[0x1184] = 2
    line = driven(slave)
    line.run(20000, 2000)
    assert line.inverter.fault == errors.NO_FAULT and not slave.standby
    times = [ms for ms, _lower, _upper in settings(slave)]
    assert all(times[i + 1] - times[i] <= 1100 for i in range(3, len(times) - 1))


def test_a_lifetime_that_the_operator_changes_is_taken_up():
    line = driven()
    line.inverter.device._p.update({"reversion_s": 10})
    line.slave.words[0x1110] = 0  # lost, so that all is written again
    line.run(8000, 2000)
    assert line.slave.words[0x1184] == 10 and line.slave.words[0x1110] == 3
    assert line.inverter.state == DRIVING


# --- what the device holds


def test_a_mode_that_is_lost_is_taken_again_with_a_fault():
    slave = Hyd()
    line = driven(slave)
    slave.words[0x1110] = 0
    line.run(3000, 2000)
    assert errors.INVERTER_READBACK in line.faults
    assert slave.battery_w() == 2000
    line.run(3000, 2000)
    assert line.inverter.fault == errors.NO_FAULT


def test_a_mode_that_stays_lost_leaves_nothing_but_zero():
    slave = Hyd()
    line = driven(slave)
    slave.frozen[0x1110] = slave.words[0x1110] = 0
    line.run(6000, 2000)
    assert line.inverter.state == READY
    assert settings(slave)[-1][1:] == (0, 0)


def test_another_master_s_power_is_overwritten_and_named():
    slave = Hyd()
    line = driven(slave)
    line.run(3000, 2000)
    slave.lay(0x1189, 0, 5000, 0, 5000)
    line.run(2500, 2000)
    assert line.inverter.faults.overridden == 1
    assert errors.INVERTER_OVERRIDDEN in line.faults
    assert slave.battery_w() == 2000


def test_a_power_held_nearer_to_zero_is_accepted_and_counted():
    slave = Weak()
    line = driven(slave, 1000)
    line.run(3000, 2000)
    assert line.inverter.active.commanded_w == 1500
    assert line.inverter.fault == errors.INVERTER_READBACK and line.inverter.state == DRIVING


# --- a line that is slow, late or lossy


def test_a_late_answer_is_never_taken_for_another():
    """One answer of a driven device comes up to 1.2 s late, each of them once: nothing read is wrong after it."""
    for late in share(range(0, 24, 2), 2):
        slave = Hyd()
        line = driven(slave)
        line.run(1000, 2000)
        first = len(line.asked)
        line.delay = lambda i, first=first, late=late: 1200 if i == first + late else 3
        for _ in range(60):
            line.run(100, 2000)
            assert line.inverter.power_w == 2000 == slave.battery_w(), late
            assert line.inverter.soc_pct_x100 == 6200 and line.inverter.operating_state in (-1, 2), late
            assert line.inverter.state == DRIVING, late


def test_seeded_delays_lead_to_no_wrong_write_and_no_wrong_reading():
    for seed in share(range(6), 1):
        below = dice(seed + 11)
        slave = Hyd()
        line = line_to(slave)
        line.delay = lambda i, below=below: (3, 60, 250, 450)[below(4)]
        line.run(30000, -1500)
        assert line.inverter.state == DRIVING, seed
        line.delay = always(3)
        line.run(4000, -1500)
        assert slave.battery_w() == -1500 == measured_w(slave) == line.inverter.power_w, seed
        assert line.inverter.soc_pct_x100 == 6200, seed
        assert {address for _ms, address, _words in slave.writes} == {0x1110, 0x1184, 0x1187}


def test_a_slow_device_is_driven_at_its_pace():
    line = Line(Hyd(), always(450), device=DEAF, changes={"inverter_family": HYD})
    line.run(25000, 2000)
    assert line.inverter.state == DRIVING
    assert line.inverter.fault == errors.INVERTER_SLOW
    assert line.slave.battery_w() == 2000 and not line.slave.standby
