"""`gridkeel monitor`: all controllers on a broker."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from command_line.broker_options import CaFile, CertFile, KeyFile, PasswordFile, Url, Username
from command_line.command import given, refuse
from command_line.stopping import stop_on_signals
from host_tools.errors import ToolError
from host_tools.files import check_writable, write_atomic
from host_tools.mqtt.address import broker_at

_WAYS = ("once", "json_file", "lines", "forget")
_OF_A_VIEW = ("only", "sort", "reverse", "words")


def command(
    context: typer.Context,
    broker: Url = "mqtt://127.0.0.1:1883",
    only: Annotated[str, typer.Option(help="Show all, faulted, offline, stale or fine controllers.")] = "all",
    sort: Annotated[
        str, typer.Option(help="name, power, frequency, soc, age, state or limiter; faults always come first.")
    ] = "name",
    reverse: Annotated[bool, typer.Option("--reverse", help="Sort downwards.")] = False,
    words: Annotated[
        str, typer.Option("--filter", metavar="WORDS", help="Show rows that hold all of these words.")
    ] = "",
    once: Annotated[bool, typer.Option("--once", help="Print one table and end.")] = False,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="[FILE]", help="Write all that is known as one JSON document, and end."),
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Print one JSON line for every update.")] = False,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="DEVICE", help="Remove a retired controller from the broker; may be repeated."),
    ] = None,
    listen_s: Annotated[
        float,
        typer.Option("--listen", min=0.1, help="Seconds to listen for --once and --json; more while more come."),
    ] = 2.0,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
) -> None:
    """Show every controller on a broker: frequency, power and its limits, charge, faults.

    On a terminal a screen with keys to scroll, sort and filter, else a line for every change. Runs until Ctrl-C; a
    broker that goes away is waited for.
    """
    _check(context, once, json_file, lines, forget)
    check_writable(json_file)
    at = broker_at(
        broker,
        cafile=cafile,
        certfile=certfile,
        keyfile=keyfile,
        username=username,
        password_file=password_file,
    )
    if forget:
        from host_tools.operator.request import retire

        for device in forget:
            retire(at, device)
            print(f"{device}: birth and status are removed from the broker")
        return
    from host_tools.monitor import app
    from host_tools.monitor.view import View
    from host_tools.screen import Screen

    view = View(only=only, sort=sort, reverse=reverse, words=words)
    stop = stop_on_signals()
    if json_file is not None:
        write_atomic(json_file, json.dumps(app.snapshot(at, stop, listen_s)) + "\n")
    elif lines:
        app.print_lines(at, stop, _print)
    elif once:
        app.print_once(at, view, stop, Screen(), listen_s)
    elif sys.stdout.isatty():
        app.watch(at, view, stop, Screen().console)
    else:
        app.print_changes(at, stop, _print)


def _check(context: typer.Context, once: bool, json_file: Path | None, lines: bool, forget: list[str] | None) -> None:
    """Refuse options that would change nothing."""
    ways = given(context, *_WAYS)
    if len(ways) > 1:
        raise ToolError(f"{' and '.join(ways)}: choose one")
    if not (once or json_file):
        refuse(context, ("listen_s",), "belongs to --once or --json")
    if json_file or lines or forget:
        refuse(context, _OF_A_VIEW, f"{ways[0]} is of every controller")
    if not ways and not sys.stdout.isatty():
        refuse(context, _OF_A_VIEW, "is for a terminal or --once; without either every change is a line")


def _print(line: str) -> None:
    print(line, flush=True)
