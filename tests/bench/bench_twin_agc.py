"""Regulation over real MQTT: a twin, mosquitto, thousands of simulated vehicles and one real virtual board among them.

    python tests/bench/bench_twin_agc.py [--vehicles 10000] [--seconds 900] [--every 4] [--json FILE]

The signal is the recorded mains of 28 April 2025, high-passed (tests/twin/data). Prints PJM's score (correlation,
delay, precision), how long a signal takes to the group's command at the broker (99th percentile), and more of the twin.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("host", "system", "twin")]

from mosquitto import Mosquitto  # noqa: E402
from twin_peers import TwinProcess  # noqa: E402

GRIDKEEL = [sys.executable, "-c", "from command_line.main import main; main()"]
GROUP = 7
SIGNAL = TESTS / "twin" / "data" / "agc-iberian-2s.txt"
W_EACH = 2000.0  # promised for each vehicle, on the average
BOARD = "virtual-agc"


@contextlib.contextmanager
def staying(*words: str, stdin: bool = False) -> Iterator[subprocess.Popen]:
    """Run a program meanwhile; return once it has said a line."""
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline(), f"{words} ended"
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def virtual_board(url: str, folder: Path) -> Iterator[None]:
    """A real virtual board with its inverter, and its uplink."""
    ports = folder / "ports"
    board = ("board", "run", "--device-id", BOARD, "--links", str(ports), "--param", f"group={GROUP}")
    board += ("--param", "baseline_w=1000", "--param", "telemetry_ms=1000", "--json")
    with (
        staying(*GRIDKEEL, *board),
        staying(*GRIDKEEL, "uplink", "--port", str(ports / "host"), "--broker", url, "--queue", str(folder / "q.db")),
    ):
        yield


def measure(vehicles: int, seconds: float, every_s: float, with_board: bool, folder: Path) -> dict[str, Any]:
    promised_w = vehicles * W_EACH
    played, twin_out = folder / "agc.json", folder / "twin.json"
    options = ("--group", str(GROUP), "--regulation-w", str(promised_w), "--tell", "0", "--report", "0")
    fleet = [sys.executable, str(Path(__file__).with_name("twin_vehicles.py"))]
    with Mosquitto(folder) as broker, contextlib.ExitStack() as stack:
        twin = stack.enter_context(TwinProcess(broker.url, str(folder / "twin.db"), *options, "--json", str(twin_out)))
        twin.wait_for("connected")
        words = (*fleet, str(broker.port), "--vehicles", str(vehicles), "--group", str(GROUP), "--every", str(every_s))
        stack.enter_context(staying(*words, stdin=True))
        if with_board:
            stack.enter_context(virtual_board(broker.url, folder))
        time.sleep(30 + vehicles / 100)  # every member is told what it stands for, a hundred a second
        agc = (
            "twin",
            "agc",
            str(SIGNAL),
            "--seconds",
            str(seconds),
            "--group",
            str(GROUP),
            "--regulation-w",
            str(promised_w),
        )
        subprocess.run(
            [
                *GRIDKEEL,
                *agc,
                "--broker",
                broker.url,
                "--warm-up",
                str(5.0 + 3.0 * every_s),
                "--least",
                "0",
                "--json",
                str(played),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        twin.terminate(120.0)
    run = json.loads(twin_out.read_text())
    return json.loads(played.read_text()) | {"twin": run, "board_answered": run["results"].get("ok", 0) > 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vehicles", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two records of a vehicle")
    parser.add_argument("--no-board", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.vehicles, options.seconds, options.every, not options.no_board, Path(folder))
    print(f"{found['members']} members, {found['signals']} signals, {found['unanswered']} without a command")
    if found["late"]:
        print(f"{found['late']} members were heard too late: the machine does not keep up, and this is no measurement")
    print(f"correlation {found['correlation']:.3f}, delay {found['delay']:.3f} ({found['delay_s']:.0f} s)", end=", ")
    print(f"precision {found['precision']:.3f}: score {found['score']:.3f} (limit 0.95)")
    print(f"signal to broker, 99th percentile: {found['to_group_p99_s']:.3f} s (limit 1)")
    twin = found["twin"]
    print(f"the twin meanwhile: {twin['records']} records, {twin['dropped']} dropped, {twin['unused']} not used")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    sys.exit(found["score"] < 0.95 or found["to_group_p99_s"] > 1.0)


if __name__ == "__main__":
    main()
