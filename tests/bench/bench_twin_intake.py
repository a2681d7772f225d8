"""Records a second from the broker to committed state: a twin (SQLite) on one core, mosquitto holding the records.

    python tests/bench/bench_twin_intake.py [--records 100000] [--controllers 1000] [--json FILE]

The broker takes all records while the twin is away, and hands them over as fast as the twin acknowledges them. Counted
is from the first batch to the commit of the last record; beside it the processor time of the twin, and paho alone
(receiving and acknowledging the same messages one by one, nothing else).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("host", "system", "twin")]

import paho.mqtt.client as mqtt  # noqa: E402
from mosquitto import Mosquitto  # noqa: E402
from paho.mqtt.packettypes import PacketTypes  # noqa: E402
from paho.mqtt.properties import Properties  # noqa: E402
from twin_peers import Publisher, TwinProcess, states  # noqa: E402
from twin_records import battery, message  # noqa: E402

from twin.engine.shard import ROW  # noqa: E402

LEAST = 8000.0


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def paho_alone(port: int, count: int) -> float:
    """Return the processor seconds that paho takes to receive and acknowledge as many messages."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "paho-alone", protocol=mqtt.MQTTv5, manual_ack=True)
    got = 0

    def take(client: mqtt.Client, _data: object, one: mqtt.MQTTMessage) -> None:
        nonlocal got
        got += 1
        client.ack(one.mid, one.qos)

    client.on_message = take
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3600
    properties.ReceiveMaximum = 8192
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    used_s = time.process_time()
    while got < count:
        client.loop(0.1)
    client.disconnect()
    return time.process_time() - used_s


def subscribe_paho(port: int) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "paho-alone", protocol=mqtt.MQTTv5)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3600
    subscribed: list[bool] = []
    client.on_connect = lambda *_details: client.subscribe("gridkeel/v2/+/battery", 1)
    client.on_subscribe = lambda *_details: subscribed.append(True)
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    while not subscribed:
        client.loop(0.1)
    client.disconnect()


def measure(records: int, controllers: int, folder: Path) -> dict[str, Any]:
    store, out = str(folder / "twin.db"), folder / "run.json"
    options = ("--tell", "0", "--report", "0", "--json", str(out))
    messages = [
        message(battery(f"gk-{number:05d}", sequence=sequence, uptime_ms=sequence * 1000))
        for sequence in range(1, records // controllers + 1)
        for number in range(controllers)
    ]
    cores = sorted(os.sched_getaffinity(0))
    with Mosquitto(folder) as broker:
        with TwinProcess(broker.url, store, *options) as first:
            first.wait_for("connected")
            first.terminate()
        subscribe_paho(broker.port)
        publisher = Publisher(broker.port, messages)
        publisher.start()
        publisher.join()
        with TwinProcess(broker.url, store, *options, cores={cores[-1]}) as twin:
            twin.wait_for("connected")
            begun_s, used_s = time.monotonic(), processor_s(twin.process.pid)
            committed = 0
            while committed < len(messages) and time.monotonic() - begun_s < 120:
                time.sleep(0.25)
                committed = count(store)
            took_s = time.monotonic() - begun_s
            used_s = processor_s(twin.process.pid) - used_s
            twin.terminate()
        paho_s = paho_alone(broker.port, len(messages))
    summary = json.loads(out.read_text())
    return {
        "records": len(messages),
        "committed": committed,
        "lost": len(messages) - committed,
        "unused": summary["unused"],
        "batches": summary["batches"],
        "payload_bytes": len(messages[0][1]),
        "wall_s": round(took_s, 2),
        "processor_s": round(used_s, 2),
        "paho_alone_s": round(paho_s, 2),
        "per_s_wall": round(committed / took_s),
        "per_s_core": round(committed / used_s),
    }


def count(store: str) -> int:
    import numpy as np

    return sum(int(np.frombuffer(data, ROW)["records"][0]) for data in states(store).values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--controllers", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.records, options.controllers, Path(folder))
    print(
        f"{found['records']} records of {options.controllers} controllers, {found['payload_bytes']} octets each:"
        f" {found['lost']} lost, {sum(found['unused'].values())} not used, {found['batches']} transactions"
    )
    speed = f"{found['per_s_core']} a second of one core, limit {LEAST:.0f}"
    print(f"{speed}; {found['per_s_wall']} a second by the clock")
    print(f"processor {found['processor_s']} s; paho alone, receiving and acknowledging: {found['paho_alone_s']} s")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    sys.exit(found["lost"] != 0 or found["per_s_core"] < LEAST)


if __name__ == "__main__":
    main()
