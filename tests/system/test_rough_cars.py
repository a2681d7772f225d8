"""Whatever a car does to its connection, the outlet is free once it is unplugged, and the next car charges."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from namespace_needs import need
from rough_cars import BEFORE, EVERY, WITHIN, charges_and_never_reads, shrink_send_buffers

from hil.interop.rawcar import ClosedError
from hil.interop.stage import Stage, ground
from hil.virtual_board.flash import FIRMWARE
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(600)
# The same plug: 2 s without progress or the 5 s of a write, and what it takes to try again on a busy machine.
AGAIN_S = 12.0
UNPLUGGED_S = 8.0
CUT_S = 15.0  # buffers that fill, the 5 s of a write, 3 s for the car to end its current


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    need(java=False)
    with ground(FIRMWARE) as stage_with, stage_with() as made:
        shrink_send_buffers(made.link.namespace.replace("-car", "-evse"))
        yield made


def charge(stage: Stage, secured: bool = True) -> list[str]:
    """Let a car of an own connection have a whole session; its response codes."""
    with stage.link.car(secured) as car:
        stage.charger.do("communicate")
        codes = car.charge(None)
        stage.charger.do("silence")
    return codes


def charge_within(stage: Stage, limit_s: float) -> list[str]:
    """Try again and again as a car does, for limit_s."""
    due_s = time.monotonic() + limit_s
    while True:
        try:
            return charge(stage)
        except (ClosedError, OSError, ToolError):
            if time.monotonic() > due_s:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize("name", list(EVERY))
def test_unplugging_frees_the_connector_for_the_next_vehicle(stage: Stage, name: str) -> None:
    stage.plug()
    with EVERY[name](stage):
        stage.unplug()
        began_s, moves = time.monotonic(), len(stage.charger.moves)
        stage.plug()
        codes = charge_within(stage, UNPLUGGED_S)
        took_s = time.monotonic() - began_s
    stage.unplug()
    assert all(code.startswith("OK") for code in codes), codes
    assert [closed for _at_s, closed in stage.charger.moves[moves:]] == [True, False]
    assert took_s < UNPLUGGED_S
    assert stage.charger.board.status.boots == 1


@pytest.mark.parametrize("name", list(BEFORE) + [name for name in WITHIN if "reads" in name or "half-closed" in name])
def test_still_plugged_in_another_connection_is_served(stage: Stage, name: str) -> None:
    stage.plug()
    with EVERY[name](stage):
        codes = charge_within(stage, AGAIN_S)
    stage.unplug()
    assert all(code.startswith("OK") for code in codes), codes


def test_a_vehicle_that_charges_and_does_not_read_is_cut_off_in_order(stage: Stage) -> None:
    stage.plug()
    with charges_and_never_reads(stage) as moves:
        due_s = time.monotonic() + CUT_S
        while stage.charger.outlet.contactor.closed and time.monotonic() < due_s:
            time.sleep(0.02)
        assert [closed for _at_s, closed in stage.charger.moves[moves:]] == [False]
    stage.unplug()
    stage.plug()
    assert all(code.startswith("OK") for code in charge_within(stage, UNPLUGGED_S))
    stage.unplug()
