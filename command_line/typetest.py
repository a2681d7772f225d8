"""`gridkeel typetest`: test a controller to a grid code's profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from command_line.command import refuse
from command_line.options import Config, JsonFile, Quiet
from host_tools.errors import EXIT_CHECK_FAILED
from host_tools.files import check_folder, check_writable

if TYPE_CHECKING:
    from hil.typetest.profile import Profile
    from hil.typetest.runner import TypeTest
    from host_tools.screen import Screen

ALL = "all"
CUSTOM = "custom"
DAY = ("11:00", "12:30")
_OF_A_RUN = ("only", "firmware", "out", "json_file", "quiet")


def command(
    context: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option(help=f"A profile, as --list shows them; {ALL} for one after the other.", show_default=CUSTOM),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this procedure; may be repeated.")] = None,
    day: Annotated[
        bool, typer.Option("--day", help="Add the first 90 minutes of the recorded day: no response at all.")
    ] = False,
    start: Annotated[str, typer.Option("--from", metavar="HH:MM[:SS]", help="Begin of --day.")] = DAY[0],
    end: Annotated[str, typer.Option("--to", metavar="HH:MM[:SS]", help="End of --day.")] = DAY[1],
    config: Config = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set a parameter of the controller, not a requirement on it."),
    ] = None,
    firmware: Annotated[Path | None, typer.Option(help="Folder of another program to flash and test.")] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for typetest.html, typetest.json and typetest.xml; one a profile with `all`.")
    ] = Path("out"),
    json_file: JsonFile = None,
    quiet: Quiet = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the profiles, or the procedures of the profile that is named.")
    ] = False,
) -> None:
    """Put a controller through a profile's procedure and report clause by clause.

    `custom` holds a controller to its own parameters. Exit code 0: no finding failed.
    """
    _check(context, profile, listing, day)
    from hil.config import load_parameters
    from hil.typetest import catalogue
    from host_tools.screen import Screen

    screen = Screen(quiet, json_file)
    changes = load_parameters(config, param or [])
    span = (start, end) if day else None
    if listing:
        _list(screen, profile, changes, span)
        return
    names = catalogue.NAMES if profile == ALL else (profile or CUSTOM,)
    wanted = [catalogue.profile(name, changes) for name in names]
    check_writable(json_file)
    check_folder(out)
    tests = []
    for one in wanted:
        test = _run(screen, one, changes, only, firmware, span)
        _write(test, out / one.name if profile == ALL else out)
        tests.append(test)
    _conclude(screen, tests, profile == ALL, out, json_file)
    if not all(test.ok for test in tests):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _check(context: typer.Context, profile: str | None, listing: bool, day: bool) -> None:
    """Refuse options that would change nothing."""
    if not day:
        refuse(context, ("start", "end"), "belongs to --day")
    if profile == ALL:
        refuse(context, ("listing", "only", "day"), f"--profile {ALL} goes through whole procedures")
        refuse(context, ("json_file",), f"--profile {ALL} writes a typetest.json for each profile into its own folder")
    if listing:
        refuse(context, _OF_A_RUN, "means nothing beside --list")
    if listing and profile is None:
        refuse(context, ("config", "param", "day"), "means nothing beside --list without --profile")


def _list(screen: Screen, profile: str | None, changes: dict[str, int], span: tuple[str, str] | None) -> None:
    from command_line import typetest_text as text
    from hil.typetest import catalogue
    from hil.typetest.plan import procedures

    if profile is None:
        screen.table(text.profiles())
    else:
        screen.table(text.plan(procedures(catalogue.profile(profile, changes), span)))


def _run(
    screen: Screen,
    wanted: Profile,
    changes: dict[str, int],
    only: list[str] | None,
    firmware: Path | None,
    span: tuple[str, str] | None,
) -> TypeTest:
    from hil.typetest.runner import run

    with screen.progress() as progress:
        task = progress.add_task(wanted.name, total=1.0)

        def watch(position: int, count: int, title: str, share: float) -> None:
            progress.update(task, description=title, completed=(position + min(share, 1.0)) / count)

        test = run(wanted, changes, only, firmware, span, watch)
        progress.update(task, description=wanted.name, completed=1.0)
    screen.say(f"{wanted.name}: {test.statement()}, {test.took_s:.0f} s")
    return test


def _write(test: TypeTest, out: Path) -> None:
    from hil.report.files import write_json
    from hil.typetest import files, page

    write_json(files.as_dict(test), out / "typetest.json")
    files.write_junit(test, out / "typetest.xml")
    page.write_page(test, out / "typetest.html")


def _conclude(screen: Screen, tests: list[TypeTest], every: bool, out: Path, json_file: Path | None) -> None:
    from command_line import typetest_text as text
    from hil.report.files import write_json
    from hil.typetest import files

    screen.table(text.summary(tests) if every else text.findings(tests[0]))
    if json_file is not None:
        write_json(files.as_dict(tests[0]), json_file)
    words = f"{sum(test.ok for test in tests)} of {len(tests)} profiles" if every else tests[0].statement()
    screen.verdict(all(test.ok for test in tests), f"{words}; {out / '*' if every else out}/typetest.html")
