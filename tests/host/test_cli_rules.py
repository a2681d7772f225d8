"""What holds for every command: help is whole, options mean one thing, --json - is the document alone."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_documents import documents
from cli_run import every_command, on_a_terminal, run, run_here

from command_line.options import JsonFile, JsonNow, JsonOutcome, Quiet
from gridkeel import params_text

EVERY = list(every_command())
NOWHERE = "mqtt://127.0.0.1:1"
JUDGES = {"bench", "typetest", "interop", "interop refusals", "interop steps", "pki show"}
UNTIL_ENDED = {"board run", "plant inverter", "broker"}


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(("words", "each"), EVERY, ids=[" ".join(words) for words, _each in EVERY])
@pytest.mark.parametrize("columns", [60, 80, 200])
def test_help_holds_every_word_that_was_written_for_it(words: tuple[str, ...], each: Any, columns: int) -> None:
    done = run_here(*words, "--help", COLUMNS=str(columns))
    assert done.returncode == 0, done.stderr
    shown = squeezed(done.stdout)
    for text in (each.help or "", *(param.help or "" for param in each.params)):
        assert squeezed(text) in shown, text
    assert "…" not in done.stdout and not re.search(r"[a-z]\.\.\.", done.stdout)


@pytest.mark.parametrize(("words", "each"), EVERY, ids=[" ".join(words) for words, _each in EVERY])
def test_an_option_means_the_same_everywhere(words: tuple[str, ...], each: Any) -> None:
    by_name = {option: param for param in each.params for option in param.opts}
    quiet = by_name.get("--quiet")
    assert (quiet is not None) or " ".join(words) not in JUDGES
    if quiet is not None:
        assert quiet.help == Quiet.__metadata__[0].help and "-q" in quiet.opts
    written = by_name.get("--json")
    if written is not None:
        assert written.metavar in ("FILE", "[FILE]")
        if written.metavar == "FILE":
            assert written.help == JsonFile.__metadata__[0].help
        elif words != ("monitor",):
            kind = JsonNow if " ".join(words) in UNTIL_ENDED else JsonOutcome
            assert written.help == kind.__metadata__[0].help


NAMES = tuple(documents(Path(), Path()))


@pytest.mark.parametrize("name", NAMES)
def test_json_to_standard_output_is_the_document_alone(name: str, pki: Path, tmp_path: Path) -> None:
    words = documents(pki, tmp_path / "out")[name]
    done = run(*words, "--json", "-", cwd=tmp_path)
    assert done.returncode == (1 if name == "send" else 0), done.stderr
    json.loads(done.stdout)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name in {"board ports", "board run", "plant inverter", "send"}]
)
def test_a_bare_json_is_standard_output(name: str, pki: Path, tmp_path: Path) -> None:
    done = run(*documents(pki, tmp_path)[name], "--json", cwd=tmp_path)
    json.loads(done.stdout)


@pytest.mark.parametrize("name", ["pki show", "handshake-model", "bench", "typetest", "study fleet"])
def test_quiet_is_one_line(name: str, pki: Path, tmp_path: Path) -> None:
    done = run(*documents(pki, tmp_path / "out")[name], "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""
    if name in JUDGES:
        assert done.stdout.startswith("passed: ")


TABLES = {
    "params": ("params",),
    "bench --list": ("bench", "--list"),
    "typetest --list": ("typetest", "--list"),
    "typetest": ("typetest", "--only", "trip-over-frequency", "--out", "out"),
    "study fleet": ("study", "fleet", "--chargers", "10,1000", "--seconds", "5", "--part", "loss", "--out", "out"),
    "handshake-model": ("handshake-model",),
    "bench": ("bench", "step", "--out", "out"),
}


@pytest.fixture(scope="session")
def piped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Give what a command of TABLES prints into a pipe; each is run once."""

    @functools.cache
    def printed(name: str) -> subprocess.CompletedProcess[str]:
        return run(*TABLES[name], cwd=tmp_path_factory.mktemp("piped"), env={**os.environ, "COLUMNS": "80"})

    return printed


