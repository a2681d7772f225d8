"""Parameters of a controller from a file and from the command line, checked against the device's own table."""

from __future__ import annotations

import difflib
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridkeel import evse
from gridkeel.errors import ParameterError
from gridkeel.evse import duty
from gridkeel.params import NAMES, Parameters, check, parse
from host_tools.errors import MissingError, ToolError

TABLE = "parameters"


def load_parameters(path: Path | None, overrides: list[str]) -> dict[str, int]:
    """Return {name: value} of the file, the "name=value" overrides on top.

    A .json file is a board's config.json, read by the board's own rules; any other is TOML with a [parameters] table.

    Only what is named there is in the result. Errors: MissingError without the file, ToolError that names the file
    (or the option), the parameter and its limits.
    """
    values: dict[str, int] = {}
    if path is not None:
        for name, value in (_read_json if path.suffix == ".json" else _read_table)(path).items():
            values[name] = _checked(name, value, str(path))
        _check_together(values, str(path))
    for text in overrides:
        name, equals, value = text.partition("=")
        where = f"--param {text}"
        if not equals:
            raise ToolError(f"{where}: give it as name=value, for example --param baseline_w=3000")
        values[name.strip()] = _checked(name.strip(), _integer(value.strip(), where), where)
    _check_together(values, f"{path} with --param" if path else "--param")
    _note_a_wait(Parameters(values))
    return values


def _note_a_wait(p: Parameters) -> None:
    """Say on standard error where the baseline is less than an AC connector can offer: the vehicle then waits."""
    least_w = duty.least_w(p.nominal_v, p.phases)
    if p.evse != evse.FIXED and p.connector == evse.AC and 0 < p.baseline_w < least_w:
        print(
            f"note: baseline_w = {p.baseline_w} W is under the {least_w} W of 6 A on {p.phases} phase(s) at "
            f"{p.nominal_v} V: a vehicle waits until a set-point or a plan asks for that much",
            file=sys.stderr,
        )


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


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        values: dict[str, int] = parse(path.read_bytes())
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    except ParameterError as error:
        raise ToolError(f"{path}: {error}") from None
    return values


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
