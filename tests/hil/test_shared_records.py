"""Two TLS connections share the buffer of a message's records: the served one's stalled message stays whole."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from host_tools.micropython.interpreter import argv

GUEST = Path(__file__).with_name("shared_records_guest.py")
FIRMWARE = Path(__file__).parents[2] / "firmware"
DEVICE_TESTS = Path(__file__).parents[1] / "device"


def test_a_second_connection_is_answered_nothing_while_the_served_one_s_write_is_stalled() -> None:
    done = subprocess.run(
        argv(GUEST, (str(DEVICE_TESTS),), heap_bytes=1 << 20),
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")] or [done.stdout + done.stderr]
    assert json.loads(line.removeprefix("RESULT ")) == {
        "setup": "SessionSetupRes",
        "while_stalled": 0,
        "answer": "ServiceDiscoveryRes",
        "second_was_sent": 0,
        "second_closed": True,
        "served_closed": False,
    }
