"""The ways to open a rig: one for each kind, each brings its board up at its plants and takes it down again."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridkeel import VERSION
from gridkeel.update import selector
from hil.drivers.lockstep import LockStepBoard
from hil.rigs.board_setup import BoardSetup
from hil.rigs.plants import Plants
from hil.scripted_vehicle.vehicle import VirtualVehicle
from hil.virtual_board import VirtualBoard
from hil.virtual_board.area import AreaFile, install
from hil.virtual_board.connector_port import ConnectorPort
from hil.virtual_board.flash import FIRMWARE, make_flash, put_pki
from hil.virtual_board.mains_feed import MainsFeed
from host_tools.image.rom import rom_image

if TYPE_CHECKING:
    from hil.rigs.rig import Rig


@dataclass(frozen=True)
class LockStepRig:
    """A virtual board in virtual time with its plants.  vehicle: None where none talks to it."""

    board: LockStepBoard
    plants: Plants
    compute_us: int
    vehicle: VirtualVehicle | None = None


@dataclass(frozen=True)
class RealTimeRig:
    """A board on serial ports with its plants; start_s: monotonic second of its mains' first sample.

    board, feed: None for a real board, which has mains of its own.  connector: where the board reaches the
    plants' connector, None for a fixed vehicle.
    """

    rs485: str
    host: str
    host_baud: int
    plants: Plants
    start_s: float
    board: VirtualBoard | None = None
    feed: MainsFeed | None = None
    connector: ConnectorPort | None = None

    def check(self) -> None:
        """Raise where one of the threads has failed: it is noticed only when asked."""
        if self.board and self.feed:
            _ = self.board.status, self.feed.counts


OpenRig = LockStepRig | RealTimeRig


@contextlib.contextmanager
def lockstep(rig: Rig, plants: Plants, setup: BoardSetup) -> Iterator[LockStepRig]:
    """The virtual board in virtual time."""
    with tempfile.TemporaryDirectory(prefix="gridkeel-") as folder:
        firmware = Path(rig.firmware) if rig.firmware else FIRMWARE
        flash = make_flash(
            setup.flash or Path(folder) / "flash",
            setup.parameters,
            rig.device_id,
            firmware=firmware,
            reflash=setup.reflash,
        )
        if setup.pki:
            put_pki(flash, setup.pki)
        talks = setup.vehicle is not None
        with LockStepBoard(
            flash, rig.device_id, setup.boot_id, rig.heap_bytes, rom=rig.rom or talks, vehicles=talks
        ) as board:
            yield LockStepRig(board, plants, rig.compute_us, setup.vehicle)


@contextlib.contextmanager
def realtime(rig: Rig, plants: Plants, setup: BoardSetup) -> Iterator[RealTimeRig]:
    """The virtual board on its own clock, samples from a feeder, ports on pseudo-terminals."""
    start_s = monotonic()

    def block(_n: int) -> NDArray[np.int16] | None:
        samples = plants.next_block()
        lost = plants.samples_lost(monotonic() - start_s)
        return None if lost else np.frombuffer(samples, dtype="<i2")

    with contextlib.ExitStack() as stack:
        parameters = plants.parameters
        feed = stack.enter_context(MainsFeed(block, parameters.sample_hz, parameters.block_ms))
        start_s = feed.start_s
        connector = stack.enter_context(ConnectorPort()) if plants.connector is not None else None
        flash, environment = setup.flash, _environment(setup, connector)
        if setup.slots:
            flash = flash or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gridkeel-"))) / "flash"
            environment |= _with_slots(rig, setup, flash)
        board = VirtualBoard(
            flash,
            setup.parameters,
            device_id=rig.device_id or None,
            mains=feed.address,
            heap_bytes=rig.heap_bytes,
            environment=environment,
            firmware=Path(rig.firmware) if rig.firmware else FIRMWARE,
            reflash=setup.reflash,
            pki=setup.pki,
            rom=rig.rom,
        )
        stack.enter_context(board)
        yield RealTimeRig(board.rs485, board.host, rig.host_baud, plants, start_s, board, feed, connector)


def _with_slots(rig: Rig, setup: BoardSetup, flash: Path) -> dict[str, str]:
    """Give a flash two slots, the firmware's image in the first, and return what the board is started with."""
    firmware = Path(rig.firmware) if rig.firmware else FIRMWARE
    area = AreaFile(make_flash(flash, setup.parameters, firmware=firmware, reflash=setup.reflash))
    if selector.read_record(area) is None:
        install(area, rom_image(firmware).read_bytes(), 0, VERSION)
    return area.environment()


def _environment(setup: BoardSetup, connector: ConnectorPort | None) -> dict[str, str]:
    found = {"GRIDKEEL_CONNECTOR": connector.address} if connector else {}
    if setup.v2g_interface:
        found["GRIDKEEL_V2G_INTERFACE"] = setup.v2g_interface
    if setup.probe_heap:
        found["GRIDKEEL_HEAP_PROBE"] = "1"
    return found


@contextlib.contextmanager
def serial(rig: Rig, plants: Plants, _setup: BoardSetup) -> Iterator[RealTimeRig]:
    """A real board: its mains come from a source of its own, which must be as steady as the plants' mains."""
    yield RealTimeRig(rig.rs485, rig.host, rig.host_baud, plants, monotonic())


Opening = Callable[["Rig", Plants, BoardSetup], contextlib.AbstractContextManager[OpenRig]]
OPENINGS: dict[str, Opening] = {"lockstep": lockstep, "realtime": realtime, "serial": serial}
