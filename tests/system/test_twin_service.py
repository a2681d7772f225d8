"""The twin over a real broker: estimates and orders out, a death that everybody sees, a return without a jump."""

from __future__ import annotations

import datetime
import json
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from mosquitto import Mosquitto
from mqtt_peers import eventually
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from twin_peers import TwinProcess
from twin_records import battery, message, telemetry

pytestmark = [pytest.mark.timeout(300)]
STATUS = "gridkeel/v2/$twin/twin/status"


class Charger(threading.Thread):
    """A controller as its uplink shows it: records, commands carried out and answered; delivers what it is told."""

    def __init__(self, port: int, device: str = "gk-1") -> None:
        super().__init__(daemon=True)
        self.device = device
        self.delivered_w = 1000
        self.setpoints: list[dict[str, Any]] = []
        self.commands: dict[str, Any] = {}
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self._over = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_message = self._take
        self.client.on_connect = lambda *_details: self.client.subscribe(
            [(f"gridkeel/v2/{device}/cmd", 1), ("gridkeel/v2/+/twin", 0), (STATUS, 0)]
        )
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def run(self) -> None:
        sequence = 1
        while not self._over.wait(0.25):
            for record in (telemetry, battery):
                shown = record(self.device, 7, sequence, uptime_ms=sequence * 250, delivered_w=self.delivered_w)
                self.client.publish(*message(shown), 1)
                sequence += 1

    def stop(self) -> None:
        self._over.set()
        self.join()
        self.client.disconnect()
        self.client.loop_stop()

    def _take(self, client: mqtt.Client, _data: object, one: mqtt.MQTTMessage) -> None:
        document = json.loads(one.payload)
        if one.topic != f"gridkeel/v2/{self.device}/cmd":
            self.seen.setdefault(one.topic, []).append(document)
            return
        kind, body = next(iter(document.items()))
        self.commands[kind] = body
        if kind == "setpoint":
            self.setpoints.append(body)
            self.delivered_w = body["power_w"]
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = one.properties.CorrelationData
        answer = {"device": self.device, "result": "refused" if kind == "departure" else "ok", "reason": "because"}
        client.publish(one.properties.ResponseTopic, json.dumps(answer), 1, properties=properties)


@pytest.fixture
def charger(tmp_path: Path):
    with Mosquitto(tmp_path) as broker:
        made = Charger(broker.port)
        made.url = broker.url  # type: ignore[attr-defined]
        made.start()
        yield made
        made.stop()


def test_a_twin_that_dies_and_returns_moves_no_charger_by_it(charger: Any, tmp_path: Path) -> None:
    plan, leave, store = tmp_path / "plan.json", tmp_path / "leave.csv", str(tmp_path / "twin.db")
    now_s = int(time.time())
    plan.write_text(json.dumps({"start_s": now_s - 60, "slot_s": 900, "power_w": {"gk-1": [50_000, 0, -3000]}}))
    leave.write_text("device,at,soc_pct\ngk-1,2099-01-01T07:00:00Z,80\n")
    options = ("--schedule", str(plan), "--departures", str(leave), "--rates", "--tell", "0.5")
    with TwinProcess(charger.url, store, *options) as twin:
        assert eventually(lambda: charger.delivered_w == 11_000, 60), twin.lines  # its limit, not the plan's 50 kW
        assert {"plan", "setpoint", "departure", "telemetry_rate"} <= set(charger.commands)
        assert eventually(lambda: any("'gk-1' does not follow: refused: 'because'" in line for line in twin.lines))
        twin.kill()
    first = charger.setpoints[0]["power_w"]
    assert abs(first - 1000) <= 500, "the first set-point is what flowed"
    assert all(body["lifetime_s"] <= 60 for body in charger.setpoints)
    steps = [abs(b["power_w"] - a["power_w"]) for a, b in zip(charger.setpoints, charger.setpoints[1:], strict=False)]
    assert max(steps) <= 2500, "half a kilowatt a second, also where the machine was late"
    assert eventually(lambda: charger.seen[STATUS][-1]["status"] == "offline")  # the broker itself says so
    assert charger.seen[STATUS][-1]["reason"] == "twin lost"
    count, charger.delivered_w = len(charger.setpoints), 4000  # its own rules took over
    with TwinProcess(charger.url, store, *options) as twin:
        assert eventually(lambda: len(charger.setpoints) > count, 60), twin.lines
        assert abs(charger.setpoints[count]["power_w"] - 4000) <= 500
        told = charger.seen["gridkeel/v2/gk-1/twin"]
        assert eventually(lambda: "planned_w" in told[-1] and told[-1]["soc"]["pct"] is not None)
        assert twin.terminate() == 0
    assert eventually(lambda: charger.seen[STATUS][-1]["reason"] == "twin stopped")


