"""Commands of the services from MQTT: regulation signal, demand response, departure, price plan, access to power."""

from __future__ import annotations

from typing import Any, NamedTuple

from gridkeel.link import messages

PRICES_A_MESSAGE = 6
SLOTS_MAX = 96


class Figure(NamedTuple):
    """One integer of an order and its limits; the device checks them once more."""

    name: str
    low: int
    high: int
    unit: str


# The fields of an order are those of its link command, in order, and nothing else.
ORDERS: dict[str, tuple[Figure, ...]] = {
    "regulation": (Figure("share_pct_x100", -10000, 10000, "0.01 % of regulation_w"),),
    "departure": (Figure("in_s", 0, 172800, "s"), Figure("soc_pct_x100", 0, 10000, "0.01 %")),
    "demand_response": (
        Figure("start_in_s", 0, 172800, "s"),
        Figure("duration_s", 0, 65535, "s"),
        Figure("depth_w", 0, 50000, "W"),
        Figure("recovery_s", 0, 65535, "s"),
    ),
    "plan": (
        Figure("plan", 0, 255, "number"),
        Figure("slot_s", 60, 3600, "s"),
        Figure("start_in_s", -86400, 86400, "s"),
        Figure("charge_to", -32768, 32767, "0.1/MWh"),
        Figure("discharge_from", -32768, 32767, "0.1/MWh"),
    ),
    "access": (),
}
# Fields told by name; on the link they are the name's place.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "demand_response": {"kind": messages.DEMAND_RESPONSE_KINDS},
    "access": {"access": messages.ACCESS_WORDS},
}
PRICE = Figure("price", -32768, 32767, "0.1/MWh")

Rows = list[tuple[str, dict[str, int | str], str]]


def rows_of(kind: str, body: Any) -> Rows:
    """Return (message, values, name in the answer) of an order.  Errors: ValueError with the reason."""
    figures = ORDERS[kind]
    words = WORDS.get(kind, {})
    wanted = {figure.name for figure in figures} | set(words) | ({"prices"} if kind == "plan" else set())
    if not isinstance(body, dict) or set(body) != wanted:
        raise ValueError(f"{kind} wants exactly {', '.join(sorted(wanted))}")
    values: dict[str, int | str] = {figure.name: _checked(figure, body[figure.name]) for figure in figures}
    for name, known in words.items():
        if body[name] not in known:
            raise ValueError(f"{name} is none of {', '.join(known)}")
        values[name] = known.index(body[name])
    if kind == "plan":
        if body["charge_to"] >= body["discharge_from"]:
            raise ValueError(f"charge_to = {body['charge_to']} is not under discharge_from = {body['discharge_from']}")
        return _plan(values, body["prices"])
    return [(kind, values, kind)]


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of every order's body."""
    found = {}
    for kind, figures in ORDERS.items():
        properties: dict[str, Any] = {figure.name: _schema(figure) for figure in figures}
        properties |= {name: {"enum": list(known)} for name, known in WORDS.get(kind, {}).items()}
        if kind == "plan":
            properties["prices"] = {"type": "array", "minItems": 1, "maxItems": SLOTS_MAX, "items": _schema(PRICE)}
        found[kind] = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return found


def _schema(figure: Figure) -> dict[str, Any]:
    return {"type": "integer", "minimum": figure.low, "maximum": figure.high, "description": f"unit: {figure.unit}"}


def _checked(figure: Figure, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{figure.name} is not an integer (unit {figure.unit})")
    if not figure.low <= value <= figure.high:
        raise ValueError(f"{figure.name} = {_short(value)} is outside {figure.low}..{figure.high} {figure.unit}")
    return value


def _short(value: int) -> str:
    return str(value) if -(10**20) < value < 10**20 else "a number of more than 20 digits"


def _plan(values: dict[str, int | str], prices: Any) -> Rows:
    if not isinstance(prices, list) or not 1 <= len(prices) <= SLOTS_MAX:
        raise ValueError(f"prices is not a list of 1..{SLOTS_MAX}")
    checked = [_checked(PRICE, price) for price in prices]
    rows: Rows = [("plan", {**values, "slots": len(checked)}, "plan")]
    for first in range(0, len(checked), PRICES_A_MESSAGE):
        part = checked[first : first + PRICES_A_MESSAGE]
        part += [0] * (PRICES_A_MESSAGE - len(part))
        sent: dict[str, int | str] = {f"price_{k}": price for k, price in enumerate(part)}
        rows.append(("plan_prices", {"plan": values["plan"], "first": first, **sent}, f"prices from slot {first}"))
    return rows
