"""Constants of a package: names bound once, at the top of a module, to an integer that can be worked out.

MicroPython's `const()` knows such names within one file; here they are known across the modules that import them.
"""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

LIMIT = 1 << 30  # a larger integer is an object on a 32-bit board
_CAPITALS = re.compile(r"_?[A-Z][A-Z0-9_]*")
_TERMS = (ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
_SEQUENCES = (ast.Tuple, ast.Call, ast.expr_context)
_CALLS = {"range": range, "ord": ord, "len": len, "bytes": bytes}


@dataclass
class Module:
    """One parsed file: how often each name is bound in it, and what its top level imports and may define."""

    name: str
    text: str
    tree: ast.Module
    bindings: Counter[str] = field(default_factory=Counter)
    modules: dict[str, str] = field(default_factory=dict)  # local name: module
    members: dict[str, tuple[str, str]] = field(default_factory=dict)  # local name: (module, its name there)
    definitions: dict[str, tuple[ast.expr, int | None]] = field(default_factory=dict)  # name: (value, index in it)
    formatted: set[ast.AST] = field(default_factory=set)  # inside of f-strings, where Python 3.11 gives no place
    nodes: list[ast.AST] = field(default_factory=list)  # all of the tree: walking it anew takes most of a fold's time

    def __post_init__(self) -> None:
        self.nodes = list(ast.walk(self.tree))

    @functools.cached_property
    def uses(self) -> Mapping[str, list[ast.Name]]:
        """Where each name stands by itself."""
        found: dict[str, list[ast.Name]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Name):
                found.setdefault(node.id, []).append(node)
        return found

    @functools.cached_property
    def attributes(self) -> Mapping[ast.AST, ast.Attribute]:
        """The attribute that is taken of an expression."""
        return {node.value: node for node in self.nodes if isinstance(node, ast.Attribute)}


def parse(name: str, text: str, known: Mapping[str, str]) -> Module:
    """Return a module of the package whose modules are `known`.  Errors: SyntaxError."""
    module = Module(name, text, ast.parse(text, name))
    module.bindings.update(_bound(module.nodes))
    for node in module.nodes:
        if isinstance(node, ast.JoinedStr):
            module.formatted.update(ast.walk(node))
    for statement in module.tree.body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                _note_import(module, statement.module or "", alias, known)
        for local, value, index in defined(statement, module.bindings):
            module.definitions[local] = (value, index)
    return module


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield each name at each place that binds it, in whatever scope."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.alias(name=name, asname=local):
                yield local or name.split(".")[0]
            case ast.ExceptHandler(name=str(name)):
                yield name
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names


def _note_import(module: Module, source: str, alias: ast.alias, known: Mapping[str, str]) -> None:
    local = alias.asname or alias.name
    if module.bindings[local] != 1:
        return
    if f"{source}.{alias.name}" in known:
        module.modules[local] = f"{source}.{alias.name}"
    elif source in known:
        module.members[local] = (source, alias.name)


def defined(statement: ast.stmt, bindings: Mapping[str, int]) -> list[tuple[str, ast.expr, int | None]]:
    """Return (name, value, index in it) of what an assignment defines, [] where it may define something else."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            found: list[tuple[str, ast.expr, int | None]] = [(name, value, None)]
        case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
            found = [(getattr(name, "id", ""), value, index) for index, name in enumerate(elements)]
        case _:
            return []
    return found if all(_CAPITALS.fullmatch(name) and bindings[name] == 1 for name, _, _ in found) else []


class Constants:
    """Looks constants up.  modules: all of the package, by name."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self._modules = modules
        self._known: dict[tuple[str, str], int | None] = {}

    def of(self, module: str, name: str) -> int | None:
        """Return the value of a module's name, None where it is no constant."""
        key = (module, name)
        if key not in self._known:
            self._known[key] = None  # what refers to itself is none
            self._known[key] = self._look(self._modules[module], name)
        return self._known[key]

    def at(self, module: Module, node: ast.AST) -> int | None:
        """Return the value of an expression that is a constant's name, or module and name; None where it is none."""
        if node in module.formatted:
            return None
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                return self.of(module.name, name)
            case ast.Attribute(value=ast.Name(id=local), attr=name, ctx=ast.Load()) if local in module.modules:
                return self.of(module.modules[local], name)
        return None

    def octets(self, module: Module, node: ast.AST) -> bytes | None:
        """Return the value of `bytes((A, B, ...))` of constants, None where an expression is anything else."""
        match node:
            case ast.Call(func=ast.Name(id="bytes"), args=[ast.Tuple()], keywords=[]) if not module.bindings["bytes"]:
                value = self._work_out(module, node)
                return value if isinstance(value, bytes) else None
        return None

    def _look(self, module: Module, name: str) -> int | None:
        if name in module.members:
            return self.of(*module.members[name])
        if name not in module.definitions:
            return None
        expression, index = module.definitions[name]
        value = self._work_out(module, expression)
        if index is not None and isinstance(value, (tuple, range)) and index < len(value):
            value = value[index]
        return value if type(value) is int and -LIMIT < value < LIMIT else None

    def _work_out(self, module: Module, expression: ast.expr) -> object:
        if not all(isinstance(node, (*_TERMS, *_SEQUENCES)) for node in ast.walk(expression)):
            return None
        known = _Known(self, module)
        tree = known.visit(ast.parse(ast.unparse(expression), mode="eval"))
        if known.failed:
            return None
        try:
            return eval(compile(ast.fix_missing_locations(tree), module.name, "eval"), {"__builtins__": _CALLS})
        except (TypeError, ValueError, ArithmeticError):
            return None


class _Known(ast.NodeTransformer):
    """Puts values in place of names; failed: where there is one that has none."""

    def __init__(self, constants: Constants, module: Module) -> None:
        self._constants = constants
        self._module = module
        self.failed = False

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self._constants.at(self._module, node)
        if value is None:
            self.failed = self.failed or node.id not in _CALLS or bool(self._module.bindings[node.id])
            return node
        return ast.Constant(value)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        value = self._constants.at(self._module, node)
        if value is None:
            self.failed = True
            return node
        return ast.Constant(value)
