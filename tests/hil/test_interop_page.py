"""The page of the sessions, from sessions written down by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.interop.drive import Exchange, Outcome
from hil.interop.page import write_page
from hil.interop.results import Results


def session(charger: str, ms: float, wire_ms: float | None, reason: str = "") -> Outcome:
    exchange = Exchange("SessionStopReq", "SessionStopRes", "OK", ms, wire_ms)
    handshake = {"gap_us": 21_500} if charger == "gridkeel" else {}
    return Outcome("ac-pnc", charger, 1, not reason, reason, 1.0, 20.0, 6.5, [exchange], handshake)


def page(tmp_path: Path, *outcomes: Outcome, heap: dict[str, int] | None = None) -> str:
    write_page(Results(list(outcomes), heap or {}), tmp_path / "out" / "interop.html")
    return (tmp_path / "out" / "interop.html").read_text()


def test_the_page_has_both_chargers_at_the_vehicle_and_on_the_cable(tmp_path: Path):
    heap = {"size": 409_600, "used_most": 395_264}
    text = page(tmp_path, session("gridkeel", 2.0, 0.75), session("peer", 40.0, 37.5), heap=heap)
    assert "1 of 1 sessions to SessionStop with OK" in text and 'class="verdict pass"' in text
    for shown in (">2<", ">40<", ">0.05<", ">0.75<", ">37.5<", ">0.02<", ">21.5<", "386 of 400 kB"):
        assert shown in text, shown
    assert text.count("<svg") == 2 and "the peer&#39;s charger" in text.replace("'", "&#39;")
    assert "http" not in text and "mathdefault" not in text


def test_a_session_that_failed_is_red_and_says_why(tmp_path: Path):
    text = page(tmp_path, session("gridkeel", 2.0, 0.75), session("gridkeel", 2.0, 0.75, "the <vehicle> hung up"))
    assert "1 of 2 sessions to SessionStop with OK" in text and 'class="verdict fail"' in text
    assert '<tr class="failed"><td>ac-pnc</td>' in text and "the &lt;vehicle&gt; hung up" in text


@pytest.mark.parametrize("wire_ms", [0.75, None])
def test_a_page_without_peer_or_cable_is_made_all_the_same(tmp_path: Path, wire_ms: float | None):
    text = page(tmp_path, session("gridkeel", 2.0, wire_ms))
    assert text.count("<svg") == 2 and ">–<" in text
