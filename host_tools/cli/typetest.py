"""`gridkeel typetest`: test a controller to a grid code's profile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from hil.config import load_parameters
from hil.report.files import write_json
from hil.typetest import catalogue, files, page
from hil.typetest.plan import procedures
from hil.typetest.profile import Profile
from hil.typetest.runner import DAY, TypeTest, run
from host_tools.cli import typetest_text as text
from host_tools.errors import EXIT_CHECK_FAILED, ToolError

ALL = "all"


def command(
    profile: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(catalogue.NAMES)}; {ALL} for one after the other.", show_default="custom"
        ),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this procedure; may be repeated.")] = None,
    day: Annotated[
        bool, typer.Option("--day", help="Add the first 90 minutes of the recorded day: no response at all.")
    ] = False,
    start: Annotated[str, typer.Option("--from", metavar="HH:MM[:SS]", help="Begin of --day.")] = DAY[0],
    end: Annotated[str, typer.Option("--to", metavar="HH:MM[:SS]", help="End of --day.")] = DAY[1],
    config: Annotated[Path | None, typer.Option(help="TOML file with a [parameters] table.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set a parameter of the controller, not of what is demanded of it."),
    ] = None,
    firmware: Annotated[Path | None, typer.Option(help="Folder of another program to flash and test.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for typetest.html, typetest.json and typetest.xml.")] = Path("out"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the findings to this file too.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the findings.")] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the profiles, or the procedures of the profile that is named.")
    ] = False,
) -> None:
    """Put a controller through a profile's procedure and report clause by clause.

    `custom` holds a controller to its own parameters. Exit code 0: no finding failed.
    """
    console = Console()
    if listing and profile is None:
        text.profiles(console)
        return
    changes = load_parameters(config, param or [])
    span = (start, end) if day else None
    if listing and profile != ALL:
        text.plan(console, procedures(catalogue.profile(profile or "custom", changes), span))
        return
    if profile == ALL and (listing or only or day):
        raise ToolError(f"--profile {ALL} goes through whole procedures: it takes no --list, --only or --day")
    names = catalogue.NAMES if profile == ALL else [profile or "custom"]
    tests = []
    for name in names:
        wanted = catalogue.profile(name, changes)
        test = _run(console, quiet, wanted, changes, only, firmware, span)
        if profile != ALL:
            text.findings(console, test)
        _write(test, out / name if profile == ALL else out, json_file)
        tests.append(test)
    if profile == ALL:
        text.summary(console, tests)
    if not all(test.ok for test in tests):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _run(
    console: Console,
    quiet: bool,
    wanted: Profile,
    changes: dict[str, int],
    only: list[str] | None,
    firmware: Path | None,
    span: tuple[str, str] | None,
) -> TypeTest:
    columns = (TextColumn("{task.description:<52}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task(wanted.name, total=1.0)

        def watch(position: int, count: int, title: str, share: float) -> None:
            progress.update(task, description=title, completed=(position + min(share, 1.0)) / count)

        test = run(wanted, changes, only, firmware, span, watch)
        progress.update(task, description=wanted.name, completed=1.0)
    if not quiet:
        console.print(f"{wanted.name}: {test.statement()}, {test.took_s:.0f} s", highlight=False)
    return test


def _write(test: TypeTest, out: Path, json_file: Path | None) -> None:
    found = files.as_dict(test)
    write_json(found, out / "typetest.json")
    if json_file is not None:
        write_json(found, json_file)
    files.write_junit(test, out / "typetest.xml")
    page.write_page(test, out / "typetest.html")
    Console().print(f"report: {out / 'typetest.html'}", highlight=False)
