"""Runs a board file on a model of its chip: start, blocks, pilot, contactor, both lines, watchdog, end."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sys
import time
import types
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chip_model import Model
from contract import ContractError

from gridkeel import params, slices
from gridkeel.evse import ports

BOARDS = Path(__file__).resolve().parents[2] / "firmware" / "gridkeel" / "boards"
PACKAGE = "gridkeel.boards"
FREQUENCY_HZ = 50.1
AMPLITUDE = 1500  # counts of 12 bits
BLOCKS = 12
FRAME = bytes((1, 3, 0x9C, 0x40, 0, 2, 0xEB, 0xCF))
Patch = tuple[str, str, str]  # file of boards/, text in it, what stands there instead


def sine(at_us: float) -> int:
    return round(2048 + AMPLITUDE * math.sin(2 * math.pi * FREQUENCY_HZ * at_us / 1e6))


def frequency(samples: list[int], sample_hz: int) -> float:
    """Return the frequency of a sine by its first and last rising crossing."""
    rising = [
        k + samples[k] / (samples[k] - samples[k + 1])
        for k in range(len(samples) - 1)
        if samples[k] < 0 <= samples[k + 1]
    ]
    return (len(rising) - 1) * sample_hz / (rising[-1] - rising[0])


class Pilot:
    """The pilot behind its driver: what the board drives, with a vehicle in state B and its diode."""

    def __init__(self, model: Model, pwm: int, enable: int) -> None:
        self._model, self._pwm, self._enable = model, pwm, enable

    def __call__(self, at_us: float) -> int:
        model = self._model
        if self._enable >= 0 and not model.level.get(self._enable):
            return 0
        duty = model.pwms[self._pwm]._duty / 65535 if self._pwm in model.pwms else 0.0
        into = at_us % 1000 / 1000
        edge = min(into, abs(into - duty)) * 1000  # us since the last edge: 4 us of slew
        settled = min(1.0, edge / 4)
        high = into < duty or duty >= 1
        target, before = (9000, -12000) if high else (-12000, 9000)
        return round(before + (target - before) * settled) if 0 < duty < 1 else target


@contextlib.contextmanager
def on(model: Model, modules: dict[str, Any], patches: tuple[Patch, ...] = ()) -> Iterator[Any]:
    """Import the boards' package afresh with the model's modules in place; yield its import function."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in BOARDS.glob("*.py")}
    texts |= {f"tables.{path.stem}": path.read_text(encoding="utf-8") for path in (BOARDS / "tables").glob("*.py")}
    for file, old, new in patches:
        if texts[file].count(old) < 1:
            raise AssertionError(f"{file}: no {old!r} to plant a defect in")
        texts[file] = texts[file].replace(old, new)
    finder = _Finder(texts)
    kept = {name: module for name, module in sys.modules.items() if name == PACKAGE or name.startswith(PACKAGE + ".")}
    for name in kept:
        del sys.modules[name]
    modules = {"vfs": types.ModuleType("vfs"), **modules}  # a stock interpreter's: no segment for slots
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    sys.meta_path.insert(0, finder)
    own_time = _Time(model)
    slice_cycles = slices.cycles  # which an App takes from its board's clock
    held = [(time, "ticks_us"), (time, "ticks_ms"), (asyncio, "sleep_ms"), (os, "uname")]
    saved = [(owner, name, getattr(owner, name, None)) for owner, name in held]
    time.ticks_us, time.ticks_ms = own_time.ticks_us, own_time.ticks_ms
    asyncio.sleep_ms = own_time.sleep_ms
    os.uname = lambda: types.SimpleNamespace(machine=model.machine_name)
    try:
        yield lambda name: __import__(name, fromlist=["x"])
    finally:
        sys.meta_path.remove(finder)
        slices.cycles = slice_cycles
        for owner, name, value in saved:
            delattr(owner, name) if value is None else setattr(owner, name, value)
        for name in [name for name in sys.modules if name == PACKAGE or name.startswith(PACKAGE + ".")]:
            del sys.modules[name]
        sys.modules.update(kept)
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


