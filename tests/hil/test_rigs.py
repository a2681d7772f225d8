"""A rig brings its board up with the plants it is given, and takes down all that it brought up."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridkeel import evse
from hil.rigs.board_setup import BoardSetup
from hil.rigs.mains import SteeredMains
from hil.rigs.openings import LockStepRig, RealTimeRig
from hil.rigs.plant_server import PlantServer
from hil.rigs.plants import Plants, connector_for
from hil.rigs.rig import Rig
from hil.virtual_board.shared_host import SHARED_HOST
from host_tools.errors import ToolError

LOCKSTEP = Rig("test", "lockstep", parameters={"baseline_w": 1200, "telemetry_ms": 100})
SERIAL = Rig("test", "serial", rs485="/dev/ttyUSB0", host="/dev/ttyUSB1")


def plants_of(rig: Rig, **changes: int) -> Plants:
    parameters = rig.parameters_with(changes)
    return Plants(parameters, SteeredMains(parameters), connector=connector_for(parameters))


def test_parameters_are_the_rigs_then_the_changes() -> None:
    parameters = LOCKSTEP.parameters_with({"telemetry_ms": 200})
    assert (parameters.baseline_w, parameters.telemetry_ms) == (1200, 200)


def test_only_a_board_that_shares_its_processor_gets_the_shared_hosts_defaults() -> None:
    for kind, shared in (("realtime", True), ("lockstep", False), ("serial", False)):
        values = Rig("test", kind).parameters_with({}).values()
        assert all((values[name] == value) == shared for name, value in SHARED_HOST.items())


def test_a_lock_step_rig_runs_what_is_on_the_flash_and_ends_its_process(tmp_path: Path) -> None:
    plants = plants_of(LOCKSTEP)
    setup = BoardSetup(plants.parameters.values(), tmp_path / "flash", boot_id=7)
    with LOCKSTEP.open(plants, setup) as opened:
        assert isinstance(opened, LockStepRig)
        assert opened.board.run(20_000, plants.next_block()).now_us > 0
        process = opened.board._process
        assert process.poll() is None
    assert process.poll() is not None
    assert '"baseline_w": 1200' in (tmp_path / "flash" / "config.json").read_text()


def test_a_real_board_keeps_its_own_ports_and_nothing_is_started_for_it() -> None:
    with SERIAL.open(plants_of(SERIAL), BoardSetup()) as opened:
        assert isinstance(opened, RealTimeRig)
        assert (opened.rs485, opened.host) == ("/dev/ttyUSB0", "/dev/ttyUSB1")
        assert opened.board is None and opened.feed is None and opened.connector is None


def test_plants_are_served_to_no_other_than_a_virtual_board_in_real_time() -> None:
    with (
        SERIAL.open(plants_of(SERIAL), BoardSetup()) as opened,
        pytest.raises(ToolError, match="virtual board in real time"),
    ):
        PlantServer(opened, None)


def test_a_connector_fits_the_boards_parameters() -> None:
    assert plants_of(LOCKSTEP, evse=evse.FIXED).connector is None
    three_phase = plants_of(LOCKSTEP, evse=1, phases=3).connector
    assert three_phase is not None and three_phase.vehicle.config.phases == 3 and three_phase.dc is None


def test_the_open_contactor_takes_the_mains_from_the_inverter() -> None:
    plants = plants_of(LOCKSTEP, evse=1)
    plants.advance(1_000_000, energise=False)
    assert plants.inverter.now_s == 1.0 and plants.inverter.power_w == 0.0
    assert plants.connector is not None and plants.connector.now_s == 1.0


def test_steered_mains_step_at_the_next_block() -> None:
    mains = SteeredMains(LOCKSTEP.parameters_with({}), 49.9, 220.0)
    mains.next_block(0.0)
    assert mains.steady and (mains.freq_hz, mains.volts) == (49.9, 220.0)
    mains.grid.step(50.1)
    mains.next_block(0.0)
    assert not mains.steady and mains.freq_hz == 50.1
    assert mains.grid.steps == [(pytest.approx(0.01), 50.1)]
