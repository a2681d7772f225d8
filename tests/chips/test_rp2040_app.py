"""The whole App on an emulated RP2040: mains at its ADC, the product's inverter and uplink at its UARTs.

A second of the chip takes some 2 s of processor time, so the checks share runs. GRIDKEEL_RP2_SECONDS is how long the
run with steps goes on, in virtual seconds: 600 are the ten minutes of docs/measurements/chips.md; with `pytest -s` it
says how far it is.
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

SETTINGS = {"start_delay_ms": 200, "watchdog_ms": 2000}
MOST_START_MS = 6000.0
NOMINAL_HZ = 50.0
SECONDS = int(os.environ.get("GRIDKEEL_RP2_SECONDS", "4"))
STEP_EVERY_S = 10
STEP_HZ = -0.5
ANSWER_MS = 100.0
ANSWER_W = 1000.0  # of the change that a command has to show
SETTLED_S = 1.0  # after a step, when every window is filled anew
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


def answers_ms(station, steps):
    """Return when the first command with the new power, and the first with nine tenths of it, was on the wire."""
    first, most = [], []
    for begun_us, end_us in zip(steps, [*steps[1:], station.chip.now_us], strict=True):
        before_w = next(w for us, w in reversed(station.bus.commands) if us < begun_us)
        seen = [(us - begun_us, w - before_w) for us, w in station.bus.commands if begun_us <= us < end_us]
        change_w = abs(seen[-1][1])
        first.append(next(us for us, w in seen if abs(w) > ANSWER_W) / 1000)
        most.append(next(us for us, w in seen if abs(w) > 0.9 * change_w) / 1000)
    return first, most


def test_half_a_hertz_is_answered_in_time_the_frequency_is_right_all_the_time_and_no_block_is_lost(running):
    steps, settled_from_s, injected = [], running.chip.now_us / 1e6, []
    for second in range(SECONDS):
        if second % STEP_EVERY_S == 0:
            steps.append(running.mains.step(NOMINAL_HZ + (0.0 if len(steps) % 2 else STEP_HZ)))
            injected.append(running.mains.freq_hz)
        running.run(1000 + second % 7)  # so that steps fall everywhere into a block
        print(f"{second + 1} of {SECONDS} virtual seconds", flush=True)
    first, most = answers_ms(running, steps)
    table = running.recorder.telemetry()
    at_us = table["at_s"] * 1e6
    errors = []
    for n, (begun_us, hz) in enumerate(zip(steps, injected, strict=True)):
        end_us = steps[n + 1] if n + 1 < len(steps) else at_us[-1] + 1
        held = (at_us > begun_us + SETTLED_S * 1e6) & (at_us < end_us)
        errors.append(abs(table["freq_uhz"][held] - hz * 1e6).max())
    print(f"first change after {max(first):.1f} ms at the most, nine tenths after {max(most):.1f} ms at the most")
    print(f"frequency off by {max(errors):.0f} uHz at the most in {len(at_us)} records, longest gap and step ", end="")
    print(f"{running.host.latest['loop_gap_max_us']} and {table['step_max_us'].max():.0f} us, ", end="")
    print(f"least heap {table['heap_free'].min():.0f}")
    assert max(first) < ANSWER_MS, first
    assert max(errors) < 1000, errors
    quality = table["quality"][at_us > settled_from_s * 1e6].astype(int)
    assert quality.size and not (quality & BLOCK_LOST).any()
    assert running.chip.resets == [] and running.closed
    assert running.host.latest["state"] == RUN
    assert (running.rs485.dropped, running.link.dropped) == (0, 0)


def test_a_task_that_hangs_is_reset_by_the_watchdog(flash, tmp_path):
    image, octets, layout = flash
    settings = dict(SETTINGS, watchdog_ms=300)
    with Station(image, octets, tmp_path, settings, main=HANG, layout=layout) as station:
        while not station.chip.resets and station.chip.now_us < MOST_START_MS * 1000:
            station.run(50)
        assert len(station.chip.resets) == 1
        assert not station.closed
