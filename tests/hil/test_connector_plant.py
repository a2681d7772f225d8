"""EV and contactor as plants: the pilot's circuit against hand figures, S2, currents, faults, the DC side."""

from __future__ import annotations

import pytest

from gridkeel.evse import duty, pilot
from hil.drivers.connector_frames import Levels, Orders
from hil.plants.connector import ConnectorPlant
from hil.plants.contactor import Contactor
from hil.plants.dc_side import CHECK, OFF, PRECHARGE, SUPPLY, DcConfig, DcSide
from hil.plants.inverter import Inverter, InverterConfig
from hil.plants.pilot_line import CONNECTED_OHM, READY_OHM, VENTILATION_OHM, PilotLine, parallel
from hil.plants.vehicle import Vehicle, VehicleConfig, offered_a
from host_tools.errors import ToolError

STEP_S = 0.01


@pytest.mark.parametrize(
    ("ohm", "volts"),
    [
        (None, 12.0),
        (CONNECTED_OHM, 8.98),  # 0.7 + 11.3 * 2740 / 3740
        (parallel(CONNECTED_OHM, READY_OHM), 6.00),  # 0.7 + 11.3 * 881.7 / 1881.7
        (parallel(CONNECTED_OHM, VENTILATION_OHM), 2.93),  # 0.7 + 11.3 * 245.8 / 1245.8
    ],
)
def test_the_pilot_s_levels_are_those_of_the_circuit(ohm, volts):
    line = PilotLine()
    line.vehicle_ohm = ohm
    high_mv, low_mv = line.levels_mv(500)
    assert high_mv == pytest.approx(1000 * volts, abs=10)
    assert low_mv == -12000
    assert line.levels_mv(1000) == (high_mv, high_mv)
    assert line.levels_mv(0) == (-12000, -12000)
    assert line.levels_mv(-1) == (0, 0)


def test_faults_change_the_circuit_and_the_firmware_tells_them_apart():
    line = PilotLine()
    line.vehicle_ohm = parallel(CONNECTED_OHM, READY_OHM)
    line.has_diode = False
    high_mv, low_mv = line.levels_mv(500)
    assert high_mv == -low_mv == pytest.approx(12000 * 881.7 / 1881.7, abs=10)
    assert pilot.state_of(high_mv, pilot.NONE) == pilot.C
    assert low_mv > pilot.DIODE_MV
    line.has_diode, line.short_ohm = True, 10.0
    assert pilot.state_of(line.levels_mv(500)[0], pilot.C) == pilot.E
    line.short_ohm, line.broken = None, True
    assert pilot.state_of(line.levels_mv(500)[0], pilot.C) == pilot.A


def test_what_the_vehicle_reads_is_what_the_firmware_meant():
    for current_ma in range(6000, 80001, 250):
        read_a = offered_a(duty.of_ma(current_ma))
        assert read_a is not None
        assert read_a * 1000 <= current_ma + 0.001
    assert offered_a(duty.DIGITAL) is None
    assert offered_a(0) == offered_a(1000) == offered_a(20) == 0.0
    assert (offered_a(85), offered_a(965), offered_a(975)) == (6.0, 80.0, 0.0)


def test_a_contactor_takes_its_time():
    contactor = Contactor(close_s=0.04, open_s=0.02)
    assert not contactor.advance(0.0, True)
    assert not contactor.advance(0.039, True)
    assert contactor.advance(0.041, True)
    assert contactor.advance(1.0, False)
    assert not contactor.advance(1.021, False)


def test_a_welded_contactor_stays_and_a_stuck_one_never_comes():
    contactor = Contactor()
    contactor.welded = True
    contactor.advance(0.0, True)
    assert contactor.advance(1.0, True)
    contactor.advance(2.0, False)
    assert contactor.advance(3.0, False)
    contactor.welded = False
    assert not contactor.advance(4.0, False)
    contactor.stuck = True
    contactor.advance(5.0, True)
    assert not contactor.advance(6.0, True)


class Drive:
    """A vehicle on a clock."""

    def __init__(self, **config):
        self.vehicle = Vehicle(VehicleConfig(**config))
        self.now_s = 0.0
        self.vehicle.plugged = self.vehicle.wants = True

    def run(self, seconds, duty_permille, volts=230.0, ac_w=0.0):
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self.vehicle.advance(self.now_s, duty_permille, volts if self.vehicle.s2 else 0.0, ac_w)
        return self.vehicle.current_a


