"""Mutation operators: where one small change of a module's syntax tree makes a defect, and the text of it.

`sites(source)` lists them. Each is planted by replacing the text of one node, so nothing else of the source moves.

    comparison  a bound off by one (< <=), or the contrary (== !=, in, is)
    boolean     an operand of `and` or `or` left out
    arithmetic  + - * // << >> & | to the contrary
    sign        a minus or a `not` left out
    bound       an operand of min or max left out
    constant    another number or flag
    branch      a condition always or never true, a loop over nothing
    return      0 for a value that is looked up
    drop        a statement left out
    name        another code (errors.X) or number of the module (a state), the opposite quantity (max_a, min_a)
    entry       another entry in a table
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MODULE = "<module>"
_SHOWN_MAX = 120
_SMALL = 16

_COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip
_ONCE = ("constant", "arithmetic")  # the first of a statement represents the others
_BOUNDS = ("min", "max", "minimum", "maximum")
_OPPOSITES = ("max", "min"), ("high", "low"), ("over", "under"), ("charge", "discharge")
_WITHOUT_SITES = (ast.Import, ast.ImportFrom, ast.Global, ast.Assert, ast.Pass)
_BLOCKS = ("body", "orelse", "finalbody")


class Site(NamedTuple):
    """One possible defect: `node` of `function` becomes `text`; `shown` describes it without its place in the file.

    first_line: where the statement begins that it stands in.
    """

    function: str
    operator: str
    node: ast.AST
    text: str
    shown: str
    first_line: int

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line of which one runs wherever this defect shows: from its statement's to its own end."""
        return self.first_line, self.node.end_lineno

    def planted(self, source: str) -> str:
        """Return the source with this defect in it."""
        lines = source.encode().splitlines(keepends=True)
        start = sum(map(len, lines[: self.node.lineno - 1])) + self.node.col_offset
        end = sum(map(len, lines[: self.node.end_lineno - 1])) + self.node.end_col_offset
        whole = b"".join(lines)
        return (whole[:start] + self.text.encode() + whole[end:]).decode()


def sites(source: str, tables: Sequence[str] = ()) -> list[Site]:
    """Return every site of a module, in the order of the source; equal ones of a function are numbered.

    tables: names of the module whose entries are changed one by one; of other names a plain number alone.
    """
    module = ast.parse(source)
    finder = _Finder(module, tables)
    finder.block(module.body, MODULE, is_figures=True)
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for site in finder.found:
        key = site.function, site.operator, site.shown
        seen[key] += 1
        numbered.append(site._replace(shown=f"{site.shown} #{seen[key]}") if seen[key] > 1 else site)
    return numbered


def written(source: str, function: str, old: str, new: str) -> Site | None:
    """Return the site of a defect given as text (an expression or a statement); None where a function has no such."""
    for scope in _scopes(ast.parse(source), function):
        for node in ast.walk(scope):
            if isinstance(node, ast.expr | ast.stmt) and ast.unparse(node) == old:
                text = new if isinstance(node, ast.stmt) else f"({new})"
                return Site(function, "curated", node, text, f"{_cut(old)} -> {_cut(new)}", getattr(scope, "lineno", 1))
    return None


def _scopes(node: ast.AST, function: str) -> list[ast.AST]:
    """Return the syntax of a qualified name, in a list that is empty where there is none."""
    for name in () if function == MODULE else function.split("."):
        found = [one for one in ast.iter_child_nodes(node) if getattr(one, "name", "") == name]
        if not found:
            return []
        node = found[0]
    return [node]


