"""A twin killed with SIGKILL at random moments under load, records redelivered by mosquitto: is its state the same?

    python tests/bench/bench_twin_kill.py [--kills 20] [--rate 800] [--seed 1] [--engine inline|ray] [--json FILE]

inline: the whole process is killed, its store is SQLite. ray: one of two workers, the store is PostgreSQL (a cluster of
its own), batches come from this process.

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
from twin_kills import Killed, differences, kill_often  # noqa: E402
from twin_peers import undisturbed  # noqa: E402
from twin_records import fleet  # noqa: E402


def kill_workers(folder: Path, kills: int, seed: int) -> Killed:
    """Kill one of Ray's two workers at random moments of random batches."""
    from twin_postgres import Cluster
    from twin_ray import work_on_ray

    messages = fleet(200, 30 * kills, seed)
    wanted = undisturbed(messages, folder)
    with Cluster(folder) as cluster:
        found = work_on_ray(cluster.url, messages, kills=kills, seed=seed, size=500)
    lost, doubled = differences(found.states, wanted)
    return Killed(len(messages), kills, found.back_s, found.states == wanted, lost, doubled)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rate", type=float, default=800.0, help="records a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("inline", "ray"), default="inline")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.engine == "ray":
            killed = kill_workers(Path(folder), options.kills, options.seed)
        else:
            with Mosquitto(Path(folder)) as broker:
                killed = kill_often(broker, Path(folder), kills=options.kills, per_s=options.rate, seed=options.seed)
    print(f"{killed.records} records, {killed.kills} kills: {killed.lost} lost, {killed.doubled} doubled")
    print(f"states {'bit-identical to' if killed.identical else 'DIFFER from'} an undisturbed run")
    print(f"back after {max(killed.back_s):.1f} s at most (limit 10)")
    if options.json:
        options.json.write_text(json.dumps(vars(killed), indent=2) + "\n")
    sys.exit(not (killed.identical and not killed.lost and not killed.doubled and max(killed.back_s) < 10.0))


if __name__ == "__main__":
    main()
