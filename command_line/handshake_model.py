"""`gridkeel handshake-model`: an ISO 15118-2 session up to its first loop, predicted, next to the measured one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.command import refuse
from command_line.options import JsonFile, Quiet
from host_tools.errors import ToolError
from host_tools.files import check_writable, write_atomic
from host_tools.handshake import tables

if TYPE_CHECKING:
    from rich.table import Table

    from host_tools.handshake import model

VIRTUAL = "virtual"
BOARDS = (VIRTUAL, *tables.CHIPS)


def command(
    context: typer.Context,
    mode: Annotated[str, typer.Option(help=f"One of {', '.join(tables.MODES)}.")] = "ac-pnc",
    board: Annotated[str, typer.Option(help=f"One of {', '.join(BOARDS)}; all but virtual are estimates.")] = VIRTUAL,
    link: Annotated[
        str | None, typer.Option(help=f"To the EV: one of {', '.join(tables.LINKS)}; plc, or local with --measured.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option(help="To the backend, one of the same; lte, or local with --measured.")
    ] = None,
    backend_ms: Annotated[
        float, typer.Option(min=0.0, help="What the backend works on a contract, in ms; an estimate.")
    ] = tables.BACKEND_MS,
    measured_file: Annotated[
        Path | None,
        typer.Option("--measured", help="File of `gridkeel interop --json`; shown next to the prediction."),
    ] = None,
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Predict the time of each phase of a handshake, from SDP to the first charging loop.

    The board `virtual` and the EV are measured for it on this machine, which takes some seconds; the other boards are
    estimates from counted instructions.
    """
    chosen = link or ("local" if measured_file else "plc")
    to_backend = backend or ("local" if measured_file else "lte")
    links = list(tables.LINKS)
    _check(
        mode=(mode, list(tables.MODES)), board=(board, list(BOARDS)), link=(chosen, links), backend=(to_backend, links)
    )
    if not any(any(phase.backend) for phase in tables.MODES[mode]):
        refuse(context, ("backend", "backend_ms"), f"mode {mode} asks nothing of the backend")
    check_writable(json_file)
    from host_tools.handshake import calibrate, costs, measured, model
    from host_tools.screen import Screen

    found = measured.read(measured_file, mode) if measured_file else {}
    virtual, vehicle = calibrate.both()
    costs_of_board = virtual if board == VIRTUAL else costs.chip(board)
    behind = tables.Backend(tables.LINKS[to_backend], backend_ms)
    times = model.predict(mode, costs_of_board, vehicle, tables.LINKS[chosen], behind)
    title = f"{mode} on {board} over {chosen}"
    screen = Screen(quiet, json_file)
    screen.table(_table(times, found, title))
    for what, source in (
        ("board", costs_of_board.source),
        ("vehicle", vehicle.source),
        ("link", tables.LINKS[chosen].source),
    ):
        screen.say(f"{what}: {source}")
    if any(time.alternative for time in times):
        screen.say("or: instead of the row above, and in no total")
    screen.result(f"{title}: {model.total_ms(times):.0f} ms to the first loop")
    if json_file:
        document = {
            "mode": mode,
            "board": board,
            "link": chosen,
            "backend": to_backend,
            "backend_ms": backend_ms,
            "source": costs_of_board.source,
            "estimate": board != VIRTUAL,
            "total_ms": model.total_ms(times),
            "phases": [_row(time, found.get(time.phase)) for time in times],
        }
        write_atomic(json_file, json.dumps(document, indent=1) + "\n")


def _check(**options: tuple[str, list[str]]) -> None:
    for option, (value, names) in options.items():
        if value not in names:
            raise ToolError(f"unknown {option} {value!r}: one of {', '.join(names)}")


def error_pct(predicted_ms: float, measured_ms: float) -> float:
    """Return by how much the prediction is off, in percent of what was measured."""
    return 100 * (predicted_ms / measured_ms - 1)


def _row(time: model.Time, measured_ms: float | None) -> dict[str, object]:
    row: dict[str, Any] = {"ms": time.ms, **asdict(time), "beside": time.alternative}
    if measured_ms:
        row.update(measured_ms=measured_ms, error_pct=error_pct(time.ms, measured_ms))
    return row


_PARTS = ("board", "tls", "codec", "vehicle", "link", "backend", "wait")


def _table(times: list[model.Time], found: dict[str, float], title: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("phase")
    for heading in ("ms", *_PARTS, *(("measured", "error") if found else ())):
        table.add_column(heading, justify="right")
    for time in times:
        cells = [f"{time.ms:.1f}", *(_shown(getattr(time, f"{part}_ms")) for part in _PARTS)]
        if found:
            cells += _beside(time, found.get(time.phase))
        name = f"or {time.phase}" if time.alternative else time.phase
        table.add_row(name, *cells, style="italic" if time.alternative else None)
    return table


def _shown(ms: float) -> str:
    return f"{ms:.1f}" if ms >= 0.05 else ""


def _beside(time: model.Time, measured_ms: float | None) -> list[str]:
    if not measured_ms:
        return ["-", "-"]
    return [f"{measured_ms:.1f}", f"{error_pct(time.ms, measured_ms):+.0f} %"]
