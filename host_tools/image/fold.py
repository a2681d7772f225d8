"""Puts constants where they are used and leaves out names nobody uses: a linker's work, for mpy-cross knows one file.

A name costs a board's heap its place in a module and in the table of names, even where the code lies in flash. Each
line stays where it was, so a traceback names the line of the source.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from host_tools.image import arguments
from host_tools.image.attributes import Attributes
from host_tools.image.constants import Constants, Module, defined, parse
from host_tools.image.interning import interned

Edit = tuple[int, int, bytes]
Span = Callable[[ast.expr | ast.arg], tuple[int, int]]
Said = tuple[str, str] | str  # module and name, or a name that may be any module's
_one_at_a_time = threading.Lock()  # CPython 3.11 counts the depth of all threads' trees as one, and raises SystemError
_DOES_NOTHING = (ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.Dict, ast.BinOp, ast.UnaryOp)
_PARTS = (ast.operator, ast.unaryop, ast.expr_context)


def fold(
    sources: Mapping[str, str],
    others: Collection[str] = (),
    promised: Mapping[str, Iterable[str]] = MappingProxyType({}),
    *,
    keep_names: bool = False,
) -> dict[str, str]:
    """Return the sources of a package with its constants in place, and without the values nobody asks for.

    sources: module name to text.  others: texts that use the package too; a name they say stays.  promised: module to
    names that stay, whoever asks for them.  keep_names: so do all others, those of parameters and attributes too.
    Errors: SyntaxError.
    """
    with _one_at_a_time:
        return _fold(sources, others, promised, keep_names)


def _fold(
    sources: Mapping[str, str], others: Collection[str], promised: Mapping[str, Iterable[str]], keep_names: bool
) -> dict[str, str]:
    modules = {name: parse(name, text, sources) for name, text in sources.items()}
    constants = Constants(modules)
    if keep_names:
        return {name: _rewrite(module, constants, None) for name, module in modules.items()}
    said: set[Said] = {(module, name) for module, names in promised.items() for name in names}
    in_calls: set[str] = set()
    packages = {name.split(".")[0] for name in sources}
    for module in modules.values():
        said.update(_said(module, constants))
        arguments.check(module.name, module.nodes)
        in_calls.update(arguments.said_in_calls(module.name, module.nodes, packages))
    for text in others:
        nodes = list(ast.walk(ast.parse(text)))
        said.update(_words(nodes))
        in_calls.update(arguments.said_in_calls("a script beside the package", nodes, packages))
    asked = said, in_calls, Attributes(modules, others)
    return interned({name: _rewrite(module, constants, asked) for name, module in modules.items()})


def _said(module: Module, constants: Constants) -> Iterator[Said]:
    """Yield what a module still says once its constants are in place."""
    imports = [statement for statement in module.tree.body if isinstance(statement, ast.ImportFrom)]
    ours = {alias for statement in imports for alias in statement.names}
    for statement in imports:
        for alias in ours.intersection(statement.names):
            if constants.of(module.name, alias.asname or alias.name) is None:
                yield statement.module or "", alias.name
    for node in module.nodes:
        if constants.at(module, node) is not None:
            continue
        match node:
            case ast.Name(id=name):
                if isinstance(node.ctx, ast.Load) and name not in module.modules:
                    yield module.name, name
            case ast.Attribute(value=ast.Name(id=local), attr=name) if local in module.modules:
                yield module.modules[local], name
            case _ if node not in ours:
                yield from _words([node])


def _words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
                yield word
            case ast.alias(name=name):
                yield name.rpartition(".")[2]


def _rewrite(module: Module, constants: Constants, spoken: tuple[set[Said], set[str], Attributes] | None) -> str:
    starts = [0]
    for line in module.text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(node: ast.expr | ast.stmt | ast.arg) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    edits: list[Edit] = []
    for node in module.nodes:
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
            literal = _literal(module, constants, node)
            if literal is not None:
                edits.append((*span(node), literal))
    if spoken is not None:
        said, in_calls, attributes = spoken
        edits += _numbers(module, in_calls, attributes, span)
        for statement in module.tree.body:
            text = _without(statement, module, constants, said)
            if text is not None:
                lines = (statement.end_lineno or statement.lineno) - statement.lineno
                edits.append((*span(statement), text.encode() + b"\n" * lines))
    return _apply(module.text.encode(), edits).decode()


def _numbers(module: Module, in_calls: set[str], attributes: Attributes, span: Span) -> Iterator[Edit]:
    for attribute, number in attributes.numbered(module):
        _start, end = span(attribute)
        yield end - len(attribute.attr), end, number.encode()
    for place, number in arguments.numbered(module.nodes, in_calls, module.formatted):
        start, _end = span(place)
        name = place.id if isinstance(place, ast.Name) else place.arg
        yield start, start + len(name.encode()), number.encode()


def _literal(module: Module, constants: Constants, node: ast.Name | ast.Attribute | ast.Call) -> bytes | None:
    if isinstance(node, ast.Call):
        octets = constants.octets(module, node)
        if octets is None:
            return None
        # A device reads it where it lies, and needs no tuple to make it of.
        lines = (node.end_lineno or node.lineno) - node.lineno
        return b"(" + repr(octets).encode() + b"\n" * lines + b")"
    value = constants.at(module, node)
    if value is None:
        return None
    return b"%d" % value if value >= 0 else b"(%d)" % value


def _without(statement: ast.stmt, module: Module, constants: Constants, said: set[Said]) -> str | None:
    """Return what is left of a statement at a module's top, None where it stays as it is."""
    if isinstance(statement, ast.ImportFrom):
        left = [alias for alias in statement.names if not _folded(alias, module, constants, said)]
        if len(left) == len(statement.names):
            return None
        return ast.unparse(ast.ImportFrom(statement.module, left, 0)) if left else "pass"
    names = [name for name, _value, _index in defined(statement, module.bindings)]
    if not names or any(name in said or (module.name, name) in said for name in names):
        return None
    constant = all(constants.of(module.name, name) is not None for name in names)
    return "pass" if constant or _does_nothing(statement) else None


def _does_nothing(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return value is not None and all(isinstance(node, (*_DOES_NOTHING, *_PARTS)) for node in ast.walk(value))


def _folded(alias: ast.alias, module: Module, constants: Constants, said: set[Said]) -> bool:
    local = alias.asname or alias.name
    if local in module.members:
        return constants.of(module.name, local) is not None and local not in said and (module.name, local) not in said
    if local not in module.modules or (module.name, local) in said:
        return False
    uses = module.uses.get(local, [])
    holders = [module.attributes[node] for node in uses if node in module.attributes]
    # A module that is imported and never named is imported for what it does.
    return bool(uses) and len(holders) == len(uses) and all(constants.at(module, node) is not None for node in holders)


def _apply(text: bytes, edits: list[Edit]) -> bytes:
    """Make the edits, the outermost where one lies in another."""
    out, at = [], 0
    for start, end, put in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= at:
            out += [text[at:start], put]
            at = end
    return b"".join(out) + text[at:]
