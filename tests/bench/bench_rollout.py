"""A release that breaks the estimator, rolled out to a fleet behind mosquitto: where it halts, and who is back.

python tests/bench/bench_rollout.py [--simulated 980] [--boards 20] [--wave 5%] [--slow N] [--log FILE]

The simulated controllers run the firmware's own link, installer, slots and trial, without a plant; the boards are
virtual boards in real time with theirs. Release, uplinks, broker and `gridkeel update` are the real ones. The release
is a delta that makes the estimator's warm-up last for ever. --slow: every process is given a clock that goes so many
times slower (it wants faketime): this many boards in real time take more than a small machine has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "system"), str(ROOT / "tests" / "host")]

from mosquitto import Mosquitto  # noqa: E402

from gridkeel import VERSION  # noqa: E402
from gridkeel.update import selector  # noqa: E402
from hil.virtual_board.area import AreaFile  # noqa: E402
from hil.virtual_board.flash import FIRMWARE  # noqa: E402
from host_tools.image.rom import rom_image  # noqa: E402
from host_tools.image.stamp import copy_program  # noqa: E402
from host_tools.update import keys, release  # noqa: E402

GRIDKEEL = [sys.executable, "-c", "from command_line.main import main; main()"]
BROKEN = ("gridkeel/sensing/frequency.py", "        if hops < 1000:\n", "        if hops < 10:\n")
BROKEN_VERSION = "0.2.9"
SIMULATED_A_PROCESS = 245
BOARDS_A_PROCESS = 5
RECORD_S = 60.0
READY_S = 900.0


def broken_image(folder: Path) -> bytes:
    """Return an image of the firmware whose frequency estimate never counts as settled."""
    folder.mkdir()
    copy_program(FIRMWARE, folder)
    path, right, wrong = BROKEN
    text = (folder / path).read_text()
    assert text.count(right) == 1
    (folder / path).write_text(text.replace(right, wrong))
    init = folder / "gridkeel" / "__init__.py"
    init.write_text(init.read_text().replace(f'VERSION = "{VERSION}"', f'VERSION = "{BROKEN_VERSION}"'))
    return rom_image(folder, folder / "cache").read_bytes()


class Fleet:
    """Controllers, boards, and an uplink for each process of them."""

    def __init__(self, folder: Path, broker: str, stack: ExitStack, log: Path) -> None:
        self._folder = folder
        self._broker = broker
        self._stack = stack
        self._log = stack.enter_context(log.open("a"))
        self._simulated: list[subprocess.Popen[str]] = []

    def start(self, simulated: int, boards: int) -> None:
        for first in range(0, boards, BOARDS_A_PROCESS):
            count = min(BOARDS_A_PROCESS, boards - first)
            self._serve(self._peer("update_boards.py", first, count), f"boards-{first}")
        for first in range(0, simulated, SIMULATED_A_PROCESS):
            count = min(SIMULATED_A_PROCESS, simulated - first)
            peer = self._peer("update_controllers.py", first, count, RECORD_S)
            self._simulated.append(peer)
            self._serve(peer, f"simulated-{first}")

    def simulated(self) -> Counter[str]:
        """Return what the simulated controllers run, and more of them, added up."""
        found: Counter[str] = Counter()
        for peer in self._simulated:
            assert peer.stdin is not None and peer.stdout is not None
            peer.stdin.write("\n")
            peer.stdin.flush()
            said = json.loads(peer.stdout.readline())
            found.update(said.pop("running"))
            found.update(said)
        return found

    def _peer(self, script: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(HERE / script), str(self._folder), *map(str, arguments)]
        peer = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT
        )
        self._stack.callback(_ended, peer)
        return peer

    def _serve(self, peer: subprocess.Popen[str], name: str) -> None:
        assert peer.stdout is not None
        ports = json.loads(peer.stdout.readline())
        named = [part for port in ports for part in ("--port", port)]
        queue = self._folder / f"{name}.db"
        command = [*GRIDKEEL, "uplink", *named, "--broker", self._broker, "--queue", str(queue), "--name", name]
        uplink = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=ROOT)
        self._stack.callback(_ended, uplink)


def _ended(process: subprocess.Popen) -> None:
    if process.stdin is not None:
        process.stdin.close()
    else:
        process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def gridkeel(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*GRIDKEEL, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def status(broker: str) -> list[dict[str, object]]:
    done = gridkeel("update", "status", "--json", "-", "--broker", broker)
    found: list[dict[str, object]] = json.loads(done.stdout or "[]")
    return found


def wait_for_all(broker: str, count: int) -> None:
    end_s = time.monotonic() + READY_S
    while (online := sum(one["online"] is True for one in status(broker))) < count:
        if time.monotonic() > end_s:
            raise SystemExit(f"{online} of {count} controllers are online after {READY_S:g} s")
        time.sleep(5.0)


def boards_on(folder: Path, boards: int) -> Counter[str]:
    """Return which images the boards' areas name as the judged one."""
    found: Counter[str] = Counter()
    for number in range(boards):
        area = AreaFile(folder / f"board-{number}")
        record = selector.read_record(area)
        header = selector.read_header(area, record.active) if record else None
        confirmed = record is not None and record.state == selector.CONFIRMED and record.counter == 0
        found[header.digest.hex() if header and confirmed else "not confirmed"] += 1
    return found