class _Finder:
    """Walks a module and collects its sites."""

    def __init__(self, module: ast.Module, tables: Sequence[str]) -> None:
        self.found: list[Site] = []
        self._tables = tables
        self._function = MODULE
        self._is_figures = True
        self._assigned: set[str] = set()
        self._statement_line = 0
        self._made: set[tuple[int, str]] = set()
        self._attributes: dict[str, set[str]] = defaultdict(set)
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute):
                self._attributes[ast.unparse(node.value)].add(node.attr)
        self._numbers = {one.targets[0].id: ast.dump(one.value) for one in module.body if _is_number(one)}
        self._enumerated = _enumerated(module.body)

    def block(self, body: list[ast.stmt], function: str, is_figures: bool) -> None:
        """Visit the statements of a module or class (is_figures: each number counts by itself), or of a function."""
        outer = self._function, self._is_figures, self._assigned
        self._function, self._is_figures, self._assigned = function, is_figures, set()
        for statement in body:
            self._statement(statement, alone=False)
        self._function, self._is_figures, self._assigned = outer

    def _add(self, operator: str, node: ast.AST, text: str, shown: str = "") -> None:
        if operator in _ONCE and not self._is_figures and (self._statement_line, operator) in self._made:
            return
        self._made.add((self._statement_line, operator))
        text = text if isinstance(node, ast.stmt) else f"({text})"
        self.found.append(
            Site(self._function, operator, node, text, shown or f"{_shown(node)} -> {text}", self._statement_line)
        )

    def _put(self, operator: str, node: ast.AST, new: ast.AST) -> None:
        self._add(operator, node, ast.unparse(new), f"{_shown(node)} -> {_shown(new)}")

    # --- statements

    def _statement(self, node: ast.stmt, alone: bool) -> None:
        """alone: the only statement of a branch, so that forcing the branch does the same as dropping it."""
        self._statement_line = node.lineno
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = node.name if self._function == MODULE else f"{self._function}.{node.name}"
            self.block(node.body, name, isinstance(node, ast.ClassDef))
        elif (
            self._function == MODULE and not self._is_table(node) and (not _is_number(node) or node in self._enumerated)
        ):
            return
        elif not isinstance(node, _WITHOUT_SITES) and not _is_for_checkers(node):
            if not alone and self._is_droppable(node):
                self._add("drop", node, "pass")
            self._changes_of(node)
            self._assigned |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}

    def _changes_of(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Raise):  # its code alone: the text is a reader's
            for argument in getattr(node.exc, "args", ()):
                if isinstance(argument, ast.Attribute):
                    self._on_attribute(argument, node)
            return
        self._head(node)
        for block in _BLOCKS:
            statements = getattr(node, block, [])
            for statement in statements:
                self._statement(statement, isinstance(node, ast.If) and len(statements) == 1 and not node.orelse)
        for handler in getattr(node, "handlers", ()):
            for statement in handler.body:
                self._statement(statement, alone=False)

    def _head(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Return) and _is_looked_up(node.value):
            self._put("return", node.value, ast.Constant(0))
        if isinstance(node, ast.If | ast.While):
            self._force(node.test, loop=isinstance(node, ast.While))
        if isinstance(node, ast.For):
            self._put("branch", node.iter, ast.Tuple([]))
        for expression in _expressions(node):
            self._expression(expression, node)

    def _is_table(self, node: ast.stmt) -> bool:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        return isinstance(target, ast.Name) and (target.id in self._tables or "*" in self._tables)

    def _is_droppable(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Call)
        if isinstance(node, ast.Return):
            return node.value is None
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            return isinstance(node, ast.AugAssign | ast.Continue | ast.Break | ast.Raise)
        assigned = node.targets if isinstance(node, ast.Assign) else [node.target] if node.value else []
        return bool(assigned) and not self._is_start() and all(map(self._is_assigned_before, assigned))

    def _is_assigned_before(self, target: ast.expr) -> bool:
        """Whether something stands there without this assignment: an attribute is first assigned by __init__."""
        return target.id in self._assigned if isinstance(target, ast.Name) else not isinstance(target, ast.Tuple)

    def _is_start(self) -> bool:
        return self._function == MODULE or self._function.endswith("__init__")

    def _force(self, test: ast.expr, loop: bool = False) -> None:
        """Make a condition always or never true; what dropping one of its operands does more narrowly is left out."""
        operator = test.op if isinstance(test, ast.BoolOp) else None
        if not loop and not isinstance(operator, ast.And):
            self._add("branch", test, "True")
        if not isinstance(test, ast.Constant) and not isinstance(operator, ast.Or):
            self._add("branch", test, "False")

    # --- expressions

    def _expression(self, node: ast.expr, parent: ast.AST) -> None:
        if isinstance(node, ast.JoinedStr | ast.Lambda) or _is_message(node):
            return
        make = getattr(self, "_on_" + type(node).__name__.lower(), None)
        if make is not None:
            make(node, parent)
        for child in _expressions(node):
            self._expression(child, node)
        for part in getattr(node, "generators", ()):
            for test in part.ifs:
                self._force(test)

    def _on_compare(self, node: ast.Compare, parent: ast.AST) -> None:
        for at, operator in enumerate(node.ops):
            ordered = isinstance(operator, _ORDERED)
            if ordered and _is_clamp(node, parent) or not ordered and _is_test(node, parent):
                continue  # the same at the bound; forced branches say more
            new = copy.deepcopy(node)
            new.ops[at] = _COMPARISONS[type(operator)]()
            self._put("comparison", node, new)

    def _on_boolop(self, node: ast.BoolOp, parent: ast.AST) -> None:
        for at in range(len(node.values)):
            left = node.values[:at] + node.values[at + 1 :]
            self._put("boolean", node, left[0] if len(left) == 1 else ast.BoolOp(node.op, left))

    def _on_binop(self, node: ast.BinOp, parent: ast.AST) -> None:
        if type(node.op) in _ARITHMETIC:
            self._put("arithmetic", node, ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))

    def _on_unaryop(self, node: ast.UnaryOp, parent: ast.AST) -> None:
        if not _is_test(node, parent):
            self._put("sign", node, node.operand)

    def _on_ifexp(self, node: ast.IfExp, parent: ast.AST) -> None:
        self._put("branch", node, node.body)
        self._put("branch", node, node.orelse)

    def _on_call(self, node: ast.Call, parent: ast.AST) -> None:
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if name in ("add", "sub") and len(node.args) == 2:  # of ticks
            self._put("arithmetic", node, node.args[0])
        if name == "where" and len(node.args) == 3:
            self._put("branch", node, node.args[1])
            self._put("branch", node, node.args[2])
        if name in _BOUNDS and len(node.args) > 1:
            for at in range(len(node.args)):
                left = node.args[:at] + node.args[at + 1 :]
                self._put("bound", node, left[0] if len(left) == 1 else ast.Call(node.func, left, []))

    def _on_constant(self, node: ast.Constant, parent: ast.AST) -> None:
        in_table = self._is_figures and not isinstance(parent, ast.Assign | ast.BinOp)
        new, old = _other(node.value, in_table), node.value
        if new is None or self._is_changed_otherwise(parent):
            return
        before = _shown(parent)
        node.value = new
        after = _shown(parent)
        node.value = old
        plain = isinstance(parent, ast.stmt) and not self._is_figures or before == after
        self._add("constant", node, repr(new), f"{old!r} -> {new!r}" if plain else f"{before} -> {after}")

    def _is_changed_otherwise(self, parent: ast.AST) -> bool:
        """Whether another operator does to a number what this one would: a bound moved, an assignment left out."""
        if isinstance(parent, ast.Compare):
            return isinstance(parent.ops[0], _ORDERED)
        return isinstance(parent, ast.Assign) and not isinstance(parent.targets[0], ast.Name)

    def _on_name(self, node: ast.Name, parent: ast.AST) -> None:
        """Put another number of the module in a call, a return or an assignment: the next state, not this one."""
        if not self._is_start() and node.id in self._numbers and isinstance(parent, ast.Call | ast.Return | ast.Assign):
            names = list(self._numbers)
            at = names.index(node.id)
            others = (one for one in names[at + 1 :] + names[:at] if self._numbers[one] != self._numbers[node.id])
            for other in itertools.islice(others, 1):
                self._put("name", node, ast.Name(other))

    def _on_attribute(self, node: ast.Attribute, parent: ast.AST) -> None:
        known = self._attributes[ast.unparse(node.value)]
        if node.attr.isupper():
            others = sorted(
                (one for one in known - {node.attr} if one.isupper()), key=lambda one: (one < node.attr, one)
            )
        else:
            others = [one for one in _opposites(node.attr) if one in known]
        if others and isinstance(node.ctx, ast.Load) and not self._function.endswith("__init__"):
            self._put("name", node, ast.Attribute(node.value, others[0]))

    def _on_tuple(self, node: ast.Tuple | ast.List, parent: ast.AST) -> None:
        for at, entry in enumerate(node.elts if self._function == MODULE else ()):
            others = [
                one for one in node.elts[at + 1 :] + node.elts[:at] if type(one) is type(entry) and _is_entry(one)
            ]
            other = next((one for one in others if _is_entry(entry) and self._value(one) != self._value(entry)), None)
            if other is not None:
                shown = f"{_shown(node)}[{at}]: {_shown(entry)} -> {_shown(other)}"
                self._add("entry", entry, ast.unparse(other), shown)

    _on_list = _on_tuple

    def _value(self, node: ast.expr) -> str:
        """Return what tells an entry from another: its number where the module has it, else its text."""
        return self._numbers.get(getattr(node, "id", ""), _shown(node))


