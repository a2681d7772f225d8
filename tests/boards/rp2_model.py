"""RP2040 and RP2350 as MicroPython shows them: ADC registers, DMA channels, and a PIO that executes its programs."""

from __future__ import annotations

import sys
import types
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from board_run import Pilot, on, sine
from chip_model import Model, Part, number_of
from contract import ContractError

_CTRL_KEYS = {"default", "enable", "high_pri", "size", "inc_read", "inc_write", "inc_read_rev", "inc_write_rev"}
_CTRL_KEYS |= {
    "ring_size",
    "ring_sel",
    "chain_to",
    "treq_sel",
    "irq_quiet",
    "bswap",
    "sniff_en",
    "write_err",
    "read_err",
}
CS, FCS, FIFO, DIV = 0x00, 0x08, 0x0C, 0x10
ADC_CLOCK_HZ = 48_000_000
SUBPHASES = 256


class Rp2Model(Model):
    port = "rp2"
    most_pin = 29
    adc_base = 0x4004C000
    adc_dreq = 36
    clock_hz = 125_000_000
    watchdog_ms = (1, 8388)
    wide_uart = False

    def __init__(self, contactor: int, machine_name: str) -> None:
        super().__init__(contactor, machine_name)
        self.registers = {self.adc_base + at: 0 for at in (CS, FCS, DIV)}
        self.channels: list[Any] = []
        self.addresses: dict[int, Any] = {}
        self.machines: list[Any] = []
        self.started_us: float | None = None

    def adc_pins(self) -> tuple[int, ...]:
        return (26, 27, 28, 29)

    def check_uart(self, number: int, tx: int, rx: int) -> None:
        step = 2 if self.wide_uart else 4
        if number not in (0, 1):
            raise ContractError(f"UART({number}) does not exist")
        for pin, place, name in ((tx, 0, "TX"), (rx, 1, "RX")):
            if pin % step != place or (pin + 4 & 8) >> 3 != number:
                raise ContractError(f"pin {pin} is no {name} of UART({number})")

    def analog(self, pin: int) -> int:
        return self.reading(pin - 26, self.now_us) << 4

    def reading(self, channel: int, at_us: float) -> int:
        """Return the count of an input at a time."""
        if channel == 0:
            return self.mains_counts(at_us)
        return min(4095, max(0, (self.pilot_mv(at_us) + 16500) * 4096 // 33000))

    # --- the converter

    def register(self, address: int) -> int:
        if address not in self.registers and address != self.adc_base + FIFO:
            raise ContractError(f"mem32 reads {address:#x}, which is no register of the ADC")
        return self.registers.get(address, 0)

    def set_register(self, address: int, value: int) -> None:
        if address not in self.registers:
            raise ContractError(f"mem32 writes {address:#x}, which is no register of the ADC")
        self.registers[address] = value
        if address == self.adc_base + CS and value & 8:
            self._start(value)

    def _start(self, control: int) -> None:
        divider = self.registers[self.adc_base + DIV]
        cycles = 1 + divider / SUBPHASES
        if cycles < 96:
            raise ContractError(f"a conversion takes 96 cycles, the divider leaves {cycles}")
        if divider > 0xFFFFFF:
            raise ContractError(f"the divider {divider:#x} has more than 24 bits")
        if self.registers[self.adc_base + FCS] & 9 != 9:
            raise ContractError("the converter runs, and its FIFO asks for no DMA")
        inputs = [i for i in range(5) if control >> 16 >> i & 1] or [control >> 12 & 7]
        first = inputs.index(control >> 12 & 7)
        self.order = inputs[first:] + inputs[:first]
        for channel in self.order:
            if self.owner.get(26 + channel) != "ADC":
                raise ContractError(f"input {channel} is converted, and pin {26 + channel} is no ADC's")
        self.period_us = cycles / ADC_CLOCK_HZ * 1e6
        self.started_us = self.now_us

    def converted(self) -> int:
        """Return how many readings there have been since the start."""
        return 0 if self.started_us is None else int((self.now_us - self.started_us) / self.period_us)

    # --- modules

    def rp2(self) -> types.ModuleType:
        module = types.ModuleType("rp2")
        module.DMA = type("DMA", (DMA,), {"model": self})
        module.StateMachine = type("StateMachine", (StateMachine,), {"model": self})
        module.PIO = types.SimpleNamespace(OUT_LOW=2, OUT_HIGH=3, IN_LOW=0, IN_HIGH=1)
        module.asm_pio = self._asm_pio
        return module

    def _asm_pio(self, **kwargs: Any) -> Any:
        self.checked("rp2", "asm_pio", "", (), kwargs)
        return lambda function: Program(function, kwargs.get("sideset_init"))

    def mem32(self) -> Any:
        model = self

        class Memory:
            def __getitem__(self, address: int) -> int:
                return model.register(address)

            def __setitem__(self, address: int, value: int) -> None:
                model.set_register(address, value)

        return Memory()

    def addressof(self, buffer: Any) -> int:
        address = 0x20004001 + 0x10000 * len(self.addresses) & ~3
        for known, held in self.addresses.items():
            if held is buffer:
                return known
        self.addresses[address] = buffer
        return address

    def finish(self) -> None:
        super().finish()
        for machine in self.machines:
            machine._judge()


class Rp2350Model(Rp2Model):
    adc_base = 0x400A0000
    adc_dreq = 48
    clock_hz = 150_000_000
    watchdog_ms = (1, 16777)
    wide_uart = True


class DMA(Part):
    """One channel; the model knows the two things a board does with it: fill a ring, and start that again."""

    model: Rp2Model
    module = "rp2"

    def __init__(self) -> None:
        self._channel = len(self.model.channels)
        if self._channel > 11:
            raise ContractError("there is no free DMA channel")
        self.model.channels.append(self)
        self._set: dict[str, Any] = {}
        self._ctrl: dict[str, Any] = {}
        self._running = False

    @property
    def channel(self) -> int:
        return self._channel

    @property
    def registers(self) -> Any:
        return _Registers(self)

    def pack_ctrl(self, **kwargs: Any) -> int:
        unknown = set(kwargs) - _CTRL_KEYS
        if unknown:
            raise ContractError(f"DMA.pack_ctrl knows no {', '.join(sorted(unknown))}")
        self._ctrl = {"size": 2, "inc_read": True, "inc_write": True, "treq_sel": 0x3F, "chain_to": self._channel}
        self._ctrl.update(kwargs)
        return 0x3F8039

    def config(self, *, read=None, write=None, count=None, ctrl=None, trigger: bool = False) -> None:
        given = {"read": read, "write": write, "count": count, "ctrl": ctrl}
        self._set.update({name: value for name, value in given.items() if value is not None})
        if trigger:
            self._go()

    def active(self, *args: Any) -> bool:
        if args:
            if args[0]:
                self._go()
            else:
                self._running = False
        return self._running

    def _go(self) -> None:
        for name in ("read", "write", "count", "ctrl"):
            if name not in self._set:
                raise ContractError(f"DMA channel {self._channel} starts without {name}")
        if self._set["read"] == self.model.adc_base + FIFO:
            self._check_ring()
        self._running = True

    def _check_ring(self) -> None:
        ctrl, ring = self._ctrl, self._set["write"]
        if ctrl["treq_sel"] != self.model.adc_dreq:
            raise ContractError(f"the ring is paced by request {ctrl['treq_sel']}, the ADC's is {self.model.adc_dreq}")
        if ctrl["size"] != 1 or ctrl["inc_read"] or not ctrl["inc_write"]:
            raise ContractError("readings are half words from one register into ascending places")
        if self._set["count"] > len(ring):
            raise ContractError(f"{self._set['count']} readings into a ring of {len(ring)}")
        again = self.model.channels[ctrl["chain_to"]]
        if again is self:
            raise ContractError("the ring is filled once: nothing starts it again")
        target = again._set.get("write")
        if not isinstance(target, _Registers) or target.channel is not self or target.at != 11:
            raise ContractError("the second channel does not write the first one's WRITE_ADDR_TRIG")
        if again._set["read"][0] != self.model.addressof(ring):
            raise ContractError("the second channel does not write the ring's begin")
        if again._set["count"] != 1 or again._ctrl["inc_read"] or again._ctrl["inc_write"]:
            raise ContractError("the second channel moves one word from one place to another")

    @property
    def count(self) -> int:
        """What is left of the round; the ring is brought up to date with the clock."""
        if not self._running:
            raise ContractError("the ring's counter is read, and nothing fills it")
        model, ring = self.model, self._set["write"]
        done, size = model.converted(), len(ring)
        for k in range(max(self.__dict__.get("_written", 0), done - size), done):
            at_us = model.started_us + (k + 1) * model.period_us
            ring[k % size] = model.reading(model.order[k % len(model.order)], at_us)
        self._written = done
        return size - done % size


class _Registers(array):
    """registers[11:] of a channel."""

    def __new__(cls, channel: DMA, at: int = 0) -> _Registers:
        made = super().__new__(cls, "I", [0] * (16 - at))
        made.channel, made.at = channel, at
        return made

    def __getitem__(self, place: Any) -> Any:
        return _Registers(self.channel, self.at + (place.start or 0))


class Program:
    """A PIO program: the function is run once with an assembler's words."""

    def __init__(self, function: Any, sideset: int | None) -> None:
        self.instructions: list[dict[str, Any]] = []
        self.labels: dict[str, int] = {}
        self.start, self.end = 0, None
        self.sideset = sideset
        words: dict[str, Any] = {name: name for name in ("pin", "pins", "x", "y", "x_dec", "y_dec", "gpio", "irq")}
        words |= {name: self._word(name) for name in ("wait", "set", "jmp", "nop", "out", "mov", "in_", "pull", "push")}
        words["label"] = lambda name: self.labels.__setitem__(name, len(self.instructions))
        words["wrap_target"] = lambda: setattr(self, "start", len(self.instructions))
        words["wrap"] = lambda: setattr(self, "end", len(self.instructions))
        types.FunctionType(function.__code__, words)()
        if len(self.instructions) > 32:
            raise ContractError("a PIO has room for 32 instructions")

    def _word(self, name: str) -> Any:
        def emit(*operands: Any) -> _Instruction:
            self.instructions.append({"name": name, "operands": operands, "side": None, "delay": 0})
            return _Instruction(self.instructions[-1], self.sideset is not None)

        return emit


class _Instruction:
    def __init__(self, row: dict[str, Any], sided: bool) -> None:
        self._row, self._sided = row, sided

    def side(self, level: int) -> _Instruction:
        if not self._sided:
            raise ContractError("side() in a program without sideset_init")
        self._row["side"] = level
        return self

    def __getitem__(self, delay: int) -> _Instruction:
        if not 0 <= delay <= (15 if self._sided else 31):
            raise ContractError(f"a delay of {delay} does not fit")
        self._row["delay"] = delay
        return self


class StateMachine(Part):
    model: Rp2Model
    module = "rp2"

    def __init__(self, id: int, program: Program, *, freq: int = -1, **pins: Any) -> None:  # noqa: A002
        unknown = set(pins) - {"in_base", "out_base", "set_base", "jmp_pin", "sideset_base"}
        if unknown:
            raise ContractError(f"StateMachine knows no {', '.join(sorted(unknown))}")
        if not 0 <= id <= 7:
            raise ContractError(f"there is no state machine {id}")
        if not self.model.frequency / 65536 <= freq <= self.model.frequency:
            raise ContractError(f"a state machine at {freq} Hz: the divider has 16 bits")
        self._program, self._freq = program, freq
        self._pins = {name: number_of(pin) for name, pin in pins.items()}
        if program.sideset is not None:
            self.model.claim(self._pins["sideset_base"], f"PIO{id}")
            self.model.drive(self._pins["sideset_base"], 0)
        self._on = False
        self.model.machines = [one for one in self.model.machines if one._id != id] + [self]
        self._id = id

    def active(self, *args: Any) -> bool:
        if args:
            self._on = bool(args[0])
        return self._on

    def _judge(self) -> None:
        """Execute the program over every frame of the line it watches: DE must cover it, and end before an answer."""
        model = self.model
        line = next((uart for uart in model.uarts.values() if uart._tx == self._pins["in_base"]), None)
        if line is None or not self._on:
            raise ContractError("a state machine drives DE, and watches no UART's line or does not run")
        for begin, end, octets in line._frames:
            levels = self._execute(line, octets)
            up, down = (levels + [None, None])[:2]
            bit = line._bit_us
            if up is None or up > bit / 4:
                raise ContractError(f"DE rises {up} us after the start bit of a frame; a bit is {bit:.1f} us")
            if up < 0:
                raise ContractError("DE is high while the line is idle")
            if down is None:
                raise ContractError("DE never falls")
            if len(levels) > 2 or down < end - begin - 0.5 * bit:
                raise ContractError("DE falls while a frame is on its way")
            if down > end - begin + 15 * bit:
                raise ContractError("DE is high for longer than a character and a half after a frame")

    def _execute(self, line: Any, octets: bytes) -> list[float | None]:
        """Return when DE rises, falls, rises ..., in us from the start bit."""
        bits = [bit for octet in octets for bit in _character(octet, line._format)]
        cycle_us = 1e6 / self._freq
        level = lambda t: bits[int(t / line._bit_us)] if 0 <= t < len(bits) * line._bit_us else 1  # noqa: E731
        program, at, x, side = self._program, self._program.start, 0, 0
        changes: list[float | None] = []
        t = -4 * line._bit_us
        while t < (len(bits) + 200) * line._bit_us:
            row = program.instructions[at]
            if row["side"] is not None and row["side"] != side:
                side = row["side"]
                changes.append(t)
            name, operands = row["name"], row["operands"]
            following = at + 1
            if name == "wait":
                if level(t) != operands[0]:
                    t += cycle_us
                    continue
            elif name == "set" and operands[0] == "x":
                x = operands[1]
            elif name == "jmp":
                condition, target = operands if len(operands) == 2 else (None, operands[0])
                taken = condition is None or (level(t) == 1 if condition == "pin" else x != 0)
                if condition == "x_dec":
                    x = (x - 1) % (1 << 32)
                if taken:
                    following = program.labels[target]
            elif name != "nop":
                raise ContractError(f"the model executes no {name}")
            at = program.start if following == program.end else following
            t += cycle_us * (1 + row["delay"])
        return changes


def _character(octet: int, form: tuple[int, int | None, int]) -> list[int]:
    _baud, parity, stop = form
    data = [octet >> i & 1 for i in range(8)]
    check = [] if parity is None else [(sum(data) + parity) & 1]
    return [0, *data, *check, *[1] * stop]


MACHINES = {
    "rpi_pico": (Rp2Model, "Raspberry Pi Pico with RP2040"),
    "rpi_pico2": (Rp2350Model, "Raspberry Pi Pico2 with RP2350"),
}


@contextmanager
def chip(monkeypatch: Any, name: str = "rpi_pico", *patches: tuple[str, str, str]) -> Iterator[tuple[Rp2Model, Any]]:
    kind, machine_name = MACHINES[name]
    model = kind(15, machine_name)
    model.mains_counts = sine
    model.pilot_mv = Pilot(model, 16, 17)
    machine = model.machine()
    machine.mem32 = model.mem32()
    uctypes = types.ModuleType("uctypes")
    uctypes.addressof = model.addressof
    uctypes.bytearray_at = None
    monkeypatch.setattr(sys, "platform", "rp2")
    with on(model, {"machine": machine, "rp2": model.rp2(), "uctypes": uctypes}, patches) as boards:
        yield model, boards
