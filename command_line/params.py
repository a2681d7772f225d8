"""`gridkeel params`: the parameter table, and whether a configuration file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from command_line.options import JsonFile
from host_tools.errors import ToolError
from host_tools.files import check_writable, is_stdout, write_atomic


def command(
    pattern: Annotated[str, typer.Argument(help="Show only parameters whose name holds this.")] = "",
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check the [parameters] of a TOML file, or a config.json; show its values."),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """List every parameter with unit, default, limits and meaning; check a configuration file."""
    check_writable(json_file)
    rows = _rows(pattern, config)
    if json_file is not None:
        write_atomic(json_file, json.dumps(rows, indent=1) + "\n")
    if not is_stdout(json_file):
        _show(rows)


def _rows(pattern: str, config: Path | None) -> list[dict[str, Any]]:
    from gridkeel import params, params_text
    from hil.config import load_parameters, nearest

    values = params.Parameters(load_parameters(config, [])).values()
    rows = [
        {"name": name, "unit": unit, "default": default, "min": low, "max": high, "value": values[name], "help": text}
        for name, unit, default, low, high, text in params_text.rows()
        if pattern in name
    ]
    if not rows:
        raise ToolError(f"no parameter's name holds {pattern!r}{nearest(pattern, params.NAMES)}")
    return rows


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from host_tools.screen import Screen

    table = Table("name", "value", "unit", "limits", "meaning", title="Parameters", title_justify="left")
    for row in rows:
        changed = row["value"] != row["default"]
        value = f"[bold]{row['value']}[/] ({row['default']})" if changed else str(row["value"])
        table.add_row(row["name"], value, row["unit"], f"{row['min']}..{row['max']}", escape(row["help"]))
    Screen().table(table)
