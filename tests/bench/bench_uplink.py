"""One uplink, many controllers: processor, memory, files, loss; plain paho publishing the same payloads for comparison.

The controllers are the firmware's own end of the link behind ptys, in a process of their own; the uplink is the real
command, the broker mosquitto where it is installed, else the embedded one. Run it by hand:

    python tests/bench/bench_uplink.py [--controllers 200] [--rate 1] [--seconds 20] [--broker URL] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.mqtt.counter import CountingSubscriber

HERE = Path(__file__).parent
GRIDKEEL = [sys.executable, "-c", "from command_line.main import main; main()"]
PAHO = """
import json, sys, time
import paho.mqtt.client as mqtt
host, port, rate_hz, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
payloads = [(topic, payload.encode()) for topic, payload in json.load(open(sys.argv[5]))]
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
client.max_inflight_messages_set(20)
client.connect(host, port)
client.loop_start()
while not client.is_connected(): time.sleep(0.01)
count = len(payloads)
used_s, begin_s = time.process_time(), time.monotonic()
sent = 0
while (now_s := time.monotonic()) < begin_s + seconds:
    while sent < (now_s - begin_s) * rate_hz * count:
        topic, payload = payloads[sent % count]
        info = client.publish(topic, payload, 1)
        sent += 1
    time.sleep(0.01)
info.wait_for_publish(30)
print(json.dumps({"sent": sent, "processor_s": time.process_time() - used_s}))
"""


def processor_s(pid: int) -> float:
    """Return the processor time of a process so far, its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    rows = dict(row.split(":", 1) for row in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(rows["VmHWM"].split()[0]) / 1024


@contextlib.contextmanager
def broker(url: str | None) -> Iterator[str]:
    """Yield the URL of the broker that was asked for, of a mosquitto, or of the embedded broker."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if url:
        yield url
    elif program is None:
        with EmbeddedBroker() as embedded:
            yield embedded.url
    else:
        with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            probe.close()
            config = Path(folder) / "mosquitto.conf"
            config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
            process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
            time.sleep(1.0)
            try:
                yield f"mqtt://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait()


def measure(url: str, count: int, rate_hz: float, seconds: float, folder: Path) -> dict:
    """Run the uplink under its load; return the figures."""
    payloads: dict[str, str] = {}

    def keep(topic: str, payload: bytes) -> None:
        if topic.endswith("/telemetry"):
            payloads[topic] = payload.decode()

    load = subprocess.Popen(
        [sys.executable, str(HERE / "uplink_controllers.py"), str(count), str(rate_hz), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert load.stdin is not None and load.stdout is not None
    ports = json.loads(load.stdout.readline())
    named = [part for port in ports for part in ("--port", port)]
    started_s = time.monotonic()
    with CountingSubscriber(broker_at(url), on_message=keep) as counter:
        uplink = subprocess.Popen(
            [*GRIDKEEL, "uplink", *named, "--broker", url, "--queue", str(folder / "q.db"), "--name", "bench"],
            stdout=(folder / "log").open("w"),
            stderr=subprocess.STDOUT,
        )
        try:
            assert json.loads(load.stdout.readline())["open"], "the links did not open"
            opened_s = time.monotonic() - started_s
            time.sleep(3.0)  # births and statuses
            before_s, began_s = processor_s(uplink.pid), time.monotonic()
            load.stdin.write("go\n")
            load.stdin.flush()
            load.stdout.readline()
            used_s, took_s = processor_s(uplink.pid) - before_s, time.monotonic() - began_s
            files = len(list(Path(f"/proc/{uplink.pid}/fd").iterdir()))
            end = json.loads(load.stdout.readline())
            counter.wait_for(end["produced"], 30)
            figures = {
                "controllers": count,
                "rate_hz": rate_hz,
                "seconds": round(took_s, 1),
                "opened_s": round(opened_s, 1),
                "processor_pct": round(100 * used_s / took_s, 1),
                "memory_mb": round(memory_mb(uplink.pid), 1),
                "files": files,
                **end,
                "delivered": counter.delivered,
                "lost": end["produced"] - counter.delivered,
                "doubled": counter.doubled,
            }
        finally:
            uplink.terminate()
            uplink.wait(30)
            load.kill()
    (folder / "payloads.json").write_text(json.dumps(list(payloads.items())))
    return figures


def plain_paho(url: str, rate_hz: float, seconds: float, folder: Path) -> dict:
    """Publish the same payloads at the same rate with paho alone; return the figures."""
    at = broker_at(url)
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            PAHO,
            at.host,
            str(at.port),
            str(rate_hz),
            str(seconds),
            str(folder / "payloads.json"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    figures = json.loads(run.stdout)
    return {"sent": figures["sent"], "processor_pct": round(100 * figures["processor_s"] / seconds, 1)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--controllers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=1.0, help="records a second of each")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--broker")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with broker(options.broker) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = measure(url, options.controllers, options.rate, options.seconds, folder)
        print((folder / "log").read_text()[-1500:] if figures["lost"] else "", end="")
        paho = plain_paho(url, options.rate, options.seconds, folder)
    figures["paho"] = paho
    figures["ratio_to_paho"] = round(figures["processor_pct"] / max(0.1, paho["processor_pct"]), 1)
    for key, value in figures.items():
        print(f"{key:15} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 1 if figures["lost"] or figures["dropped"] else 0


if __name__ == "__main__":
    sys.exit(main())