def run(simulated: int, boards: int, wave: str, slow: int, log: Path) -> dict[str, object]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gridkeel-rollout-")))
        base, broken = rom_image(FIRMWARE).read_bytes(), broken_image(folder / "broken")
        old, new = (hashlib.sha256(image).hexdigest() for image in (base, broken))
        (folder / "base").write_bytes(base)
        (folder / "unsettled").write_text(new)
        (folder / "trusted").write_bytes(keys.make_keys(folder / "keys").read_bytes())
        described = release.Image(broken, "virtual", "unix-x64", BROKEN_VERSION, 1)
        file = folder / "broken.gkr"
        file.write_bytes(release.sign(described, keys.signing_key(folder / "keys" / "a"), base))
        broker = stack.enter_context(Mosquitto(folder)).url
        fleet = Fleet(folder, broker, stack, log)
        begun_s = time.monotonic()
        fleet.start(simulated, boards)
        wait_for_all(broker, simulated + boards)
        online_s = time.monotonic()
        outcome = folder / "outcome.json"
        rollout = ("--all", "--waves", f"{wave},100%", "--pause", 5, "--timeout", 900, "--json", outcome)
        done = gridkeel("update", "rollout", file, *rollout, "--broker", broker)
        over_s = time.monotonic()
        log.open("a").write(done.stdout + done.stderr)
        said = json.loads(outcome.read_text())
        results = Counter((one["wave"], one["result"]) for one in said["controllers"])
        reasons = Counter(one["reason"] for one in said["controllers"] if one["result"] == "failed")
        wait_for_all(broker, simulated + boards)
        ran = fleet.simulated()
        return {
            "controllers": {"simulated": simulated, "virtual boards": boards},
            "release": {"bytes": file.stat().st_size, "image": len(broken)},
            "exit code": done.returncode,
            "halted": said["halted"],
            "results by wave": {f"{number} {result}": count for (number, result), count in sorted(results.items())},
            "reasons": reasons,
            "simulated on the old image": ran[old],
            "simulated on the new image": ran[new],
            "simulated that were started again": ran["started again"],
            "boards on the old image, confirmed, counter 0": boards_on(folder, boards)[old],
            "online again": sum(one["online"] is True for one in status(broker)),
            "seconds": {"until all were online": round(online_s - begun_s), "of the rollout": round(over_s - online_s)},
            "slower than real time": slow,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulated", type=int, default=980)
    parser.add_argument("--boards", type=int, default=20)
    parser.add_argument("--wave", default="5%")
    parser.add_argument("--slow", type=int, default=1)
    parser.add_argument("--log", type=Path, default=Path("rollout.log"))
    given = parser.parse_args()
    if given.slow > 1 and "FAKETIME" not in os.environ:
        program = shutil.which("faketime")
        if program is None:
            raise SystemExit("--slow wants faketime: apt-get install faketime")
        os.execv(program, [program, "-f", f"+0 x{1 / given.slow:.4f}", sys.executable, *sys.argv])
    print(json.dumps(run(given.simulated, given.boards, given.wave, given.slow, given.log.absolute()), indent=1))


if __name__ == "__main__":
    main()
