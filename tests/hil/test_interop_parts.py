"""What an answer's time is made of, from sessions written down by hand."""

from __future__ import annotations

import pytest

from hil.interop import parts
from hil.interop.drive import Exchange, Outcome


def session(charger: str, times: dict[str, list[float]], log: dict[str, list[int]], first: bool = False) -> Outcome:
    exchanges = [Exchange(request, "", "OK", ms) for request, all_ms in times.items() for ms in all_ms]
    entries = [{"kind": kind, "number": number} for kind, numbers in log.items() for number in numbers]
    return Outcome("ac-pnc", charger, 1, exchanges=exchanges, log=entries, first=first)


def test_first_and_later_visits_are_distinguished():
    found = parts.rows(
        [
            session("gridkeel", {parts.DETAILS: [9.0]}, {}, first=True),
            session("gridkeel", {parts.DETAILS: [2.0]}, {}),
            session("gridkeel", {parts.DETAILS: [4.0]}, {}),
            session("peer", {parts.DETAILS: [30.0]}, {}),
        ]
    )
    assert [(row.count, row.median_ms, row.worst_ms) for row in found] == [(1, 9.0, 9.0), (2, 3.0, 4.0)]
    assert [row.ratio for row in found] == [pytest.approx(0.3), pytest.approx(0.1)]


def test_own_work_is_what_is_left_of_the_wait():
    found = parts.rows([session("gridkeel", {parts.DELIVERY: [62.5, 8.0]}, {"delivery": [60, 9], "backend": []})])
    waiting, own = found
    assert waiting.what.endswith("waiting for the contactor") and waiting.worst_ms == 60
    assert own.median_ms == pytest.approx(1.25) and own.worst_ms == pytest.approx(2.5)
    assert own.ratio is None


def test_a_log_that_does_not_fit_says_nothing():
    assert parts.rows([session("gridkeel", {parts.DELIVERY: [62.5, 8.0]}, {"delivery": [60]})]) == []
