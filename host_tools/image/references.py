"""Whether the names that a user's file asks of the package are there: said when an image is built, not on the board."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from host_tools.errors import ToolError
from host_tools.image.constants import Module, parse
from host_tools.image.package import PACKAGE, module_of


def check(path: Path, text: str, texts: Mapping[str, str]) -> None:
    """Check a file against the package.  texts: path in the image to text.  Errors: ToolError with line and name."""
    known = {module_of(Path(name)): content for name, content in texts.items()}
    try:
        user = parse("", text, known)
    except SyntaxError as error:
        raise ToolError(f"{path} is no Python: {error}") from None
    parsed: dict[str, Module] = {}
    for line, module, name in _asked(user, known):
        if module not in known:
            raise ToolError(f"{path}, line {line}: the image has no module {module}")
        if module not in parsed:
            parsed[module] = parse(module, known[module], known)
        if not parsed[module].bindings[name] and f"{module}.{name}" not in known:
            near = difflib.get_close_matches(name, list(parsed[module].bindings), n=1)
            way = f" (did you mean {near[0]}?)" if near else ""
            raise ToolError(f"{path}, line {line}: {module} has no {name}{way}")


def _asked(user: Module, known: Mapping[str, str]) -> Iterator[tuple[int, str, str]]:
    """Yield (line, module, name) of what a file takes out of the package."""
    for node in ast.walk(user.tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] == PACKAGE:
                if module == f"{PACKAGE}.protocols":
                    continue  # for mypy alone: no device has it
                yield from ((node.lineno, module, alias.name) for alias in names)
            case ast.Attribute(value=ast.Name(id=local), attr=name) if local in user.modules:
                yield node.lineno, user.modules[local], name
