"""`gridkeel monitor`: all controllers on a broker."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from host_tools.cli.broker_options import CaFile, CertFile, KeyFile, PasswordFile, Url, Username
from host_tools.cli.stopping import stop_on_signals
from host_tools.errors import ToolError
from host_tools.monitor.app import print_lines, print_once, watch
from host_tools.uplink.address import broker_at

_WIDE = 200  # columns of a table that goes to a file


def command(
    broker: Url = "mqtt://127.0.0.1:1883",
    once: Annotated[bool, typer.Option("--once", help="Print one table and end.")] = False,
    listen_s: Annotated[float, typer.Option("--listen", min=0.1, help="Seconds to listen for --once.")] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line for every update.")] = False,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
) -> None:
    """Show every controller on a broker: frequency, command, power, state of charge, faults.

    Runs until Ctrl-C; a broker that goes away is waited for.
    """
    if once and as_json:
        raise ToolError("--once prints a table, --json lines: choose one")
    at = broker_at(
        broker,
        cafile=cafile,
        certfile=certfile,
        keyfile=keyfile,
        username=username,
        password_file=password_file,
    )
    stop = stop_on_signals()
    if as_json:
        print_lines(at, stop, lambda line: print(line, flush=True))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    if once:
        print_once(at, stop, console, listen_s)
    else:
        watch(at, stop, console)
