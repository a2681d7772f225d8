"""`gridkeel update publish, withdraw, status, rollout`: releases at the broker, and a fleet that takes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from command_line.broker_options import reaching_broker
from command_line.options import JsonOutcome
from command_line.update_files import read_release_file
from host_tools.errors import EXIT_CHECK_FAILED, ToolError
from host_tools.mqtt.address import Broker

if TYPE_CHECKING:
    from host_tools.operator.rollout import Outcome
    from host_tools.operator.waves import Verdict

ReleaseFile = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release, or a rotation of keys.")]


@reaching_broker
def publish(at: Broker, file: ReleaseFile) -> None:
    """Publish a release in retained pieces, for every controller of the broker, and print its name.

    No controller takes it by that: `gridkeel update rollout` tells them.

    Example: gridkeel update publish new.gkr --broker mqtt://127.0.0.1:1883
    """
    from host_tools.operator.releases import publish as publish_release

    print(f"{publish_release(at, _release(file))}: {file} is at {at.name}")


@reaching_broker
def withdraw(
    at: Broker,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the release, as `publish` printed it.")],
) -> None:
    """Remove a release from the broker; a controller that has begun with it goes on.

    Example: gridkeel update withdraw 3f2a9c1d0e5b7a46
    """
    from host_tools.operator.releases import withdraw as withdraw_release

    print(f"{name}: {withdraw_release(at, name)} pieces are removed from {at.name}")


@reaching_broker
def status(at: Broker, json_file: JsonOutcome = None) -> None:
    """Show each controller's version and how its last update stands.

    Example: gridkeel update status
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from host_tools.files import check_writable, is_stdout, write_atomic
    from host_tools.operator.fleet_updates import look

    check_writable(json_file)
    found = look(at)
    if json_file is not None:
        write_atomic(json_file, json.dumps([{**vars(one), "words": one.words} for one in found]) + "\n")
    if is_stdout(json_file):
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("controller", "link", "version", "update", "code"):
        table.add_column(heading)
    link = {True: "online", False: "offline", None: "unknown"}
    for one in found:
        code = f"{one.code}: {one.words}" if one.words else one.code
        cells = (one.device, link[one.online], one.version or "-", one.status or "-", code or "-")
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


@reaching_broker
def rollout(
    at: Broker,
    file: ReleaseFile,
    devices: Annotated[str, typer.Option(metavar="NAME,NAME", help="Controllers, in this order.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Every controller that the broker knows.")] = False,
    waves: Annotated[
        str, typer.Option(metavar="N,N,P%", help="How many are asked in all by the end of each wave.")
    ] = "1,10,100%",
    halt_at: Annotated[
        float,
        typer.Option(min=0.1, max=100.0, metavar="PERCENT", help="Share of a wave that fails and halts the rest."),
    ] = 10.0,
    pause: Annotated[float, typer.Option(min=0.0, metavar="S", help="Pause between two waves, s.")] = 60.0,
    timeout: Annotated[
        float, typer.Option(min=1.0, max=604_800.0, metavar="S", help="Longest wait for a controller's own verdict, s.")
    ] = 1800.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the waves, and tell nobody.")] = False,
    json_file: JsonOutcome = None,
) -> None:
    """Publish a release and have controllers install it, wave after wave, until one fails too often.

    A controller counts as installed when its new image has confirmed itself. Those that are offline are not asked and
    count for nothing; a wave in which nobody installs it halts the rest too.

    Exit code 0: all have installed it; 1: halted, or some have not; 3: no broker.

    Example: gridkeel update rollout new.gkr --all --waves 1,10,100% --halt-at 10 --pause 600
    """
    from host_tools.files import check_writable, is_stdout, write_atomic
    from host_tools.operator.fleet_updates import look
    from host_tools.operator.releases import publish as publish_release
    from host_tools.operator.rollout import Settings, roll_out
    from host_tools.operator.waves import NOT_ASKED, NOT_REACHED, Verdict, waves_of

    check_writable(json_file)
    data = _release(file)
    named = _named(devices, everybody)
    known = {one.device: one for one in look(at)}
    wanted = named or list(known)
    online = [device for device in wanted if device in known and known[device].online]
    planned = waves_of(online, waves)
    away = [
        Verdict(device, 0, NOT_REACHED, "it is not online" if device in known else "the broker does not know it")
        for device in wanted
        if device not in online
    ]
    left = [Verdict(device, 0, NOT_ASKED, "it is in no wave") for device in online[sum(map(len, planned)) :]]
    say = (lambda _line: None) if is_stdout(json_file) else (lambda line: print(line, flush=True))
    for one in (*away, *left):
        say(f"{one.device}: {one.result}: {one.reason}")
    if not planned:
        raise ToolError("none of these controllers is online")
    if dry_run:
        for number, wave in enumerate(planned, 1):
            say(f"wave {number} of {len(planned)}: {', '.join(wave)}")
        return
    settings = Settings(publish_release(at, data), halt_at, pause, timeout)
    outcome = roll_out(at, settings, planned, say)
    outcome.verdicts += [*away, *left]
    if json_file is not None:
        write_atomic(json_file, json.dumps(_document(settings.release, outcome)) + "\n")
    say(_summary(outcome.verdicts))
    if not outcome.ok:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _named(devices: str, everybody: bool) -> list[str]:
    named = list(dict.fromkeys(name.strip() for name in devices.split(",") if name.strip()))
    if bool(named) == everybody:
        raise ToolError("say who: --devices NAME,NAME or --all")
    return named


def _release(file: Path) -> bytes:
    """Errors: ToolError for a file that no controller would take."""
    from gridkeel.update import keys
    from host_tools.update import release

    data = read_release_file(file)
    if data[: len(keys.MAGIC)] != keys.MAGIC:
        release.read(data)
    return data


def _document(release: str, outcome: Outcome) -> dict[str, object]:
    return {"release": release, "halted": outcome.halted, "controllers": [vars(one) for one in outcome.verdicts]}


def _summary(verdicts: list[Verdict]) -> str:
    words = ("installed", "failed", "not_reached", "not_asked")
    return ", ".join(f"{sum(one.result == word for one in verdicts)} {word.replace('_', ' ')}" for word in words)
