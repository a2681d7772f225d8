"""Every reason a session gives for a refusal or a close has a word in the journal, so that the log can say it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from gridkeel.v2g import journal

ROOM = Path(__file__).resolve().parents[2] / "firmware" / "gridkeel" / "v2g"
GIVES_A_REASON = {"RefusedError": 1, "_close": 0, "end": 0}


def texts() -> Iterator[str]:
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                place = GIVES_A_REASON.get(name)
                if place is not None and place < len(node.args):
                    yield from constants(node.args[place])


def constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.BinOp):
        yield from constants(node.left)
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def test_every_reason_has_a_word() -> None:
    found = sorted(set(texts()))
    assert len(found) > 40
    mute = [text for text in found if journal.word(text) == journal.OTHER]
    assert not mute
