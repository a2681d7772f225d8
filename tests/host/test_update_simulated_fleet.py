"""A fleet that is updated by the firmware's own code, without plants: a broken release halts and all are back."""

from __future__ import annotations

import hashlib
import os
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cli_run import run_here
from mqtt_peers import Listener, UplinkProcess
from simulated_updates import Simulated, provisioned, serve

from gridkeel.update import trial
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.update import keys, release

sys.path.append(str(Path(__file__).parents[1] / "system"))
from mosquitto import Mosquitto, is_installed  # noqa: E402

COUNT = 16
OLD = random.Random(1).randbytes(9_000)
BROKEN, SOUND = (OLD[:4_000] + random.Random(seed).randbytes(200) + OLD[4_200:] for seed in (2, 3))


class Fleet:
    """Controllers in a thread of their own, behind one uplink."""

    def __init__(self, folder: Path, url: str, controllers: list[Simulated]) -> None:
        self.controllers = controllers
        self._folder = folder
        self._url = url

    def roll_out(self, image: bytes, version: str) -> tuple[int, str]:
        described = release.Image(image, "virtual", "unix-x64", version, 1)
        file = self._folder / f"{version}.gkr"
        file.write_bytes(release.sign(described, keys.signing_key(self._folder / "keys" / "a"), OLD))
        waves = ("--waves", "4,100%", "--pause", 0, "--timeout", 120)
        done = run_here("update", "rollout", file, "--all", *waves, "--broker", self._url)
        return done.returncode, done.stdout + done.stderr

    def running(self, image: bytes) -> int:
        digest = hashlib.sha256(image).digest()
        return sum(one.running == digest and one.is_confirmed for one in self.controllers)


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setattr(trial, "HOLD_MS", 300)
    monkeypatch.setattr(trial, "LIMIT_MS", 1_500)
    trusted = keys.make_keys(tmp_path / "keys").read_bytes()
    blocks = provisioned(OLD, "0.2.0")
    unsettled = frozenset((hashlib.sha256(BROKEN).digest(),))
    controllers = [Simulated(f"sim-{number:02}", blocks, trusted, unsettled, 5.0) for number in range(COUNT)]
    stopped, stop = os.pipe()
    serving = threading.Thread(target=serve, args=(controllers, stopped, lambda: False), daemon=True)
    serving.start()
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(tmp_path) if is_installed() else EmbeddedBroker())
        listener = stack.enter_context(Listener(broker_at(broker.url)))
        stack.enter_context(UplinkProcess(tmp_path / "q.db", broker.url, [one.port for one in controllers]))
        for one in controllers:
            listener.wait(f"gridkeel/v2/{one.name}/status", lambda status: status["status"] == "online", 60.0)
        yield Fleet(tmp_path, broker.url, controllers)
        os.write(stop, b".")
        serving.join()
    for one in controllers:
        one.close()


def test_a_release_that_never_settles_halts_in_its_first_wave_and_a_sound_one_reaches_all(fleet: Fleet) -> None:
    code, text = fleet.roll_out(BROKEN, "0.2.8")
    assert code == 1, text
    assert "halted: wave 1: 1 of 4 failed" in text and "out_of_time" in text
    assert text.splitlines()[-1] == "0 installed, 4 failed, 0 not reached, 12 not asked"
    assert fleet.running(OLD) == COUNT
    assert [one.starts for one in fleet.controllers] == [3] * 4 + [1] * 12, "into the broken one, and back"

    code, text = fleet.roll_out(SOUND, "0.2.9")
    assert code == 0, text
    assert fleet.running(SOUND) == COUNT
