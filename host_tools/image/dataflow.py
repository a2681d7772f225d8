"""Which buffers an expression of the package may be: from the heap, a constant in flash, or something unknown.

Read backwards from the expression: names to their assignments, parameters to the calls, attributes to what methods of
the class and its kin assign, or anybody, where the class is not known. What is not understood is UNKNOWN, never left
out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from host_tools.image.bindings import FUNCTIONS, Bindings, Function, Place, last_name, parameter_of, parameters

# Methods of buffers and texts whose result is new, and so from the heap.
_MAKES_NEW = {"to_bytes", "encode", "digest", "replace", "strip", "join", "pack", "hexlify", "unhexlify", "read"}
_MAKES_NUMBER = {"int", "len", "min", "max", "abs", "ord", "sum", "range", "bool", "isinstance"}
_MAKES_ROW = {"tuple", "list", "iter", "sorted"}


class Value(NamedTuple):
    """One thing that an expression may be; kind is one of the texts below."""

    kind: str
    node: ast.AST | None = None
    place: Place = Place("")


HEAP = "from the heap"
FLASH = "a constant in flash"
VIEW = "part of a memoryview"
OTHER = "no buffer"
UNKNOWN = "unknown"
FOREIGN = "of another package"
_MODULE = "module"  # place.module is its name
_CALLABLE = "callable"  # node: the function or class
_INSTANCE = "instance"  # node: its class
_ROW = "row"  # node: a tuple or list
WHOLE_VIEW = "a whole memoryview of the heap"


class Package(Bindings):
    """All modules of an image, and what their expressions may be."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__(sources)
        self._tops = {module.split(".")[0] for module in self.modules}
        self._known: dict[ast.AST, frozenset[Value]] = {}
        self._where: dict[ast.AST, Place] = {}
        self._users: dict[ast.AST, set[ast.AST]] = {}  # who asked for a node's value
        self._waiting: list[ast.AST] = []
        self._current: ast.AST | None = None

    def values(self, node: ast.AST | None, place: Place) -> frozenset[Value]:
        """Return all that an expression may be."""
        if node is None:
            return frozenset((Value(UNKNOWN, node, place),))
        if node not in self._known:
            self._known[node] = frozenset()
            self._where[node] = place
            self._waiting.append(node)
        if self._current is None:
            self._settle()
        else:
            self._users.setdefault(node, set()).add(self._current)
        return self._known[node]

    def _settle(self) -> None:
        """Work out what waits; whoever asked for something that has grown since is worked out again."""
        while self._waiting:
            while self._waiting:
                self._current = node = self._waiting.pop()
                self._grow(node, self._of(node, self._where[node]))
            for node in [each for each in self._known if isinstance(each, ast.arg) and not self._known[each]]:
                self._grow(node, [Value(UNKNOWN, node, self._where[node])])  # whoever may call: nobody here does
        self._current = None

    def _grow(self, node: ast.AST, more: Iterable[Value]) -> None:
        found = self._known[node].union(more)
        if found != self._known[node]:
            self._known[node] = found
            self._waiting.extend(self._users.get(node, ()))

    def _of(self, node: ast.AST, place: Place) -> Iterator[Value]:
        match node:
            case ast.arg(arg=name):
                yield from self._argument(place.inside[-1], name, place)
            case ast.Name(id=name):
                yield from self._named(name, node, place)
            case ast.Attribute(value=holder, attr=name):
                yield from self._attribute(holder, name, place)
            case ast.Subscript(value=held, slice=index):
                yield from self._part(held, index, node, place)
            case ast.Call(func=ast.Name(id=name)) if not self._is_ours(name, place):
                yield from self._built_in(name, node, place)
            case ast.Call():
                yield from self._called(node, place)
            case ast.BinOp(left=left, right=right):
                sides = self.values(left, place) | self.values(right, place)
                yield Value(FLASH if any(value.kind == FLASH for value in sides) else HEAP, node, place)
            case _:
                yield from self._plain(node, place)

    def _plain(self, node: ast.AST, place: Place) -> Iterator[Value]:
        """Yield what an expression is that says it itself, or is one of its parts."""
        match node:
            case ast.Constant(value=bytes() | str()):
                yield Value(FLASH, node, place)
            case ast.Constant() | ast.Compare() | ast.JoinedStr() | ast.UnaryOp() | ast.Dict() | ast.Set():
                yield Value(OTHER, node, place)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                yield Value(_CALLABLE, node, place)
            case ast.Tuple() | ast.List() | ast.ListComp() | ast.GeneratorExp():
                yield Value(_ROW, node, place)
            case ast.IfExp(body=first, orelse=second):
                yield from self.values(first, place) | self.values(second, place)
            case ast.BoolOp(values=parts):
                for part in parts:
                    yield from self.values(part, place)
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.YieldFrom(value=value):
                yield from self.values(value, place)
            case _:
                yield Value(UNKNOWN, node, place)

    def _named(self, name: str, node: ast.AST, place: Place) -> Iterator[Value]:
        for depth in range(len(place.inside), -1, -1):
            within = Place(place.module, place.inside[:depth])
            scope = self.scope(within)
            function = within.inside[-1] if within.inside else None
            found = False
            if function is not None and name in parameters(function):
                found = True
                yield from self.values(parameter_of(function, name), within)
            if name in scope.bound:
                found = True
                for value in scope.bound[name]:
                    yield from self.values(value, within)
            for source, member in scope.imported.get(name, ()):
                found = True
                yield from self._imported(source, member)
            if found:
                return
        yield Value(FOREIGN, node, place)  # built in

    def _imported(self, source: str, member: str) -> Iterator[Value]:
        whole = f"{source}.{member}" if member else source
        if whole in self.modules:
            yield Value(_MODULE, None, Place(whole))
        elif source in self.modules:
            yield from self._global(source, member)
        elif source.split(".")[0] not in self._tops:
            yield Value(FOREIGN, None, Place(whole))
        # else: a module of the package that this image leaves out

    def _global(self, module: str, name: str) -> Iterator[Value]:
        scope = self.scopes[module]
        for value in scope.bound.get(name, ()):
            yield from self.values(value, Place(module))
        for source, member in scope.imported.get(name, ()):
            yield from self._imported(source, member)
        if name not in scope.bound and name not in scope.imported:
            yield Value(UNKNOWN, None, Place(f"{module}.{name}"))

    def _attribute(self, holder: ast.AST, name: str, place: Place) -> Iterator[Value]:
        for held in self.values(holder, place):
            if held.kind == _MODULE:
                yield from self._global(held.place.module, name)
            elif held.kind in (_INSTANCE, _CALLABLE) and isinstance(held.node, ast.ClassDef):
                yield from self._of_class(held.node, name)
            elif held.kind == UNKNOWN:
                yield from self._of_any(name, holder, place)
            elif held.kind == FOREIGN:
                yield held
            else:
                yield Value(OTHER, holder, place)

    def _of_class(self, owner: ast.ClassDef, name: str) -> Iterator[Value]:
        found = [pair for each in self.related(owner) for pair in self.attributes[each].get(name, ())]
        for value, where in found + self.loose.get(name, []):
            yield from self.values(value, where)

    def _of_any(self, name: str, holder: ast.AST, place: Place) -> Iterator[Value]:
        found = [pair for each in self.attributes.values() for pair in each.get(name, ())]
        for value, where in found + self.loose.get(name, []):
            yield from self.values(value, where)
        if not found and name not in self.loose:
            yield Value(UNKNOWN, holder, place)

    def _part(self, held: ast.AST, index: ast.AST, node: ast.AST, place: Place) -> Iterator[Value]:
        whole = self.values(held, place)
        for value in whole:
            if value.kind == _ROW:
                yield from self._elements(value, held)
            elif isinstance(index, ast.Slice) and value.kind in (WHOLE_VIEW, VIEW):
                yield Value(VIEW, node, place)
            elif isinstance(index, ast.Slice) and value.kind in (HEAP, FLASH):
                yield Value(HEAP, node, place)  # a copy
            elif value.kind in (HEAP, FLASH, OTHER):
                yield Value(OTHER, node, place)  # a number of it
            else:
                yield Value(UNKNOWN, node, place)

    def _elements(self, row: Value, held: ast.AST) -> Iterator[Value]:
        if isinstance(row.node, ast.ListComp | ast.GeneratorExp):
            yield from self.values(row.node.elt, row.place)
        else:
            assert isinstance(row.node, ast.Tuple | ast.List)
            for element in row.node.elts:
                yield from self.values(element, row.place)
        name = last_name(held)
        for call in self.calls.get("append", ()):
            if isinstance(call.func, ast.Attribute) and last_name(call.func.value) == name and call.args:
                yield from self.values(call.args[0], self.places[call])

    # --- calls

    def _is_ours(self, name: str, place: Place) -> bool:
        """Return whether a name is bound in the package, and to nothing of another package's."""
        for depth in range(len(place.inside), -1, -1):
            within = Place(place.module, place.inside[:depth])
            scope = self.scope(within)
            if name in scope.bound or (depth and name in parameters(within.inside[-1])):
                return True
            if name in scope.imported:
                return any(source.split(".")[0] in self._tops for source, _member in scope.imported[name])
        return False

    def _built_in(self, name: str, call: ast.Call, place: Place) -> Iterator[Value]:
        if name in ("bytearray", "array"):
            yield Value(HEAP, call, place)
        elif name == "bytes":  # of constants, the image makes one constant
            yield Value(FLASH if call.args and isinstance(call.args[0], ast.Tuple) else HEAP, call, place)
        elif name == "memoryview":
            for value in self.values(call.args[0], place):
                yield Value(WHOLE_VIEW, call, place) if value.kind == HEAP else value
        elif name in _MAKES_ROW:
            yield from self.values(call.args[0], place) if call.args else ()
        else:
            yield Value(OTHER if name in _MAKES_NUMBER else FOREIGN, call, place)

    def _called(self, call: ast.Call, place: Place) -> Iterator[Value]:
        if isinstance(call.func, ast.Attribute) and call.func.attr in _MAKES_NEW:
            yield Value(HEAP, call, place)
            return
        if isinstance(call.func, ast.Attribute) and call.func.attr == "pop":
            yield from self._part(call.func.value, ast.Constant(0), call, place)
            return
        for value in self.values(call.func, place):
            if value.kind == FOREIGN:
                yield Value(FOREIGN, call, place)
            elif value.kind != _CALLABLE:
                yield Value(UNKNOWN, call, place)
            elif isinstance(value.node, ast.ClassDef):
                yield Value(_INSTANCE, value.node, value.place)
            elif isinstance(value.node, FUNCTIONS):
                yield from self._returned(value.node, value.place)

    def _returned(self, function: Function, place: Place) -> Iterator[Value]:
        within = Place(place.module, (*place.inside, function))
        if isinstance(function, ast.Lambda):
            yield from self.values(function.body, within)
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and self.places[node].inside == within.inside and node.value is not None:
                yield from self.values(node.value, within)

    def _argument(self, function: Function, name: str, within: Place) -> Iterator[Value]:
        """Yield what a parameter may be: of every call that may be one of this function, and its default."""
        if function in self.methods and parameters(function)[0] == name:
            yield Value(_INSTANCE, self.methods[function], within)
        elif not self.is_named(function):
            yield Value(UNKNOWN, parameter_of(function, name), within)
        for argument, place in self.arguments(function, name):
            yield from self.values(argument, place)
        own = [*function.args.posonlyargs, *function.args.args]
        for parameter, default in zip(reversed(own), reversed(function.args.defaults), strict=False):
            if parameter.arg == name:
                yield from self.values(default, Place(within.module, within.inside[:-1]))

    def arguments(self, function: Function, name: str) -> Iterator[tuple[ast.AST | None, Place]]:
        """Yield what the calls of a function give for a parameter, and where; None where nobody can tell."""
        at = parameters(function).index(name) - (function in self.methods)
        if at < 0:
            return  # self
        for call in self._calls_of(function):
            place = self.places[call]
            keyword = next((each.value for each in call.keywords if each.arg == name), None)
            if keyword is not None:
                yield keyword, place
            elif any(isinstance(each, ast.Starred) for each in call.args[: at + 1]):
                yield None, place
            elif at < len(call.args):
                yield call.args[at], place

    def _calls_of(self, function: Function) -> Iterator[ast.Call]:
        name = getattr(function, "name", "")
        made: ast.AST = self.methods[function] if name == "__init__" else function  # who calls a class calls this
        for called in self.names_for(getattr(made, "name", "")):
            for call in self.calls.get(called, ()):
                if any(value.node is made for value in self.values(call.func, self.places[call])):
                    yield call
