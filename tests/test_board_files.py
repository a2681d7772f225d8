"""Every board file offers what the `Board` protocol names, and docs/porting.md lists the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOARDS = ROOT / "firmware" / "gridkeel" / "boards"
PROTOCOLS = ast.parse((BOARDS.parent / "protocols.pyi").read_text())
MODULES = {path.stem: ast.parse(path.read_text()) for path in sorted(BOARDS.glob("*.py"))}
CLASSES = {node.name: node for tree in MODULES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
BOARD_CLASSES = sorted(name for name in CLASSES if name.endswith("Board"))


def members(protocol: str) -> dict[str, list[str] | None]:
    """Return the members of a protocol: the names of a method's arguments, None for a value."""
    [node] = [node for node in PROTOCOLS.body if isinstance(node, ast.ClassDef) and node.name == protocol]
    methods = [statement for statement in node.body if isinstance(statement, ast.FunctionDef)]
    return {method.name: None if method.decorator_list else arguments(method) for method in methods}


def arguments(method: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in method.args.args]


def offered(name: str) -> dict[str, list[str] | None]:
    """Return what a class and its bases in boards/ define: methods with their arguments, and values of `self`."""
    found: dict[str, list[str] | None] = {}
    for base in CLASSES[name].bases:
        found.update(offered(base.id) if isinstance(base, ast.Name) and base.id in CLASSES else {})
    for node in ast.walk(CLASSES[name]):
        if isinstance(node, ast.FunctionDef):
            found[node.name] = None if node.decorator_list else arguments(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.attr, None)
    return found


@pytest.mark.parametrize("name", BOARD_CLASSES)
def test_a_board_offers_all_that_the_protocol_names(name: str) -> None:
    has = offered(name)
    for member, wanted in members("Board").items():
        assert member in has, f"{name} lacks {member}"
        assert has[member] == wanted, f"{name}.{member} takes {has[member]}, the protocol says {wanted}"


def test_every_board_is_checked() -> None:
    assert BOARD_CLASSES == ["Esp32Board", "LockStepBoard", "RealTimeBoard", "Rp2Board", "Stm32Board"], (
        "a new board file belongs into this list"
    )


def test_what_chooses_a_board_says_that_it_returns_the_protocol() -> None:
    """Types are mypy's to judge (tools/check.sh): what chooses a board says that it returns one."""
    for module, function in (
        ("__init__", "this_board"),
        ("virtual", "make"),
        ("rp2", "make"),
        ("esp32", "make"),
        ("stm32", "make"),
    ):
        [chooser] = [n for n in MODULES[module].body if isinstance(n, ast.FunctionDef) and n.name == function]
        assert chooser.returns is not None
        assert ast.literal_eval(chooser.returns) == "Board"
        for compare in (node for node in ast.walk(chooser) if isinstance(node, ast.Compare)):
            assert isinstance(compare.left, ast.Name), "mypy passes over a branch on sys.platform itself"


def test_the_porting_page_lists_the_members_of_the_protocol() -> None:
    table = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "porting.md").read_text(), re.MULTILINE)
    listed = [re.sub(r"\(.*|^await ", "", word) for row in table for word in re.findall(r"`([^`]+)`", row)]
    assert sorted({word.split(".")[0] for word in listed}) == sorted(members("Board"))
    said = {word.split("(")[0]: word for row in table for word in re.findall(r"`([^`]+\([^`]*\))`", row)}
    for name, wanted in members("Board").items():
        if wanted is not None:
            assert said[name] == f"{name}({', '.join(wanted[1:])})"
