"""Numbers the private attributes of each class: _a0, _d7, ... in every class, so that all of them share few names.

MicroPython keeps the name of an attribute once in the program's table of names, whoever has one of that name: two
hundred classes that number theirs need as many names as the largest of them. Only what is said as `self._name` in
methods of classes whose bases are known is numbered; one other place that says the name, and it stays everywhere.
Methods keep their names, for tracebacks; classes that inherit from each other number theirs together.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set

from host_tools.image.constants import Module

Key = tuple[str, str]  # module and class
_PRIVATE = re.compile(r"_[A-Za-z][A-Za-z0-9_]*")
_WORDS = re.compile(rf"(?<![A-Za-z0-9_]){_PRIVATE.pattern}")
_NUMBERED = re.compile(r"_[a-z][0-9]")
_NUMBERS = 260
_STRIDE = 37  # names that follow each other would lie side by side in an object's table, and be found after each other
_BY_TEXT = ("getattr", "setattr", "hasattr", "delattr")
_HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__slots__", "__dict__")
_PLAIN_BASES = ("object", "Exception", "ValueError", "OSError", "RuntimeError")
_DECORATORS = ("property", "native", "viper", "setter")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Attributes:
    """Numbers of the private attributes of a package.  others: texts whose names stay.  Errors: SyntaxError."""

    def __init__(self, modules: Mapping[str, Module], others: Iterable[str]) -> None:
        self._modules = modules
        self._classes = dict(_classes(modules.values()))
        loose = self._group()
        self._closed = {node: key for key, node in self._classes.items() if self._head(key) not in loose}
        self._owner = {attribute: key for node, key in self._closed.items() for attribute in _own(node)}
        stay: set[str] = set()
        for text in others:
            stay.update(_WORDS.findall(text))
            _check("a script beside the package", list(ast.walk(ast.parse(text))))
        for module in modules.values():
            _check(module.name, module.nodes)
            stay.update(self._stay(module))
        self._numbers = self._number(stay)

    def numbered(self, module: Module) -> Iterator[tuple[ast.Attribute, str]]:
        """Yield each place of a module where an attribute has a number instead of its name."""
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and node in self._owner:
                number = self._numbers[self._head(self._owner[node])].get(node.attr)
                if number is not None:
                    yield node, number

    def _group(self) -> set[Key]:
        """Join classes with their bases.  Returns the heads of groups whose attributes are not all in sight."""
        self._joined = {key: key for key in self._classes}
        loose: list[Key] = []
        for key, node in self._classes.items():
            for base in node.bases:
                above = self._named(self._modules[key[0]], base)
                if above is not None:
                    self._joined[self._head(above)] = self._head(key)
                elif not (isinstance(base, ast.Name) and self._is_plain(key[0], base.id)):
                    loose.append(key)
            if node.keywords or node.decorator_list or any(_is_hook(inner) for inner in ast.walk(node)):
                loose.append(key)
        for module in self._modules.values():
            loose += self._lent(module)
        return {self._head(key) for key in loose}

    def _lent(self, module: Module) -> Iterator[Key]:
        """Yield the classes whose functions are named without an object: they may be called with any."""
        own: dict[ast.AST, Key] = {}
        for statement in module.tree.body:
            if isinstance(statement, ast.ClassDef) and (module.name, statement.name) in self._classes:
                calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call) and _is_of_self(node))
                own.update((call.func, self._head((module.name, statement.name))) for call in calls)
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and not node.attr.isupper():
                key = self._named(module, node.value)
                if key is not None and own.get(node) != self._head(key):
                    yield key

    def _head(self, key: Key) -> Key:
        while self._joined[key] != key:
            key = self._joined[key]
        return key

    def _named(self, module: Module, node: ast.expr) -> Key | None:
        """Return the class that an expression names."""
        match node:
            case ast.Name(id=name):
                key = module.members.get(name, (module.name, name))
            case ast.Attribute(value=ast.Name(id=local), attr=name) if local in module.modules:
                key = module.modules[local], name
            case _:
                return None
        return key if key in self._classes else None

    def _is_plain(self, module: str, name: str) -> bool:
        return name in _PLAIN_BASES and not self._modules[module].bindings[name]

    def _stay(self, module: Module) -> Iterator[str]:
        """Yield the private names that a module says otherwise than as `self._name`."""
        silent = set(_docstrings(module.nodes))
        for node in module.nodes:
            match node:
                case ast.Attribute(attr=name) if node not in self._owner or node in module.formatted:
                    yield name
                case ast.Constant(value=str(text)) if node not in silent:
                    yield from _WORDS.findall(text)
                case ast.Constant(value=bytes(octets)):
                    yield from _WORDS.findall(octets.decode("latin-1"))
                case ast.ClassDef() if node not in self._closed:
                    yield from _in_body(node)

    def _number(self, stay: Set[str]) -> dict[Key, dict[str, str]]:
        said: defaultdict[Key, set[str]] = defaultdict(set)
        for node, key in self._owner.items():
            said[self._head(key)].add(node.attr)
        for class_, key in self._closed.items():
            said[self._head(key)].difference_update(_in_body(class_))
        return {
            head: {name: _numbered(number) for number, name in enumerate(sorted(names - stay)[:_NUMBERS])}
            for head, names in said.items()
        }


def _numbered(number: int) -> str:
    place = number * _STRIDE % _NUMBERS
    return f"_{chr(ord('a') + place // 10)}{place % 10}"


def _classes(modules: Iterable[Module]) -> Iterator[tuple[Key, ast.ClassDef]]:
    """Yield the classes that are what their module's name says, and nothing else."""
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and module.bindings[node.name] == 1:
                yield (module.name, node.name), node


