"""`gridkeel rig`: what a person with a real board on a desk runs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from command_line.command import Command, Group
from command_line.options import JsonOutcome, Quiet
from host_tools.errors import EXIT_CHECK_FAILED
from host_tools.files import check_writable, is_stdout, write_atomic

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Check a real board on a desk, part by part.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def _group() -> None:
    """Keep `check` a name of its own."""


@app.command(cls=Command)
def check(
    port: Annotated[str, typer.Option(metavar="PORT", help="The board's console, as mpremote takes it.")],
    seconds: Annotated[
        int,
        typer.Option(min=2, max=600, metavar="S", help="How long the sample clock is compared with this machine's."),
    ] = 20,
    contactor: Annotated[
        bool, typer.Option("--contactor", help="Close the contactor for a quarter of a second: nothing may hang on it.")
    ] = False,
    rs485_port: Annotated[
        str, typer.Option(metavar="PORT", help="A second RS-485 adapter on this machine, wired A to A and B to B.")
    ] = "",
    no_watchdog: Annotated[
        bool, typer.Option("--no-watchdog", help="Do not let the watchdog reset the board.")
    ] = False,
    quiet: Quiet = False,
    json_file: JsonOutcome = None,
) -> None:
    """Check pins, levels, clock, RS-485, flash and watchdog of the board on PORT, and leave it in the safe state."""
    from host_tools.micropython.prompt import Session
    from host_tools.rig_check import GUEST
    from host_tools.rig_check.steps import FAILED, SKIPPED, Options, Outcome, run

    check_writable(json_file)
    options = Options(seconds, contactor, rs485_port, not no_watchdog)
    outcomes: list[Outcome] = []
    with Session(port, GUEST) as session:
        for outcome in run(session, options):
            outcomes.append(outcome)
            if not quiet and not is_stdout(json_file):
                typer.echo(f"{outcome.result:8} {outcome.step:14} {outcome.reason}")
    if json_file is not None:
        write_atomic(json_file, json.dumps([vars(outcome) for outcome in outcomes], indent=1) + "\n")
    failed = [outcome.step for outcome in outcomes if outcome.result == FAILED]
    skipped = [outcome.step for outcome in outcomes if outcome.result == SKIPPED]
    said = f"FAILED: {', '.join(failed)}" if failed else f"passed: {len(outcomes) - len(skipped)} steps"
    typer.echo(said + (f"; skipped: {', '.join(skipped)}" if skipped else ""), err=is_stdout(json_file))
    if failed:
        raise typer.Exit(EXIT_CHECK_FAILED)
