"""The inverter driver against servers nobody wrote for it: pymodbus's RTU server on a pty, and the plant's line."""

from __future__ import annotations

import asyncio
import contextlib
import json
from importlib.resources import files

import pytest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData
from pymodbus_line import Line, serving

from gridkeel import errors
from gridkeel.inverter import DRIVING, SILENT, make, sunspec
from gridkeel.inverter.sunspec import discovery, points
from gridkeel.params import Parameters
from hil.plants.inverter import Inverter as Plant
from hil.plants.inverter import InverterConfig, RtuSlavePort

POINTS = [
    (int(name[1:4]), name[5:], value)
    for name, value in vars(points).items()
    if name.startswith("P") and name[4:5] == "_"
]
# Points that are reached from their neighbours, and texts.
IMPLIED = [
    *((1, name, offset) for name, offset in (("Mn", 2), ("Md", 18), ("Vr", 42), ("SN", 50))),
    *((model, "W", offset) for model, offset in ((101, 14), (102, 14), (111, 22), (112, 22))),
    *((120, f"VArRtgQ{quadrant}", points.P120_VARRTGQ1 + quadrant - 1) for quadrant in (2, 3, 4)),
    *((121, f"VArMaxQ{quadrant}", points.P121_VARMAXQ1 + quadrant - 1) for quadrant in (2, 3, 4)),
    (120, "MaxChaRte_SF", points.P120_MAXCHARTE + 1),
    (120, "MaxDisChaRte_SF", points.P120_MAXDISCHARTE + 1),
    (123, "VArPct_WinTms", points.P123_VARPCT_RVRTTMS - 1),
    (123, "VArPct_RmpTms", points.P123_VARPCT_RVRTTMS + 1),
]
LAID_OUT_LIKE = {101: 103, 102: 103, 111: 113, 112: 113}
ABSENT = {"int16": 0x8000, "sunssf": 0x8000, "int32": 0x80000000, "string": 0, "pad": 0x8000}


def definition(model: int) -> list[dict]:
    """The points of a model as pysunspec2 ships them, groups appended (of a repeating one the first), with offsets."""
    group = json.loads(files("sunspec2").joinpath(f"models/json/model_{model}.json").read_text())["group"]
    points = list(group["points"])
    for part in group.get("groups", []):
        prefix = f"{part['name']}_" if "count" in part else ""
        points += [{**point, "name": prefix + point["name"]} for point in part["points"]]
    at, laid = 0, []
    for point in points:
        laid.append({**point, "offset": at})
        at += point["size"]
    return laid


def words_of(model: int, values: dict[str, int | str]) -> list[int]:
    """Lay out a model: given values, everything else as not implemented."""
    points = definition(model)
    values = {"ID": model, "L": sum(point["size"] for point in points) - 2, **values}
    raw = bytearray()
    for point in points:
        size = 2 * point["size"]
        absent = ABSENT.get(point["type"], (1 << 8 * size) - 1)
        value = values.pop(point["name"], absent)
        raw += value.encode().ljust(size, b"\0") if isinstance(value, str) else (value % (1 << 8 * size)).to_bytes(size)
    assert not values, f"no such points: {values}"
    return [raw[i] << 8 | raw[i + 1] for i in range(0, len(raw), 2)]


Models = tuple[tuple[int, dict[str, int | str]], ...]

DER: Models = (
    (1, {"Mn": "Maker", "Md": "Box"}),
    (701, {"InvSt": 3, "W": -213, "W_SF": 1}),
    (702, {"WMaxRtg": 740, "WChaRteMaxRtg": 700, "WDisChaRteMaxRtg": 600, "W_SF": 1}),
    (704, {"WSetEna": 1, "WSetMod": 1, "WSet": 4000, "WSetRvrt": 900, "WSetRvrtTms": 7, "WSet_SF": -1}),
    (713, {"SoC": 555, "Pct_SF": -1}),
)
LEGACY: Models = (
    (1, {"Mn": "Maker", "Md": "Old box"}),
    (102, {"W": 213, "W_SF": 1}),
    (120, {"WRtg": 500, "WRtg_SF": 1, "MaxChaRte": 70, "MaxChaRte_SF": 2, "MaxDisChaRte": 60, "MaxDisChaRte_SF": 2}),
    (121, {}),
    (122, {}),
    (123, {}),
    (124, {"WChaMax": 8000, "WChaMax_SF": 0, "StorCtl_Mod": 0, "ChaState": 55, "ChaState_SF": 0, "InOutWRte_SF": -2}),
)


