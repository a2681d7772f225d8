"""Commands from MQTT: what may be published on .../cmd, and what it becomes on the link.  Pure: bytes in, rows out."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, NoReturn

from gridkeel import params
from gridkeel.errors import ParameterError
from host_tools.contract import bodies, releases
from host_tools.link.dictionary import Dictionary

MAX_BYTES = 4096  # a command that sets every parameter takes 2.7 kB
PARAMETERS = "parameters"
NOT_FOR_GROUPS = ("access", "departure", "parameters", "update")  # they are about one vehicle, or one controller
UPDATE = "update"  # carried out by the uplink: it offers a release to the controller


class CommandError(ValueError):
    """A command that is rejected before it reaches the link; the text is the reason given to its sender."""


class Row(NamedTuple):
    """One command of the link: its message, its values, and what it is called in the answer.

    What the device numbers by a table of its own (parameters, modes) is given by name here.
    """

    message: str
    values: dict[str, int | str]
    name: str


def parse(payload: bytes, dictionary: Dictionary) -> list[Row]:
    """Return the link commands of one MQTT command to a controller with this message table.

    Errors: CommandError with the reason.
    """
    return _rows(_document(payload), dictionary)


def update_of(payload: bytes) -> str | None:
    """Return the release that an update command names, None for another command, which is `parse`'s.

    Errors: CommandError for an update that names none.
    """
    if b'"update"' not in payload:
        return None
    try:
        document = _document(payload)
    except CommandError:
        return None
    if not isinstance(document, dict) or set(document) != {UPDATE}:
        return None
    body = document[UPDATE]
    if not isinstance(body, dict) or set(body) != {"release"}:
        raise CommandError("update wants exactly release")
    name = body["release"]
    if not isinstance(name, str) or not releases.NAME.fullmatch(name):
        raise CommandError(f"release = {bodies.quoted(name)} is not {releases.NAME_DIGITS} hexadecimal digits")
    return name


def check_for_group(payload: bytes) -> None:
    """Check that a command may go to a group.  Errors: CommandError where it is none, or about one controller alone."""
    document = _document(payload)
    if not isinstance(document, dict) or len(document) != 1:
        raise CommandError("want an object with one command")
    kind = next(iter(document))
    if kind in NOT_FOR_GROUPS:
        raise CommandError(f"{kind} is about one controller: send it to that one")


def _document(payload: bytes) -> Any:
    if len(payload) > MAX_BYTES:
        raise CommandError(f"{len(payload)} bytes are more than a command may have ({MAX_BYTES})")
    try:
        return json.loads(payload.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
    except CommandError:
        raise
    except ValueError as error:
        raise CommandError(f"not JSON: {error}") from None
    except RecursionError:
        raise CommandError("nested too deeply") from None


def _rows(document: Any, dictionary: Dictionary) -> list[Row]:
    known = {row.name: row for row in bodies.commands_of(dictionary)}
    names = ", ".join((*known, PARAMETERS, UPDATE))
    if not isinstance(document, dict) or len(document) != 1:
        raise CommandError(f"want an object with one of {names}")
    kind, body = next(iter(document.items()))
    if kind == PARAMETERS:
        return _parameters(body)
    if kind not in known:
        raise CommandError(f"unknown command {bodies.quoted(kind)}; known are {names}")
    try:
        values = bodies.values_of(known[kind], body, dictionary)
        if kind == bodies.PLAN:
            return [Row(*row) for row in bodies.plan_rows(body, values, dictionary)]
    except ValueError as error:
        raise CommandError(str(error)) from None
    return [Row(kind, values, kind)]


def _parameters(body: Any) -> list[Row]:
    if not isinstance(body, dict) or not body:
        raise CommandError("parameters wants an object of name: value with at least one")
    for name, value in body.items():
        try:
            params.check(name, value)
        except ParameterError as error:
            raise CommandError(str(error)) from None
    return [Row("param_set", {"index": name, "value": value}, name) for name, value in body.items()]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise CommandError("a name occurs twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise CommandError(f"{name} is not JSON")
