"""The register map of SOFAR's HYD-3PH against a server nobody wrote for it: pymodbus holds the manual's registers.

Addresses, types, signs and scales are the manual's, written here a second time; pymodbus lays them out and reads them.
"""

from __future__ import annotations

import asyncio

import pytest
from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.simulator import DataType, SimData
from pymodbus_line import Line, serving

from gridkeel import errors
from gridkeel.inverter import DRIVING, SEARCHING, make
from gridkeel.params import Parameters

HYD = 1  # inverter_family
BATTERY_POWER_10W = -215  # discharging 2,150 W
SOC_PCT = 62
ON_GRID = 2
SELF_USE, PASSIVE = 0, 3
PREVIOUS_MODE, STANDBY = 1, 0
INT32 = ModbusClientMixin.DATATYPE.INT32


def manual(serial: str) -> list[SimData]:
    return [
        SimData(0x0404, values=[ON_GRID, 0, 0, 0, 0, 0], datatype=DataType.UINT16),
        SimData(0x0445, values=serial.ljust(16, "\0"), datatype=DataType.STRING),
        SimData(0x0606, values=BATTERY_POWER_10W, datatype=DataType.INT16),
        SimData(0x0607, values=[25, SOC_PCT, 99, 17, 0], datatype=DataType.UINT16),
        SimData(0x1110, values=SELF_USE, datatype=DataType.UINT16),
        SimData(0x1184, values=[0, PREVIOUS_MODE, 0], datatype=DataType.UINT16),
        SimData(0x1187, values=[0, -20000, 20000], datatype=DataType.INT32),
    ]


def drive(serial: str, story) -> None:
    async def run() -> None:
        async with serving(manual(serial)) as (fd, server):
            await story(Line(fd, server, make(Parameters({"inverter_family": HYD}))))

    asyncio.run(run())


async def set_points(line: Line) -> list[int]:
    held = await line.registers(0x1187, 6)
    return ModbusClientMixin.convert_from_registers(held, INT32)


def test_pymodbus_as_a_hyd_takes_each_power_as_both_set_points():
    async def story(line: Line) -> None:
        inverter = line.inverter
        for power_w in (3000, -1234, 0):

            async def is_at(power_w: int = power_w) -> bool:
                return await set_points(line) == [0, power_w, power_w] and inverter.active.commanded_w == power_w

            await line.until(is_at, power_w)
            assert inverter.state == DRIVING
        assert await line.registers(0x1110, 1) == [PASSIVE]
        assert await line.registers(0x1184, 2) == [Parameters().reversion_s, STANDBY]

        async def is_measured() -> bool:
            return inverter.soc_pct_x100 >= 0 and inverter.operating_state >= 0 and inverter.power_w != 0

        await line.until(is_measured, 0)
        assert (inverter.power_w, inverter.soc_pct_x100, inverter.operating_state) == (-2150, 6200, ON_GRID)
        assert inverter.device.identity() == ("SOFAR", "HYD-3PH", "", "SP1ES120N6A004")
        assert inverter.bus_errors == 0
        assert inverter.fault in (errors.NO_FAULT, errors.INVERTER_NOT_FOLLOWING)  # these registers measure nothing

    drive("SP1ES120N6A004", story)


@pytest.mark.parametrize("serial", ["SS2ES110N6A004", ""])
def test_pymodbus_as_another_device_is_not_written_to(serial):
    async def story(line: Line) -> None:
        async def is_named() -> bool:
            return line.inverter.fault == errors.INVERTER_NOT_FOUND

        await line.until(is_named, 2000)
        assert line.inverter.state == SEARCHING
        assert await line.registers(0x1110, 1) == [SELF_USE]
        assert await set_points(line) == [0, -20000, 20000]

    drive(serial, story)