def _own(class_: ast.ClassDef) -> Iterator[ast.Attribute]:
    """Yield each `self._name` in the methods of a class."""
    for method in class_.body:
        if not isinstance(method, _FUNCTIONS) or not method.args.args or not all(map(_leaves, method.decorator_list)):
            continue
        own = method.args.args[0].arg
        inside = list(ast.walk(method))
        if sum(own in _bound(node) for node in inside) > 1:
            continue
        for node in inside:
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == own:
                    if _PRIVATE.fullmatch(attribute):
                        yield node


def _leaves(decorator: ast.expr) -> bool:
    """Return whether a decorator leaves the first parameter what it is."""
    name = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")
    return name in _DECORATORS


def _bound(node: ast.AST) -> tuple[str, ...]:
    """Return the names that a node of a method binds."""
    match node:
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.MatchMapping(rest=str(name)):
            return (name,)
        case ast.alias(name=name, asname=local):
            return (local or name.split(".")[0],)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return tuple(names)
    return ()


def _in_body(class_: ast.ClassDef) -> Iterator[str]:
    """Yield what a class's body names: methods, and what all its objects share."""
    waiting: list[ast.AST] = list(class_.body)
    while waiting:
        node = waiting.pop()
        yield from _bound(node)
        if isinstance(node, ast.Name):
            yield node.id
        if not isinstance(node, _FUNCTIONS):
            waiting += ast.iter_child_nodes(node)


def _is_of_self(call: ast.Call) -> bool:
    """Return whether a call hands on the object whose method it stands in, as Base.__init__(self) does."""
    return bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id == "self"


def _is_hook(node: ast.AST) -> bool:
    match node:
        case ast.FunctionDef(name=name) | ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _HOOKS
    return False


def _docstrings(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        match node:
            case ast.Expr(value=ast.Constant() as text):
                yield text


def _check(file: str, nodes: Iterable[ast.AST]) -> None:
    """Errors: SyntaxError where a file could notice that attributes have other names."""
    for node in nodes:
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) if _NUMBERED.fullmatch(name):
                raise _refused(file, node, f"{name} is a name that the image gives")
            case ast.Attribute(attr="__dict__"):
                raise _refused(file, node, "__dict__ names attributes")
            case ast.Call(func=ast.Name(id=call), args=[_, ast.BinOp() | ast.JoinedStr(), *_]) if call in _BY_TEXT:
                raise _refused(file, node, f"{call} of a composed text may name any attribute")
            case ast.Call(func=ast.Name(id=("dir" | "vars") as name)):
                raise _refused(file, node, f"{name} names attributes")


def _refused(file: str, node: ast.expr, why: str) -> SyntaxError:
    return SyntaxError(f"{why}, and those of the image are numbered", (file, node.lineno, None, None))
