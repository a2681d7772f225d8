"""Releases for a fleet: waves and what halts them, and the commands against simulated controllers at a real broker."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from cli_run import run_here
from mqtt_peers import ROOT, Controller, Listener, UplinkProcess, eventually

from gridkeel.update import refusals, statuses
from host_tools.contract import releases
from host_tools.errors import ToolError
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.operator.fleet_updates import FleetUpdates
from host_tools.operator.waves import FAILED, INSTALLED, NOT_REACHED, OTHER_BOARD, Verdict, halts, waves_of
from host_tools.update import keys, release

sys.path.append(str(Path(__file__).parents[1] / "system"))
from mosquitto import Mosquitto, is_installed  # noqa: E402

IMAGE_BYTES = 6_000
_RUN = "from command_line.main import main; main()"


def verdicts(*results: str) -> list[Verdict]:
    return [Verdict(f"gk-{number}", 1, result) for number, result in enumerate(results)]


def test_waves_end_where_their_numbers_and_percentages_say():
    devices = [f"gk-{number}" for number in range(25)]
    assert [len(wave) for wave in waves_of(devices, "1,10,100%")] == [1, 9, 15]
    assert [len(wave) for wave in waves_of(devices, "10%, 50%")] == [3, 10], "what is in no wave is in none"
    assert [len(wave) for wave in waves_of(devices[:1], "1,10,100%")] == [1]
    assert sum(waves_of(devices, "1,10,100%"), []) == devices
    for text in ("", "0", "101%", "1,,2", "-1", "1.5", "ten"):
        with pytest.raises(ToolError, match="--waves"):
            waves_of(devices, text)


def test_a_wave_halts_at_its_share_of_failures_and_where_nobody_installed():
    one_of_ten = verdicts(FAILED, *[INSTALLED] * 9)
    assert halts(one_of_ten, 10, 10.0) == "1 of 10 failed, the limit is 10 %"
    assert halts(one_of_ten, 10, 10.1) == ""
    assert halts(verdicts(FAILED), 10, 10.0), "before the wave is over"
    assert halts(verdicts(NOT_REACHED, NOT_REACHED), 2, 10.0) == "nobody in this wave has installed it"
    assert halts(verdicts(NOT_REACHED), 2, 10.0) == "", "the other one may yet"
    assert halts(verdicts(INSTALLED, NOT_REACHED), 2, 10.0) == ""
    assert halts(verdicts(OTHER_BOARD, OTHER_BOARD), 2, 10.0) == "", "says nothing of the release"
    assert halts(verdicts(*[OTHER_BOARD] * 8, FAILED, INSTALLED), 10, 50.0) == "1 of 2 failed, the limit is 50 %"
    assert halts(verdicts(OTHER_BOARD, NOT_REACHED), 2, 10.0) == "nobody in this wave has installed it"


def test_hostile_messages_leave_a_table_that_can_be_shown():
    fleet = FleetUpdates()
    for payload in (b"", b"[]", b"\xff", b'{"device": 7, "firmware": ["x"], "status": {}}', b'{"device": "gk-2"}'):
        for leaf in ("birth", "status", "update"):
            fleet.take(f"gridkeel/v2/gk-1/{leaf}", payload)
    fleet.take("gridkeel/v2/gk-1/birth", b'{"device": "gk-1", "firmware": "0.2.0\\u001b[2J"}')
    (one,) = fleet.all()
    assert (one.device, one.version, one.online) == ("gk-1", "0.2.0?[2J", None)


class FleetSetup:
    """A broker, an uplink, four controllers, and a release file that any of them takes."""

    def __init__(self, url: str, file: Path, controllers: list[Controller], listener: Listener) -> None:
        self.url = url
        self.file = file
        self.controllers = controllers
        self.listener = listener

    def run(self, *arguments: object) -> tuple[int, str]:
        done = run_here("update", *arguments, "--broker", self.url)
        return done.returncode, done.stdout + done.stderr

    def offers(self) -> list[int]:
        return [controller.offers for controller in self.controllers]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("rollout")
    keys.make_keys(folder / "keys")
    image = release.Image(random.Random(1).randbytes(IMAGE_BYTES), "virtual", "unix-x64", "0.2.1", 1)
    file = folder / "new.gkr"
    file.write_bytes(release.sign(image, keys.signing_key(folder / "keys" / "a")))
    with ExitStack() as stack:
        # The embedded broker forgets who is online early where commands look again and again (test_broker.py).
        broker = stack.enter_context(Mosquitto(folder) if is_installed() else EmbeddedBroker())
        listener = stack.enter_context(Listener(broker_at(broker.url)))
        controllers = [stack.enter_context(Controller(f"gk-{number}", per_s=5.0)) for number in range(4)]
        stack.enter_context(UplinkProcess(folder / "q.db", broker.url, [one.port for one in controllers]))
        for number in range(4):
            listener.wait(f"gridkeel/v2/gk-{number}/status", lambda status: status["status"] == "online")
        yield FleetSetup(broker.url, file, controllers, listener)


@pytest.fixture
def fresh(fleet: FleetSetup):
    for controller in fleet.controllers:
        controller.offers, controller.end_update = 0, refusals.NONE
        controller.verdict = (statuses.INSTALLED, refusals.NONE)
        controller.taken.clear()
    return fleet


def test_a_rollout_reaches_everybody_in_waves_and_status_shows_it(fresh: FleetSetup, tmp_path: Path):
    outcome = tmp_path / "outcome.json"
    code, text = fresh.run("rollout", fresh.file, "--all", "--waves", "1,100%", "--pause", 0, "--json", outcome)
    assert code == 0, text
    assert text.splitlines()[-1] == "4 installed, 0 failed, 0 not reached, 0 not asked"
    assert all(bytes(one.taken) == fresh.file.read_bytes() for one in fresh.controllers)
    said = json.loads(outcome.read_text())
    assert [(one["device"], one["wave"]) for one in said["controllers"]] == [
        ("gk-0", 1), ("gk-1", 2), ("gk-2", 2), ("gk-3", 2)
    ]  # fmt: skip
    code, text = fresh.run("status", "--json", "-")
    assert code == 0
    assert {(one["device"], one["online"], one["status"]) for one in json.loads(text)} == {
        (f"gk-{number}", True, "installed") for number in range(4)
    }


def test_a_release_that_fails_is_halted_in_its_first_wave_with_the_reason(fresh: FleetSetup):
    for controller in fresh.controllers:
        controller.verdict = (statuses.INSTALLATION_FAILED, refusals.OUT_OF_BOOTS)
    code, text = fresh.run("rollout", fresh.file, "--all", "--waves", "1,100%", "--pause", 0)
    assert code == 1, text
    assert "gk-0: failed: installation_failed: out_of_boots: the new image never confirmed itself" in text
    assert "halted: wave 1: 1 of 1 failed, the limit is 10 %" in text
    assert text.splitlines()[-1] == "0 installed, 1 failed, 0 not reached, 3 not asked"
    assert fresh.offers() == [1, 0, 0, 0]
    code, text = fresh.run("status")
    assert code == 0 and "out_of_boots" in text


def test_a_controllers_refusal_counts_and_a_high_limit_lets_the_rollout_go_on(fresh: FleetSetup):
    fresh.controllers[2].end_update = refusals.WRONG_BOARD
    code, text = fresh.run(
        "rollout", fresh.file, "--devices", "gk-1,gk-2,gk-3", "--waves", "1,100%", "--pause", 0, "--halt-at", 60
    )
    assert code == 1, text
    assert "gk-2: failed: download_failed: wrong_board: an image for another board" in text
    assert text.splitlines()[-1] == "2 installed, 1 failed, 0 not reached, 0 not asked"
    assert fresh.offers() == [0, 1, 1, 1]


@pytest.mark.parametrize("verdict_meanwhile", [True, False])
def test_a_rollout_that_was_killed_goes_on_with_the_same_command_and_begins_no_wave_twice(
    fresh: FleetSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict_meanwhile: bool
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    command = ("rollout", fresh.file, "--all", "--waves", "1,2,100%", "--pause", 0)
    hung = fresh.controllers[1]
    hung.end_update = None
    words = [sys.executable, "-c", _RUN, "update", *map(str, command), "--broker", fresh.url]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as killed:
        assert eventually(lambda: bytes(hung.taken) == fresh.file.read_bytes(), 60)
        killed.kill()
    assert fresh.offers() == [1, 1, 0, 0]
    code, text = fresh.run(*command[:-3], "50%", *command[-2:])
    assert code == 2 and "another order" in text, text
    if verdict_meanwhile:
        hung.end_update = refusals.NONE
        fresh.listener.wait("gridkeel/v2/gk-1/update", lambda record: record["status"] == "installed")
    else:
        threading.Timer(8.0, setattr, (hung, "end_update", refusals.NONE)).start()
    code, text = fresh.run(*command)
    assert code == 0, text
    assert "1 of 2 asked have a verdict" in text
    assert text.splitlines()[-1] == "4 installed, 0 failed, 0 not reached, 0 not asked"
    assert fresh.offers() == [1, 1, 1, 1]
    assert not list(tmp_path.rglob("*.json")), "a rollout that has come to its end is forgotten"


def test_controllers_of_another_board_are_no_failures_of_a_whole_fleet(fresh: FleetSetup):
    for controller in fresh.controllers[:2]:
        controller.end_update = refusals.WRONG_BOARD
    code, text = fresh.run("rollout", fresh.file, "--all", "--waves", "1,3,100%", "--pause", 0)
    assert code == 0, text
    assert "gk-0: other_board: download_failed: wrong_board: an image for another board" in text
    assert text.splitlines()[-1] == "2 installed, 0 failed, 0 not reached, 0 not asked, 2 not for this board"


def test_a_dry_run_tells_nobody_and_publishes_nothing(fresh: FleetSetup):
    run_here("update", "withdraw", releases.name_of(fresh.file.read_bytes()), "--broker", fresh.url)
    code, text = fresh.run("rollout", fresh.file, "--devices", "gk-3,gk-1,gk-9", "--waves", "1,100%", "--dry-run")
    assert code == 0, text
    assert text.splitlines() == [
        "gk-9: not_reached: the broker does not know it", "wave 1 of 2: gk-3", "wave 2 of 2: gk-1"
    ]  # fmt: skip
    assert fresh.offers() == [0, 0, 0, 0]
    code, text = fresh.run("withdraw", releases.name_of(fresh.file.read_bytes()))
    assert code == 2 and "no release" in text


def test_what_is_no_release_is_not_published_and_who_is_meant_has_to_be_said(fresh: FleetSetup, tmp_path: Path):
    cut = tmp_path / "cut.gkr"
    cut.write_bytes(fresh.file.read_bytes()[:-1])
    code, text = fresh.run("publish", cut)
    assert code == 2, text
    assert "cut" in text
    for who in ((), ("--all", "--devices", "gk-1")):
        code, text = fresh.run("rollout", fresh.file, *who)
        assert code == 2 and "--devices NAME,NAME or --all" in text
