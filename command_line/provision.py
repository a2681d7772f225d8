"""`gridkeel provision`: identity, parameters and keys of boards at a cable, one or a list of them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.options import JsonOutcome
from host_tools.errors import EXIT_CHECK_FAILED, MissingError, ToolError
from host_tools.files import check_writable, is_stdout, write_atomic

if TYPE_CHECKING:
    from host_tools.cable.fleet import Device
    from host_tools.cable.provision import Order

FAILED = "failed"


@dataclass(frozen=True)
class _Job:
    """One board to provision.  where: as its row says it.  port: "" where its USB serial number is to be looked up."""

    where: str
    port: str
    serial: str
    order: Order


@dataclass(frozen=True)
class _Common:
    """What the command line says for every board."""

    board: str
    config: Path | None
    param: list[str]
    keys: bytes | None
    pki: Path | None

    def order(self, name: str | None, config: Path | None, overrides: list[str], pki: Path | None) -> Order:
        """Return the order for a board, its own overrides over the common ones.  Errors: ToolError."""
        from hil.config import load_parameters
        from host_tools.cable.provision import Order, read_pki

        texts = [*self.param, *overrides]
        parameters = load_parameters(config, texts) if config or texts else None
        return Order(self.board, name, parameters, self.keys, None if pki is None else read_pki(pki))

    def of_row(self, fleet: Path, row: Device) -> _Job:
        """Return the job of a list's row.  Errors: ToolError with its line."""
        config = fleet.parent / row.config if row.config else self.config
        pki = fleet.parent / row.pki if row.pki else self.pki
        try:
            order = self.order(row.device_id, config, row.overrides, pki)
        except ToolError as error:
            raise ToolError(f"{fleet}, line {row.line}: {error}") from None
        return _Job(row.where, row.port, row.serial, order)


def command(
    port: Annotated[str, typer.Option(metavar="PORT", help="The board's console, as mpremote takes it.")] = "",
    board: Annotated[
        str, typer.Option(metavar="NAME", help="The board it must be; without: the one whose table fits.")
    ] = "",
    device_id: Annotated[str | None, typer.Option(metavar="ID", help="The name it goes by.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its parameters: TOML with a [parameters] table, or JSON.")
    ] = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="One parameter, over --config; may be repeated.")
    ] = None,
    update_keys: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The set of public keys that its updates are signed with.")
    ] = None,
    pki: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Its key, chain and roots, of `gridkeel pki export --device`.")
    ] = None,
    key_on_device: Annotated[
        bool, typer.Option("--key-on-device", help="Make the key on the board: rejected where that is not possible.")
    ] = False,
    fleet: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="A list of devices in place of --port and --device-id.")
    ] = None,
    no_reset: Annotated[bool, typer.Option("--no-reset", help="Do not start the board anew afterwards.")] = False,
    json_file: JsonOutcome = None,
) -> None:
    """Give a board its identity, parameters and keys, all of them or none; what was cut is completed by once more.

    Example: gridkeel provision --port /dev/ttyACM0 --device-id charger-0001 --config site.toml
    """
    from host_tools.cable.fleet import read
    from host_tools.cable.provision import check_device_id, read_update_keys

    check_writable(json_file)
    if (not port) == (fleet is None):
        raise ToolError("give either --port PORT or --fleet FILE.csv; `gridkeel board ports` lists the ports")
    if fleet is not None and device_id is not None:
        raise ToolError("--device-id belongs to --port: a list has a column of that name")
    if key_on_device:
        _refuse_key(board)
    keys = None if update_keys is None else read_update_keys(update_keys)
    common = _Common(board, config, param or [], keys, pki)
    if fleet is not None:
        jobs = [common.of_row(fleet, row) for row in read(fleet)]
    else:
        if device_id is not None:
            check_device_id(device_id)
        jobs = [_Job(port, port, "", common.order(device_id, config, [], pki))]
    rows = [_row(job, not no_reset, alone=fleet is None) for job in jobs]
    if json_file is not None:
        write_atomic(json_file, json.dumps(rows if fleet else rows[0], indent=1) + "\n")
    if not is_stdout(json_file):
        _show(rows, table=fleet is not None)
    if any(row["result"] == FAILED for row in rows):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _refuse_key(board: str) -> None:
    from host_tools.cable.provision import refuse_key_on_device
    from host_tools.image.boards import board_named
    from host_tools.image.stamp import FIRMWARE

    if not board:
        raise ToolError("--key-on-device wants --board NAME: its table says whether the board's entropy is real")
    raise refuse_key_on_device(board_named(FIRMWARE, board))


def _row(job: _Job, reset: bool, *, alone: bool) -> dict[str, Any]:
    """Provision one board and return its row of the report; alone: an error ends the command."""
    from host_tools.cable.provision import provision
    from host_tools.cable.staging import SCRIPT, again
    from host_tools.cable.target import port_of_serial
    from host_tools.micropython.prompt import Session

    row: dict[str, Any] = {"where": job.where, "device_id": job.order.device_id or "", "board": "", "machine": ""}
    try:
        with Session(job.port or port_of_serial(job.serial), SCRIPT) as session:
            try:
                done = provision(session, job.order, _progress(job.where))
            except MissingError as error:
                raise again(error) from None
            if reset:
                session.reset()
    except ToolError as error:
        if alone:
            raise
        return {**row, "result": FAILED, "changed": [], "reason": str(error)}
    reason = "" if reset else "it goes by this from its next start on"
    return {
        **row,
        "board": done.board,
        "machine": done.machine,
        "result": done.result,
        "changed": done.changed,
        "reason": reason,
    }


def _progress(where: str) -> Any:
    from host_tools.cable.progress import on_terminal

    return on_terminal(where, sys.stderr)


def _show(rows: list[dict[str, Any]], *, table: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from host_tools.screen import Screen

    screen = Screen()
    if not table:
        row = rows[0]
        changed = f": {', '.join(row['changed'])}" if row["changed"] else ""
        screen.result(f"{row['where']}: {row['machine']}: {row['result']}{changed}")
        return
    shown = Table("device", "where", "board", "result", "changed or reason", title="Devices", title_justify="left")
    for row in rows:
        what = row["reason"] if row["result"] == FAILED else ", ".join(row["changed"])
        shown.add_row(*map(escape, (row["device_id"], row["where"], row["board"] or "-", row["result"], what or "-")))
    screen.table(shown)
    failed = sum(row["result"] == FAILED for row in rows)
    screen.result(f"{len(rows) - failed} of {len(rows)} devices are provisioned")
