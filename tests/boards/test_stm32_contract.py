"""The STM32H7 board file keeps the contract of its chip; each planted defect breaks it, and is named."""

# ruff: noqa: E501 - a defect a line

from __future__ import annotations

import asyncio
from array import array
from typing import Any

import pytest
from board_run import FRAME
from contract import ContractError
from stm32_model import Stm32Model, chip

from gridkeel import params
from gridkeel.errors import ParameterError
from gridkeel.evse import ports
from gridkeel.sensing.edges import EdgeEstimator

MAINS_UHZ = 50_100_000


def run(monkeypatch: Any, *patches: tuple[str, str, str]) -> EdgeEstimator:
    with chip(monkeypatch, *patches) as (model, boards):
        board = boards("gridkeel.boards").this_board()
        parameters = params.Parameters({"watchdog_ms": 1000})
        board.check(parameters)
        board.begin(parameters)
        estimator = EdgeEstimator(parameters, board.edges_hz)
        asyncio.run(live(model, board, estimator))
        model.finish()
        return estimator


async def live(model: Stm32Model, board: Any, estimator: EdgeEstimator) -> None:
    block = board.block_buffer(48)
    levels, orders = array("i", [0] * ports.LEVELS), array("i", [0] * ports.ORDERS)
    crossing = 1
    for k in range(60):
        if await board.mains.next_block(block):
            raise ContractError("blocks were lost")
        while crossing * 1e6 / MAINS_UHZ <= model.now_us / 1e6:
            model.capture.edge(crossing * 1e6 / MAINS_UHZ)
            crossing += 1
        estimator.update(block, board.mains.count)
        duty = (-1, 0, 1000, 50)[k % 4]
        orders[ports.DUTY_PERMILLE] = duty
        board.connector.write(orders)
        board.connector.read(levels)
        high, low = {-1: (0, 0), 0: (-12000, -12000), 1000: (9000, 9000)}.get(duty, (9000, -12000))
        if abs(levels[ports.HIGH_MV] - high) > 60 or abs(levels[ports.LOW_MV] - low) > 60:
            raise ContractError(f"at a duty of {duty} the pilot's plateaus read {levels[:2]}")
        board.feed_watchdog()
        board.rs485.write(FRAME, len(FRAME))
        board.host.write(b"telemetry", 9)
    if abs(estimator.freq_uhz - MAINS_UHZ) > 1000:
        raise ContractError(f"the stamps' frequency is {estimator.freq_uhz}")
    model.allowed = True
    board.energise(True)
    board.energise(False)
    model.allowed = False


def test_the_board_keeps_the_contract_of_its_chip(monkeypatch: Any) -> None:
    assert abs(run(monkeypatch).freq_uhz - MAINS_UHZ) <= 1000


DEFECTS = {
    "a frame's DE": ("tables.nucleo_h743zi", "RS485_DE = -1", 'RS485_DE = "PD4"', "automatic"),
    "pins that a UART takes elsewhere": ("stm32", "rxbuf=self._size,", "rxbuf=self._size, tx=Pin('PC6'),", "takes no tx"),
    "a capture on a pin without": ("tables.nucleo_h743zi", 'MAINS_CAPTURE = "PA0"', 'MAINS_CAPTURE = "PB7"', "no input of"),
    "a timer of 16 bits": ("tables.nucleo_h743zi", "CAPTURE_TIMER = 2", "CAPTURE_TIMER = 3", "no room for"),
    "falling crossings": ("capture_mains", "Timer.RISING", "Timer.FALLING", "rising"),
    "a counter too fast": ("capture_mains", "TICK_HZ_MOST = 50000000", "TICK_HZ_MOST = 100000000", "tick_hz"),
    "a counter of another rate": ("capture_mains", "prescaler=divider - 1", "prescaler=divider", "frequency is"),
    "a clock that is not": ("tables.nucleo_h743zi", "CLOCK_HZ = 400000000", "CLOCK_HZ = 480000000", "set CLOCK_HZ"),
    "a link that Ctrl-C stops": ("stm32", "self._usb.setinterrupt(-1)", "pass", "would stop the program"),
    "a pin of nothing": ("tables.nucleo_h743zi", 'RCD = "PF3"', 'RCD = "D3"', "there is no pin"),
    "a pilot on no timer": ("tables.nucleo_h743zi", 'PILOT_PWM = "PE9"', 'PILOT_PWM = "PF9"', "no timer's output"),
    "peaks swapped": ("tables.nucleo_h743zi", 'PILOT_LOW_ADC = "PC0"', 'PILOT_LOW_ADC = "PB1"; PILOT_HIGH_ADC = "PC0"', "plateaus"),
}  # fmt: skip


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_each_planted_defect_is_named(monkeypatch: Any, defect: str) -> None:
    file, old, new, said = DEFECTS[defect]
    with pytest.raises((ContractError, RuntimeError, ParameterError), match=said):
        run(monkeypatch, (file, old, new))


def test_a_line_so_slow_that_a_frame_stops_the_loop_is_refused(monkeypatch: Any) -> None:
    with chip(monkeypatch) as (_model, boards):
        board = boards("gridkeel.boards").this_board()
        with pytest.raises(ParameterError, match="modbus_baud"):
            board.check(params.Parameters({"modbus_baud": 9600}))
