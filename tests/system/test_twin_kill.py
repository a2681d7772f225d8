"""A twin that is killed loses no record and counts none twice: tests/bench/bench_twin_kill.py does it 20 times."""

from __future__ import annotations

from pathlib import Path

import pytest
from mosquitto import Mosquitto
from twin_kills import kill_often

pytestmark = [pytest.mark.timeout(300)]


def test_a_twin_that_is_killed_ends_with_the_same_bytes(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        killed = kill_often(broker, tmp_path, kills=3)
    assert (killed.lost, killed.doubled) == (0, 0), killed
    assert killed.identical
    assert max(killed.back_s) < 10.0, killed.back_s
