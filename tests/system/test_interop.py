"""The peer's vehicle charges at the controller in every mode: real TLS, real Plug & Charge, a plant at each port."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from namespace_needs import need
from timekeeping import Timekeeper
from typer.testing import CliRunner

from command_line.root import app
from hil.interop.drive import Exchange, Outcome, hold_to
from hil.interop.modes import MODES, choose
from hil.interop.results import PHASES, Results
from hil.interop.run_all import Wanted, run_all
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(600)  # a machine that is busy with other things starts six times Java slowly


@pytest.fixture(scope="module")
def tried() -> tuple[Results, Timekeeper]:
    need(java=True)
    with Timekeeper() as keeper:
        results = run_all(Wanted(list(MODES), runs=1, peer=False, heap=False), lambda _text: None)
    return results, keeper


@pytest.fixture
def results(tried: tuple[Results, Timekeeper]) -> Results:
    """Every session; those that did not come to their end on a machine that was late are not judged."""
    found, keeper = tried
    if not all(outcome.ok for outcome in found.outcomes):
        keeper.judge()
    return found


def of(results: Results, mode: str) -> Outcome:
    return next(outcome for outcome in results.outcomes if outcome.mode == mode)


@pytest.mark.parametrize("mode", [mode.name for mode in MODES])
def test_the_vehicle_charges_to_session_stop(results: Results, mode: str) -> None:
    outcome = of(results, mode)
    assert outcome.ok, (outcome.reason, outcome.log)
    assert [exchange.response for exchange in outcome.exchanges][-1] == "SessionStopRes"
    assert all(exchange.code.startswith("OK") for exchange in outcome.exchanges)
    assert outcome.handshake["end"] == "stopped"
    assert not [entry for entry in outcome.log if entry["kind"] in ("refused", "closed", "tls_failed")]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_the_session_was_what_its_mode_says(results: Results, mode) -> None:
    outcome = of(results, mode.name)
    requests = [exchange.request for exchange in outcome.exchanges]
    assert outcome.handshake["secured"] is mode.tls
    assert outcome.handshake["contract"] is mode.contract
    assert (outcome.handshake["tls_us"] > 0) is mode.tls
    assert ("PaymentDetailsReq" in requests) is mode.contract
    assert ("CertificateInstallationReq" in requests) is mode.installs
    assert ("CurrentDemandReq" in requests) is mode.is_dc
    assert requests.count("CurrentDemandReq" if mode.is_dc else "ChargingStatusReq") >= 9
    # A contract is a chain and the signature under the challenge; a request for one is signed too.
    assert outcome.handshake["checks"] == mode.contract
    receipts = requests.count("MeteringReceiptReq")
    assert (receipts > 0) is mode.receipts
    assert outcome.handshake["signatures"] == mode.contract + mode.installs + receipts


def test_the_contactor_moves_at_the_sessions_command(results: Results) -> None:
    turns = {
        outcome.mode: [entry["subject"] for entry in outcome.log if entry["kind"] == "delivery"]
        for outcome in results.outcomes
    }
    once = ["started", "stopped"]
    assert turns.pop("ac-pnc-pause") == once + once
    assert turns.pop("ac-pnc-renegotiate") == ["started", "renegotiation", *once]
    assert turns == dict.fromkeys(turns, once)


def test_a_paused_session_is_joined_again_and_not_begun_anew(results: Results) -> None:
    exchanges = of(results, "ac-pnc-pause").exchanges
    codes = [exchange.code for exchange in exchanges if exchange.request == "SessionSetupReq"]
    assert codes == ["OK_NewSessionEstablished", "OK_OldSessionJoined"]


def test_a_session_that_was_not_what_its_mode_says_counts_for_nothing() -> None:
    mode = choose("ac-pnc-pause")[0]
    outcome = Outcome(mode.name, "gridkeel", 1, ok=True)
    outcome.exchanges = [Exchange("SessionStopReq", "SessionStopRes", "OK", 1.0)] * 2
    hold_to(mode, outcome)
    assert (outcome.ok, outcome.reason) == (False, "the paused session was not joined again")
    mode = choose("ac-pnc-receipt")[0]
    outcome = Outcome(mode.name, "gridkeel", 1, ok=True)
    hold_to(mode, outcome)
    assert (outcome.ok, outcome.reason) == (False, "0 MeteringReceiptRes, 3 or more belong to ac-pnc-receipt")


def test_the_record_reports_the_work(results: Results) -> None:
    # How long a turn may be is no matter for a machine that is busy with other things: tests/bench/bench_slices.py.
    for outcome in results.outcomes:
        assert 0 < outcome.handshake["slice_us"] < outcome.handshake["work_us"]


def test_the_cable_shows_the_same_answers_without_the_vehicles_time(results: Results) -> None:
    exchanges = [exchange for outcome in results.outcomes for exchange in outcome.exchanges]
    assert all(exchange.wire_ms is not None and 0 < exchange.wire_ms < exchange.ms for exchange in exchanges)


def test_the_phases_are_there_for_the_handshake_model(results: Results) -> None:
    rows = results.document()["phases"]
    assert {row["phase"] for row in rows} == {"sdp", "tls", *PHASES.values()}
    assert all(row["ms"] > 0 for row in rows)


def test_the_command_compares_with_the_peers_own_charger(tmp_path: Path) -> None:
    need(java=True)
    file = tmp_path / "interop.json"
    done = CliRunner().invoke(
        app,
        ["interop", "--modes=ac-eim-tcp", "--runs=1", "--no-heap", f"--json={file}", f"--out={tmp_path}"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    assert "1 of 1" in done.output
    assert "1 of 1 sessions to SessionStop with OK" in (tmp_path / "interop.html").read_text()
    document = json.loads(file.read_text())
    assert [session["charger"] for session in document["sessions"]] == ["peer", "gridkeel"]
    assert all(session["ok"] for session in document["sessions"])
    for table in ("messages", "wire"):
        rows = {row["request"]: row for row in document[table]}
        assert rows["SessionStopReq"]["ratio"] == pytest.approx(
            rows["SessionStopReq"]["median_ms"] / rows["SessionStopReq"]["peer_ms"]
        )
    assert all(exchange["wire_ms"] for session in document["sessions"] for exchange in session["exchanges"])


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ToolError, match="unknown mode 'ac-free': one or more of ac-eim-tcp"):
        choose("ac-free")
