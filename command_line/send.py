"""`gridkeel send`: one command to one controller, and what became of it."""

from __future__ import annotations

import functools
import inspect
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.broker_options import reaching_broker
from command_line.command import Command, group
from command_line.options import JsonOutcome
from gridkeel.link import messages
from host_tools.contract import bodies
from host_tools.errors import EXIT_CHECK_FAILED, EXIT_MISSING, MissingError, ToolError
from host_tools.files import check_writable, is_stdout, write_atomic
from host_tools.link.dictionary import Dictionary, Field, Row

if TYPE_CHECKING:
    from host_tools.mqtt.address import Broker

app = group(no_args_is_help=True)
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
    timeout_s: Annotated[
        float, typer.Option("--timeout", min=1.0, max=3600.0, help="Seconds to wait for the answer.")
    ] = 15.0,
    json_file: JsonOutcome = None,
) -> None:
    """Take the options that every command here has beside those of the broker (see `_command`)."""


def _command(name: str, build: Callable[..., _Body]) -> None:
    """Register a command whose function makes the JSON of its own options; the options of `_sending` are added."""
    own = list(inspect.signature(build, eval_str=True).parameters.values())
    common = list(inspect.signature(_sending, eval_str=True).parameters.values())
    merged = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (common[0], *own, *common[1:])]

    @functools.wraps(build)
    def run(context: typer.Context, **values: Any) -> None:
        _run(context.obj, build(**{one.name: values.pop(one.name) for one in own}), **values)

    run.__signature__ = inspect.Signature(merged)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in merged}
    app.command(name.replace("_", "-"), cls=Command)(reaching_broker(run))


def _run(device: str, document: _Body, at: Broker, timeout_s: float, json_file: Path | None) -> None:
    from host_tools.contract.commands import CommandError, parse
    from host_tools.operator.request import Outcome, send

    check_writable(json_file)
    payload = json.dumps(document).encode()
    try:
        parse(payload, _TABLE)
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
    # The file may hold the body alone, or the whole command.
    if isinstance(document, dict) and isinstance(document.get("plan"), dict):
        return document
    return {"plan": document}


def _of_table(row: Row, what: str, meanings: dict[str, str]) -> Callable[..., _Body]:
    """Return the function of a command with an option for each field of the message table."""
    fields = bodies.fields_of(row)
    names = [bodies.json_name(field) for field in fields]

    def build(**values: Any) -> _Body:
        return {row.name: values[row.name] if bodies.is_bare(row) else {name: values[name] for name in names}}

    build.__doc__ = what
    build.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=_annotation(row, field, meanings))
            for name, field in zip(names, fields, strict=True)
        ]
    )
    return build


def _annotation(row: Row, field: Field, meanings: dict[str, str]) -> Any:
    """Return the type of an option, or of the one argument, and what help says of it."""
    meaning = meanings[field.name]
    text = f"{meaning[0].upper()}{meaning[1:]}"
    choices = _TABLE.enums.get(field.unit)
    if choices is not None:
        words = "|".join(choices.values())
        if bodies.is_bare(row):
            return Annotated[str, typer.Argument(metavar=words, help=f"{text}.")]
        return Annotated[str, typer.Option(_option(field), metavar=words, help=f"{text}.")]
    is_time = bodies.json_name(field) != field.name
    unit, limits = ("s", f"{field.low / 1000:g}..{field.high // 1000}") if is_time else (field.unit, _limits(field))
    return Annotated[
        float if is_time else int, typer.Option(_option(field), metavar="N", help=f"{text}, {unit}: {limits}.")
    ]


def _option(field: Field) -> str:
    return f"--{bodies.json_name(field).replace('_', '-')}"


def _limits(field: Field) -> str:
    return f"{field.low}..{field.high}"


_TABLE = Dictionary.ours()
_OF_FILES: dict[str, Callable[..., _Body]] = {
    "parameters": parameters,
    bodies.PLAN: plan,
}  # what is no option for each field


def _register() -> None:
    described = {
        name: (what, {field[0]: field[5] for field in fields}) for _id, name, what, fields in messages.COMMANDS
    }
    for row in bodies.commands_of(_TABLE):
        if row.name not in _OF_FILES:
            _command(row.name, _of_table(row, *described[row.name]))
    for name, build in _OF_FILES.items():
        _command(name, build)


_register()
