"""`gridkeel provision`: identity, parameters and keys of boards at a cable, one or a list of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.command import refuse
from command_line.options import JsonOutcome
from host_tools.errors import EXIT_CHECK_FAILED, MissingError, ToolError
from host_tools.files import check_writable, is_stdout, write_atomic

if TYPE_CHECKING:
    from command_line.provision_orders import Job

FAILED = "failed"


def command(
    context: typer.Context,
    port: Annotated[str, typer.Option(metavar="PORT", help="The board's console, as mpremote takes it.")] = "",
    board: Annotated[
        str, typer.Option(metavar="NAME", help="The board it must be; without: the one whose table fits.")
    ] = "",
    device_id: Annotated[str | None, typer.Option(metavar="ID", help="The name it goes by.")] = None,
    group: Annotated[
        int | None, typer.Option(metavar="N", help="The group of the fleet that it belongs to, 0 for none.")
    ] = None,
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
        bool, typer.Option("--key-on-device", help="Let the board make its key, where its random numbers are real.")
    ] = False,
    csr: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the request for that key's certificate, PEM.")
    ] = None,
    secc_id: Annotated[str, typer.Option(metavar="ID", help="Name in the request.", show_default="the device id")] = "",
    chain: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The signed chain of that key, PEM, the leaf first.")
    ] = None,
    roots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Roots for --chain, of `gridkeel pki export --roots`.")
    ] = None,
    replace_key: Annotated[
        bool, typer.Option("--replace-key", help="Give up the key that the board made before, for a new one or --pki.")
    ] = False,
    set_clock: Annotated[
        bool, typer.Option("--set-clock", help="Set the chip's clock, if it has one, to this machine's.")
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
    from command_line.provision_orders import Common, Own
    from host_tools.cable.provision import read_update_keys

    check_writable(json_file)
    if (not port) == (fleet is None):
        raise ToolError("give either --port PORT or --fleet FILE.csv; `gridkeel board ports` lists the ports")
    if fleet is not None:
        refuse(context, ("device_id", "csr", "secc_id", "chain"), "with --port alone: a list has columns of that name")
    keys = None if update_keys is None else read_update_keys(update_keys)
    common = Common(board, config, param or [], keys, pki, group, roots, key_on_device, replace_key, set_clock)
    jobs = common.jobs(port, Own(device_id, secc_id=secc_id, csr=csr, chain=chain), fleet)
    rows = [_row(job, not no_reset, alone=fleet is None) for job in jobs]
    if json_file is not None:
        write_atomic(json_file, json.dumps(rows if fleet else rows[0], indent=1) + "\n")
    if not is_stdout(json_file):
        _show(rows, table=fleet is not None)
    if any(row["result"] == FAILED for row in rows):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _row(job: Job, reset: bool, *, alone: bool) -> dict[str, Any]:
    """Provision one board and return its row of the report; alone: an error ends the command."""
    from host_tools.cable import own_key
    from host_tools.cable.provision import provision
    from host_tools.cable.staging import SCRIPT, again
    from host_tools.cable.target import port_of_serial
    from host_tools.micropython.prompt import Session

    order = job.order
    scripts = (SCRIPT, own_key.SCRIPT) if order.works_on_board else (SCRIPT,)
    row: dict[str, Any] = {
        "where": job.where,
        "device_id": order.device_id or "",
        "group": (order.parameters or {}).get("group"),
    }
    row |= {"board": "", "machine": ""}
    try:
        with Session(job.port or port_of_serial(job.serial), *scripts, fresh=order.works_on_board) as session:
            try:
                done = provision(session, order, _progress(job.where))
            except MissingError as error:
                raise again(error) from None
            if reset:
                session.reset()
    except ToolError as error:
        if alone:
            raise
        return {**row, "result": FAILED, "changed": [], **_about_key(), "reason": str(error)}
    reason = "" if reset else "it goes by this from its next start on"
    return {
        **row,
        "board": done.board,
        "machine": done.machine,
        "result": done.result,
        "changed": done.changed,
        **_about_key(str(order.csr or ""), done.key_sha256, done.clock),
        "reason": reason,
    }


def _about_key(csr: str = "", key_sha256: str = "", clock: str = "") -> dict[str, str]:
    return {"csr": csr, "key_sha256": key_sha256, "clock": clock}


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
        for name in ("key_sha256", "clock"):
            if row[name]:
                screen.result(f"{name}: {row[name]}")
        screen.result(f"{row['where']}: {row['machine']}: {row['result']}{changed}")
        return
    shown = Table("device", "where", "board", "result", "changed or reason", title="Devices", title_justify="left")
    for row in rows:
        what = row["reason"] if row["result"] == FAILED else ", ".join(row["changed"])
        shown.add_row(*map(escape, (row["device_id"], row["where"], row["board"] or "-", row["result"], what or "-")))
    screen.table(shown)
    failed = sum(row["result"] == FAILED for row in rows)
    screen.result(f"{len(rows) - failed} of {len(rows)} devices are provisioned")
