"""Puts constants where they are used and leaves their names out: what a linker does, for mpy-cross knows one file only.

A name costs a board's heap its place in a module and in the table of names, even where the code lies in flash. Each
line stays where it was, so a traceback tells the line of the source.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from hil.virtual_board.constants import Constants, Module, parse

Edit = tuple[int, int, bytes]


def fold(sources: Mapping[str, str], others: Iterable[str] = (), *, keep_names: bool = False) -> dict[str, str]:
    """Return the sources of a package with its constants in place.

    sources: module name to text.  others: texts that use the package too; a name they say stays.  keep_names: so do
    all others.  Errors: SyntaxError.
    """
    modules = {name: parse(name, text, sources) for name, text in sources.items()}
    constants = Constants(modules)
    said = {name for module in modules.values() for name in _said(module.tree, module, constants)}
    for text in others:
        said |= set(_said(ast.parse(text), None, constants))
    reached = {pair for module in modules.values() for pair in _reached(module)}
    return {
        name: _rewrite(module, constants, None if keep_names else said, reached) for name, module in modules.items()
    }


def _said(tree: ast.Module, module: Module | None, constants: Constants) -> Iterable[str]:
    """Yield the names and words of a text that stay in it."""
    tops = set(tree.body)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                if module is None or constants.at(module, node) is None:
                    yield name
            case ast.Constant(value=str(word)):
                yield word
            case ast.ImportFrom(names=aliases):
                for alias in aliases:
                    local = alias.asname or alias.name
                    if module is None or node not in tops or constants.of(module.name, local) is None:
                        yield alias.name


def _reached(module: Module) -> Iterable[tuple[str, str]]:
    """Yield each (module, name) that this one takes from another by import or as an attribute."""
    yield from module.members.values()
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=local), attr=name) if local in module.modules:
                yield module.modules[local], name


def _rewrite(module: Module, constants: Constants, said: set[str] | None, reached: set[tuple[str, str]]) -> str:
    starts = [0]
    for line in module.text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    edits: list[Edit] = []
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            value = constants.at(module, node)
            if value is not None:
                edits.append((*span(node), b"%d" % value if value >= 0 else b"(%d)" % value))
    if said is not None:
        for statement in module.tree.body:
            text = _without(statement, module, constants, said, reached)
            if text is not None:
                lines = (statement.end_lineno or statement.lineno) - statement.lineno
                edits.append((*span(statement), text.encode() + b"\n" * lines))
    return _apply(module.text.encode(), edits).decode()


def _without(
    statement: ast.stmt, module: Module, constants: Constants, said: set[str], reached: set[tuple[str, str]]
) -> str | None:
    """Return what is left of a statement at a module's top that binds constants, None where it stays as it is."""
    if isinstance(statement, ast.Assign):
        names = [node.id for node in ast.walk(statement.targets[0]) if isinstance(node, ast.Name)]
        gone = names and all(n not in said and constants.of(module.name, n) is not None for n in names)
        return "pass" if gone and set(names) <= set(module.definitions) else None
    if not isinstance(statement, ast.ImportFrom):
        return None
    left = [alias for alias in statement.names if not _folded(alias, module, constants, said, reached)]
    if len(left) == len(statement.names):
        return None
    return ast.unparse(ast.ImportFrom(statement.module, left, 0)) if left else "pass"


def _folded(
    alias: ast.alias, module: Module, constants: Constants, said: set[str], reached: set[tuple[str, str]]
) -> bool:
    local = alias.asname or alias.name
    if local in module.members:
        return constants.of(module.name, local) is not None and local not in said
    if local not in module.modules or (module.name, local) in reached:
        return False
    uses = [node for node in ast.walk(module.tree) if isinstance(node, ast.Name) and node.id == local]
    holders = [node for node in ast.walk(module.tree) if isinstance(node, ast.Attribute) and node.value in uses]
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
