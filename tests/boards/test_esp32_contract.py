"""The ESP32-S3 board file keeps the contract of its chip; each planted defect breaks it, and is named."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from board_run import AMPLITUDE, FREQUENCY_HZ, Run, frequency, on, sine
from chip_model import ADC, Model, Part, number_of
from contract import ContractError

from gridkeel.evse import ports

DUTIES = [-1, 0, 1000, 50, 960]
FRAME_BYTES = 4


class Esp32Model(Model):
    port = "esp32"
    most_pin = 48
    clock_hz = 240_000_000
    watchdog_ms = (1, 2**31 // 1000)
    unique = bytes.fromhex("f412fa5c30d8")
    strapping = (0, 3, 45, 46, *range(26, 38), 19, 20, 43, 44)  # boot, flash and PSRAM, USB, console

    def claim(self, pin: int, who: str) -> None:
        if pin in self.strapping:
            raise ContractError(f"pin {pin} is not free on this module, and {who} takes it")
        super().claim(pin, who)

    def adc_pins(self) -> tuple[int, ...]:
        return tuple(range(1, 11))  # ADC1; ADC2 is Wi-Fi's

    def check_uart(self, number: int, tx: int, rx: int) -> None:
        if number not in (1, 2):
            raise ContractError(f"UART({number}) is the console or does not exist")

    def analog(self, pin: int) -> int:
        duty = next(iter(self.pwms.values()))._duty
        driven = self.level.get(11)
        high, low = (9000 if duty else -12000, -12000 if duty < 65535 else 9000) if driven else (0, 0)
        return ((high if pin == 1 else low) + 15000) * 4096 // 31000 << 4


class I2S(Part):
    RX, TX, STEREO, MONO = 0, 1, 3, 2

    def __init__(self, id: int, *, sck, ws, sd, mck=None, mode, bits, format, rate, ibuf) -> None:  # noqa: A002
        if id not in (0, 1) or mode != self.RX or bits != 16 or format != self.STEREO:
            raise ContractError("the converter sends two channels of 16 bits")
        for pin in (sck, ws, sd):
            self.model.claim(number_of(pin), f"I2S{id}")
        if not 8000 <= rate <= 192000:
            raise ContractError(f"a converter at {rate} Hz")
        self._rate, self._ibuf = rate, ibuf
        self._begin_us, self._taken = self.model.now_us, 0

    def readinto(self, buffer: Any) -> int:
        """Hand out whole frames that there are; what the driver had no room for is gone."""
        held = int((self.model.now_us - self._begin_us) * self._rate / 1e6) - self._taken
        room = self._ibuf // FRAME_BYTES
        if held > room:
            self._taken += held - room
            held = room
        view = memoryview(buffer).cast("B")
        n = min(held, len(view) // FRAME_BYTES)
        for k in range(n):
            count = (sine((self._taken + k) * 1e6 / self._rate) - 2048) * 16
            view[FRAME_BYTES * k : FRAME_BYTES * (k + 1)] = count.to_bytes(2, "little", signed=True) + b"\x11\x11"
        self._taken += n
        return n * FRAME_BYTES


class Reader:
    """asyncio.StreamReader on I2S: time passes until there are octets."""

    def __init__(self, stream: I2S) -> None:
        self._stream = stream

    async def readinto(self, buffer: Any) -> int:
        while True:
            n = self._stream.readinto(buffer)
            if n:
                return n
            self._stream.model.advance(1000)


@contextmanager
def chip(monkeypatch: Any, *patches: tuple[str, str, str]) -> Iterator[tuple[Esp32Model, Any]]:
    model = Esp32Model(21, "Generic ESP32S3 module with ESP32-S3")
    machine = model.machine()
    machine.I2S = type("I2S", (I2S,), {"model": model})
    machine.ADC = type("ADC", (ADC,), {"model": model})
    uctypes = types.ModuleType("uctypes")
    uctypes.addressof = lambda buffer: buffer
    uctypes.bytearray_at = lambda buffer, n: memoryview(buffer).cast("B")[:n]
    monkeypatch.setattr(sys, "platform", "esp32")
    monkeypatch.setattr(asyncio, "StreamReader", Reader)
    with on(model, {"machine": machine, "uctypes": uctypes}, patches) as boards:
        yield model, boards


def run(monkeypatch: Any, *patches: tuple[str, str, str], **changes: int) -> Run:
    with chip(monkeypatch, *patches) as (model, boards):
        life = Run(model, boards, changes)
        life.go(DUTIES)
        samples = [x for block in life.blocks for x in block]
        if any(life.lost) or not 0.97 < max(samples) / (16 * AMPLITUDE) < 1.01:
            raise ContractError("the samples are not those of the mains")
        if abs(frequency(samples, life.parameters.sample_hz) - FREQUENCY_HZ) > 0.005:
            raise ContractError("the samples come at another rate")
        for k in range(len(DUTIES)):
            judge_pilot(DUTIES[k], life.levels[3 * k + 2])
        model.finish()
        return life


def judge_pilot(duty: int, levels: list[int]) -> None:
    high, low = {-1: (0, 0), 0: (-12000, -12000), 1000: (9000, 9000)}.get(duty, (9000, -12000))
    if abs(levels[ports.HIGH_MV] - high) > 60 or abs(levels[ports.LOW_MV] - low) > 60:
        raise ContractError(f"at a duty of {duty} the pilot's plateaus read {levels[:2]}")


@pytest.mark.parametrize("changes", [{}, {"sample_hz": 8000}, {"block_ms": 20}])
def test_the_board_keeps_the_contract_of_its_chip(monkeypatch: Any, changes: dict[str, int]) -> None:
    assert run(monkeypatch, **changes).board.device_id == b"f412fa5c30d8"


DEFECTS = {
    "samples by the program": ("tables.esp32_s3_devkitc", 'MAINS = "i2s"', 'MAINS = "adc"', "cannot be paced"),
    "DE that nobody drives": ("tables.esp32_s3_devkitc", "RS485_DE = -1", "RS485_DE = 9", "automatic"),
    "a pin of the flash": ("tables.esp32_s3_devkitc", "RCD = 13", "RCD = 33", "is not free"),
    "an ADC of Wi-Fi's": ("tables.esp32_s3_devkitc", "PILOT_LOW_ADC = 2", "PILOT_LOW_ADC = 18", "has no ADC"),
    "the console's UART": ("tables.esp32_s3_devkitc", "HOST_UART = 2", "HOST_UART = 0", "console"),
    "two owners": ("tables.esp32_s3_devkitc", "I2S_WS = 16", "I2S_WS = 5", "belongs to"),
    "one channel": ("i2s_mains", "format=I2S.STEREO", "format=I2S.MONO", "two channels"),
    "the rate of the samples": ("i2s_mains", "rate=rate", "rate=sample_hz * 2", "the samples"),
    "peaks swapped": ("esp32", "PeakInputs(high, low)", "PeakInputs(low, high)", "plateaus"),
    "a keyword of no port": ("i2s_mains", "ibuf=", "buffer=", "takes no argument buffer"),
    "contactor that stays": ("chip", "1 if on else 0", "1", "leaves the contactor's pin high"),
}


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_each_planted_defect_is_named(monkeypatch: Any, defect: str) -> None:
    file, old, new, said = DEFECTS[defect]
    with pytest.raises((ContractError, RuntimeError), match=said):
        run(monkeypatch, (file, old, new))


def test_blocks_that_the_driver_held_are_not_lost_and_those_it_dropped_are_counted(monkeypatch: Any) -> None:
    with chip(monkeypatch) as (model, boards):
        life = Run(model, boards, {"watchdog_ms": 2000})
        life.go([100])
        model.advance(55000)
        life.go([100, 100, 100])
        assert not any(life.lost)
        model.advance(205000)
        life.go([100])
    lost = [n for n in life.lost if n]
    assert len(lost) == 1 and 12 <= lost[0] <= 16
