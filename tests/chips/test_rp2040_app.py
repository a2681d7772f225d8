"""The whole App on an emulated RP2040: mains at its ADC, the product's inverter and uplink at its UARTs.

A second of the chip takes some 25 s of processor time, so the checks share runs. GRIDKEEL_RP2_SECONDS makes the
first one run on for so many virtual seconds, in which no block may be lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pico
import pytest

from gridkeel.sensing.quality import BLOCK_LOST
from gridkeel.services.protection import RUN
from hil.chips.rp2040 import layout_of
from hil.chips.rp2040_station import Station, package

pytestmark = pytest.mark.timeout(0)  # the runs end by virtual time

SETTINGS = {"block_ms": 20, "start_delay_ms": 200, "watchdog_ms": 2000}
MOST_START_MS = 6000.0
STEP_HZ = -0.5
HANG = b"""
from gridkeel.boards import this_board
from gridkeel.runtime.app import App
from gridkeel.runtime.config import Config
import asyncio
board = this_board()
app = App(board, Config(board))
async def hang():
    await asyncio.sleep_ms(300)
    while True:
        pass
async def both():
    asyncio.create_task(hang())
    await app.run()
asyncio.run(both())
"""


@pytest.fixture(scope="module")
def flash():
    image = pico.image()
    return image, package(), layout_of(image)


@pytest.fixture(scope="module")
def running(flash, tmp_path_factory) -> Iterator[Station]:
    """A station whose controller drives its inverter."""
    image, octets, layout = flash
    with Station(image, octets, tmp_path_factory.mktemp("rp2"), SETTINGS, layout=layout) as station:
        while station.chip.now_us < MOST_START_MS * 1000:
            station.run(50)
            if station.closed and station.bus.commands and station.host.latest.get("state") == RUN:
                break
        station.run(500)
        yield station


def test_the_contactor_is_low_from_reset_to_consent(running):
    levels = [level for _us, level in running.contactor]
    assert True in levels
    first_us = next(us for us, level in running.contactor if level)
    assert first_us > 1000 * SETTINGS["start_delay_ms"]
    assert levels.index(True) == len(levels) - 1


def test_the_frequency_is_the_injected_one_to_a_millihertz(running):
    assert abs(running.host.latest["freq_uhz"] - running.mains.freq_hz * 1e6) < 1000
    assert abs(running.host.latest["voltage_mv"] - 230_000) < 2000


def test_octets_cross_both_lines_and_none_is_dropped(running):
    assert running.rs485.octets_in > 100 and running.rs485.octets_out > 100
    assert running.link.octets_in and running.link.octets_out
    assert (running.rs485.dropped, running.link.dropped) == (0, 0)
    assert running.host.latest["bus_errors"] == running.host.latest["link_errors"] == 0
    assert running.chip.resets == []


def test_a_step_of_half_a_hertz_is_answered_within_100_ms(running):
    before_w = running.bus.commands[-1][1]
    begun_us = running.mains.step(running.mains.freq_hz + STEP_HZ)
    running.run(120)
    answered = [us for us, w in running.bus.commands if us > begun_us and w < before_w - 1000]
    assert answered and answered[0] - begun_us < 100_000, running.bus.commands[-5:]


def test_no_block_is_lost(running):
    running.run(1000 * float(os.environ.get("GRIDKEEL_RP2_SECONDS", "0")))
    quality = running.recorder.telemetry()["quality"].astype(int)
    assert quality.size and not (quality & BLOCK_LOST).any()
    assert running.chip.resets == []


def test_a_task_that_hangs_is_reset_by_the_watchdog(flash, tmp_path):
    image, octets, layout = flash
    settings = dict(SETTINGS, watchdog_ms=300)
    with Station(image, octets, tmp_path, settings, main=HANG, layout=layout) as station:
        while not station.chip.resets and station.chip.now_us < MOST_START_MS * 1000:
            station.run(50)
        assert len(station.chip.resets) == 1
        assert not station.closed
