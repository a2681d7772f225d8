"""`gridkeel bench`: play scenarios through a controller and judge them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command_line.command import given, refuse
from command_line.options import Config, JsonFile, Quiet
from host_tools.errors import EXIT_CHECK_FAILED, ToolError
from host_tools.files import check_folder, check_writable

DEFAULT = "blackout"
ESTIMATOR = "estimator"
ALL = "all"
_OF_A_SCENARIO = ("rig", "realtime", "start", "end", "whole", "config", "param")
_OF_THE_RECORD = ("start", "end", "whole")
_OF_A_RUN = (*_OF_A_SCENARIO, "out", "json_file", "quiet", "quick")


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO]...",
            help="Scenarios by name or .toml file, `all`, or `estimator` for the frequency estimator's own bench.",
            show_default=DEFAULT,
        ),
    ] = None,
    rig: Annotated[str, typer.Option(help="Rig by name or .toml file.")] = "lockstep",
    realtime: Annotated[
        bool, typer.Option("--realtime", help="The virtual board on its own clock (--rig realtime).")
    ] = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="HH:MM[:SS]", help="Where in the record of blackout to begin.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="HH:MM[:SS]", help="Where in the record of blackout to end.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="The whole record of blackout, 11:00 to 12:59:58.")] = False,
    config: Config = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Set one parameter; may be repeated.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report and its data.")] = Path("out"),
    json_file: JsonFile = None,
    quiet: Quiet = False,
    quick: Annotated[bool, typer.Option("--quick", help="With `estimator`: a thinned grid, in seconds.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the scenarios that ship.")] = False,
) -> None:
    """Play recorded or made-up mains through a real controller and judge what it did.

    The controller is a MicroPython process running the files that are flashed. Exit code 0: every check held.
    """
    _check(context, names or [DEFAULT], listing, realtime, whole)
    if listing:
        _list()
        return
    check_writable(json_file)
    check_folder(out)
    if names == [ESTIMATOR]:
        held = _estimator(quick, json_file, out, quiet)
    else:
        from hil.bench import run_all
        from hil.config import load_parameters
        from host_tools.screen import Screen

        wanted = run_all.Wanted(
            scenarios=names or [DEFAULT],
            rig="realtime" if realtime else rig,
            start=start,
            end=end,
            whole=whole,
            parameters=load_parameters(config, param or []),
            out=out,
            json_file=json_file,
        )
        held = run_all.run_all(wanted, Screen(quiet, json_file))
    if not held:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _check(context: typer.Context, names: list[str], listing: bool, realtime: bool, whole: bool) -> None:
    """Refuse options that would change nothing."""
    if listing:
        refuse(context, ("names", *_OF_A_RUN), "means nothing beside --list")
        return
    for alone in (ESTIMATOR, ALL):
        if alone in names and len(names) > 1:
            raise ToolError(f"`{alone}` is run alone: it takes no other scenario with it")
    if names == [ESTIMATOR]:
        refuse(context, _OF_A_SCENARIO, "means nothing with `estimator`, which has waves and parameters of its own")
        return
    refuse(context, ("quick",), "belongs to `estimator`")
    if realtime:
        refuse(context, ("rig",), "--realtime names a rig already")
    if whole:
        refuse(context, ("start", "end"), "--whole is the whole record: it takes no --from or --to")
    if given(context, *_OF_THE_RECORD) and not {DEFAULT, ALL} & set(names):
        refuse(context, _OF_THE_RECORD, f"cuts the record of {DEFAULT}, which is not among {', '.join(names)}")


def _estimator(quick: bool, json_file: Path | None, out: Path, quiet: bool) -> bool:
    from host_tools.screen import Screen
    from studies.estimator_bench.run_all import run_all

    return run_all(Screen(quiet, json_file), quick, json_file, out).ok


def _list() -> None:
    from rich.table import Table

    from hil.scenarios import scenario as scenarios
    from host_tools.screen import Screen

    table = Table("scenario", "s", "what it plays", title="Scenarios", title_justify="left")
    for name in scenarios.names():
        scenario = scenarios.load(name)
        table.add_row(name, f"{scenario.duration_s:g}", f"{scenario.title}. {scenario.summary}")
    Screen().table(table)
