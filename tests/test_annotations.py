"""Public functions and constructors of the firmware say what they take and give; mypy then holds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "firmware" / "gridkeel"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def firmware_files() -> list[Path]:
    """Return what is checked: viper's kernels are not, their annotations are its own types."""
    return sorted(path for path in PACKAGE.rglob("*.py") if not path.stem.startswith("kernels"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def public_functions(
    body: list[ast.stmt], prefix: str = "", *, method: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """Yield (name, what lacks an annotation) of each public function, method and constructor."""
    for statement in body:
        if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
            yield from public_functions(statement.body, f"{prefix}{statement.name}.", method=True)
        elif isinstance(statement, FUNCTIONS) and (statement.name == "__init__" or statement.name[0] != "_"):
            yield prefix + statement.name, lacking(statement, method)
        elif isinstance(statement, ast.If | ast.Try):
            yield from public_functions(statement.body, prefix, method=method)


def lacking(function: Function, method: bool) -> list[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    static = any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in function.decorator_list)
    own = every[1:] if method and not static else every
    found = [argument.arg for argument in own if argument is not None and argument.annotation is None]
    if function.returns is None and function.name != "__init__":
        found.append("return")
    return found


@pytest.mark.parametrize("path", firmware_files(), ids=name_of)
def test_public_functions_are_annotated(path: Path) -> None:
    for name, missing in public_functions(ast.parse(path.read_text()).body):
        assert not missing, f"{name_of(path)}: {name} lacks {missing}"


def test_what_lacks_an_annotation_is_seen() -> None:
    text = """
class Known:
    def __init__(self, board): ...
    def step(self, now_ms: int): ...
    @staticmethod
    def part(x) -> int: ...
    def _own(self, x): ...
async def begin(x: int, *rest, y=1) -> None: ...
class _Own:
    def step(self, x): ...
"""
    assert dict(public_functions(ast.parse(text).body)) == {
        "Known.__init__": ["board"],
        "Known.step": ["return"],
        "Known.part": ["x"],
        "begin": ["y", "rest"],
    }