def laid_out(models: Models) -> tuple[list[int], dict[int, int]]:
    words, at = [0x5375, 0x6E53], {}
    for model, values in models:
        at[model] = len(words)
        words += words_of(model, values)
    return [*words, 0xFFFF, 0], at


@pytest.mark.parametrize(("model", "name", "offset"), POINTS + IMPLIED)
def test_every_offset_is_the_definitions(model, name, offset):
    point = next(point for point in definition(model) if point["name"].upper() == name.upper())
    assert point["offset"] == offset


def test_the_definitions_have_points_to_compare():
    assert len(POINTS) > 70 and {model for model, _name, _offset in POINTS} >= {103, 113, 120, 124, 701, 702, 704, 713}


def test_every_stretch_that_is_kept_lies_inside_its_model():
    for model, first, count, last in discovery._MODELS:
        models = (model, LAID_OUT_LIKE.get(model))
        names = {name.upper() for known, name, _offset in POINTS + IMPLIED if known in models}
        used = [point["offset"] + point["size"] - 1 for point in definition(model) if point["name"].upper() in names]
        size = sum(point["size"] for point in definition(model))
        assert max(used) <= last < size
        assert first + count <= size


def test_the_two_values_in_watts_are_volatile_and_writable():
    writable = {point["name"] for point in definition(704) if point.get("access") == "RW"}
    assert {"WSetEna", "WSetMod", "WSet", "WSetRvrt", "WSetEnaRvrt", "WSetRvrtTms"} <= writable


class SunSpecLine(Line):
    """A line to a server that holds these models from a base on."""

    def __init__(self, fd: int, server: ModbusSerialServer, base: int, at: dict[int, int]):
        super().__init__(fd, server, make(Parameters({"reversion_s": 2})))
        self._base, self._at = base, at

    async def get(self, model: int, offset: int, count: int) -> int:
        return await self.number(self._base + self._at[model] + offset, count)


@contextlib.asynccontextmanager
async def pymodbus_line(models, base: int, tail: tuple[int, ...] = (0xFFFF, 0)):
    words, at = laid_out(models)
    words[-2:] = tail
    registers = [SimData(base, values=words, datatype=DataType.REGISTERS)]
    async with serving(registers) as (fd, server):
        yield SunSpecLine(fd, server, base, at)


@pytest.mark.parametrize("base", sunspec.BASES)
def test_pymodbus_as_a_der_is_driven(base):
    async def run():
        async with pymodbus_line(DER, base) as line:
            inverter = line.inverter

            async def is_at(power_w):
                return await line.get(704, 24, 2) == -10 * power_w and inverter.active.commanded_w == power_w

            await line.until(lambda: is_at(3000), 3000)
            assert inverter.state == DRIVING
            assert await line.get(704, 26, 2) == 0
            assert await line.get(704, 30, 1) == 1
            assert await line.get(704, 31, 2) == 2
            await line.until(lambda: is_at(-1234), -1234)
            await line.until(lambda: is_at(0), 0)
            assert inverter.device.identity()[:2] == ("Maker", "Box")
            assert (inverter.charge_rating_w, inverter.discharge_rating_w) == (7000, 6000)
            assert (inverter.power_w, inverter.soc_pct_x100) == (2130, 5550)
            assert inverter.fault in (errors.NO_FAULT, errors.INVERTER_NOT_FOLLOWING)  # these registers measure nothing

    asyncio.run(run())


