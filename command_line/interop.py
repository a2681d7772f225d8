"""`gridkeel interop`: a real vehicle against the controller, beside the same vehicle at its maker's own charger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from command_line import interop_refusals, interop_steps
from command_line.command import Command, group, refuse
from command_line.options import JsonFile, Quiet
from host_tools.errors import EXIT_CHECK_FAILED
from host_tools.files import check_folder, check_writable

if TYPE_CHECKING:
    from rich.table import Table

    from hil.interop.results import MessageRow, Results
    from host_tools.screen import Screen

app = group(invoke_without_command=True)
app.command(name="refusals", cls=Command)(interop_refusals.command)
app.command(name="steps", cls=Command)(interop_steps.command)
_OPTIONS = ("modes", "runs", "peer", "heap", "out", "json_file", "quiet")


@app.callback()
def run(
    context: typer.Context,
    modes: Annotated[str | None, typer.Option(metavar="NAME[,NAME...]", help="Which modes; all by default.")] = None,
    runs: Annotated[int, typer.Option(min=1, max=100, help="Sessions of each mode in a row.")] = 5,
    peer: Annotated[bool, typer.Option(help="The same vehicle at the peer's own charger, for comparison.")] = True,
    heap: Annotated[bool, typer.Option(help="One more session that measures the board's heap.")] = True,
    out: Annotated[Path, typer.Option(help="Folder for interop.html.")] = Path("out"),
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Charge a real vehicle (the EVCC of the package iso15118) at the controller on the virtual board.

    Needs root for the network namespaces, iproute2 and Java. Exit code 0: every session went to SessionStop with OK.
    """
    if context.invoked_subcommand is not None:
        refuse(context, _OPTIONS, f"belongs behind `{context.invoked_subcommand}`, or to interop without it")
        return
    from command_line.progress import watching
    from hil.interop import modes as known
    from hil.interop.run_all import Wanted, run_all
    from host_tools.screen import Screen

    chosen = known.choose(modes)
    check_writable(json_file)
    check_folder(out)
    screen = Screen(quiet, json_file)
    with watching(screen, "laying the cables") as say:
        results = run_all(Wanted(chosen, runs, peer, heap), say)
    show(screen, results)
    _write(results, out, json_file)
    held = sum(row.ok for row in results.modes())
    count = sum(row.runs for row in results.modes())
    screen.verdict(results.ok, f"{held} of {count} sessions went to SessionStop with OK; {out / 'interop.html'}")
    if not results.ok:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _write(results: Results, out: Path, json_file: Path | None) -> None:
    from gridkeel import VERSION
    from hil.interop import page
    from hil.report.files import write_json

    if json_file:
        write_json({"gridkeel": VERSION, **results.document()}, json_file)
    page.write_page(results, out / "interop.html")


def show(screen: Screen, results: Results) -> None:
    """Print what the sessions showed."""
    screen.table(_mode_table(results))
    screen.table(_message_table("From request to response, at the vehicle", results.messages()))
    screen.table(_message_table("On the cable at the charger, without the vehicle's own time", results.wire()))
    screen.table(_part_table(results))
    if results.heap:
        size, used = results.heap["size"] // 1024, results.heap["used_most"] // 1024
        screen.say(
            f"heap in use at the peak of a Plug & Charge session with an installation: {used} of {size} kB (64-bit;"
            " about half on a board); TLS keeps its own memory outside of it on this port"
        )
    for outcome in results.outcomes:
        if outcome.reason:
            screen.say(f"{outcome.mode}, {outcome.charger}, run {outcome.run}: {outcome.reason}", "red")


def _mode_table(results: Results) -> Table:
    from rich.table import Table

    table = Table(title="Sessions to SessionStop with OK", title_justify="left")
    for heading in ("mode", "OK", "session", "peer's", "connect", "peer's", "worst loop gap"):
        table.add_column(heading, justify="left" if heading == "mode" else "right")
    for row in results.modes():
        colour = "green" if row.ok == row.runs else "red"
        table.add_row(
            row.mode,
            f"[{colour}]{row.ok} of {row.runs}[/]",
            f"{row.session_s:.1f} s",
            _shown(row.peer_session_s, "s"),
            f"{row.connect_ms:.1f} ms",
            _shown(row.peer_connect_ms, "ms"),
            f"{row.gap_ms:.1f} ms",
        )
    return table


def _message_table(where: str, rows: list[MessageRow]) -> Table:
    from rich.table import Table

    from hil.interop.results import GOAL

    reached = sum(row.reached for row in rows)
    compared = sum(row.ratio is not None for row in rows)
    title = f"{where}; {reached} of {compared} within {GOAL:g} of the peer's time"
    table = Table(title=title, title_justify="left")
    for heading in ("request", "count", "median", "worst", "peer's median", "ratio"):
        table.add_column(heading, justify="left" if heading == "request" else "right")
    for row in rows:
        table.add_row(
            row.request,
            str(row.count),
            f"{row.median_ms:.1f} ms",
            f"{row.worst_ms:.1f} ms",
            _shown(row.peer_ms, "ms"),
            _ratio(row.ratio),
        )
    return table


def _part_table(results: Results) -> Table:
    from rich.table import Table

    from hil.interop import parts

    table = Table(title="Of these, beside the peer's whole answer", title_justify="left")
    for heading in ("answers", "count", "median", "worst", "ratio"):
        table.add_column(heading, justify="left" if heading == "answers" else "right")
    for row in parts.rows(results.outcomes):
        table.add_row(row.what, str(row.count), f"{row.median_ms:.1f} ms", f"{row.worst_ms:.1f} ms", _ratio(row.ratio))
    return table


def _shown(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.1f} {unit}"


def _ratio(ratio: float | None) -> str:
    from hil.interop.results import GOAL

    if ratio is None:
        return "-"
    return f"[{'green' if ratio <= GOAL else 'yellow'}]{ratio:.3f}[/]"
