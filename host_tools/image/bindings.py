"""What binds which name in a package: scopes, classes and calls, found once for all questions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Place(NamedTuple):
    """Where a node stands: its module, and the functions around it, the innermost last."""

    module: str
    inside: tuple[Function, ...] = ()


@dataclass
class Scope:
    """Names that a module or function binds: to expressions, or None where something else binds them."""

    bound: dict[str, list[ast.AST | None]] = field(default_factory=dict)
    imported: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # name: (module, name there or "")

    def bind(self, name: str, value: ast.AST | None) -> None:
        self.bound.setdefault(name, []).append(value)


Assigned: TypeAlias = dict[str, list[tuple[ast.AST | None, Place]]]


class Bindings:
    """All modules of an image, by name, and what is bound in them.

    places: where each node stands.  calls: every call by the last name it says.  scopes: by module or function.
    attributes: of `self` and of the class, by class; loose: those assigned to any other object.  methods: their class.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.modules = {name: ast.parse(text, name) for name, text in sources.items()}
        self.places: dict[ast.AST, Place] = {}
        self.calls: dict[str, list[ast.Call]] = {}
        self.scopes: dict[str | Function, Scope] = {}
        self.attributes: dict[ast.ClassDef, Assigned] = {}
        self.loose: Assigned = {}
        self.methods: dict[ast.AST, ast.ClassDef] = {}
        self._kin: dict[ast.ClassDef, list[ast.ClassDef]] = {}
        self._names: dict[str, set[str]] = {}
        for name, tree in self.modules.items():
            self.scopes[name] = Scope()
            for statement in tree.body:
                self._note(statement, Place(name), None)

    def scope(self, place: Place) -> Scope:
        """Return the scope of the innermost function of a place, or of its module."""
        return self.scopes[place.inside[-1] if place.inside else place.module]

    def _note(self, node: ast.AST, place: Place, owner: ast.ClassDef | None) -> None:
        self.places[node] = place
        if isinstance(node, FUNCTIONS):
            if not isinstance(node, ast.Lambda):
                self._define(node, node.name, place, owner, self.scope(place))
            self.scopes[node] = Scope()
            place, owner = Place(place.module, (*place.inside, node)), None
        elif isinstance(node, ast.ClassDef):
            self.scope(place).bind(node.name, node)
            owner = node
            self.attributes[node] = {}
        elif isinstance(node, ast.Call):
            self.calls.setdefault(last_name(node.func), []).append(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node, self.scope(place))
        else:
            self._bind(node, place, owner, self.scope(place))
        for child in ast.iter_child_nodes(node):
            if not (isinstance(node, FUNCTIONS) and child in getattr(node, "decorator_list", ())):
                self._note(child, place, owner)

    @staticmethod
    def _import(node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                local, origin = alias.asname or alias.name, (node.module or "", alias.name)
            else:
                local = alias.asname or alias.name.split(".")[0]
                origin = (alias.name if alias.asname else local, "")
            scope.imported.setdefault(local, []).append(origin)

    def _bind(self, node: ast.AST, place: Place, owner: ast.ClassDef | None, scope: Scope) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value, place, owner, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value, place, owner, scope)
            case ast.NamedExpr(target=target, value=value):
                self._assign(target, value, place, None, scope)
            case ast.For(target=target, iter=items) | ast.comprehension(target=target, iter=items):
                self._assign(target, _element(items, 0), place, None, scope)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._assign(target, None, place, None, scope)
            case ast.ExceptHandler(name=str(name)):
                scope.bind(name, None)

    def _define(self, node: ast.AST, name: str, place: Place, owner: ast.ClassDef | None, scope: Scope) -> None:
        if owner is None:
            scope.bind(name, node)
        else:
            self.methods[node] = owner
            self.attributes[owner].setdefault(name, []).append((node, place))

    def _assign(
        self, target: ast.AST, value: ast.AST | None, place: Place, owner: ast.ClassDef | None, scope: Scope
    ) -> None:
        if value is not None:
            self.places.setdefault(value, place)
        match target:
            case ast.Name(id=name):
                scope.bind(name, value)
                if owner is not None:
                    self.attributes[owner].setdefault(name, []).append((value, place))
            case ast.Attribute(value=ast.Name(id=holder), attr=name) if self._self_of(place) == holder:
                self.attributes[self.methods[place.inside[0]]].setdefault(name, []).append((value, place))
            case ast.Attribute(attr=name):
                self.loose.setdefault(name, []).append((value, place))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values: list[ast.expr | None] = [*value.elts] if isinstance(value, ast.Tuple | ast.List) else []
                if len(values) != len(parts):
                    values = [_element(value, at) for at in range(len(parts))]
                for part, one in zip(parts, values, strict=True):
                    self._assign(part, one, place, owner, scope)

    def related(self, owner: ast.ClassDef) -> list[ast.ClassDef]:
        """Return a class with those above and below it: what `self` of its methods may be."""
        if owner not in self._kin:
            above = _closure(owner, lambda one: [each for each in self.attributes if each.name in _bases(one)])
            below = _closure(owner, lambda one: [each for each in self.attributes if one.name in _bases(each)])
            self._kin[owner] = list(dict.fromkeys([*above, *below]))
        return self._kin[owner]

    def _self_of(self, place: Place) -> str:
        """Return the name of the object of the method a place is in, "" where it is in none."""
        first = place.inside[0] if place.inside else None
        return parameters(first)[0] if first in self.methods and first is not None and parameters(first) else ""

    def is_named(self, function: Function) -> bool:
        """Return whether any call of the package says a name that a function may be called by."""
        made: ast.AST = self.methods[function] if getattr(function, "name", "") == "__init__" else function
        return any(each in self.calls for each in self.names_for(getattr(made, "name", "")))

    def _renamed(self) -> Iterator[tuple[str, str]]:
        """Yield (name, last name of what it is bound to) of every binding."""
        for scope in self.scopes.values():
            yield from ((bound, last_name(value)) for bound, values in scope.bound.items() for value in values)
            yield from ((bound, member) for bound, found in scope.imported.items() for _source, member in found)
        for each in (*self.attributes.values(), self.loose):
            yield from ((bound, last_name(value)) for bound, pairs in each.items() for value, _place in pairs)

    def names_for(self, name: str) -> set[str]:
        """Return every name that a function may be called by: its own, and what it was assigned to or imported as."""
        if name in self._names:
            return self._names[name]
        names = {name}
        while True:
            more = set(names)
            more.update(bound for bound, last in self._renamed() if last in names)
            if more == names:
                self._names[name] = names
                return names
            names = more


def _element(row: ast.AST | None, at: int) -> ast.expr | None:
    return ast.Subscript(row, ast.Constant(at), ast.Load()) if isinstance(row, ast.expr) else None


def parameter_of(function: Function, name: str) -> ast.arg:
    """Return the node of a function's parameter."""
    own = function.args
    return next(each for each in (*own.posonlyargs, *own.args, *own.kwonlyargs) if each.arg == name)


def _bases(owner: ast.ClassDef) -> set[str]:
    return {last_name(base) for base in owner.bases}


def _closure(start: ast.ClassDef, following: Callable[[ast.ClassDef], list[ast.ClassDef]]) -> list[ast.ClassDef]:
    found = [start]
    for one in found:
        found += [each for each in following(one) if each not in found]
    return found


def parameters(function: Function) -> list[str]:
    """Return the names of a function's parameters, in order."""
    own = function.args
    return [each.arg for each in (*own.posonlyargs, *own.args, *own.kwonlyargs)]


def last_name(node: ast.AST | None) -> str:
    """Return the last name of `a`, `x.a` or `a if b else c` (of its first branch), "" of what has none."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.IfExp(body=body):
            return last_name(body)
    return ""
