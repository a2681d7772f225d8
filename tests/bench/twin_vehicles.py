"""Many vehicles at chargers in one process, as their uplink shows them to the broker: records, commands, presence.

    python tests/bench/twin_vehicles.py PORT --vehicles 10000 --group 7 --every 4

Each follows its group's regulation by its own ramp, within its limits and its battery; what a command means is read by
the contract's own parser. Prints one line when all are there, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from typing import Any

import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from host_tools.contract import commands, topics
from host_tools.link.dictionary import Dictionary

UPLINK, RUN = "vehicles", "1"
STEP_S = 0.05
LATENCY_S = 0.1  # uplink, serial line, inverter
RAMP_W_S = 1000.0  # the parameter regulation_ramp_w_s


class Vehicles:
    """State of all of them.  Powers in W, positive into the vehicle."""

    def __init__(self, count: int, seed: int = 1) -> None:
        chance = np.random.default_rng(seed)
        self.names = [f"ev-{number:05d}" for number in range(count)]
        self.place = {name: number for number, name in enumerate(self.names)}
        self.rating_w = chance.choice([3700.0, 7400.0, 11_000.0], count)
        self.energy_wh = chance.choice([40_000.0, 60_000.0, 80_000.0], count)
        self.soc = chance.uniform(0.15, 0.97, count)
        self.base_w = np.where(self.soc > 0.9, 0.0, chance.uniform(-0.2, 0.4, count) * self.rating_w)
        self.regulation_w = np.zeros(count)
        self.power_w = self.base_w.copy()
        self.moved_w = np.zeros(count)
        self.share = 0.0
        self.sequence = np.zeros(count, np.int64)
        self._ahead: list[tuple[float, float]] = []  # (when, share)
        self.begun_s = time.monotonic()

    def regulate(self, share: float) -> None:
        self._ahead.append((time.monotonic() + LATENCY_S, share))

    def limits_w(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what each may take and give now."""
        return (
            np.where(self.soc > 0.95, 0.0, self.rating_w),
            np.where(self.soc < 0.2, 0.0, self.rating_w),
        )

    def step(self, dt_s: float) -> None:
        while self._ahead and self._ahead[0][0] <= time.monotonic():
            self.share = self._ahead.pop(0)[1]
        reach = RAMP_W_S * dt_s
        self.moved_w += np.clip(self.share * self.regulation_w - self.moved_w, -reach, reach)
        charge_w, discharge_w = self.limits_w()
        self.power_w = np.clip(self.base_w + self.moved_w, -discharge_w, charge_w)
        self.soc = np.clip(self.soc + self.power_w * dt_s / 3600.0 / self.energy_wh, 0.0, 1.0)


