"""Every refusal and every close gives a code of the journal, and every code that the firmware gives has its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridkeel.v2g import journal, journal_text

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware" / "gridkeel"
GIVES_A_REASON = {"RefusedError": 1, "_close": 0}
BASES = ("REQUESTS", "RESPONSE_CODES", "EV_ERRORS")  # of codes whose names others give
FILES = sorted([*(FIRMWARE / "v2g").rglob("*.py"), *(FIRMWARE / "runtime").glob("*.py")])


def reasons(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            place = GIVES_A_REASON.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
            if place is not None and place < len(node.args):
                yield node.args[place]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIRMWARE)))
def test_a_reason_is_a_code_and_no_text(path: Path) -> None:
    for reason in reasons(ast.parse(path.read_text())):
        for node in ast.walk(reason):
            assert not isinstance(node, ast.JoinedStr), ast.unparse(reason)
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, str)), ast.unparse(reason)


def test_every_code_that_is_used_has_a_name_and_every_name_of_a_reason_is_used() -> None:
    used = set()
    for path in FILES:
        if path.name not in ("journal.py", "journal_text.py"):
            used |= {
                node.attr
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Attribute)
                and getattr(node.value, "id", "") == "journal"
                and node.attr.isupper()
            }
    codes = {row[0] for row in journal_text.CATALOGUE}
    kinds = {row[0] for row in journal_text.KINDS}
    assert len(used) > 80
    for name in used - set(BASES):
        assert getattr(journal, name) in (kinds if name.startswith("KIND_") else codes), name
    unused = {name for name in vars(journal) if name.isupper() and not name.startswith("_")} - used
    assert unused == {"KIND_OTHER", "RESPONSE_CODES", "EV_ERRORS", "PRECHARGE_CURRENT"}
