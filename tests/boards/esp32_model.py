"""ESP32-S3 as MicroPython shows it: pins that modules take, ADC1, I2S with a driver's buffer."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from board_run import on, sine
from chip_model import ADC, Model, Part, number_of
from contract import ContractError

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
