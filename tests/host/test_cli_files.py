"""Every file that a command writes: where it cannot be written, one line says so and the exit code is 3."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cli_documents import documents
from cli_run import command, every_command, run, run_here
from mqtt_peers import eventually

from certs import v2g

WAYS = ("/proc/x", "/proc/x/y", "FILE/x", "FOLDER")
# option: what it names.  Of commands that need root, what is looked at before they begin.
TARGETS = {
    "params --json": ("params", "--json", "PATH"),
    "pki show --json": ("pki", "show", "PKI", "--json", "PATH"),
    "handshake-model --json": ("handshake-model", "--json", "PATH"),
    "bench --json": ("bench", "step", "--out", "OUT", "--json", "PATH"),
    "bench estimator --json": ("bench", "estimator", "--quick", "--out", "OUT", "--json", "PATH"),
    "typetest --json": ("typetest", "--only", "trip-over-frequency", "--out", "OUT", "--json", "PATH"),
    "study fleet --json": ("study", "fleet", "--chargers", "10", "--seconds", "5", "--out", "OUT", "--json", "PATH"),
    "interop --json": ("interop", "--out", "OUT", "--json", "PATH"),
    "interop refusals --json": ("interop", "refusals", "--json", "PATH"),
    "interop steps --json": ("interop", "steps", "--json", "PATH"),
    "board run --json": ("board", "run", "--seconds", "0.1", "--json", "PATH"),
    "board ports --json": ("board", "ports", "--json", "PATH"),
    "firmware build --json": ("firmware", "build", "--board", "virtual", "--out", "OUT", "--json", "PATH"),
    "firmware build --out": ("firmware", "build", "--board", "virtual", "--out", "DIR"),
    "firmware boards --json": ("firmware", "boards", "--json", "PATH"),
    "flash --json": ("flash", "--board", "virtual", "--port", "/dev/null", "--json", "PATH"),
    "provision --json": ("provision", "--port", "/dev/null", "--json", "PATH"),
    "update sign --out": ("update", "sign", "FILE", "--board", "virtual", "--key", "a", "--out", "PATH"),
    "update rotate --out": ("update", "rotate", "old", "new", "--out", "PATH"),
    "rig check --json": ("rig", "check", "--port", "/dev/null", "--json", "PATH"),
    "plant inverter --json": ("plant", "inverter", "--tcp", "127.0.0.1:0", "--seconds", "0.1", "--json", "PATH"),
    "broker --json": ("broker", "--port", "0", "--json", "PATH"),
    "monitor --json": ("monitor", "--broker", "mqtt://127.0.0.1:1", "--json", "PATH"),
    "send --json": ("send", "gk-1", "mode", "safe", "--broker", "mqtt://127.0.0.1:1", "--json", "PATH"),
    "bench --out": ("bench", "step", "--out", "DIR"),
    "bench estimator --out": ("bench", "estimator", "--quick", "--out", "DIR"),
    "typetest --out": ("typetest", "--only", "trip-over-frequency", "--out", "DIR"),
    "study fleet --out": ("study", "fleet", "--chargers", "10", "--seconds", "5", "--out", "DIR"),
    "interop --out": ("interop", "--out", "DIR"),
    "update status --json": ("update", "status", "--json", "PATH"),
    "update rollout --json": ("update", "rollout", "new.gkr", "--all", "--json", "PATH"),
    "twin run --json": ("twin", "run", "--store", "OUT", "--broker", "mqtt://127.0.0.1:1", "--json", "PATH"),
    "twin replay --json": ("twin", "replay", "FILE", "--json", "PATH"),
    "twin plan --json": ("twin", "plan", "--prices", "FILE", "--vehicles", "FILE", "--json", "PATH"),
    "twin plan --out": ("twin", "plan", "--prices", "FILE", "--vehicles", "FILE", "--out", "DIR"),
    "twin agc --json": ("twin", "agc", "FILE", "--group", "7", "--regulation-w", "1000", "--json", "PATH"),
    "twin fit --json": ("twin", "fit", "FILE", "--name", "mine", "--kind", "NCA", "--json", "PATH"),
    "twin fit --out": ("twin", "fit", "FILE", "--name", "mine", "--kind", "NCA", "--out", "DIR"),
    "twin show --json": ("twin", "show", "gk-1", "--store", "FILE", "--json", "PATH"),
    "twin status --json": ("twin", "status", "--store", "FILE", "--json", "PATH"),
    "pki sign-csr --out": ("pki", "sign-csr", "PKI", "FILE", "--out", "DIR"),
    "uplink --queue": ("uplink", "--port", "/dev/null", "--queue", "PATH"),
    "board run --flash": ("board", "run", "--seconds", "0.1", "--flash", "DIR"),
    "board run --links": ("board", "run", "--seconds", "0.1", "--links", "DIR"),
    "pki init": ("pki", "init", "DIR"),
    "pki export --device": ("pki", "export", "PKI", "--device", "DIR"),
    "pki export --peer": ("pki", "export", "PKI", "--peer", "DIR"),
}


def filled(words: tuple[str, ...], way: str, folder: Path, pki: Path) -> list[str]:
    (folder / "FILE").write_text("a file")
    (folder / "FOLDER").mkdir()
    path = way if way.startswith("/") else str(folder / way)
    named = {"PATH": path, "DIR": path, "OUT": str(folder / "out"), "PKI": str(pki)}
    return [named.get(word, word) for word in words]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TARGETS)
def test_a_path_that_cannot_be_written_is_one_line(
    name: str,
    way: str,
    tmp_path: Path,
    pki: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if way == "FOLDER" and "DIR" in TARGETS[name]:
        way = "FILE"  # a folder is what is wanted there: it is a file that is not
    done = run_here(*filled(TARGETS[name], way, tmp_path, pki))
    # A file where a folder of ours is to be is somebody's, whom another folder helps: asked for wrongly.
    wanted = 2 if name in ("pki init", "pki export --device", "pki export --peer") and way == "FILE" else 3
    assert done.returncode == wanted, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith("gridkeel: ") and len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_the_table_holds_every_option_that_names_an_output() -> None:
    written = {"--json", "--out", "--queue", "--flash", "--links", "--device", "--peer"}
    known = {name.removesuffix(option).strip() + " " + option for name in TARGETS for option in [name.split()[-1]]}
    for words, each in every_command():
        for param in each.params:
            for option in set(param.opts) & written - {"--peer"}:
                spoken = " ".join(word for word in words if word != "DEVICE")
                if spoken in ("bench", "uplink") or spoken.startswith("send "):
                    spoken = spoken.split()[0]
                if (spoken, option) not in (("uplink", "--json"), ("twin export", "--device")):
                    assert f"{spoken} {option}" in known, (words, option)


@pytest.mark.parametrize("name", ["params", "pki show", "board ports", "plant inverter", "send", "study fleet"])
def test_a_full_disk_is_one_line(name: str, tmp_path: Path, pki: Path) -> None:
    done = run(*documents(pki, tmp_path / "out")[name], "--json", "/dev/full", cwd=tmp_path)
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert "/dev/full" in done.stderr and len(done.stderr.splitlines()) == 1
    assert Path("/dev/full").is_char_device()  # written into, not replaced


@pytest.mark.parametrize("words", [("params",), ("bench", "--list"), ("typetest", "--list"), ("--help",)])
def test_a_full_standard_output_is_one_line(words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(command(*words), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 3
    assert "No space left" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        assert run("params", "--json", pipe).returncode == 0
        output, _ = reader.communicate(timeout=20)
    assert '"baseline_w"' in output


def test_what_was_there_stays_where_it_cannot_be_replaced(tmp_path: Path) -> None:
    pki = v2g.make(tmp_path / "pki")
    assert run("pki", "init", pki.folder).returncode == 2
    assert v2g.Pki(pki.folder).names() == pki.names()


def test_the_queue_has_one_place_wherever_the_uplink_is_started(tmp_path: Path) -> None:
    seen = []
    for name in ("one", "two"):
        here = tmp_path / name
        here.mkdir()
        environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
        controller = pty_port()
        process = subprocess.Popen(
            command("uplink", "--port", controller, "--broker", "mqtt://127.0.0.1:1"), cwd=here, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert eventually(lambda: (tmp_path / "state" / "gridkeel" / "uplink-queue.db").exists(), 60)
        process.terminate()
        process.communicate(timeout=60)
        seen.append(list(here.iterdir()))
    assert seen == [[], []]


def pty_port() -> str:
    _master, slave = os.openpty()
    return os.ttyname(slave)
