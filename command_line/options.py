"""Options that mean the same in every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="The last line alone: no progress, no tables.")]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON to FILE; - is standard output."),
]
# Where standard output shows little else, a bare --json is --json - (command_line/command.py).
JsonOutcome = Annotated[
    Path | None,
    typer.Option("--json", metavar="[FILE]", help="Write the result as JSON to FILE or to standard output."),
]
# For commands that run until they are ended.
JsonNow = Annotated[
    Path | None,
    typer.Option("--json", metavar="[FILE]", help="One JSON line when it runs, to FILE or to standard output."),
]
Config = Annotated[Path | None, typer.Option(metavar="FILE.toml", help="TOML file with a [parameters] table.")]
