"""`gridkeel pki`: what it prints, what it never prints, and its exit codes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from certs import v2g
from certs.v2g import defects
from command_line.main import main


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command itself, in this process: starting it takes a second, and there are many."""

    def go(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["gridkeel", "pki", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return go


def test_a_round_prints_no_key_and_no_password(run: Run, tmp_path: Path):
    pki, board, ev = tmp_path / "pki", tmp_path / "board", tmp_path / "ev"
    runs = [
        run("init", pki, "--emaid", "DE8AA001234567"),
        run("issue", pki, "contract", "--id", "FRXYZ123456789"),
        run("renew", pki, "secc", "--new-key"),
        run("revoke", pki, "contract-2"),
        run("export", pki, "--device", board, "--peer", ev),
        run("show", board),
        run("show", ev / "iso15118_2" / "certs" / "cpoCertChain.pem"),
    ]
    for run in runs:
        assert run.returncode == 0, run.stderr
    said = "".join(run.stdout + run.stderr for run in runs)
    made = v2g.Pki(pki)
    secrets = [path.read_text().strip() for path in ev.rglob("*Password.txt")]
    for name in made.names():
        key = made.key(name)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        number = key.private_numbers().private_value
        secrets += [str(number), f"{number:064x}", f"{number:064X}"]
    assert len(secrets) > 40
    assert not [secret for secret in secrets if secret in said]
    assert "PRIVATE" not in said


def test_show_ends_with_one_where_something_is_wrong(run: Run, tmp_path: Path):
    good = v2g.make(tmp_path / "good")
    bad = defects.make(good, tmp_path / "bad", "expired")
    done = run("show", bad.folder, "--json", "-")
    assert done.returncode == 1
    chains = {row["certificates"][0]["name"]: row for row in json.loads(done.stdout)}
    assert [finding["code"] for finding in chains["secc"]["findings"]] == ["expired"]
    assert chains["contract"]["findings"] == []
    facts = chains["secc"]["certificates"][-1]
    assert facts["name"] == "v2g_root" and facts["key"] == "P-256" and 0 < facts["bytes"] <= 800
    text = run("show", bad.folder)
    assert text.returncode == 1 and re.search(r"expired: its time ended \d", text.stdout)
    assert run("show", good.folder).returncode == 0


def test_what_a_user_can_mend_is_one_line(run: Run, tmp_path: Path):
    v2g.make(tmp_path / "pki")
    (tmp_path / "file").write_text("x")
    for code, arguments in (
        (2, ("init", tmp_path / "pki")),
        (2, ("init", tmp_path / "new", "--emaid", "nobody")),
        (2, ("init", tmp_path / "new", "--edition", "3")),
        (2, ("init", tmp_path / "new", "--country", "Germany")),
        (2, ("init", tmp_path / "new", "--organisation", "x" * 65)),
        (3, ("init", tmp_path / "file" / "pki")),
        (2, ("export", tmp_path / "pki")),
        (3, ("show", tmp_path / "nothing")),
        (3, ("revoke", tmp_path / "nothing", "secc")),
        (2, ("revoke", tmp_path / "pki", "shark")),
        (2, ("issue", tmp_path / "pki", "secc", "--id", "S2", "--issuer", "contract")),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (code, ""), (arguments, done)
        assert done.stderr.count("\n") == 1 and done.stderr.startswith("gridkeel: "), done.stderr
    assert not (tmp_path / "new").exists()
