"""The page's mosquitto set-up, word by word: its blocks and commands are read from docs/mqtt.md and run."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mosquitto import required
from mqtt_peers import Controller, eventually, free_port

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mqtt.md"
HEADING = "### mosquitto with certificates and access rules"
FOLDER, HOST, PORT, SERIAL = "/etc/mosquitto/gridkeel", "broker.example", "8883", "/dev/ttyUSB0"
PROGRAMS = {
    "python": [sys.executable],
    "gridkeel": [sys.executable, "-c", "from command_line.main import main; main()"],
}


def blocks(kind: str) -> list[str]:
    section = PAGE.read_text().partition(HEADING)[2].partition("\n## ")[0]
    found = re.findall(rf"```{kind}\n(.*?)```", section, flags=re.DOTALL)
    assert found, f"no {kind} block under {HEADING!r}"
    return found


@dataclass
class MosquittoPage:
    """The page with its three placeholders filled in."""

    folder: Path
    port: int
    controller: Controller

    def fill(self, text: str) -> str:
        filled = text.replace(FOLDER, str(self.folder)).replace(HOST, "localhost").replace(SERIAL, self.controller.port)
        return filled.replace(PORT, str(self.port)).replace("gk-1", "gk-test")

    def words(self, line: str, *more: str) -> list[str]:
        program, *rest = shlex.split(self.fill(line))
        return [*PROGRAMS[program], *rest, *more]

    def run(self, line: str, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.words(line, *more), capture_output=True, text=True, timeout=90)

    def line(self, start: str) -> str:
        return next(line for block in blocks("sh") for line in block.splitlines() if line.startswith(start))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MosquittoPage]:
    program = required("mosquitto")
    folder = tmp_path_factory.mktemp("mosquitto")
    with Controller("gk-test", per_s=20.0) as controller:
        made = MosquittoPage(folder, free_port(), controller)
        assert made.run(made.line("python -m certs")).returncode == 0
        (folder / "acl").write_text(made.fill(*blocks("acl")))
        config = folder / "gridkeel.conf"
        # Started by root, mosquitto becomes another user, who may not read a test's folder.
        config.write_text(made.fill(*blocks("conf")) + ("user root\n" if os.geteuid() == 0 else ""))
        with (folder / "log").open("w") as log:
            broker = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)
        assert eventually(lambda: answers(made.port)), (folder / "log").read_text()
        uplink = subprocess.Popen(
            made.words(made.line("gridkeel uplink"), "--queue", str(folder / "queue.db")),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield made
        finally:
            for process in (uplink, broker):
                process.terminate()
                process.wait(30)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def until_online(page: MosquittoPage) -> dict:
    """The page's monitor as one document, once it shows the controller online."""
    line = page.line("gridkeel monitor").replace("--once", "--json")
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s:
        done = page.run(line)
        document = json.loads(done.stdout)
        if document["totals"]["online"]:
            return document
    raise AssertionError(document)


def test_a_viewer_sees_the_controller(page: MosquittoPage) -> None:
    document = until_online(page)
    (controller,) = document["controllers"]
    assert controller["device"] == "gk-test" and controller["freq_hz"] == 50.012
    done = page.run(page.line("gridkeel monitor"))
    assert done.returncode == 0 and "gk-test" in done.stdout
    assert "1 controller: 1 online" in done.stdout.splitlines()[-1]


def test_an_operator_may_command(page: MosquittoPage) -> None:
    until_online(page)
    done = page.run(page.line("gridkeel send"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("gk-test: ok")
    assert page.controller.commands


def test_a_viewer_may_not_command(page: MosquittoPage) -> None:
    until_online(page)
    carried_out = len(page.controller.commands)
    done = page.run(page.line("gridkeel send").replace("operator.", "viewer."), "--timeout", "3")
    assert done.returncode == 3, done.stdout
    assert "does not take gridkeel/v2/gk-test/cmd" in done.stderr or "no answer" in done.stdout
    assert len(page.controller.commands) == carried_out


def test_no_client_connects_without_a_certificate(page: MosquittoPage) -> None:
    line = re.sub(r" --(certfile|keyfile) \S+", "", page.line("gridkeel monitor"))
    done = page.run(line)
    assert done.returncode == 3 and "client certificate" in done.stderr
    assert len(done.stderr.splitlines()) == 1
