"""`gridkeel params`: the parameter table, and whether a configuration file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gridkeel import params, params_text
from hil.config import load_parameters


def command(
    pattern: Annotated[str, typer.Argument(help="Show only parameters whose name holds this.")] = "",
    config: Annotated[
        Path | None, typer.Option(help="Check this TOML file or config.json, show its values.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the table to this file, - for stdout.")
    ] = None,
) -> None:
    """List every parameter with unit, default, limits and meaning; check a configuration file."""
    changes = load_parameters(config, [])
    values = params.Parameters(changes).values()
    rows = [
        {"name": name, "unit": unit, "default": default, "min": low, "max": high, "value": values[name], "help": text}
        for name, unit, default, low, high, text in params_text.rows()
        if pattern in name
    ]
    if json_file is not None:
        text = json.dumps(rows, indent=1)
        print(text) if str(json_file) == "-" else json_file.write_text(text + "\n")
        return
    table = Table("name", "value", "unit", "limits", "meaning", title="Parameters", title_justify="left")
    for row in rows:
        changed = row["value"] != row["default"]
        value = f"[bold]{row['value']}[/] ({row['default']})" if changed else str(row["value"])
        table.add_row(str(row["name"]), value, str(row["unit"]), f"{row['min']}..{row['max']}", str(row["help"]))
    Console().print(table)
