"""An EV at the virtual board's connector in real time: the real firmware reads the pilot and closes the contactor."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

import pytest
from timekeeping import on_time
from typer.testing import CliRunner
from virtual_board_helpers import Terminal, wait_until

from command_line.board import app
from hil.drivers.connector_frames import ORDERS, Levels, Orders
from hil.plants.inverter.server import LiveInverter
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.rigs.board_setup import BoardSetup
from hil.rigs.mains import SteeredMains
from hil.rigs.plant_server import PlantServer
from hil.rigs.plants import Plants, connector_for
from hil.rigs.rig import Rig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.connector_port import ConnectorPort
from hil.virtual_board.mains_feed import MainsFeed
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(120)


def test_the_port_takes_the_newest_orders_and_sends_changes():
    levels = Levels(9000, -12000, False).pack()
    with ConnectorPort() as port:
        assert port.exchange(levels) == Orders()
        host, number = port.address.rsplit(":", 1)
        with socket.create_connection((host, int(number)), timeout=10) as board:
            board.sendall(ORDERS.pack(266, 0, 0, 0) + ORDERS.pack(100, 1, 500000, 1000)[:4])
            wait_until(lambda: port.exchange(levels) == Orders(266), "the first order")
            board.sendall(ORDERS.pack(100, 1, 500000, 1000)[4:])
            wait_until(lambda: port.exchange(levels) == Orders(100, 1, 500000, 1000), "the order that came in parts")
            assert board.recv(100) == levels
        wait_until(lambda: port.exchange(levels) == Orders(), "a board that is down drives nothing")


def test_a_new_board_takes_the_place_of_the_one_before():
    with ConnectorPort() as port:
        host, number = port.address.rsplit(":", 1)
        levels = Levels(6000, -12000, True).pack()
        with socket.create_connection((host, int(number)), timeout=10) as old:
            old.sendall(ORDERS.pack(266, 0, 0, 0))
            wait_until(lambda: port.exchange(levels).duty_permille == 266, "the old board's order")
            with socket.create_connection((host, int(number)), timeout=10) as new:
                wait_until(lambda: port.exchange(levels) == Orders(), "the new board in reset")
                assert new.recv(100) == levels
                assert old.recv(100) == levels
                assert old.recv(100) == b""


REALTIME = Rig("test", "realtime", device_id="")


def plants_of(**changes: int) -> Plants:
    parameters = REALTIME.parameters_with({"evse": 1, "start_delay_ms": 0, **changes})
    return Plants(parameters, SteeredMains(parameters), connector=connector_for(parameters))


@on_time()
def test_the_real_firmware_drives_the_pilot_and_offers_nothing_without_an_inverter():
    plants = plants_of()
    plant = plants.connector
    setup = BoardSetup(plants.parameters.values())
    with REALTIME.open(plants, setup) as opened, PlantServer(opened, None) as server:
        board = opened.board
        wait_until(lambda: plant.orders.duty_permille == 1000, "steady +12 V without an EV")
        assert not board.energised
        plant.do("plug")
        # No inverter answers on RS-485, so no power is requested of it: nothing may be offered.
        wait_until(lambda: plant.levels.high_mv < 9500, "the EV")
        assert plant.orders.duty_permille == 1000
        board.reset()
        wait_until(lambda: board.status.boots == 2 and plant.orders.duty_permille == 1000, "the board again")
        server.check()
        board.stop()
        wait_until(lambda: plant.orders.duty_permille == 0, "no drive from a board without power")


def test_a_board_without_a_pilot_rejects_the_parameter_with_an_error():
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    with (
        MainsFeed(wave.block, 4800, 10) as mains,
        VirtualBoard(parameters={"evse": 1}, mains=mains.address) as board,
        Terminal(board.console) as human,
    ):
        human.expect(rb"evse is not 0, and this board has no control pilot")


@on_time()
def test_the_real_firmware_charges_an_ev_by_the_pilot_and_stops_when_it_is_unplugged():
    plants = plants_of(baseline_w=3000)
    plant, rig = plants.connector, replace(REALTIME, rom=True)
    live = LiveInverter(plants.inverter)
    with rig.open(plants, BoardSetup(plants.parameters.values())) as opened, PlantServer(opened, live) as server:

        def until(condition, what):
            wait_until(lambda: server.check() or condition(), f"{what}; {plant.status}")

        for word in ("plug", "want"):
            plant.do(word)
        until(lambda: opened.board.energised, "the contactor")
        until(lambda: live.inverter.power_w > 2500, "power into the vehicle")
        assert "basic charging at" in plant.status
        plant.do("unplug")
        until(lambda: not opened.board.energised, "the contactor's opening")
        until(lambda: live.inverter.power_w == 0, "no power")
        until(lambda: plant.status == "nothing offered, contactor open", "the end of the offer")
        assert [closed for _at_s, closed in server.moves] == [True, False]


def test_run_prints_the_state_of_the_connector():
    options = ["run", "--vehicle", "--seconds", "0.5", "--param", "evse=1"]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 0, result.output
    assert re.search(r"connector: [a-z0-9. %]+, contactor (open|closed), \d+ W", result.output)


def test_a_vehicle_needs_a_connector():
    result = CliRunner().invoke(app, ["run", "--vehicle"])
    assert isinstance(result.exception, ToolError)
    assert "--vehicle wants --param evse=1" in str(result.exception)