class _Finder:
    """Finds the boards' modules in texts."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def find_spec(self, name: str, _path: Any, _target: Any = None) -> Any:
        from importlib.machinery import ModuleSpec

        if name != PACKAGE and not name.startswith(PACKAGE + "."):
            return None
        own = name[len(PACKAGE) + 1 :] or "__init__"
        package = own in ("__init__", "tables")
        text = self._texts.get("tables.__init__" if own == "tables" else own)
        if text is None:
            return None
        return ModuleSpec(name, _Loader(text, own), is_package=package)


class _Loader:
    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text, name

    def create_module(self, _spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(compile(self._text, f"boards/{self._name}.py", "exec"), vars(module))


class _Time:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._turns = model.turns

    def ticks_us(self) -> int:
        return self._model.now_us & 0x3FFFFFFF

    def ticks_ms(self) -> int:
        return self._model.now_us // 1000 & 0x3FFFFFFF

    async def sleep_ms(self, ms: int) -> None:
        now_us = self._model.now_us
        if ms < 0 or ms == 0 and self._turns[-1:] == [now_us]:
            raise ContractError(f"a sleep of {ms} ms: the loop spins")
        if ms == 0:
            self._turns.append(now_us)
        self._model.advance(ms * 1000)


class Readable:
    """In place of asyncio's poll: time passes until the port has something."""

    def __init__(self, model: Model, port: Any) -> None:
        self._model, self._port = model, port

    def __await__(self) -> Any:
        for _ in range(100):
            if self._port.any():
                return
            self._model.advance(1000)
        raise ContractError("nothing arrived")
        yield


class Run:
    """One life of a board.  After `go`: lost, blocks and levels of what the control loop saw."""

    def __init__(self, model: Model, boards: Any, changes: dict[str, int] | None = None) -> None:
        self.model = model
        self.board = boards("gridkeel.boards").this_board()
        boards("gridkeel.boards.chip").readable = lambda port: Readable(model, port)
        self.parameters = params.Parameters({"watchdog_ms": 200} | (changes or {}))
        self.board.check(self.parameters)
        self.board.begin(self.parameters)
        self.blocks: list[list[int]] = []
        self.block_ends: list[int] = []
        self.lost: list[int] = []
        self.levels: list[list[int]] = []

    def go(self, duties: list[int]) -> None:
        asyncio.run(self._go(duties))

    async def _go(self, duties: list[int]) -> None:
        board, model, parameters = self.board, self.model, self.parameters
        block = board.block_buffer(parameters.sample_hz * parameters.block_ms // 1000)
        levels, orders = array("i", [0] * ports.LEVELS), array("i", [0] * ports.ORDERS)
        for duty in duties:
            orders[ports.DUTY_PERMILLE] = duty
            for k in range(3):
                self.lost.append(await board.mains.next_block(block))
                self.block_ends.append(model.now_us)
                self.blocks.append(list(block))
                if board.connector is not None:
                    board.connector.read(levels)
                    self.levels.append(list(levels))
                    board.connector.write(orders)
                board.feed_watchdog()
                board.rs485.write(FRAME + bytes([0xFF] * k), len(FRAME) + k)
                board.host.write(b"telemetry", 9)
                model.advance(3000)
        self._contactor()
        await self._receive(board.rs485, 1)

    def _contactor(self) -> None:
        board, model = self.board, self.model
        model.allowed = True
        board.energise(True)
        if model.level[model.contactor] != 1:
            raise ContractError("energise(True) does not drive the contactor's pin high")
        board.energise(False)
        model.allowed = False
        if model.level[model.contactor]:
            raise ContractError("energise(False) leaves the contactor's pin high")

    async def _receive(self, port: Any, number: int) -> None:
        self.model.uarts[number]._arrive(FRAME)
        data = bytearray(4)
        got = b""
        while len(got) < len(FRAME):
            n = await port.readinto(data)
            got += bytes(data[:n])
        if got != FRAME:
            raise ContractError(f"received {got!r} for {FRAME!r}")
