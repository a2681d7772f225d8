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

from gridkeel import evse
from gridkeel.evse import pilot
from gridkeel.sensing.quality import BLOCK_LOST
from gridkeel.services.protection import RUN
from hil.chips.rp2040 import CHIP, layout_of
from hil.chips.rp2040_station import TABLE, Station, package
from host_tools.image.chips import chip_named

pytestmark = pytest.mark.timeout(0)  # the runs end by virtual time

SETTINGS = {"start_delay_ms": 200, "watchdog_ms": 2000}
MOST_START_MS = 6000.0
NOMINAL_HZ = 50.0
SECONDS = int(os.environ.get("GRIDKEEL_RP2_SECONDS", "4"))
STEP_EVERY_S = 10
STEP_HZ = -0.5
ANSWER_MS = 100.0
ANSWER_W = 1000.0  # of the change that a command has to show
STEP_MS = 8.0  # of a block of 10 ms, for the longest control step
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


def start(flash, folder, settings):
    """Return a station at its power-on."""
    image, octets, layout = flash
    return Station(image, octets, folder, settings, layout=layout)


def run_until(station, is_so):
    """Let time pass until that is so, or for as long as a start may take."""
    until_us = station.chip.now_us + MOST_START_MS * 1000
    while not is_so() and station.chip.now_us < until_us:
        station.run(50)
    assert is_so(), station.host.latest


@pytest.fixture(scope="module")
def running(flash, tmp_path_factory) -> Iterator[Station]:
    """A station whose controller drives its inverter."""
    with start(flash, tmp_path_factory.mktemp("rp2"), SETTINGS) as station:
        run_until(station, lambda: station.closed and station.bus.commands and station.host.latest["state"] == RUN)
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


def test_an_ev_charges_by_iec_61851_and_the_control_step_fits_the_clock_that_the_board_states(flash, tmp_path):
    settings = SETTINGS | {"evse": evse.BASIC, "baseline_w": 6000}
    with start(flash, tmp_path, settings) as station:
        run_until(station, lambda: "pilot_state" in station.host.latest)
        assert not station.contactor
        vehicle = station.connector.vehicle
        station.connector.do("plug")
        station.run(300)
        station.connector.do("want")
        run_until(station, lambda: station.inverter.power_w > 5900.0)
        assert station.host.latest["pilot_state"] == pilot.C
        before_w = station.bus.commands[-1][1]
        for hz in (49.7, 50.0):
            begun_us = station.mains.step(hz)
            duty = station.connector.orders.duty_permille
            while station.connector.orders.duty_permille // 50 == duty // 50:
                station.run(1)
                assert station.chip.now_us - begun_us < ANSWER_MS * 1000
            station.run(900)
        assert station.bus.commands[-1][1] == pytest.approx(before_w, abs=1000)
        assert len(station.contactor) == 1 and vehicle.current_a > 6.0
        table = station.recorder.telemetry()
        longest_us = table["step_max_us"].max()
        print(f"control step {longest_us:.0f} us, gap {table['loop_gap_max_us'].max():.0f} us at the most")
        assert station.chip.clock_hz == TABLE.CLOCK_HZ
        assert longest_us <= STEP_MS * 1000
        parameters = station.parameters
        stated = chip_named(CHIP).cycles(evse.BASIC, parameters.block_ms, parameters.sample_hz)
        assert longest_us * TABLE.CLOCK_HZ / 1e6 <= stated, "the build reckons with less"
        assert not (table["quality"].astype(int) & BLOCK_LOST).any()


def test_a_task_that_hangs_is_reset_by_the_watchdog(flash, tmp_path):
    image, octets, layout = flash
    settings = SETTINGS | {"watchdog_ms": 300}
    with Station(image, octets, tmp_path, settings, main=HANG, layout=layout) as station:
        while not station.chip.resets and station.chip.now_us < MOST_START_MS * 1000:
            station.run(50)
        assert len(station.chip.resets) == 1
        assert not station.closed
