"""Commands from MQTT: what may stand on .../cmd, and what it becomes on the link.  Pure: bytes in, rows out."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, NoReturn

from gridkeel import params, params_text
from gridkeel.errors import ParameterError
from gridkeel.link import messages
from host_tools.contract import orders

MAX_BYTES = 4096  # a command that sets every parameter takes 2.5 kB
KINDS = ("setpoint", "parameters", "mode", *orders.ORDERS)

_LIMITS = {name: (low, high) for name, _unit, _default, low, high, _meaning in params_text.rows()}


class CommandError(ValueError):
    """A command that is refused before it reaches the link; the text is the reason given to its sender."""


class Row(NamedTuple):
    """One command of the link: its message, its values, and what it is called in the answer.

    What the device numbers by a table of its own (parameters, modes) stands here by name.
    """

    message: str
    values: dict[str, int | str]
    name: str


def parse(payload: bytes) -> list[Row]:
    """Return the link commands of one MQTT command.  Errors: CommandError with the reason."""
    if len(payload) > MAX_BYTES:
        raise CommandError(f"{len(payload)} bytes are more than a command may have ({MAX_BYTES})")
    try:
        return _rows(json.loads(payload.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant))
    except CommandError:
        raise
    except ValueError as error:
        raise CommandError(f"not JSON: {error}") from None
    except RecursionError:
        raise CommandError("nested too deeply") from None


def _rows(document: Any) -> list[Row]:
    if not isinstance(document, dict) or len(document) != 1:
        raise CommandError(f"want an object with one of {', '.join(KINDS)}")
    kind, body = next(iter(document.items()))
    if kind == "setpoint":
        return [_setpoint(body)]
    if kind == "parameters":
        return _parameters(body)
    if kind == "mode":
        return [_mode(body)]
    if kind in orders.ORDERS:
        return _order(kind, body)
    raise CommandError(f"unknown command {_quoted(kind)}; known are {', '.join(KINDS)}")


def _setpoint(body: Any) -> Row:
    if not isinstance(body, dict) or set(body) != {"power_w", "lifetime_s"}:
        raise CommandError("setpoint wants exactly power_w and lifetime_s")
    power_w, lifetime_s = body["power_w"], body["lifetime_s"]
    if not _is_integer(power_w):
        raise CommandError(f"power_w = {_quoted(power_w)} is not an integer (unit W)")
    low, high = -_LIMITS["discharge_max_w"][1], _LIMITS["charge_max_w"][1]
    if not low <= power_w <= high:
        raise CommandError(f"power_w = {_quoted(power_w)} is outside {low}..{high} W")
    if isinstance(lifetime_s, bool) or not isinstance(lifetime_s, (int, float)):
        raise CommandError(f"lifetime_s = {_quoted(lifetime_s)} is not a number (unit s)")
    longest_s = _LIMITS["setpoint_max_s"][1]
    if not 0.001 <= lifetime_s <= longest_s:
        raise CommandError(f"lifetime_s = {_quoted(lifetime_s)} is outside 0.001..{longest_s} s")
    return Row("setpoint", {"power_w": power_w, "lifetime_ms": round(lifetime_s * 1000)}, "setpoint")


def _parameters(body: Any) -> list[Row]:
    if not isinstance(body, dict) or not body:
        raise CommandError("parameters wants an object of name: value with at least one")
    for name, value in body.items():
        try:
            params.check(name, value)
        except ParameterError as error:
            raise CommandError(str(error)) from None
    return [Row("param_set", {"index": name, "value": value}, name) for name, value in body.items()]


def _mode(body: Any) -> Row:
    if body not in messages.MODES:
        raise CommandError(f"mode = {_quoted(body)} is none of {', '.join(messages.MODES)}")
    return Row("mode", {"mode": body}, "mode")


def _order(kind: str, body: Any) -> list[Row]:
    try:
        return [Row(*row) for row in orders.rows_of(kind, body)]
    except ValueError as error:
        raise CommandError(str(error)) from None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise CommandError("a name stands twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise CommandError(f"{name} is not JSON")


def _quoted(value: Any) -> str:
    """Return a hostile value short and in ASCII, fit for a reason and a log line."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
