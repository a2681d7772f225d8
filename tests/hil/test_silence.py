"""An EV that says nothing more, in every state of a session: the charger closes, is safe, and takes the next one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from certs import v2g
from hil.interop import silence, silence_run
from hil.interop.refusal_row import Row
from hil.scripted_vehicle.messages import Contract

pytestmark = pytest.mark.timeout(900)  # 1,500 virtual seconds

# The place in silence.CONNECTORS of the states that the first one lacks.
ELSEWHERE = {"receipt_ac": 1, "receipt_dc": 3} | dict.fromkeys(
    ("cable_check", "pre_charge", "pre_charging", "current_demand", "demanding", "stopped_dc"), 2
)
PLACES = sorted((ELSEWHERE.get(state, 0), state) for state in silence.EVERY_STATE)


@pytest.fixture(scope="module")
def rows_of() -> Callable[[int], dict[str, Row]]:
    """Return what plays a connector, once: a process that runs some of these tests plays no other connector."""

    @cache
    def played(connector: int) -> dict[str, Row]:
        rows = silence_run.rows(lambda _text: None, [connector])
        return {row.name.removeprefix("silence in state "): row for row in rows}

    return played


def test_there_is_a_vehicle_for_every_state(tmp_path) -> None:
    contract = Contract.of(v2g.make(tmp_path / "pki"))
    vehicles = [make(contract).paths for make, _changes, _dc in silence.CONNECTORS]
    assert sorted((place, path.state) for place, paths in enumerate(vehicles) for path in paths) == PLACES


@pytest.mark.parametrize(("connector", "state"), PLACES, ids=[state for _connector, state in PLACES])
def test_the_charger_waits_its_time_and_not_longer(
    rows_of: Callable[[int], dict[str, Row]], connector: int, state: str
) -> None:
    row = rows_of(connector)[state]
    assert row.ok, row
    waited_s = silence.Path(state, ()).wait_s
    assert row.entry in (f"closed request_timeout, after {waited_s - k:.0f} s" for k in (0, 1))
