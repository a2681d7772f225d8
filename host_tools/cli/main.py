"""The `gridkeel` command."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from gridkeel import VERSION
from host_tools.cli import (
    bench,
    board,
    broker,
    handshake_model,
    interop,
    monitor,
    params,
    pki,
    plant,
    study,
    typetest,
    uplink,
)
from host_tools.errors import ToolError

app = typer.Typer(
    name="gridkeel",
    help="Edge-controller firmware for EV chargers: bench, virtual board, car at the outlet, certificates, uplink.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="bench")(bench.command)
app.add_typer(board.app, name="board")
app.add_typer(plant.app, name="plant")
app.command(name="uplink")(uplink.command)
app.command(name="monitor")(monitor.command)
app.command(name="broker")(broker.command)
app.add_typer(interop.app, name="interop")
app.command(name="params")(params.command)
app.command(name="handshake-model")(handshake_model.command)
app.add_typer(pki.app, name="pki")
app.add_typer(study.app, name="study")
app.command(name="typetest")(typetest.command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gridkeel {VERSION}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_version, help="Print the version.")) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command; what a user can mend is one line on stderr and an exit code (docs/cli.md lists them)."""
    try:
        app()
    except ToolError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"gridkeel: {error}", markup=False)
        sys.exit(error.exit_code)
