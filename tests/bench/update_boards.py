"""Virtual boards with slots and plants, some in one process, that take updates.

python tests/bench/update_boards.py FOLDER FIRST COUNT prints their host ports as one JSON line and serves them until
standard input ends. FOLDER holds `trusted`; each board's flash is FOLDER/board-NUMBER.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "firmware")]

from hil.plants.inverter.server import LiveInverter  # noqa: E402
from hil.rigs.board_setup import BoardSetup  # noqa: E402
from hil.rigs.mains import SteeredMains  # noqa: E402
from hil.rigs.plant_server import PlantServer  # noqa: E402
from hil.rigs.plants import Plants  # noqa: E402
from hil.rigs.rig import Rig  # noqa: E402
from hil.virtual_board.flash import make_flash  # noqa: E402

LOOK_S = 0.02
CHANGES = {"start_delay_ms": 0, "baseline_w": 0, "v2g_enable": 0, "charge_max_w": 0, "telemetry_ms": 1000}


def wait_by_sleeping() -> None:
    """Let events wait on the clock that faketime gives: it does not reach the lock that Python waits on."""
    wait = threading.Event.wait

    def sleep(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout is None:
            return wait(event)
        end_s = time.monotonic() + timeout
        while not event.is_set() and (left_s := end_s - time.monotonic()) > 0:
            time.sleep(min(left_s, LOOK_S))
        return event.is_set()

    threading.Event.wait = sleep  # type: ignore[method-assign]


def main(folder: Path, first: int, count: int) -> None:
    trusted = (folder / "trusted").read_bytes()
    ports = []
    with ExitStack() as stack:
        for number in range(first, first + count):
            name = f"gk-{number:04}"
            rig = Rig("rollout", "realtime", device_id=name)
            parameters = rig.parameters_with(CHANGES)
            plants = Plants(parameters, SteeredMains(parameters))
            flash = make_flash(folder / f"board-{number}", parameters.values(), name)
            (flash / "update_keys").write_text(trusted.hex())
            opened = stack.enter_context(rig.open(plants, BoardSetup(flash=flash, slots=True)))
            stack.enter_context(PlantServer(opened, LiveInverter(plants.inverter)))
            ports.append(opened.board.host)
        print(json.dumps(ports), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    if "FAKETIME" in os.environ:
        wait_by_sleeping()
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