def test_the_vehicle_closes_s2_at_an_offer_and_draws_it():
    drive = Drive(s2_s=0.5, rise_a_s=20.0)
    drive.run(0.4, 1000)
    assert not drive.vehicle.s2
    drive.run(0.3, 266)
    assert not drive.vehicle.s2
    drive.run(0.4, 266)
    assert drive.vehicle.s2
    assert drive.run(2.0, 266) == pytest.approx(15.96)
    assert drive.run(1.0, 100) == pytest.approx(6.0)
    assert drive.vehicle.power_w == pytest.approx(1380.0)


def test_a_vehicle_draws_no_more_than_it_can():
    assert Drive(max_current_a=10.0).run(5.0, 533) == 10.0


def test_the_end_of_the_offer_ends_the_current_before_s2():
    drive = Drive(stop_s=0.5, fall_a_s=100.0)
    drive.run(3.0, 266)
    assert drive.run(0.3, 1000) > 6.0
    assert drive.vehicle.s2
    assert drive.run(0.6, 1000) == 0.0
    assert not drive.vehicle.s2


def test_a_stubborn_vehicle_goes_on_and_a_pulled_plug_ends_even_that():
    drive = Drive()
    drive.run(3.0, 266)
    drive.vehicle.stubborn = True
    assert drive.run(10.0, 1000) > 15.0
    assert drive.vehicle.s2
    drive.vehicle.plugged = False
    assert drive.run(0.01, 1000) == 0.0


def test_at_5_percent_the_session_decides_on_s2():
    drive = Drive()
    drive.run(5.0, 50)
    assert not drive.vehicle.s2
    drive.vehicle.digital_wants = True
    drive.run(0.1, 50)
    assert drive.vehicle.s2
    assert drive.run(1.0, 50) == 0.0
    drive = Drive(digital_s=2.0)
    drive.run(1.9, 50)
    assert not drive.vehicle.s2
    drive.run(0.3, 50)
    assert drive.vehicle.s2


@pytest.mark.parametrize("phases", [1, 3])
def test_in_a_session_the_vehicle_takes_what_the_charger_commands(phases):
    drive = Drive(digital_s=0.5, phases=phases, max_current_a=16.0, rise_a_s=20.0)
    assert drive.run(0.4, 50, ac_w=3000.0) == 0.0
    assert drive.vehicle.range_w == (0.0, 0.0), "S2 is open"
    drive.run(0.5, 50, ac_w=3000.0)
    assert 0.0 < drive.vehicle.range_w[1] < 16.0 * 230.0 * phases, "its charger comes up"
    assert drive.run(2.0, 50, ac_w=3000.0) == pytest.approx(3000.0 / 230.0 / phases)
    assert drive.vehicle.range_w == (0.0, pytest.approx(16.0 * 230.0 * phases))
    assert drive.run(0.1, 50, ac_w=50000.0) == 16.0
    assert drive.run(0.1, 50, ac_w=-3000.0) == 0.0, "no -2 session takes power out of a vehicle"
    assert drive.run(0.1, 50, volts=0.0, ac_w=3000.0) == 0.0
    assert drive.vehicle.range_w == (0.0, 0.0), "the contactor is open"


def test_a_vehicle_that_ends_its_session_ends_its_current_before_s2():
    drive = Drive()
    drive.vehicle.digital_wants = True
    drive.run(3.0, 50, ac_w=3000.0)
    drive.vehicle.digital_wants = False
    assert 0.0 < drive.run(0.25, 50, ac_w=3000.0) < 13.0
    assert drive.vehicle.s2
    assert drive.run(0.2, 50, ac_w=3000.0) == 0.0
    assert not drive.vehicle.s2


def test_in_a_session_the_inverter_delivers_the_commanded_power():
    plant = ConnectorPlant(VehicleConfig(digital_s=0.1, phases=3, max_current_a=16.0))
    inverter = Inverter(InverterConfig())
    inverter._converter.target_w = 7000.0
    plant.do("plug")
    plant.do("want")

    def run(end_s, duty_permille, energise):
        while inverter.now_s < end_s:
            now_s = inverter.now_s + STEP_S
            plant.advance(now_s, energise, Orders(duty_permille), 230.0, inverter.power_w)
            inverter.let(plant.range_w)
            inverter.advance(now_s, 230.0, 50.0)
        return inverter.power_w

    assert run(2.0, 50, False) == 0.0, "before PowerDelivery"
    assert run(5.0, 50, True) == pytest.approx(7000.0)
    assert plant.vehicle.current_a == pytest.approx(7000.0 / 690.0, rel=0.01)
    assert inverter.energy_wh[0] > 1.0
    assert run(5.1, 50, False) == 0.0


