"""Whatever an EV does to its connection, the connector is free once it is unplugged, and the next EV charges."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from namespace_needs import need
from rough_vehicles import BEFORE, EVERY, WITHIN, charges_and_never_reads, shrink_send_buffers

from hil.interop.raw_vehicle import ClosedError
from hil.interop.setup import Setup, setups
from hil.virtual_board.flash import FIRMWARE
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(600)
# The same plug: 2 s without progress or the 5 s of a write, and what it takes to try again on a busy machine.
AGAIN_S = 12.0
UNPLUGGED_S = 8.0
CUT_S = 15.0  # buffers that fill, the 5 s of a write, 3 s for the vehicle to end its current


@pytest.fixture(scope="module")
def setup() -> Iterator[Setup]:
    need(java=False)
    with setups(FIRMWARE) as setup_with, setup_with() as made:
        shrink_send_buffers(made.link.namespace.replace("-vehicle", "-evse"))
        yield made


def charge(setup: Setup, secured: bool = True) -> list[str]:
    """Let a vehicle of an own connection have a whole session; its response codes."""
    with setup.link.vehicle(secured) as vehicle:
        setup.charger.do("communicate")
        codes = vehicle.charge(None)
        setup.charger.do("silence")
    return codes


def charge_within(setup: Setup, limit_s: float) -> list[str]:
    """Try again and again as a vehicle does, for limit_s."""
    due_s = time.monotonic() + limit_s
    while True:
        try:
            return charge(setup)
        except (ClosedError, OSError, ToolError):
            if time.monotonic() > due_s:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize("name", list(EVERY))
def test_an_unplugged_ev_makes_room_for_the_next_one(setup: Setup, name: str) -> None:
    setup.plug()
    with EVERY[name](setup):
        setup.unplug()
        began_s, moves = time.monotonic(), len(setup.charger.moves)
        setup.plug()
        codes = charge_within(setup, UNPLUGGED_S)
        took_s = time.monotonic() - began_s
    setup.unplug()
    assert all(code.startswith("OK") for code in codes), codes
    assert [closed for _at_s, closed in setup.charger.moves[moves:]] == [True, False]
    assert took_s < UNPLUGGED_S
    assert setup.charger.rig.board.status.boots == 1


@pytest.mark.parametrize("name", list(BEFORE) + [name for name in WITHIN if "reads" in name or "half-closed" in name])
def test_another_connection_is_served_while_the_ev_is_still_plugged_in(setup: Setup, name: str) -> None:
    setup.plug()
    with EVERY[name](setup):
        codes = charge_within(setup, AGAIN_S)
    setup.unplug()
    assert all(code.startswith("OK") for code in codes), codes


def test_a_vehicle_that_charges_and_does_not_read_is_cut_off_in_order(setup: Setup) -> None:
    setup.plug()
    with charges_and_never_reads(setup) as moves:
        due_s = time.monotonic() + CUT_S
        while setup.charger.connector.contactor.closed and time.monotonic() < due_s:
            time.sleep(0.02)
        assert [closed for _at_s, closed in setup.charger.moves[moves:]] == [False]
    setup.unplug()
    setup.plug()
    assert all(code.startswith("OK") for code in charge_within(setup, UNPLUGGED_S))
    setup.unplug()
