"""`gridkeel send`: one command to one controller, and what became of it."""

from __future__ import annotations

import functools
import inspect
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from command_line.broker_options import CaFile, CertFile, KeyFile, PasswordFile, Url, Username
from command_line.command import Command, Group
from command_line.options import JsonOutcome
from host_tools.errors import EXIT_CHECK_FAILED, EXIT_MISSING, MissingError, ToolError
from host_tools.files import check_writable, is_stdout, write_atomic

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None, add_completion=False)
_UNREACHED = ("no_answer", "offline")
_Body = dict[str, Any]


@app.callback()
def _root(
    context: typer.Context, device: Annotated[str, typer.Argument(metavar="DEVICE", help="Identity of the controller.")]
) -> None:
    """Send a command to a controller and wait for its result.

    Exit code 0: it was done; 1: refused, by this command's own check, the uplink or the controller; 3: no broker, or
    nobody answered.  Option names are those of the JSON in docs/mqtt.md, as are the limits.

    Example: gridkeel send gk-1 setpoint --power-w -2500 --lifetime-s 60
    """
    context.obj = device


def _sending(
    context: typer.Context,
    broker: Url = "mqtt://127.0.0.1:1883",
    timeout_s: Annotated[
        float, typer.Option("--timeout", min=1.0, max=3600.0, help="Seconds to wait for the answer.")
    ] = 15.0,
    json_file: JsonOutcome = None,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
) -> None:
    """Take the options that every command here has (see `_command`)."""


def _command(build: Callable[..., _Body]) -> Callable[..., _Body]:
    """Register a command whose function makes the JSON of its own options; the options of `_sending` come beside."""
    own = list(inspect.signature(build, eval_str=True).parameters.values())
    common = list(inspect.signature(_sending, eval_str=True).parameters.values())
    merged = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (common[0], *own, *common[1:])]

    @functools.wraps(build)
    def run(context: typer.Context, **values: Any) -> None:
        _run(context.obj, build(**{one.name: values.pop(one.name) for one in own}), **values)

    run.__signature__ = inspect.Signature(merged)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in merged}
    app.command(cls=Command)(run)
    return build


def _run(device: str, document: _Body, broker: str, timeout_s: float, json_file: Path | None, **access: Any) -> None:
    from host_tools.contract.commands import CommandError, parse
    from host_tools.mqtt.address import broker_at
    from host_tools.operator.request import Outcome, send

    check_writable(json_file)
    at = broker_at(broker, **access)
    payload = json.dumps(document).encode()
    try:
        parse(payload)
    except CommandError as error:
        outcome = Outcome(device, "refused", f"not sent: {error}")
    else:
        outcome = send(at, device, payload, timeout_s)
    if json_file is not None:
        write_atomic(json_file, json.dumps({**outcome.document(), "command": document}) + "\n")
    if not is_stdout(json_file):
        took = "" if outcome.took_ms is None else f" ({outcome.took_ms} ms)"
        print(f"{device}: {outcome.result}{took}" + (f": {outcome.reason}" if outcome.reason else ""), flush=True)
        for name, result in (outcome.parameters or {}).items():
            print(f"  {name}: {result}", flush=True)
    if not outcome.ok:
        raise typer.Exit(EXIT_MISSING if outcome.result in _UNREACHED else EXIT_CHECK_FAILED)


@_command
def setpoint(
    power_w: Annotated[int, typer.Option("--power-w", metavar="W", help="Power, positive into the vehicle.")],
    lifetime_s: Annotated[float, typer.Option("--lifetime-s", metavar="S", help="How long it holds, seconds.")],
) -> _Body:
    """Set the power for a time."""
    return {"setpoint": {"power_w": power_w, "lifetime_s": lifetime_s}}


@_command
def parameters(
    changes: Annotated[list[str], typer.Argument(metavar="NAME=VALUE", help="Parameters, as `gridkeel params`.")],
) -> _Body:
    """Set parameters, which the controller keeps."""
    found: dict[str, int] = {}
    for text in changes:
        name, equals, value = text.partition("=")
        try:
            number = int(value)
        except ValueError:
            number = None
        if not equals or number is None:
            raise ToolError(f"{text}: give it as name=value with an integer, for example baseline_w=3000")
        if name in found:
            raise ToolError(f"{name} is given twice")
        found[name] = number
    return {"parameters": found}


@_command
def mode(
    mode: Annotated[str, typer.Argument(metavar="safe|auto", help="safe: no power.  auto: as services say.")],
) -> _Body:
    """Put the controller into the safe state, or back."""
    return {"mode": mode}


@_command
def access(
    access: Annotated[str, typer.Argument(metavar="granted|refused|waiting", help="What the vehicle is told.")],
) -> _Body:
    """Grant or refuse power to the vehicle that is plugged in."""
    return {"access": {"access": access}}


@_command
def regulation(
    share_pct_x100: Annotated[
        int, typer.Option("--share-pct-x100", metavar="N", help="Share of regulation_w, in 0.01 %: -10000..10000.")
    ],
) -> _Body:
    """Tell the regulation signal."""
    return {"regulation": {"share_pct_x100": share_pct_x100}}


@_command
def demand_response(
    kind: Annotated[str, typer.Option("--kind", help="Kind of event, for example shed.")],
    start_in_s: Annotated[int, typer.Option("--start-in-s", metavar="S", help="When it begins, seconds from now.")],
    duration_s: Annotated[int, typer.Option("--duration-s", metavar="S", help="How long it lasts, seconds.")],
    depth_w: Annotated[int, typer.Option("--depth-w", metavar="W", help="By how much.")],
    recovery_s: Annotated[int, typer.Option("--recovery-s", metavar="S", help="Time back to normal, seconds.")],
) -> _Body:
    """Announce a demand-response event."""
    body = {"kind": kind, "start_in_s": start_in_s, "duration_s": duration_s, "depth_w": depth_w}
    return {"demand_response": {**body, "recovery_s": recovery_s}}


@_command
def departure(
    in_s: Annotated[int, typer.Option("--in-s", metavar="S", help="When the vehicle leaves, seconds from now.")],
    soc_pct_x100: Annotated[
        int, typer.Option("--soc-pct-x100", metavar="N", help="State of charge it wants then, in 0.01 %.")
    ],
) -> _Body:
    """Tell when the vehicle leaves, and with how much."""
    return {"departure": {"in_s": in_s, "soc_pct_x100": soc_pct_x100}}


@_command
def plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON or TOML: the plan, as in docs/mqtt.md.")],
) -> _Body:
    """Send a price plan from a file."""
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise MissingError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ToolError(f"{file} holds no plan: {error}") from None
    # A body says plan = number beside its slots; a whole command holds that body under the same name.
    if isinstance(document, dict) and isinstance(document.get("plan"), dict):
        return document
    return {"plan": document}
