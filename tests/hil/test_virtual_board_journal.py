"""The real firmware with a journal: what it tells a host of the life before a power cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from linked_board import LinkedBoard
from virtual_board_helpers import HANG_S

from gridkeel.link import message_ids
from gridkeel.store.journal import Journal
from gridkeel.update import selector
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.area import AreaFile
from hil.virtual_board.flash import make_flash
from hil.virtual_board.mains_feed import MainsFeed

pytestmark = pytest.mark.timeout(200)

VALUES = {"start_delay_ms": 0, "return_delay_ms": 1000, "samples_stale_ms": 1000}


@contextmanager
def board_on(flash: Path, area: AreaFile) -> Iterator[VirtualBoard]:
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    with (
        MainsFeed(wave.block, 4800, 10) as mains,
        VirtualBoard(flash, mains=mains.address, environment=area.environment(), rom=True) as board,
    ):
        yield board


def entries_in(area: AreaFile) -> list[tuple[int, int, bytes]]:
    journal = Journal(area, selector.RECORD_BLOCKS * area.block_bytes, selector.journal_blocks(area))
    journal.open()
    return list(journal.entries())


def faults_in(area: AreaFile) -> list[bytes]:
    return [data for _number, kind, data in entries_in(area) if kind == message_ids.FAULT_EVENT]


def test_the_host_gets_the_faults_of_the_life_before_a_power_cut_in_that_boot_s_name(tmp_path: Path) -> None:
    flash = make_flash(tmp_path / "flash", VALUES, "gk-kept")
    area = AreaFile(flash)
    with board_on(flash, area):
        end_s = time.monotonic() + HANG_S
        while len(faults_in(area)) < 2:
            assert time.monotonic() < end_s, "no fault event in the journal"
            time.sleep(0.05)
    kept = faults_in(area)  # the power is gone
    boot = int.from_bytes(kept[0][:4], "little")
    with board_on(flash, area) as board:
        host = LinkedBoard(board)
        try:
            told = host.wait_for("fault_event", 0, HANG_S)
            assert told["boot"] == boot
            now = host.wait_for("telemetry", 0, HANG_S, lambda record: record["boot"] != boot)
            assert now["heap_free"] > 0
            earlier = [record for record in host.of("fault_event") if record["boot"] == boot]
            sequences = [int.from_bytes(data[4:8], "little") for data in kept]
            assert [record["sequence"] for record in earlier] == sequences
            host.wait_for("telemetry", 0, HANG_S, lambda record: record["boot"] != boot and record["state"] == "run")
        finally:
            host.close()
    with board_on(flash, area) as board:  # and it is not told again
        host = LinkedBoard(board)
        try:
            told = host.wait_for("telemetry", 0, HANG_S, lambda record: record["boot"] not in (boot, now["boot"]))
            assert boot not in [record["boot"] for record in host.of("fault_event")]
        finally:
            host.close()
