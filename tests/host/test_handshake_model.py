"""The handshake model: its arithmetic, what it reads as measured, and the command."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from command_line.handshake_model import error_pct
from command_line.root import app
from gridkeel.v2g import exi, grammars
from hil.interop import modes
from host_tools.errors import MissingError, ToolError
from host_tools.handshake import calibrate, costs, measured, model, samples, tables
from host_tools.handshake.costs import Board, Vehicle
from host_tools.handshake.tables import Backend, Link

BOARD = Board(
    hop=100.0,
    exchange=400.0,
    decode_field=10.0,
    decode_byte=0.5,
    encode_field=20.0,
    encode_byte=1.0,
    cipher_byte=0.1,
    tls={"keygen": 2000.0, "ecdh": 3000.0, "sign": 2500.0, "verify": 6000.0},
    python={"verify": 8000.0, "parse": 100.0},
    share=0.0,
    source="made up",
)
VEHICLE = Vehicle({"keygen": 10.0, "ecdh": 20.0, "sign": 30.0, "verify": 50.0}, "made up")
NO_LINK = Link(1e15, 0.0, "none")
SLOW = Link(8000.0, 10.0, "a byte a millisecond")


NO_BACKEND = Backend(NO_LINK)


def predict(
    mode: str, board: Board = BOARD, link: Link = NO_LINK, backend: Backend = NO_BACKEND
) -> dict[str, model.Time]:
    return {time.phase: time for time in model.predict(mode, board, VEHICLE, link, backend)}


def test_a_message_travels_by_its_bytes_and_segments() -> None:
    assert model.travel_ms(SLOW, 100, False) == pytest.approx(10 + 100 + 74)
    assert model.travel_ms(SLOW, 100, True) == pytest.approx(10 + 100 + 74 + 69)
    assert model.travel_ms(SLOW, 1441, False) == pytest.approx(10 + 1441 + 2 * 74)


def test_tls_is_three_round_trips_and_its_operations() -> None:
    time = predict("dc-eim")["tls"]
    assert time.tls_ms == pytest.approx(2 + 3 + 2.5)
    assert time.vehicle_ms == pytest.approx((10 + 20 + 4 * 50) / 1000)
    assert (time.board_ms, time.codec_ms, time.backend_ms) == (0, 0, 0)
    link_ms = predict("dc-eim", link=SLOW)["tls"].link_ms
    assert link_ms == pytest.approx(6 * 10 + 360 + 74 + 1880 + 2 * 74)


def test_a_small_exchange() -> None:
    # 22 and 49 bytes of frame; the sample in BOARD.exchange has 21 bytes of EXI and 2 fields.
    time = predict("ac-eim-tcp")["session_setup"]
    assert samples.shapes()["small"] == tables.Message(21, 2)
    assert time.codec_ms == pytest.approx((100 + 400 + 2 * 20 + (49 - 8 - 21) * 1.0) / 1000)
    assert time.tls_ms == 0 and time.ms == pytest.approx(time.codec_ms)


def test_over_tls_each_byte_is_ciphered() -> None:
    time = predict("ac-eim-tls")["session_setup"]
    assert time.tls_ms == pytest.approx((22 + 49) * 0.1 / 1000)


def test_a_contract_costs_three_verifications_then_one_then_none() -> None:
    times = predict("ac-pnc")
    assert times["payment_details"].board_ms == pytest.approx(3 * 8 + 3 * 0.1)
    assert times["payment_details_known"].board_ms == pytest.approx(8 + 3 * 0.1)
    assert times["payment_details_again"].board_ms == pytest.approx(3 * 0.1)
    assert times["authorization"].board_ms == pytest.approx(8)
    assert predict("ac-eim-tls")["authorization"].board_ms == 0
    assert "payment_details" not in predict("ac-eim-tls")


def test_the_backend_is_asked_over_its_own_link() -> None:
    travel = 10 + 859 + 74 + 69 + 10 + 3815 + 3 * 74 + 69
    for backend, work_ms in ((Backend(SLOW), 30), (Backend(SLOW, 7.5), 7.5)):
        time = predict("ac-pnc-install", backend=backend)["certificate_installation"]
        assert time.backend_ms == pytest.approx(travel + work_ms)
    assert time.link_ms == pytest.approx(0, abs=1e-6)


def test_the_control_loop_takes_its_share() -> None:
    half = predict("ac-pnc", replace(BOARD, share=0.5))
    for name, time in predict("ac-pnc").items():
        for part in ("board_ms", "tls_ms", "codec_ms"):
            assert getattr(half[name], part) == pytest.approx(2 * getattr(time, part))
        assert half[name].vehicle_ms == time.vehicle_ms and half[name].wait_ms == time.wait_ms


def test_the_total_has_each_phase_once() -> None:
    times = model.predict("dc-pnc", BOARD, VEHICLE, SLOW, NO_BACKEND)
    beside = [time for time in times if time.beside]
    assert [time.phase for time in beside] == ["payment_details_known", "payment_details_again"]
    assert model.total_ms(times) == pytest.approx(sum(time.ms for time in times if not time.beside))
    parts = ("board_ms", "tls_ms", "codec_ms", "vehicle_ms", "link_ms", "backend_ms", "wait_ms")
    assert [field.name for field in fields(model.Time)] == ["phase", "request", *parts]
    for time in times:
        assert time.ms == pytest.approx(sum(getattr(time, part) for part in parts))


def test_the_codec_is_solved_from_three_samples() -> None:
    times = {f"decode_{name}": 50 + 3 * shape.fields + 0.25 * shape.size for name, shape in samples.shapes().items()}
    solved = costs.codec(times, "decode")
    assert solved == pytest.approx({"base": 50, "field": 3, "byte": 0.25})
    faster = {**times, "decode_bytes": 0.0}
    assert costs.codec(faster, "decode")["byte"] == 0


def test_samples_are_messages() -> None:
    for name, data in samples.messages().items():
        schema = grammars.sap() if name == "sap" else grammars.iso2()
        root, value = exi.decode(schema, data, 0, len(data))
        out = bytearray(samples.ROOM)
        assert bytes(out[: exi.encode(schema, root, value, out, 0)]) == data


def test_a_chip_follows_from_counted_instructions() -> None:
    chip = costs.chip("esp32")
    row = tables.CHIPS["esp32"]
    # Half a multiplication is 28.5 million instructions, whatever the interpreter counts for it.
    half_us = 28.5e6 * row.cycles / row.mhz
    assert chip.python["parse"] == pytest.approx(half_us * tables.COUNTED["parse"] / tables.COUNTED["plain_128"])
    assert chip.python["verify"] == pytest.approx(row.verify_instructions * row.cycles / row.mhz)
    assert chip.tls["verify"] == pytest.approx(302_000) and chip.tls["sign"] == pytest.approx(0.36 * 302_000)
    for name, other in tables.CHIPS.items():
        assert "estimate" in other.source, name
        assert all(value > 0 for value in (*costs.chip(name).python.values(), costs.chip(name).exchange))


def test_modes_and_requests_are_those_of_interop() -> None:
    assert set(tables.MODES) == {mode.name for mode in modes.MODES if mode.at_peer}  # the plain ones
    for name, phases in tables.MODES.items():
        mode = modes.choose(name)[0]
        assert (tables.TLS in phases) == mode.tls
        assert (tables.AUTHORIZATION_SIGNED in phases) == mode.contract
        assert (tables.INSTALLATION in phases) == mode.installs
        assert (tables.DC_LOOP in phases) == mode.is_dc


def session(run: int, times: list[tuple[str, float]], **changed) -> dict:
    exchanges = [{"request": request, "response": "", "code": "OK", "ms": ms} for request, ms in times]
    usual = {"mode": "dc-pnc", "charger": "gridkeel", "run": run, "ok": True, "sdp_ms": 0.5, "connect_ms": 20.0}
    return {**usual, "exchanges": exchanges, **changed}


def test_sessions_are_read_phase_by_phase(tmp_path: Path) -> None:
    first = [("PaymentDetailsReq", 60.0), ("PreChargeReq", 5.0), ("PreChargeReq", 90.0), ("SessionStopReq", 9.0)]
    sessions = [
        session(1, first),
        session(2, [("PaymentDetailsReq", 20.0), ("PreChargeReq", 7.0)], connect_ms=30.0, first=False),
        session(3, [("PaymentDetailsReq", 22.0)], connect_ms=40.0),
        session(1, [("PaymentDetailsReq", 999.0)], charger="peer"),
        session(1, [("PaymentDetailsReq", 999.0)], ok=False),
        session(1, [("PaymentDetailsReq", 999.0)], mode="ac-pnc"),
    ]
    file = tmp_path / "interop.json"
    file.write_text(json.dumps({"sessions": sessions}))
    assert measured.read(file, "dc-pnc") == {
        "sdp": 0.5,
        "tls": 30.0,
        "payment_details": 60.0,
        "payment_details_again": 21.0,
        "precharge": 6.0,
    }


@pytest.mark.parametrize("wrapped", [lambda rows: rows, lambda rows: {"phases": rows}, lambda rows: {"rows": rows}])
def test_plain_rows_are_read(tmp_path: Path, wrapped) -> None:
    rows = [
        {"phase": "tls", "ms": 10},
        {"phase": "tls", "ms": 30, "mode": "ac-pnc"},
        {"phase": "tls", "ms": 900, "mode": "dc-pnc"},
    ]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(wrapped(rows)))
    assert measured.read(file, "ac-pnc") == {"tls": 20.0}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"sessions": []}', '[{"ms": 3}]', '{"sessions": [{"mode": "ac-pnc"}]}', "7"]
)
def test_empty_and_meaningless_files_are_rejected(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    with pytest.raises(ToolError):
        measured.read(file, "ac-pnc")
    with pytest.raises(MissingError):
        measured.read(tmp_path / "none.json", "ac-pnc")


def test_errors_in_percent() -> None:
    assert error_pct(15, 10) == pytest.approx(50)
    assert error_pct(5, 10) == pytest.approx(-50)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str):
    monkeypatch.setattr(calibrate, "both", lambda: (BOARD, VEHICLE))
    return CliRunner().invoke(app, ["handshake-model", *arguments], env={"COLUMNS": "160"})


def test_the_command_sets_prediction_beside_measurement(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.json", tmp_path / "out.json"
    rows.write_text(json.dumps([{"phase": "authorization", "ms": 4.0}]))
    done = run(monkeypatch, "--mode", "ac-pnc", "--measured", str(rows), "--json", str(out))
    assert done.exit_code == 0, done.output
    document = json.loads(out.read_text())
    assert (document["board"], document["link"], document["estimate"]) == ("virtual", "local", False)
    (row,) = [row for row in document["phases"] if "measured_ms" in row]
    assert (row["phase"], row["measured_ms"]) == ("authorization", 4.0)
    assert row["error_pct"] == pytest.approx(100 * (row["ms"] / 4.0 - 1))
    times = model.predict("ac-pnc", BOARD, VEHICLE, tables.LINKS["local"], tables.LINKS["lte"])
    assert document["total_ms"] == pytest.approx(model.total_ms(times))
    assert f"{row['error_pct']:+.0f} %" in done.output


def test_estimates_say_that_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = run(monkeypatch, "--board", "esp32", "--json", str(out))
    assert done.exit_code == 0 and "estimate" in done.output
    document = json.loads(out.read_text())
    assert document["estimate"] is True and document["link"] == "plc"


@pytest.mark.parametrize("option", ["--mode", "--board", "--link", "--backend"])
def test_unknown_names(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    done = run(monkeypatch, option, "nope")
    assert isinstance(done.exception, ToolError)
    assert "unknown" in str(done.exception) and "nope" in str(done.exception)


def test_calibration_measures_everything() -> None:
    board, vehicle = calibrate.both()
    for value in (board.hop, board.exchange, board.decode_field, board.encode_field, board.cipher_byte):
        assert value > 0
    for figures in (board.tls, board.python, vehicle.tls):
        assert all(value > 0 for value in figures.values())
    # Python is no match for compiled code.
    assert board.python["verify"] > vehicle.tls["verify"]
