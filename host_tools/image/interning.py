"""Interns texts that several modules of a package contain, as names are: mpy-cross itself interns short texts alone.

A text that is no name is an object of its own in each module that says it, 40 bytes of the 64-bit port's heap; a name
is one entry of the program's table, 10 bytes, whoever says it. That table has an end, so a text must be a name already
or be said by MODULES_LEAST modules.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

MODULES_LEAST = 3
_LONG = 10  # mpy-cross makes a name of any shorter text
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def interned(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the sources with their frequent texts named ahead, on the first line and in what is never compiled.

    mpy-cross takes a long text for a name where it has read that name before in the file. Only a file that begins with
    its docstring is changed, so that each line stays where it was.
    """
    nodes = {module: list(ast.walk(ast.parse(text))) for module, text in sources.items()}
    names = {name for each in nodes.values() for name in _names(each)}
    said = {module: set(_texts(each)) for module, each in nodes.items()}
    count = Counter(text for texts in said.values() for text in texts)
    out = {}
    for module, source in sources.items():
        worth = sorted(text for text in said[module] if text in names or count[text] >= MODULES_LEAST)
        ahead = "if 0: " + "; ".join(f"().{text}" for text in worth) + "; " if worth else ""
        out[module] = ahead + source if source.startswith('"""') else source
    return out


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the long texts of a file that could be names; what annotations and docstrings say is not compiled."""
    silent: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr):
            silent.add(node.body[0].value)
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if annotation is not None:
                silent.update(ast.walk(annotation))
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)) if len(text) >= _LONG and node not in silent:
                if _IDENTIFIER.fullmatch(text):
                    yield text