def _shown(node: ast.AST) -> str:
    return _cut(" ".join(ast.unparse(node).split()))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "..."


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions directly under a node, annotations and what is assigned to left out."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "targets", "target"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr):
                yield child
            elif isinstance(child, ast.keyword):
                yield child.value
            elif isinstance(child, ast.withitem):
                yield child.context_expr
            elif isinstance(child, ast.comprehension):
                yield from (child.iter, *child.ifs)


def _is_for_checkers(node: ast.stmt) -> bool:
    """Whether a statement is read by type checkers alone and never run."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _opposites(name: str) -> list[str]:
    words = name.split("_")
    pairs = {**dict(_OPPOSITES), **{other: one for one, other in _OPPOSITES}}
    return ["_".join(words[:at] + [pairs[word]] + words[at + 1 :]) for at, word in enumerate(words) if word in pairs]


def _is_number(node: ast.stmt) -> bool:
    named = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    return named and isinstance(node.value, ast.Constant | ast.BinOp | ast.UnaryOp)


def _enumerated(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the names for 0, 1, 2 ...: another number does the same, as long as it is nobody else's."""
    numbers = [(one, one.value.value) for one in body if _is_number(one) and isinstance(one.value, ast.Constant)]
    found = []
    for (one, low), (other, high) in zip(numbers, numbers[1:], strict=False):
        if isinstance(low, int) and isinstance(high, int) and high == low + 1 <= _SMALL:
            found += [one, other]
    return found