def test_pymodbus_as_a_legacy_inverter_is_driven():
    async def run():
        async with pymodbus_line(LEGACY, 40000) as line:
            inverter = line.inverter

            async def is_at(into, out):
                return await line.get(124, 13, 1) == into and await line.get(124, 12, 1) == out

            # Shares of 8,000 W into the vehicle and of 6,000 W out of it.
            await line.until(lambda: is_at(2500, -3333), 2000)
            assert await line.get(124, 5, 1) == 3
            assert await line.get(124, 15, 1) == 2
            await line.until(lambda: is_at(-4999, 6666), -4000)
            assert (inverter.charge_rating_w, inverter.discharge_rating_w) == (7000, 6000)
            assert (inverter.power_w, inverter.soc_pct_x100) == (-2130, 5500)
            assert inverter.fault in (errors.NO_FAULT, errors.INVERTER_NOT_FOLLOWING)  # these registers measure nothing

    asyncio.run(run())


def test_pymodbus_behind_a_slow_gateway_is_driven_and_named_slow():
    async def run():
        async with pymodbus_line(DER, 40000) as line:
            line.delay_ms = 260
            inverter = line.inverter

            async def is_at(power_w):
                return await line.get(704, 24, 2) == -10 * power_w and inverter.active.commanded_w == power_w

            await line.until(lambda: is_at(3000), 3000)
            assert inverter.state == DRIVING
            assert errors.INVERTER_SLOW in line.faults
            assert errors.INVERTER_NOT_FOUND not in line.faults

    asyncio.run(run())


@pytest.mark.parametrize("tail", [(), (0,), (0, 0), (0xFFFF,), (64999, 0xFFFF)])
@pytest.mark.parametrize("models", [DER, LEGACY], ids=["704", "124"])
def test_pymodbus_with_a_map_that_ends_oddly_is_driven(models, tail):
    async def run():
        async with pymodbus_line(models, 40000, tail) as line:

            async def is_driven():
                return line.inverter.active.commanded_w == 2000

            await line.until(is_driven, 2000)
            assert line.inverter.state == DRIVING
            assert line.inverter.fault == errors.NO_FAULT

    asyncio.run(run())


def test_pymodbus_on_a_line_that_echoes_is_driven():
    async def run():
        async with pymodbus_line(DER, 40000) as line:
            line.echoing = True

            async def is_driven():
                return line.inverter.active.commanded_w == 2000

            await line.until(is_driven, 2000)
            assert line.inverter.bus_errors == 0
            assert line.inverter.fault == errors.NO_FAULT

    asyncio.run(run())


class PlantLine:
    """The driver on the plant's RTU line, in virtual time, a block of the controller every 10 ms."""

    def __init__(self, family: str, base: int, response_ms: float = 5):
        self.plant = Plant(InverterConfig(family=family, base_address=base, response_ms=response_ms))
        self.port = RtuSlavePort(self.plant)
        self.inverter = make(Parameters())
        self.now = 0
        self.cut = False
        self._arriving: list[tuple[int, bytes]] = []
        self._out = bytearray(32)

    def run(self, ms: int, wanted: int) -> None:
        for _ in range(ms):
            self.plant.advance(self.now / 1000, 230.0, 50.0)
            while self._arriving and self._arriving[0][0] <= 1000 * self.now:
                data = self._arriving.pop(0)[1]
                self.inverter.receive(data, len(data), self.now)
            if self.now % 10 == 0:
                self.inverter.command(wanted, self.now)
            self.inverter.on_deadline(self.now)
            n = self.inverter.data_to_send(self._out, self.now)
            if n and not self.cut:
                self._arriving += self.port.receive(bytes(self._out[:n]), 1000 * self.now)
            self.now += 1


@pytest.mark.parametrize("family", ["der", "legacy", "legacy-float"])
@pytest.mark.parametrize("base", sunspec.BASES)
def test_the_plant_is_driven(family, base):
    line = PlantLine(family, base)
    line.run(3000, 0)
    assert line.inverter.state == DRIVING
    for power_w in (3000, -2500, 7400, 0, -40):
        line.run(4500, power_w)  # longer than the reversion time: the refresh must keep it
        assert line.plant.power_w == pytest.approx(power_w, abs=1)
        assert line.inverter.power_w == pytest.approx(power_w, abs=1)
        assert line.inverter.active.commanded_w == pytest.approx(power_w, abs=1)
    assert line.plant.reversions == 0
    assert line.inverter.fault == errors.NO_FAULT
    assert line.inverter.soc_pct_x100 == pytest.approx(100 * line.plant.soc_pct, abs=10)
    assert line.port.bad_crc == 0


