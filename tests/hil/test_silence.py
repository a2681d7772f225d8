"""A car that says nothing more, in every state of a session: the charger closes, is safe, and takes the next one."""

from __future__ import annotations

import pytest

from certs import v2g
from hil.interop import silence, silence_run
from hil.interop.endings import Row
from hil.interop.talk import Contract

pytestmark = pytest.mark.timeout(900)  # 1,500 virtual seconds


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.name.removeprefix("silence in state "): row for row in silence_run.rows(lambda _text: None)}


def test_there_is_a_car_for_every_state(tmp_path) -> None:
    contract = Contract.of(v2g.make(tmp_path / "pki"))
    states = [path.state for make, _changes, _dc in silence.OUTLETS for path in make(contract).paths]
    assert sorted(states) == sorted(silence.EVERY_STATE)


@pytest.mark.parametrize("state", silence.EVERY_STATE)
def test_the_charger_waits_its_time_and_not_longer(rows: dict[str, Row], state: str) -> None:
    row = rows[state]
    assert row.ok, row
    waited_s = silence.Path(state, ()).wait_s
    assert row.entry in (f"closed no_request_in_state, after {waited_s - k:.0f} s" for k in (0, 1))
