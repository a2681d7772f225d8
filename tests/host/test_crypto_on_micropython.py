"""The chains of crypto_cases on the 64-bit MicroPython with a board's heap: the same answers as on CPython."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from crypto_cases import Case, cases

from gridkeel.crypto import chain
from host_tools.micropython.interpreter import HEAP_BYTES, argv

GUEST = Path(__file__).with_name("crypto_guest.py")
FIRMWARE = Path(__file__).parents[2] / "firmware"


def written(case: Case, number: int, folder: Path) -> dict:
    """Write what a case needs; return it with names of files in place of bytes."""
    row: dict = {"unix_s": case.unix_s, "profile": case.profile, "needs_crl": case.needs_crl}
    for kind in ("certificates", "roots", "lists"):
        row[kind] = [f"{number}_{kind}_{at}.der" for at in range(len(getattr(case, kind)))]
        for name, data in zip(row[kind], getattr(case, kind), strict=True):
            (folder / name).write_bytes(data)
    return row


def test_chains_give_the_same_answers_on_micropython(tmp_path: Path) -> None:
    chosen = cases()
    rows = [written(case, number, tmp_path) for number, case in enumerate(chosen)]
    (tmp_path / "cases.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = argv(GUEST, (str(tmp_path), str(FIRMWARE)), heap_bytes=HEAP_BYTES)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = dict(zip((case.title for case in chosen), map(chain.name, map(int, done.stdout.split())), strict=True))
    assert answers == {case.title: chain.name(case.expected) for case in chosen}