def dc_run(dc, seconds, mode, set_v, set_a, ready=True, ac_w=0.0, live=True):
    for _ in range(round(seconds / STEP_S)):
        dc.advance(STEP_S, live, ready, (mode, set_v, set_a), ac_w)
    return dc.voltage_v


def test_isolation_is_reported_once_the_voltage_has_been_steady():
    dc = DcSide(DcConfig(isolation_kohm=700, measure_s=0.5))
    assert dc_run(dc, 0.4, CHECK, 500.0, 1.0) == pytest.approx(500.0)
    assert dc.reported_kohm == 0
    assert not dc.joined
    dc_run(dc, 1.0, CHECK, 500.0, 1.0)
    assert dc.reported_kohm == 700
    assert dc_run(dc, 1.0, OFF, 0.0, 0.0) < 10.0
    assert dc.reported_kohm == 0


def test_precharge_joins_the_battery_and_supply_moves_what_request_and_inverter_allow():
    dc = DcSide(DcConfig(battery_v=390.0, join_v=20.0, efficiency=0.95))
    dc_run(dc, 0.02, PRECHARGE, 390.0, 2.0)
    assert not dc.joined
    dc_run(dc, 0.5, PRECHARGE, 390.0, 2.0)
    assert dc.joined
    assert dc.most_w == 0.0
    dc_run(dc, 0.1, SUPPLY, 420.0, 10.0)
    assert dc.most_w == pytest.approx(390.0 * 10.0 / 0.95)
    dc_run(dc, 0.1, SUPPLY, 420.0, 10.0, ac_w=2000.0)
    assert dc.current_a == pytest.approx(2000.0 * 0.95 / 390.0)
    dc_run(dc, 0.1, SUPPLY, 420.0, 10.0, ac_w=9000.0)
    assert dc.current_a == pytest.approx(10.0)


def test_a_wrong_precharge_never_joins_and_no_mains_let_go():
    dc = DcSide(DcConfig(battery_v=390.0, join_v=20.0))
    dc_run(dc, 2.0, PRECHARGE, 300.0, 2.0)
    assert not dc.joined
    dc_run(dc, 2.0, PRECHARGE, 400.0, 2.0)
    assert dc.joined
    dc_run(dc, 0.1, SUPPLY, 420.0, 10.0, ac_w=2000.0, live=False)
    assert not dc.joined
    assert dc.current_a == 0.0


def test_frames_of_both_ends_are_the_same():
    from array import array

    from gridkeel.boards import connector_pipe
    from gridkeel.evse import ports

    levels = array("i", [0] * ports.LEVELS)
    connector_pipe.unpack_levels(Levels(-12000, 11999, True, False, 500123, -4000, 65535).pack(), 0, levels)
    assert list(levels) == [-12000, 11999, 1, 0, 500123, -4000, 65535]
    orders = array("i", [-1, 3, 1000000, 500000])
    data = bytearray(connector_pipe.ORDERS_BYTES)
    connector_pipe.pack_orders(orders, data, 0)
    assert Orders.unpack(bytes(data)) == Orders(-1, 3, 1000000, 500000)
    assert len(Levels(0, 0, False).pack()) == connector_pipe.LEVELS_BYTES


def test_what_a_vehicle_cannot_do_is_named():
    plant = ConnectorPlant()
    with pytest.raises(ToolError, match="a vehicle cannot 'fly'; known are plug, unplug"):
        plant.do("fly")
    with pytest.raises(ToolError, match=r"unknown key vehicle\.wheels"):
        ConnectorPlant.from_dict({"wheels": 4})
    with pytest.raises(ToolError, match=r"vehicle\.max_current_a = 200 is outside 1\.\.80"):
        ConnectorPlant.from_dict({"max_current_a": 200})


def test_each_command_word_changes_something_and_mend_takes_the_faults_back():
    plant = ConnectorPlant.from_dict({"onboard": False, "dc": {"battery_v": 300.0}})
    for word in plant.words:
        plant.do(word)
    plant.advance(1.0, True, Orders(1000), 230.0, 0.0)
    assert plant.levels.closed is False
    plant.advance(2.0, True, Orders(1000), 230.0, 0.0)
    assert plant.levels == Levels(plant.levels.high_mv, plant.levels.low_mv, True)
    assert plant.levels.high_mv == 12000
