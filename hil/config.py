"""Parameters of a controller from a TOML file and from the command line, checked against the device's own table."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridkeel.errors import ParameterError
from gridkeel.params import NAMES, Parameters, check
from host_tools.errors import MissingError, ToolError

TABLE = "parameters"


def load_parameters(path: Path | None, overrides: list[str]) -> dict[str, int]:
    """Return {name: value} of the file's [parameters] table, the "name=value" overrides on top.

    Only what is named there is in the result. Errors: MissingError without the file, ToolError that names the file
    (or the option), the parameter and its limits.
    """
    values: dict[str, int] = {}
    if path is not None:
        for name, value in _read_table(path).items():
            values[name] = _checked(name, value, str(path))
        _check_together(values, str(path))
    for text in overrides:
        name, equals, value = text.partition("=")
        where = f"--param {text}"
        if not equals:
            raise ToolError(f"{where}: give it as name=value, for example --param baseline_w=3000")
        values[name.strip()] = _checked(name.strip(), _integer(value.strip(), where), where)
    _check_together(values, f"{path} with --param" if path else "--param")
    return values


def _read_table(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ToolError(f"{path} is no TOML: {error}") from None
    for name in content:
        if name != TABLE:
            raise ToolError(f"{path}: unknown table or key {name!r}{nearest(name, (TABLE,))}; write [{TABLE}]")
    table = content.get(TABLE, {})
    if not isinstance(table, Mapping):
        raise ToolError(f"{path}: {TABLE} is no table; write [{TABLE}] and name = value under it")
    return table


def _checked(name: str, value: Any, where: str) -> int:
    if name not in NAMES:
        raise ToolError(
            f"{where}: unknown parameter {name!r}{nearest(name, NAMES)}; `gridkeel params` lists all with their limits"
        )
    try:
        return check(name, value)
    except ParameterError as error:
        raise ToolError(f"{where}: {error}") from None


def _integer(text: str, where: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ToolError(f"{where}: {text!r} is no integer") from None


def _check_together(values: Mapping[str, int], where: str) -> None:
    try:
        Parameters(values)
    except ParameterError as error:
        raise ToolError(f"{where}: {error}") from None


def nearest(name: str, known: tuple[str, ...]) -> str:
    """Return " (did you mean ...?)" for a name that is close to a known one, else nothing."""
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