def _is_test(node: ast.expr, parent: ast.AST) -> bool:
    return isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node


def _is_clamp(node: ast.Compare, parent: ast.AST) -> bool:
    """Whether a comparison chooses the larger or smaller of its sides: at the bound both are the same."""
    sides = {ast.unparse(side) for side in (node.left, *node.comparators)}
    if isinstance(parent, ast.IfExp):
        return sides == {ast.unparse(parent.body), ast.unparse(parent.orelse)}
    then = parent.body[0] if isinstance(parent, ast.If) and len(parent.body) == 1 else None
    if isinstance(then, ast.Return) and then.value is not None:
        return ast.unparse(then.value) in sides
    return isinstance(then, ast.Assign) and sides == {ast.unparse(then.targets[0]), ast.unparse(then.value)}


def _is_looked_up(node: ast.expr | None) -> bool:
    """Whether a value comes from a call or a place, and is no constant of a table."""
    name = getattr(node, "id", None) or getattr(node, "attr", "")
    return isinstance(node, ast.Call | ast.Attribute | ast.Name | ast.Subscript) and not name.isupper()


def _is_entry(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) or isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_message(node: ast.expr) -> bool:
    """Texts put together for a reader, which no test should hold to the letter."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)


def _other(value: object, off_by_one: bool) -> object:
    """Return another value of the same kind, the next one or a fourth away; None for what is no quantity."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1 if off_by_one or abs(value) <= _SMALL else value + value // 4 + 1
    if isinstance(value, float):
        return value * 1.25 + 0.01
    if isinstance(value, bytes) and value:
        return value[:-1] + bytes((value[-1] ^ 1,))
    return None
