"""An EV that says nothing more, in every state of a session: the charger closes, is safe, and takes the next one."""

from __future__ import annotations

import pytest

from certs import v2g
from hil.interop import silence, silence_run
from hil.scripted_vehicle.messages import Contract

pytestmark = pytest.mark.timeout(900)  # 1,500 virtual seconds

# The place in silence.CONNECTORS of the states that the first one lacks.
ELSEWHERE = {"receipt_ac": 1, "receipt_dc": 3} | dict.fromkeys(
    ("cable_check", "pre_charge", "pre_charging", "current_demand", "demanding", "stopped_dc"), 2
)
PLACES = sorted((ELSEWHERE.get(state, 0), state) for state in silence.EVERY_STATE)


def test_every_state_of_a_session_is_tried(tmp_path) -> None:
    contract = Contract.of(v2g.make(tmp_path / "pki"))
    vehicles = [make(contract).paths for make, _changes, _dc in silence.CONNECTORS]
    assert sorted((place, path.state) for place, paths in enumerate(vehicles) for path in paths) == PLACES


@pytest.mark.parametrize("place", range(len(silence.CONNECTORS)))
def test_the_charger_waits_its_time_in_every_state_and_not_longer(place: int) -> None:
    rows = silence_run.rows(lambda _text: None, [place])
    played = {row.name.removeprefix("silence in state "): row for row in rows}
    for state in (state for at, state in PLACES if at == place):
        row = played[state]
        assert row.ok, row
        waited_s = silence.Path(state, ()).wait_s
        assert row.entry in (f"closed request_timeout, after {waited_s - k:.0f} s" for k in (0, 1)), row
