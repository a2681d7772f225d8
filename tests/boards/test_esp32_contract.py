"""The ESP32-S3 board file keeps the contract of its chip; each planted defect breaks it, and is named."""

from __future__ import annotations

from typing import Any

import pytest
from board_run import AMPLITUDE, FREQUENCY_HZ, Run, frequency
from contract import ContractError
from esp32_model import chip

from gridkeel.evse import ports

DUTIES = [-1, 0, 1000, 50, 960]


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
        model.advance(145000)
        life.go([100, 100, 100])
        assert not any(life.lost)
        model.advance(305000)
        life.go([100])
    lost = [n for n in life.lost if n]
    assert len(lost) == 1 and 20 <= lost[0] <= 24
