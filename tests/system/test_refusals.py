"""What a charger must refuse is refused by the controller: on real sockets, with a real TLS, by its own log's word."""

from __future__ import annotations

import warnings

import pytest
from namespace_needs import need
from timekeeping import Timekeeper

from hil.interop.refusal_row import Row
from hil.interop.refusals import TABLE
from hil.interop.refuse_all import refuse_all

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def tried() -> tuple[dict[str, Row], Timekeeper]:
    need(java=False)
    with warnings.catch_warnings(), Timekeeper() as keeper:
        warnings.simplefilter("ignore", DeprecationWarning)  # this vehicle speaks TLS 1.0 on purpose
        rows = {row.name: row for row in refuse_all(TABLE, lambda _text: None)}
    return rows, keeper


@pytest.mark.parametrize("name", [refusal.name for refusal in TABLE])
def test_a_refused_session_is_reported_and_over(tried: tuple[dict[str, Row], Timekeeper], name: str) -> None:
    rows, keeper = tried
    row = rows[name]
    if not row.ok:
        keeper.judge()
    assert row.ok, row


def test_every_refusal_has_a_name_of_its_own() -> None:
    assert len({refusal.name for refusal in TABLE}) == len(TABLE)
