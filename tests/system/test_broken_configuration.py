"""A board whose config.json broke, as the fleet sees it: online, safe, the reason reported, mended by two commands."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from chain import DEVICE, Operator, first_line, running

from hil.virtual_board.flash import CONFIG, GOOD, make_flash
from hil.virtual_board.shared_host import on_shared_host


class Fleet(Operator):
    """An operator that keeps every change of config_invalid: (active, reason)."""

    def __init__(self, port: int) -> None:
        self.changes: list[tuple[bool, str | None]] = []
        super().__init__(port)

    def _take(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        super()._take(_client, _data, message)
        payload = json.loads(message.payload)
        if message.topic.endswith("/fault_event") and payload["fault"] == "config_invalid":
            self.changes.append((payload["active"], payload.get("reason")))


@pytest.mark.timeout(280)
def test_a_board_with_a_broken_configuration_is_seen_safe_and_mended_over_mqtt(tmp_path: Path) -> None:
    flash = make_flash(tmp_path / "flash", {}, DEVICE)
    (flash / GOOD).write_text(json.dumps(on_shared_host({"baseline_w": 1500, "setpoint_ramp_w_s": 20000})))
    (flash / CONFIG).write_text('{"baseline_w": 1500, "droop_deadbnd_mhz": 3}')
    with ExitStack() as stack:
        port = first_line(stack.enter_context(running("broker", "--port", "0", "--json")))["port"]
        operator = Fleet(port)
        stack.callback(operator.close)
        board = first_line(stack.enter_context(running("board", "run", "--json", "--flash", str(flash))))
        broker = ("--broker", f"mqtt://127.0.0.1:{port}", "--queue", str(tmp_path / "queue.db"))
        stack.enter_context(running("uplink", "--port", board["host"], *broker))
        record = operator.wait_for("telemetry", lambda record: record["fault"] == "config_invalid")
        assert (record["state"], record["permitted_w"], record["delivered_w"]) == ("safe", 0, 0)
        assert operator.ask({"mode": "auto"}, b"1")["result"] == "refused"
        assert operator.ask({"parameters": {"modbus_unit": 1}}, b"2")["result"] == "ok"
        operator.wait_for(
            "telemetry", lambda record: record["fault"] != "config_invalid" and record["delivered_w"] == 0
        )
        assert operator.ask({"mode": "auto"}, b"3")["result"] == "ok"
        operator.wait_for("telemetry", lambda record: record["delivered_w"] == pytest.approx(1500, abs=30))
    # The event of the start may be gone from the board's memory by the time a host comes: it is reported again then.
    reason = "name 2 in config.json is not a parameter of this firmware"
    assert set(operator.changes[:-1]) == {(True, reason)} and operator.changes[-1] == (False, None)
    kept = json.loads((flash / CONFIG).read_text())
    assert kept["baseline_w"] == 1500 and "droop_deadbnd_mhz" not in kept