@pytest.mark.parametrize("family", ["der", "legacy"])
@pytest.mark.parametrize("response_ms", [250, 450, 580])
def test_a_plant_that_answers_late_is_driven(family, response_ms):
    line = PlantLine(family, 40000, response_ms)
    line.run(20000, 0)
    assert line.inverter.state == DRIVING
    at_start = line.plant.reversions  # of the zero that takes hold, while all else is read for the first time
    for power_w in (3000, -2500, 0):
        line.run(9000, power_w)
        assert line.plant.power_w == pytest.approx(power_w, abs=1)
        assert line.inverter.active.commanded_w == pytest.approx(power_w, abs=1)
        assert line.inverter.fault == errors.INVERTER_SLOW
    assert line.plant.reversions == at_start


@pytest.mark.parametrize("family", ["der", "legacy"])
def test_the_plant_reverts_when_the_link_is_lost_and_is_found_again(family):
    line = PlantLine(family, 40000)
    line.run(2000, 3000)
    line.cut = True
    line.run(1900, 3000)
    assert line.plant.power_w == pytest.approx(3000, abs=1)
    line.run(4000, 3000)
    assert line.plant.reversions == 1
    assert line.inverter.state == SILENT
    if family == "der":  # 124's reversion ends the control, and what the device does then is its own affair
        assert line.plant.power_w == 0
    line.cut = False
    line.run(6000, 3000)
    assert line.inverter.state == DRIVING
    assert line.plant.power_w == pytest.approx(3000, abs=1)


def test_what_another_master_left_is_overwritten_before_driving():
    line = PlantLine("der", 40000)
    wset_ena = 40000 + 2 + 68 + 155 + 52 + 22
    line.plant.write(wset_ena + 8, (1).to_bytes(2) + (2).to_bytes(4))
    line.plant.write(wset_ena + 4, (-5000).to_bytes(4, signed=True))
    line.plant.write(wset_ena, b"\0\1\0\1" + (6000).to_bytes(4))
    line.run(300, 0)
    assert line.plant.target_w == 0
    line.run(8000, 0)
    assert line.plant.reversions == 0
    assert line.plant.power_w == 0


@pytest.mark.parametrize("family", ["der", "legacy", "legacy-float"])
@pytest.mark.parametrize(("charge_max_w", "discharge_max_w"), [(7400, 7400), (7400, 4600), (3600, 9000), (11000, 3300)])
def test_the_plant_delivers_what_was_commanded_whatever_its_ratings(family, charge_max_w, discharge_max_w):
    line = PlantLine(family, 40000)
    line.plant = Plant(
        InverterConfig(family=family, charge_max_w=charge_max_w, discharge_max_w=discharge_max_w, response_ms=5)
    )
    line.port = RtuSlavePort(line.plant)
    line.run(2000, 0)
    for power_w in (3000, -3000):
        line.run(2500, power_w)
        assert line.plant.power_w == pytest.approx(power_w, abs=2)
        assert line.inverter.active.commanded_w == pytest.approx(power_w, abs=2)


@pytest.mark.parametrize("family", ["der", "legacy", "legacy-float"])
def test_a_plant_that_disobeys_is_reported_and_one_that_obeys_again_is_not(family):
    line = PlantLine(family, 40000)
    line.run(4000, 3000)
    for share, flows_w, apart_w in ((0.0, 0.0, -3000), (0.5, 0.0, -1500), (-0.5, 0.0, -4500), (1.0, 800.0, 800)):
        line.plant.disobey(share, flows_w)
        line.run(5000, 3000)
        assert line.inverter.fault == errors.INVERTER_NOT_FOLLOWING
        assert line.inverter.following.deviation_w == pytest.approx(apart_w, abs=3)
        line.plant.disobey()
        line.run(15000, 3000)
        assert line.inverter.fault == errors.NO_FAULT
