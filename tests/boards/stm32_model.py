"""STM32H7 as MicroPython shows it: pins by name, input capture, UARTs without a buffer to send from, USB."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from board_run import on
from chip_model import UART, Model, Part, number_of
from contract import ContractError

CONTACTOR = "PD14"
SOURCE_HZ = 200_000_000
CAPTURES = {"PA0": (2, 1), "PA15": (2, 1), "PA1": (2, 2)}  # pin: timer and channel
PWM_PINS = ("PE9", "PE11", "PE13")


class Stm32Model(Model):
    port = "stm32"
    clock_hz = 400_000_000
    watchdog_ms = (1, 32768)
    unique = bytes(range(12))

    def has_pin(self, pin: Any) -> bool:
        return isinstance(pin, str) and len(pin) in (3, 4) and pin[0] == "P" and pin[1] in "ABCDEFG"

    def claim(self, pin: Any, who: str) -> None:
        if who == "PWM" and pin not in PWM_PINS:
            raise ContractError(f"pin {pin} is no timer's output")
        super().claim(pin, who)

    def adc_pins(self) -> tuple[Any, ...]:
        return ("PA3", "PC0", "PB1")

    def analog(self, pin: Any) -> int:
        driven = self.level.get("PE11")
        duty = self.pwms["PE9"]._duty
        high, low = (9000 if duty else -12000, -12000 if duty < 65535 else 9000) if driven else (0, 0)
        return ((high if pin == "PA3" else low) + 16500) * 4096 // 33000 << 4


class Line(UART):
    """A UART of this port: fixed pins, no buffer to send from."""

    def __init__(self, id: int, baudrate, bits, parity, stop, *, rxbuf, timeout=0, timeout_char=0, **more) -> None:  # noqa: A002
        if more:
            raise ContractError(f"this port's UART takes no {', '.join(more)}")
        if id not in (1, 2, 6, 7, 8):
            raise ContractError(f"UART({id}) is the console or does not exist")
        self.model.check_uart = lambda *_all: None
        super().__init__(
            id, baudrate, bits, parity, stop, tx=f"tx{id}", rx=f"rx{id}", txbuf=256, rxbuf=rxbuf, timeout=timeout
        )

    def write(self, data: Any, n: int) -> int:
        n = super().write(data, n)
        self.model.advance(int(n * self._bits * self._bit_us))
        return n


class Timer(Part):
    module = "pyb"
    IC, RISING, FALLING = 10, 0, 2

    def __init__(self, id: int, *, prescaler: int, period: int) -> None:  # noqa: A002
        wide = id in (2, 5)
        if not 0 <= prescaler <= 0xFFFF or not 0 <= period <= (0x3FFFFFFF if wide else 0xFFFF):
            raise ContractError(f"Timer({id}) has no room for {prescaler}, {period}")
        self._id, self._divider, self._period = id, prescaler + 1, period

    def source_freq(self) -> int:
        return SOURCE_HZ

    def channel(self, channel: int, mode: int, *, pin: Any, polarity: int) -> Any:
        if CAPTURES.get(number_of(pin)) != (self._id, channel):
            raise ContractError(f"pin {number_of(pin)} is no input of channel {channel} of Timer({self._id})")
        if mode != self.IC or polarity != self.RISING:
            raise ContractError("the rising crossings are to be captured")
        self.model.claim(number_of(pin), f"TIM{self._id}")
        self.model.capture = Channel(SOURCE_HZ // self._divider, self._period)
        return self.model.capture


class Channel:
    """A capture channel: `edge` latches the counter and calls back, some time later."""

    def __init__(self, tick_hz: int, period: int) -> None:
        self.tick_hz, self._period = tick_hz, period
        self._latched = 0
        self._callback: Any = None

    def callback(self, function: Any) -> None:
        self._callback = function

    def capture(self) -> int:
        return self._latched

    def edge(self, at_s: float) -> None:
        self._latched = round(at_s * self.tick_hz) & self._period
        self._callback(None)


class Usb:
    """pyb.USB_VCP as far as a port needs it."""

    def __init__(self) -> None:
        self.interrupt, self.sent, self.waiting = 3, b"", b""

    def setinterrupt(self, letter: int) -> None:
        self.interrupt = letter

    def write(self, data: Any, n: int) -> int:
        if self.interrupt != -1:
            raise ContractError("an octet 3 on the link would stop the program")
        self.sent += bytes(data[:n])
        return n


@contextmanager
def chip(monkeypatch: Any, *patches: tuple[str, str, str]) -> Iterator[tuple[Stm32Model, Any]]:
    model = Stm32Model(CONTACTOR, "NUCLEO_H743ZI with STM32H743")
    machine = model.machine()
    machine.UART = type("UART", (Line,), {"model": model})
    machine.freq = lambda: (model.clock_hz, 200_000_000, 100_000_000, 100_000_000)
    pyb = types.ModuleType("pyb")
    pyb.Timer = type("Timer", (Timer,), {"model": model})
    pyb.USB_VCP = Usb
    uctypes = types.ModuleType("uctypes")
    monkeypatch.setattr(sys, "platform", "pyboard")
    with on(model, {"machine": machine, "pyb": pyb, "uctypes": uctypes}, patches) as boards:
        yield model, boards
