"""A twin killed with SIGKILL at random moments under load, records redelivered by mosquitto: is its state the same?

    python tests/bench/bench_twin_kill.py [--kills 20] [--rate 800] [--seed 1] [--json FILE]

Prints records lost and doubled, whether the states are the bytes of an undisturbed run, and how long each start took.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("host", "system", "twin")]

from mosquitto import Mosquitto  # noqa: E402
from twin_kills import kill_often  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rate", type=float, default=800.0, help="records a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder)) as broker:
        killed = kill_often(broker, Path(folder), kills=options.kills, per_s=options.rate, seed=options.seed)
    print(f"{killed.records} records, {killed.kills} kills: {killed.lost} lost, {killed.doubled} doubled")
    print(f"states {'bit-identical to' if killed.identical else 'DIFFER from'} an undisturbed run")
    print(f"back after {max(killed.back_s):.1f} s at most (limit 10)")
    if options.json:
        options.json.write_text(json.dumps(vars(killed), indent=2) + "\n")
    sys.exit(not (killed.identical and not killed.lost and not killed.doubled and max(killed.back_s) < 10.0))


if __name__ == "__main__":
    main()
