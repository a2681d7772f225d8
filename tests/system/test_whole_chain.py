"""The commands as a user runs them, as processes: broker, board, uplink, monitor; a set-point down, its effect back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chain import DEVICE, WAIT_S, Operator, first_line, running
from cli_run import command
from timekeeping import on_time


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("chain")
    with ExitStack() as stack:
        port = first_line(stack.enter_context(running("broker", "--port", "0", "--json")))["port"]
        seen = Operator(port)
        stack.callback(seen.close)
        params = ("--param", "setpoint_ramp_w_s=20000")
        flash = ("--flash", str(folder / "flash"))
        board = first_line(
            stack.enter_context(running("board", "run", "--json", "--device-id", DEVICE, *flash, *params))
        )
        broker = ("--broker", f"mqtt://127.0.0.1:{port}", "--queue", str(folder / "queue.db"))
        stack.enter_context(running("uplink", "--port", board["host"], *broker))
        seen.port, seen.flash = port, folder / "flash"  # type: ignore[attr-defined]
        seen.wait_for("telemetry", lambda record: record["state"] == "run")
        yield seen


@on_time()
def test_birth_and_telemetry_arrive(operator: Operator) -> None:
    birth = operator.wait_for("birth", lambda birth: birth["device"] == DEVICE)
    assert birth["firmware"]
    record = operator.wait_for("telemetry", lambda record: record["state"] == "run" and record["permitted_w"] == 3000)
    assert abs(record["freq_uhz"] - 50_000_000) < 20_000
    operator.wait_for("telemetry", lambda record: record["delivered_w"] == pytest.approx(3000, abs=30))


@on_time()
def test_a_set_point_is_acknowledged_obeyed_and_forgotten(operator: Operator) -> None:
    operator.wait_for("telemetry", lambda record: record["permitted_w"] == 3000)
    answer = operator.ask({"setpoint": {"power_w": -1200, "lifetime_s": 2}}, b"one")
    assert answer["result"] == "ok", answer
    operator.wait_for("telemetry", lambda record: record["delivered_w"] == pytest.approx(-1200, abs=30))
    operator.wait_for("telemetry", lambda record: record["permitted_w"] == 3000)
    assert operator.wait_for("fault_event", lambda event: event["fault"] == "setpoint_expired")


def test_a_set_point_without_a_sound_lifetime_is_refused(operator: Operator) -> None:
    for request in ({"setpoint": {"power_w": 100}}, {"setpoint": {"power_w": 100, "lifetime_s": 1e9}}):
        answer = operator.ask(request, b"two")
        assert answer["result"] != "ok", answer


def test_a_parameter_is_set_and_survives_in_flash(operator: Operator) -> None:
    answer = operator.ask({"parameters": {"droop_deadband_mhz": 33}}, b"three")
    assert answer["result"] == "ok", answer
    assert json.loads((operator.flash / "config.json").read_text())["droop_deadband_mhz"] == 33  # type: ignore[attr-defined]
    answer = operator.ask({"parameters": {"droop_deadband_mhz": 3300}}, b"four")
    assert answer["result"] != "ok"
    assert "0..1000" in json.dumps(answer)


@on_time()
def test_mode_safe_opens_the_contactor(operator: Operator) -> None:
    assert operator.ask({"mode": "safe"}, b"five")["result"] == "ok"
    record = operator.wait_for("telemetry", lambda record: record["state"] == "safe" and record["delivered_w"] == 0)
    assert record["limiter"] == "mode_safe"
    assert operator.ask({"mode": "auto"}, b"six")["result"] == "ok"
    operator.wait_for("telemetry", lambda record: record["state"] == "run")


def test_the_monitor_shows_the_controller(operator: Operator) -> None:
    arguments = ("monitor", "--broker", f"mqtt://127.0.0.1:{operator.port}", "--once")  # type: ignore[attr-defined]
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=WAIT_S, check=True)
    assert DEVICE in done.stdout


def send(operator: Operator, *words: str, device: str = DEVICE) -> subprocess.CompletedProcess[str]:
    broker = ("--broker", f"mqtt://127.0.0.1:{operator.port}")  # type: ignore[attr-defined]
    return subprocess.run(command("send", device, *words, *broker), capture_output=True, text=True, timeout=90)


def test_an_operator_sends_a_set_point_and_sees_its_effect(operator: Operator) -> None:
    done = send(operator, "setpoint", "--power-w", "-1100", "--lifetime-s", "5")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{DEVICE}: ok")
    operator.wait_for("telemetry", lambda record: record["delivered_w"] == pytest.approx(-1100, abs=30))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("setpoint", "--power-w", "9000", "--lifetime-s", "5"), "is outside -7400..7400 W in force"),
        (("setpoint", "--power-w", "1", "--lifetime-s", "80000"), "s in force (setpoint_max_s)"),
        (("regulation", "--share-pct-x100", "5"), "regulation_w is 0 in force"),
        (("parameters", "trip_under_mhz=50000"), "do not hold nominal_hz = 50 between them, with what is in force"),
    ],
)
def test_out_of_range_names_the_limit_in_force(operator: Operator, words: tuple[str, ...], reason: str) -> None:
    done = send(operator, *words, "--json", "-")
    document = json.loads(done.stdout)
    assert (done.returncode, document["result"]) == (1, "out_of_range")
    assert reason in document["reason"]


def test_an_absent_controller_is_reported_as_absent(operator: Operator) -> None:
    done = send(operator, "mode", "safe", "--timeout", "1", device="nobody")
    assert done.returncode == 3
    assert "nobody: offline: nobody answered; no controller of this name is known" in done.stdout


def test_every_command_of_the_page_is_understood(operator: Operator, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    body = {"number": 1, "slot_s": 900, "start_in_s": 0, "charge_to": 300, "discharge_from": 1200, "prices": [250] * 20}
    plan.write_text(json.dumps(body))
    page = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text()
    lines = [line.split()[3:] for line in page.splitlines() if line.startswith("    gridkeel send gk-1")]
    assert len(lines) == 8
    for words in lines:
        done = send(operator, *(str(plan) if word == "plan.json" else word for word in words))
        assert done.returncode in (0, 1) and "not sent" not in done.stdout and done.stderr == "", (words, done)
    assert send(operator, "mode", "auto").returncode == 0