@pytest.mark.parametrize("name", TABLES)
def test_a_table_in_a_pipe_is_wide_and_whole(name: str, piped: Any) -> None:
    done = piped(name)
    assert done.returncode == 0, done.stderr
    assert not re.search("[│┃…━]", done.stdout)
    if name == "params":
        for row in params_text.rows():
            assert any(all(str(cell) in line for cell in (row[0], row[5])) for line in done.stdout.splitlines()), row


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("name", ["params", "bench --list", "typetest --list", "typetest", "bench"])
def test_a_table_on_a_terminal_cuts_nothing(
    name: str, columns: int, piped: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", on_a_terminal(columns, *TABLES[name]))
    assert "…" not in shown
    letters = squeezed(re.sub("[│┃━─┏┓┗┛├┤┼┌┐└┘┡╇┩┬┴┳┻╞╡╪]", "", shown))
    for line in piped(name).stdout.splitlines()[3:]:  # past title and headings: a record does not name its first column
        words = [word for word in re.split(r"\s{2,}", line) if re.fullmatch(r"[a-z_-]{6,}", word)]
        assert all(word in letters for word in words), line


REFUSED = {
    "bench estimator --realtime": "--realtime",
    "bench estimator --rig lockstep": "--rig",
    "bench estimator --from 12:00": "--from",
    "bench estimator --param baseline_w=1": "--param",
    "bench estimator step": "is run alone",
    "bench all step": "is run alone",
    "bench step --quick": "--quick",
    "bench step --from 12:30": "--from",
    "bench step --whole": "--whole",
    "bench --whole --to 12:30": "--to",
    "bench --realtime --rig lockstep": "--rig",
    "bench --list step": "--list",
    "bench --list --json x": "--list",
    "typetest --from 11:00": "--day",
    "typetest --list --only droop": "--list",
    "typetest --list --json x": "--list",
    "typetest --list --param baseline_w=1": "--list",
    "typetest --profile all --only droop": "all",
    "typetest --profile all --json x": "all",
    "typetest --profile nope": "no profile",
    "study fleet --chargers x": "--chargers",
    "study fleet --part nope": "no part",
    "handshake-model --mode ac-eim-tcp --backend lte": "--backend",
    "handshake-model --mode dc-eim --backend-ms 5": "--backend-ms",
    "handshake-model --board nope": "unknown board",
    "plant inverter --tcp 127.0.0.1:0 --baud 9600": "--baud",
    "plant inverter --tcp 127.0.0.1:0 --parity N": "--parity",
    "plant inverter": "--tcp",
    "plant inverter --tcp 127.0.0.1:0 --serial /dev/x": "--tcp",
    "board run --reflash": "--reflash",
    "board run --pki x": "--pki",
    "board run --vehicle": "--vehicle",
    "broker --port 1999 --v4-port 1999": "--v4-port",
    "monitor --once --json": "choose one",
    "monitor --once --lines": "choose one",
    "monitor --forget x --once": "choose one",
    "monitor --lines --listen 3": "--listen",
    "monitor --json --sort power": "--sort",
    "monitor --lines --filter x": "--filter",
    "monitor --sort power": "--sort",
    "monitor --once --sort nope": "--sort nope",
    "monitor --once --only nope": "--only nope",
    "params zzz": "'zzz'",
    "params droop_deadband_mhzz": "did you mean droop_deadband_mhz",
    "interop --runs 2 refusals": "--runs",
    "interop --json x steps": "--json",
    "interop refusals --silence a-name": "--silence",
    "pki export DIR --device x --contract c": "--contract",
    "pki export DIR --device x --oem c": "--oem",
    "pki export DIR": "--device",
    "pki show . --role secc": "--role",
    "pki issue DIR secc --for X": "no single vehicle",
    "send gk-1 parameters baseline_w": "name=value",
    "send gk-1 parameters baseline_w=1 baseline_w=2": "twice",
    "uplink --port /dev/null --cafile x": "mqtts",
    "uplink --port /dev/null --password-file x": "--username",
}  # fmt: skip


@pytest.mark.parametrize("line", REFUSED)
def test_what_would_be_ignored_is_refused(line: str, pki: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_here(*(str(pki) if word == "DIR" else word for word in line.split()))
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert REFUSED[line] in done.stderr and len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1"])
@pytest.mark.parametrize(
    "words",
    [
        *(
            ("plant", "inverter", "--tcp", "127.0.0.1:0", option)
            for option in (
                "--voltage",
                "--frequency",
                "--soc",
                "--capacity",
                "--charge-max-w",
                "--discharge-max-w",
                "--seconds",
            )
        ),
        *(("board", "run", option) for option in ("--freq", "--volts")),
        ("study", "fleet", "--part", "loss", "--seconds"),
        ("send", "gk-1", "mode", "safe", "--timeout"),
    ],
    ids=" ".join,
)
def test_a_number_that_is_none_or_out_of_range_is_refused(words: tuple[str, ...], value: str) -> None:
    if words[-1] == "--seconds" and words[0] == "plant" and value == "inf":
        return  # for ever: until Ctrl-C
    done = run_here(*words, value)
    assert done.returncode == 2, (done.stdout, done.stderr)


def test_what_is_refused_before_it_is_sent_is_a_refusal(tmp_path: Path) -> None:
    for words in (
        ("setpoint", "--power-w", "99999", "--lifetime-s", "5"),
        ("mode", "fast"),
        ("parameters", "nope=1"),
        ("regulation", "--share-pct-x100", "10001"),
        ("access", "perhaps"),
        ("departure", "--in-s", "-1", "--soc-pct-x100", "8000"),
    ):
        done = run_here("send", "gk-1", *words, "--broker", NOWHERE)
        assert done.returncode == 1 and "refused: not sent: " in done.stdout and done.stderr == "", words
