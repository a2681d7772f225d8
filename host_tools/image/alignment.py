"""No word is read from a constant: what reaches a kernel's ptr32 or ptr16 must be an array or bytearray of the heap.

Constants in a ROMFS lie at any address, and a Cortex-M0+ faults at a word whose address is no multiple of its size.
What a kernel works out from a pointer must stay a multiple of that size too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from host_tools.errors import ToolError
from host_tools.image.bindings import Place, last_name, parameters
from host_tools.image.dataflow import HEAP, WHOLE_VIEW, Package

_BYTES = {"ptr16": 2, "ptr32": 4}
_POINTERS = {*_BYTES, "ptr8"}
_NATIVE = ("viper", "asm_thumb")
# A kernel in assembler says by no type what it reads as words: registers of it, by module and name.
_WORDS = {
    ("gridkeel.crypto.kernels_umaal", "run"): ("r0",),
    ("gridkeel.crypto.kernels_thumb", "run"): ("r0",),
}


class Fault(NamedTuple):
    """A place where words may be read from an address that is no multiple of their size."""

    module: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: {self.why}"


def check(sources: Mapping[str, str]) -> None:
    """Check a package.  sources: module to text.  Errors: ToolError with every place."""
    faults = list(find(sources))
    if faults:
        raise ToolError("words may be read from an address that is not theirs: " + "; ".join(map(str, faults)))


def find(sources: Mapping[str, str]) -> Iterator[Fault]:
    """Yield the faults of a package."""
    package = Package(sources)
    for module, tree in package.modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and _kind(node):
                yield from _handed_on(package, node)
                yield from _Kernel(package, module, node).faults()


def _handed_on(package: Package, kernel: ast.FunctionDef) -> Iterator[Fault]:
    """Yield the calls that a kernel is an argument of: who calls it then is not looked for."""
    names = package.names_for(kernel.name)
    for call in (each for calls in package.calls.values() for each in calls):
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            if last_name(argument) in names:
                place = package.places[call]
                if any(value.node is kernel for value in package.values(argument, place)):
                    yield Fault(place.module, call.lineno, f"{kernel.name} is a kernel and handed on as an argument")


def _kind(function: ast.FunctionDef) -> str:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Attribute) and decorator.attr in _NATIVE:
            return decorator.attr
    return ""


class _Kernel:
    """One function in viper or assembler, and what it reads as words."""

    def __init__(self, package: Package, module: str, function: ast.FunctionDef) -> None:
        self._package = package
        self._module = module
        self._function = function
        self._place = Place(module, (*package.places[function].inside, function))
        self._bound: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._bind(target, value)
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                    both = ast.BinOp(ast.Name(name, ast.Load()), op, value)
                    self._bound.setdefault(name, []).append(both)
                case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=ends)):
                    self._bound.setdefault(name, []).extend([ends[0] if len(ends) > 1 else ast.Constant(0), *ends[2:]])

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._bound.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=True):
                self._bind(one, its)

    def faults(self) -> Iterator[Fault]:
        if _kind(self._function) == "asm_thumb":
            words = _WORDS.get((self._module, self._function.name))
            if words is None:
                yield self._fault(
                    self._function, f"{self._function.name} is in assembler: say in alignment.py what it reads"
                )
            for name in words or ():
                yield from self._of_parameter(name, 4)
            return
        own = self._function.args
        for argument in (*own.posonlyargs, *own.args):
            if isinstance(argument.annotation, ast.Name) and argument.annotation.id in _BYTES:
                yield from self._of_parameter(argument.arg, _BYTES[argument.annotation.id])
        for node in ast.walk(self._function):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[pointer]) if name in _BYTES:
                    yield from self._of_cast(pointer, _BYTES[name])

    def _of_cast(self, pointer: ast.expr, size: int) -> Iterator[Fault]:
        """Judge ptr32(pointer): a buffer, or an address worked out from one."""
        roots: set[str] = set()
        if not self._multiple(pointer, size, roots, frozenset()):
            yield self._fault(pointer, f"{ast.unparse(pointer)} may be no multiple of {size}")
        for name in sorted(roots):
            if name in parameters(self._function):
                yield from self._of_parameter(name, size)
            else:
                yield from self._of_value(ast.Name(name, ast.Load()), Place(self._module), size, pointer)

    def _multiple(self, node: ast.expr, size: int, roots: set[str], seen: frozenset[str]) -> bool:
        """Return whether a number is a multiple of size; the buffers whose addresses are in it go into roots."""

        def holds(part: ast.expr) -> bool:
            return self._multiple(part, size, roots, seen)

        match node:
            case ast.Constant(value=int(value)):
                return value % size == 0
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
                return holds(left) and holds(right)
            case (
                ast.BinOp(left=other, op=ast.Mult(), right=ast.Constant(value=int(factor)))
                | ast.BinOp(left=ast.Constant(value=int(factor)), op=ast.Mult(), right=other)
            ):
                return factor % size == 0 or holds(other)
            case ast.BinOp(left=left, op=ast.LShift(), right=ast.Constant(value=int(shift))):
                return (1 << shift) % size == 0 or holds(left)
            case ast.IfExp(body=body, orelse=other):
                return holds(body) and holds(other)
            case ast.Call(func=ast.Name(id=name), args=[part]) if name in {"int", "uint", *_POINTERS}:
                return holds(part)
            case ast.Name(id=name):
                return self._named_multiple(name, size, roots, seen)
        return False

    def _named_multiple(self, name: str, size: int, roots: set[str], seen: frozenset[str]) -> bool:
        if name in seen:
            return True  # as far as what it is made of is
        if name in self._bound and self._is_number(name):
            return False  # a number that it is called with, and then others
        if name in self._bound:
            inner = seen | {name}
            return all(self._multiple(value, size, roots, inner) for value in self._bound[name])
        if self._is_number(name):
            return False
        roots.add(name)
        return True

    def _is_number(self, name: str) -> bool:
        own = self._function.args
        for argument in (*own.posonlyargs, *own.args):
            if argument.arg == name and isinstance(argument.annotation, ast.Name):
                return argument.annotation.id in ("int", "uint")
        return False

    def _of_parameter(self, name: str, size: int) -> Iterator[Fault]:
        for argument, place in self._package.arguments(self._function, name):
            if argument is None:
                yield self._fault(self._function, f"{self._function.name} is called with * for {name}")
            else:
                yield from self._of_value(argument, place, size, argument)

    def _of_value(self, node: ast.AST, place: Place, size: int, at: ast.AST) -> Iterator[Fault]:
        name = f"{self._module}.{self._function.name}"
        what = f"{name} reads {8 * size} bits at a time of {ast.unparse(node)}"
        values = self._package.values(node, place)
        if not values:
            yield Fault(place.module, getattr(at, "lineno", 0), f"{what}, of which nothing is known")
        for value in values:
            none_yet = isinstance(value.node, ast.Constant) and value.node.value is None
            if value.kind not in (HEAP, WHOLE_VIEW) and not none_yet:
                origin = getattr(value.node, "lineno", 0)
                where = f" ({value.place.module}, line {origin})" if origin else f" ({value.place.module})"
                yield Fault(place.module, getattr(at, "lineno", 0), f"{what}, {value.kind}{where}")

    def _fault(self, node: ast.AST, why: str) -> Fault:
        return Fault(self._module, getattr(node, "lineno", 0), why)
