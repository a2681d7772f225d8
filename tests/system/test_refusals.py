"""What a charger must refuse is refused by the controller: on real sockets, with a real TLS, by its own log's word."""

from __future__ import annotations

import warnings

import pytest
from namespace_needs import need

from hil.interop.endings import Row
from hil.interop.refusals import TABLE
from hil.interop.refuse_all import refuse_all

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    need(java=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this car speaks TLS 1.0 on purpose
        return {row.name: row for row in refuse_all(TABLE, lambda _text: None)}


@pytest.mark.parametrize("name", [refusal.name for refusal in TABLE])
def test_it_is_refused_told_and_over(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    assert row.ok, row


def test_names_are_one_of_a_kind() -> None:
    assert len({refusal.name for refusal in TABLE}) == len(TABLE)
