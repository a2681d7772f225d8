"""Numbers the parameters that no call names: arg0, arg1, ... in every function, so that all of them share few names.

MicroPython keeps the name of each parameter for calls by keyword, in the module and in the program's table of names.
Who calls a function by position, as nearly every call does, needs none. Tracebacks name functions, not parameters.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Set

_NUMBERED = re.compile(r"arg[0-9]+")
_SEES_NAMES = ("locals", "vars", "eval", "exec")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def said_in_calls(file: str, nodes: Collection[ast.AST], packages: Set[str]) -> Iterator[str]:
    """Yield the names that the calls of a file say.  packages: whose parameters are numbered.

    Errors: SyntaxError where a call may say any, and is not of something that another package made.
    """
    others = _of_other_packages(nodes, packages)
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id=name), keywords=keywords) if name in others:
                yield from (keyword.arg for keyword in keywords if keyword.arg)
            case ast.Call(keywords=keywords):
                for keyword in keywords:
                    if keyword.arg is None:
                        raise _refused(file, keyword, "a call with ** may name any parameter")
                    yield keyword.arg
            case ast.ClassDef(keywords=keywords):
                yield from (keyword.arg for keyword in keywords if keyword.arg)


def _of_other_packages(nodes: Iterable[ast.AST], packages: Set[str]) -> set[str]:
    """Return the names that a file binds to what other packages made, and to nothing else."""
    found: set[str] = set()
    bound: set[str] = set()
    for node in nodes:
        match node:
            case ast.ImportFrom(module=str(source), names=names):
                into = bound if source.split(".")[0] in packages else found
                into.update(alias.asname or alias.name for alias in names)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
    return found - bound


def check(file: str, nodes: Iterable[ast.AST]) -> None:
    """Errors: SyntaxError where a module of the image could notice that its parameters have other names."""
    for node in nodes:
        match node:
            case ast.Name(id=name) if name in _SEES_NAMES:
                raise _refused(file, node, f"{name} sees the names of parameters")
            case ast.Name(id=name) | ast.arg(arg=name) if _NUMBERED.fullmatch(name):
                raise _refused(file, node, f"{name} is a name that the image gives")


def numbered(
    nodes: Iterable[ast.AST], kept: Set[str], unplaced: Set[ast.AST]
) -> Iterator[tuple[ast.arg | ast.Name, str]]:
    """Yield each place where a parameter's name is, and its number.

    kept: names that stay.  unplaced: nodes whose place is unknown; the names in them stay.
    """
    for function in nodes:
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _is_assembler(function):
            inside = [node for statement in function.body for node in ast.walk(statement)]
            if not any(isinstance(node, _SCOPES) for node in inside):
                yield from _in_one(function.args, inside, kept, unplaced)


def _is_assembler(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function is in MicroPython's assembler, where a parameter's name is that of its register."""
    return any(isinstance(node, ast.Attribute) and node.attr.startswith("asm_") for node in function.decorator_list)


def _in_one(
    arguments: ast.arguments, inside: list[ast.AST], kept: Set[str], unplaced: Set[ast.AST]
) -> Iterator[tuple[ast.arg | ast.Name, str]]:
    places = [node for node in inside if isinstance(node, ast.Name)]
    stay = kept | {node.id for node in places if node in unplaced} | set(_bound_otherwise(inside))
    own = [*arguments.posonlyargs, *arguments.args]  # the rest of a head is for calls by keyword
    numbers = {own[i].arg: f"arg{i}" for i in range(len(own)) if own[i].arg not in stay}
    yield from ((argument, numbers[argument.arg]) for argument in own if argument.arg in numbers)
    yield from ((node, numbers[node.id]) for node in places if node.id in numbers)


def _bound_otherwise(inside: list[ast.AST]) -> Iterator[str]:
    """Yield names that are bound without a node of their own."""
    for node in inside:
        match node:
            case ast.ExceptHandler(name=str(name)):
                yield name
            case ast.alias(name=name, asname=local):
                yield local or name.split(".")[0]
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name


def _refused(file: str, node: ast.keyword | ast.Name | ast.arg, why: str) -> SyntaxError:
    return SyntaxError(f"{why}, and those of the image are numbered", (file, node.lineno, None, None))