class Fleet:
    """The vehicles at a broker."""

    def __init__(self, port: int, count: int, group: int, every_s: float) -> None:
        self.vehicles = Vehicles(count)
        self._group = group
        self._every_s = every_s
        self._ours = Dictionary.ours()
        self._rest = _rest_of_telemetry(self._ours)
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "gridkeel-uplink-vehicles", protocol=mqtt.MQTTv5)
        self.client.max_inflight_messages_set(2000)
        self.client.on_message = self._take
        self.client.on_connect = lambda *_details: self.client.subscribe(
            [(f"{topics.PREFIX}/+/{topics.COMMAND}", 1), (topics.group(group), 1)]
        )
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def announce(self) -> None:
        """Publish presence, births and statuses."""
        presence = {"uplink": UPLINK, "status": "online", "run": RUN, "version": "0"}
        self.client.publish(topics.presence(UPLINK), json.dumps(presence), 1, retain=True)
        for name in self.vehicles.names:
            birth = {"device": name, "boot": 1, "firmware": "0", "uplink": "0", "schemas": {}, "group": self._group}
            status = {"device": name, "status": "online", "uplink": UPLINK, "run": RUN, "boot": 1}
            self.client.publish(topics.topic(name, topics.BIRTH), json.dumps(birth), 1, retain=True)
            info = self.client.publish(topics.topic(name, topics.STATUS), json.dumps(status), 1, retain=True)
        info.wait_for_publish(120)

    def run(self, over: threading.Event) -> None:
        vehicles, count = self.vehicles, len(self.vehicles.names)
        done, last_s = 0.0, time.monotonic()
        begun_s = last_s
        while not over.is_set():
            now_s = time.monotonic()
            vehicles.step(now_s - last_s)
            last_s = now_s
            due = (now_s - begun_s) * count / self._every_s
            self._report(range(int(done), int(min(due, done + count))))
            done = max(due if due < done + count else done + count, done)
            time.sleep(STEP_S)

    def _report(self, numbers: range) -> None:
        vehicles, count = self.vehicles, len(self.vehicles.names)
        charge_w, discharge_w = vehicles.limits_w()
        uptime_ms = int((time.monotonic() - vehicles.begun_s) * 1000)
        for number in numbers:
            i = number % count
            vehicles.sequence[i] += 1
            name = vehicles.names[i]
            payload = (
                f'{{"device":"{name}","boot":1,"sequence":{vehicles.sequence[i]},"message":"telemetry",'
                f'"uptime_ms":{uptime_ms},"delivered_w":{vehicles.power_w[i]:.0f},'
                f'"requested_w":{vehicles.power_w[i]:.0f},"soc_pct_x100":{vehicles.soc[i] * 10_000:.0f},'
                f'"charge_limit_w":{charge_w[i]:.0f},"discharge_limit_w":{discharge_w[i]:.0f},{self._rest}'
            )
            self.client.publish(topics.topic(name, "telemetry"), payload, 1)

    def _take(self, client: mqtt.Client, _data: object, one: mqtt.MQTTMessage) -> None:
        try:
            rows = commands.parse(one.payload, self._ours)
        except commands.CommandError as error:
            self._answer(one, {"result": "refused", "reason": str(error)})
            return
        if topics.split_group(one.topic) is not None:
            for row in rows:
                if row.message == "regulation":
                    self.vehicles.regulate(float(row.values["share_pct_x100"]) / 10_000.0)
            return
        parts = topics.split(one.topic)
        place = self.vehicles.place.get(parts[0]) if parts else None
        if place is None:
            return
        for row in rows:
            if row.name == "regulation_w":
                self.vehicles.regulation_w[place] = float(row.values["value"])
        self._answer(one, {"device": self.vehicles.names[place], "result": "ok"})

    def _answer(self, one: mqtt.MQTTMessage, document: dict[str, Any]) -> None:
        topic = getattr(one.properties, "ResponseTopic", "")
        if topic:
            properties = Properties(PacketTypes.PUBLISH)
            properties.CorrelationData = getattr(one.properties, "CorrelationData", b"")
            self.client.publish(topic, json.dumps(document), 1, properties=properties)


def _rest_of_telemetry(dictionary: Dictionary) -> str:
    """Return the fields of telemetry that are the same for all, so that a record is as long as a real one."""
    own = ("uptime_ms", "delivered_w", "requested_w", "soc_pct_x100", "charge_limit_w", "discharge_limit_w")
    rest: dict[str, Any] = {}
    for field in dictionary.by_name["telemetry"].fields:
        if field.name not in own:
            names = dictionary.enums.get(field.unit)
            rest[field.name] = next(iter(names.values())) if names else 0
    rest |= {"freq_uhz": 50_000_000, "state": "run", "voltage_mv": 230_000}
    return json.dumps(rest, separators=(",", ":"))[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--vehicles", type=int, default=10_000)
    parser.add_argument("--group", type=int, default=7)
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two records of a vehicle")
    options = parser.parse_args()
    fleet = Fleet(options.port, options.vehicles, options.group, options.every)
    fleet.announce()
    print(f"{options.vehicles} vehicles are there", flush=True)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    fleet.run(over)


if __name__ == "__main__":
    main()
