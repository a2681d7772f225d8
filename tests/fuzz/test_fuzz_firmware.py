"""Garbage on the RS-485 line and the host link of a running board: it keeps its rhythm, counts, and goes on working."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkeel.params import Parameters
from hil.drivers.connector_frames import NO_CONNECTOR
from hil.drivers.lockstep import LockStepBoard, Reply
from hil.plants.inverter import Inverter
from hil.rigs.lockstep_run import LockStepRun
from hil.rigs.mains import Mains
from hil.rigs.openings import LockStepRig
from hil.rigs.plants import Plants
from hil.rigs.recorder import Recorder
from hil.rigs.rig import load
from hil.rigs.run_host import RunHost
from hil.scenarios.scenario import Scenario
from hil.virtual_board.flash import make_flash
from host_tools.micropython.interpreter import HEAP_BYTES
from host_tools.uplink.queue import Queue

TOTAL_BYTES = 1_000_000
CALM_S = 30.0  # by then the heap is collected in its own rhythm
STEADY = Scenario("fuzz", "", "", 0.0, {"points": [[0.0, 50.0, 1.0], [1000.0, 50.0, 1.0]]})


class Noisy(LockStepBoard):
    """A board in lock step that gets bytes of `noise()` on both ports with every order."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.noise = lambda: b""
        self.given = 0

    def run(
        self,
        until_us: int,
        samples: bytes = b"",
        index: int = 0,
        rs485: bytes = b"",
        host: bytes = b"",
        levels: bytes = NO_CONNECTOR,
        vehicles: bytes = b"",
    ) -> Reply:
        bus, link = self.noise(), self.noise()
        self.given += len(bus) + len(link)
        return super().run(until_us, samples, index, rs485 + bus, host + link, levels, vehicles)


@contextmanager
def charger(folder: Path) -> Iterator[tuple[Noisy, LockStepRun, Recorder, Inverter]]:
    parameters = Parameters()
    recorder = Recorder()
    inverter = Inverter()
    flash = make_flash(folder / "flash", {}, "fuzz")
    with Queue(folder / "queue.sqlite") as queue, Noisy(flash, "fuzz", 1, HEAP_BYTES) as board:
        host = RunHost(queue, 460800, [], recorder, lambda _birth: None, 1)
        plants = Plants(parameters, Mains(STEADY.source(), parameters, 1000.0), inverter)
        run = LockStepRun(LockStepRig(board, plants, load("lockstep").compute_us), STEADY, host)
        run._take(board.started)
        yield board, run, recorder, inverter


def go(run: LockStepRun, board: Noisy, seconds: float) -> None:
    run._run_until(board.now_us + round(seconds * 1e6))


def test_a_board_works_on_through_a_million_bytes_of_garbage(tmp_path: Path) -> None:
    dice = random.Random(4711)
    with charger(tmp_path) as (board, run, recorder, inverter):
        go(run, board, CALM_S)
        before = recorder.telemetry()
        assert inverter.power_w == pytest.approx(3000, abs=20)
        board.noise = lambda: dice.randbytes(dice.choice((0, 1, 7, 64, 300, 1500)))
        while board.given < TOTAL_BYTES:
            go(run, board, 1.0)
        board.noise = lambda: b""
        go(run, board, 12.0)
        after = recorder.telemetry()
    assert after["loop_gap_max_us"].max() == 10_000
    assert after["bus_errors"][-1] > before["bus_errors"][-1] + 100
    assert after["link_errors"][-1] > before["link_errors"][-1] + 100
    assert after["state"][-1] == 1
    assert inverter.power_w == pytest.approx(3000, abs=20)
    # The collector runs in its own time; what stays in use may not creep.
    assert after["heap_free"][-100:].max() > before["heap_free"][-100:].max() - 4096


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Noisy, LockStepRun, Recorder, Inverter]]:
    with charger(tmp_path_factory.mktemp("fuzz")) as parts:
        go(parts[1], parts[0], CALM_S)
        yield parts


@settings(max_examples=60, deadline=None)
@given(pieces=st.lists(st.binary(max_size=300), min_size=1, max_size=30))
def test_a_board_works_on_through_any_bytes(
    fuzzed: tuple[Noisy, LockStepRun, Recorder, Inverter], pieces: list[bytes]
) -> None:
    board, run, recorder, _inverter = fuzzed
    waiting = iter(pieces)
    board.noise = lambda: next(waiting, b"")
    go(run, board, 0.5)
    records = len(recorder.telemetry()["at_s"])
    board.noise = lambda: b""
    go(run, board, 2.5)
    assert len(recorder.telemetry()["at_s"]) > records
    assert recorder.telemetry()["loop_gap_max_us"].max() == 10_000