def test_prices_become_a_plan_that_the_charger_follows_and_that_outlives_the_twin(charger: Any, tmp_path: Path) -> None:
    """Cheap now and dear later, and a vehicle that leaves full: it charges now."""
    prices, leave, store = tmp_path / "prices.csv", tmp_path / "leave.csv", str(tmp_path / "twin.db")
    hour = datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0)
    rows = [f"{(hour + datetime.timedelta(hours=k)).isoformat()},{10 if k < 2 else 300}" for k in range(24)]
    prices.write_text("start,price_eur_per_mwh\n" + "\n".join(rows) + "\n")
    leave.write_text(f"device,at,soc_pct\ngk-1,{(hour + datetime.timedelta(hours=20)).isoformat()},90\n")
    options = ("--prices", str(prices), "--departures", str(leave), "--site-kw", "9", "--tell", "0")
    with TwinProcess(charger.url, store, *options) as twin:
        twin.wait_for("plan 1: 1 vehicles", 120)
        assert eventually(lambda: charger.delivered_w > 7000, 90), twin.lines
        assert charger.delivered_w <= 9000, "the site's limit"
        assert 1000 in charger.commands["plan"]["prices"] or -1000 in charger.commands["plan"]["prices"]
        twin.kill()
    charger.commands.clear()
    with TwinProcess(charger.url, store, *options) as twin:
        twin.wait_for("schedule of 1 controllers", 60)  # the one that was kept, before another is made
        assert eventually(lambda: "plan" in charger.commands, 60)
        assert twin.terminate() == 0


def test_a_signal_becomes_one_command_to_the_group(charger: Any, tmp_path: Path) -> None:
    birth = {"device": "gk-1", "boot": 7, "firmware": "", "uplink": "", "schemas": {}, "group": 7}
    charger.client.publish("gridkeel/v2/gk-1/birth", json.dumps(birth), 1, retain=True)
    charger.client.subscribe("gridkeel/v2/$group/7/cmd", 1)
    group, signal = "gridkeel/v2/$group/7/cmd", "gridkeel/v2/$twin/twin/signal"
    options = ("--group", "7", "--regulation-w", "2000", "--tell", "0", "--json", str(tmp_path / "run.json"))
    with TwinProcess(charger.url, str(tmp_path / "twin.db"), *options) as twin:
        assert eventually(lambda: "parameters" in charger.commands, 90), twin.lines
        assert charger.commands["parameters"]["regulation_w"] == 2300, "15 % more than is promised"
        for wrong in (b"{", b'{"signal": "NaN"}', b'{"signal": 1.5}', b"[]"):
            charger.client.publish(signal, wrong, 1)
        charger.client.publish(signal, json.dumps({"signal": -0.5}), 1)
        assert eventually(lambda: group in charger.seen, 30), twin.lines
        assert charger.seen[group] == [{"regulation": {"share_pct_x100": round(-0.5 * 2000 / 2300 * 10_000)}}]
        assert twin.terminate() == 0
    regulation = json.loads((tmp_path / "run.json").read_text())["regulation"]
    assert (regulation["signals"], regulation["members"], regulation["standing_w"]) == (1, 1, 2300)


def test_a_hostile_name_is_counted_and_comes_out_nowhere(charger: Any, tmp_path: Path) -> None:
    store = str(tmp_path / "twin.db")
    with TwinProcess(charger.url, store, "--tell", "0.5", "--json", str(tmp_path / "run.json")) as twin:
        twin.wait_for("connected")
        name = "<img src=x onerror=alert(1)>"
        charger.client.publish(f"gridkeel/v2/{name}/battery", json.dumps(battery(name)), 1)
        charger.client.publish("gridkeel/v2/%3Cimg%3E/battery", json.dumps(battery("<img>")), 1).wait_for_publish(20)
        assert eventually(lambda: "gridkeel/v2/gk-1/twin" in charger.seen, 60)
        assert twin.terminate() == 0
        assert "img" not in "".join(twin.lines)
    assert json.loads((tmp_path / "run.json").read_text())["unused"] == {"device": 2}
    assert set(charger.seen) == {STATUS, "gridkeel/v2/gk-1/twin"}
    assert b"img" not in Path(store).read_bytes()


def test_a_broker_that_is_not_there_and_a_store_in_use_are_said_in_a_line(tmp_path: Path) -> None:
    with TwinProcess("mqtt://127.0.0.1:9", str(tmp_path / "twin.db")) as twin:
        assert twin.process.wait(60) == 3
        twin.wait_for("cannot be reached")
