"""A car at the virtual board's outlet in real time: the real firmware reads the pilot and closes the contactor."""

from __future__ import annotations

import asyncio
import re
import socket
import time

import pytest
import serial
from timekeeping import on_time
from typer.testing import CliRunner
from virtual_board_helpers import HANG_S, Terminal, wait_until

from command_line.board import app
from gridkeel.params import Parameters
from hil.drivers.outlet_frames import ORDERS, Levels, Orders
from hil.plants.inverter import Inverter, InverterConfig
from hil.plants.inverter.server import LiveInverter, SerialServer
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.mains_feed import MainsFeed
from hil.virtual_board.outlet_feed import outlet_of
from hil.virtual_board.outlet_port import OutletPort
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(120)


def test_the_port_takes_the_newest_orders_and_reports_changes():
    levels = Levels(9000, -12000, False).pack()
    with OutletPort() as port:
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
    with OutletPort() as port:
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


@on_time()
def test_the_real_firmware_drives_the_pilot_and_offers_nothing_without_an_inverter():
    parameters = {"evse": 1, "start_delay_ms": 0}
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    live = LiveInverter(Inverter(InverterConfig()))
    with (
        MainsFeed(wave.block, 4800, 10) as mains,
        outlet_of(Parameters(parameters), live, 230.0) as outlet,
    ):
        with VirtualBoard(
            parameters=parameters, mains=mains.address, environment={"GRIDKEEL_OUTLET": outlet.address}
        ) as board:
            outlet.watch(lambda: board.energised)
            plant = outlet.plant
            wait_until(lambda: plant.orders.duty_permille == 1000, "steady +12 V without a car")
            assert not board.energised
            plant.do("plug")
            # No inverter answers on RS-485, so the wish stays zero: nothing may be offered.
            wait_until(lambda: plant.levels.high_mv < 9500, "the car")
            assert plant.orders.duty_permille == 1000
            board.reset()
            wait_until(lambda: board.status.boots == 2 and plant.orders.duty_permille == 1000, "the board again")
            outlet.check()
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
def test_the_real_firmware_charges_a_vehicle_by_the_pilot_and_stops_when_it_is_unplugged():
    parameters = {"evse": 1, "start_delay_ms": 0, "baseline_w": 3000}
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    live = LiveInverter(Inverter(InverterConfig()))

    async def until(condition, what):
        end_s = time.monotonic() + HANG_S
        while not condition():
            assert time.monotonic() < end_s, f"never came: {what}; {outlet.words()}"
            live.sync()
            outlet.check()
            await asyncio.sleep(0.02)

    async def play():
        with serial.Serial(board.rs485, 115200, timeout=0) as line:
            server = SerialServer(live, line.fileno())
            server.start()
            try:
                for word in ("plug", "want"):
                    outlet.plant.do(word)
                await until(lambda: board.energised, "the contactor")
                await until(lambda: live.inverter.power_w > 2500, "power into the vehicle")
                assert "basic charging at" in outlet.words()
                outlet.plant.do("unplug")
                await until(lambda: not board.energised, "the contactor's opening")
                await until(lambda: live.inverter.power_w == 0, "no power")
                await until(lambda: outlet.words() == "nothing offered, contactor open", "the end of the offer")
            finally:
                server.stop()

    with (
        MainsFeed(wave.block, 4800, 10) as mains,
        outlet_of(Parameters(parameters), live, 230.0) as outlet,
        VirtualBoard(
            parameters=parameters, mains=mains.address, environment={"GRIDKEEL_OUTLET": outlet.address}, rom=True
        ) as board,
    ):
        outlet.watch(lambda: board.energised)
        asyncio.run(play())


def test_run_reports_the_state_of_the_connector():
    options = ["run", "--vehicle", "--seconds", "0.5", "--param", "evse=1"]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 0, result.output
    assert re.search(r"outlet: [a-z0-9. %]+, contactor (open|closed), \d+ W", result.output)


def test_a_vehicle_needs_a_connector():
    result = CliRunner().invoke(app, ["run", "--vehicle"])
    assert isinstance(result.exception, ToolError)
    assert "--vehicle wants --param evse=1" in str(result.exception)
