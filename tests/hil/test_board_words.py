"""Words for the virtual vehicle, as `gridkeel board run` takes them from its standard input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from command_line.board_words import WORDS, carry_out
from gridkeel.params import Parameters
from hil.plants.connector import ConnectorPlant
from hil.rigs.plants import connector_for

pytestmark = pytest.mark.timeout(120)
PROGRAM = [sys.executable, "-c", "from command_line.main import main; main()", "board", "run"]
SAID_S = 20.0


def connector() -> ConnectorPlant:
    made = connector_for(Parameters({"evse": 2}))
    assert made is not None
    return made


def test_each_command_word_does_what_its_help_says() -> None:
    plant = connector()
    for word, name, value in (
        ("plug", "plugged", True),
        ("unplug", "plugged", False),
        ("want", "wants", True),
        ("leave", "wants", False),
        ("session", "basic", False),
        ("basic", "basic", True),
    ):
        assert carry_out(f"  {word} ", plant) == word
        assert getattr(plant.vehicle, name) is value
    assert carry_out("status", plant) == plant.status
    assert {"plug", "unplug", "want", "leave", "basic", "session", "status"} == set(WORDS)


def test_an_unknown_word_is_answered_with_those_there_are() -> None:
    said = carry_out("plugg", connector())
    assert "unknown word 'plugg'" in said
    assert all(word in said for word in (*WORDS, "short", "weld"))
    assert "evse=1 or evse=2" in carry_out("plug", None)


def test_board_run_takes_command_words_while_it_runs() -> None:
    with subprocess.Popen(
        [*PROGRAM, "--json", "--vehicle", "--param", "evse=1", "--seconds", "60"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as board:
        assert board.stdin and board.stdout and board.stderr
        json.loads(board.stdout.readline())
        for words, answers in (("status\n", r"contactor open"), ("unplug\nfrob\n", r"unplug$|unknown word 'frob'")):
            board.stdin.write(words)
            board.stdin.flush()
            for _ in range(words.count("\n")):
                assert re.search(answers, board.stderr.readline().rstrip())
        board.stdin.close()  # the end of the words is not the end of the board
        time.sleep(0.5)
        assert board.poll() is None
        board.terminate()
        assert board.wait(SAID_S) == 0


@pytest.mark.parametrize("kind", ["null", "file", "closed"])
def test_board_run_runs_without_a_standard_input(kind: str, tmp_path) -> None:
    (tmp_path / "words").write_text("status\nunplug")
    where = {"null": os.devnull, "file": str(tmp_path / "words"), "closed": os.devnull}[kind]
    command = [*PROGRAM, "--json", "--vehicle", "--param", "evse=1", "--seconds", "0.5"]
    shell = ["sh", "-c", 'exec "$@" <&-', "sh"] if kind == "closed" else []
    with open(where) as words:
        done = subprocess.run([*shell, *command], stdin=words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[1:] == (["unplug"] if kind == "file" else [])


def test_the_help_names_every_command_word() -> None:
    from command_line.root import app

    said = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["board", "run", "--help"]).output
    assert all(word in said for word in WORDS)
