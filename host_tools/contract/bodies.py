"""Bodies of commands: what the JSON of a command holds, checked against the table that its controller declares.

A command of the link is an MQTT command of the same name. Its body is an object of the row's fields; where the row has
one field of the command's own name, the body is that value alone: {"mode": "safe"}. Times in ms are said in seconds.
"""

from __future__ import annotations

from typing import Any

from host_tools.link.dictionary import COMMAND_FIELD, Dictionary, Field, Row

OWN = ("param_set", "param_get", "plan_prices", "time")  # sent by the host, as part of a command or by itself
PLAN = "plan"
_PRICES = "plan_prices"
_SLOTS = "slots"
_MS = "_ms"
_COUNTED = ("number", "count", "slot")  # units of the table that are none of measure

Values = dict[str, int | str]
Schema = dict[str, Any]


def commands_of(dictionary: Dictionary) -> list[Row]:
    """Return the rows that are commands of MQTT too."""
    return [row for row in dictionary.rows.values() if row.is_command and row.name not in OWN]


def fields_of(row: Row) -> list[Field]:
    """Return the fields that the body of a command holds."""
    hidden = (COMMAND_FIELD, _SLOTS) if row.name == PLAN else (COMMAND_FIELD,)
    return [field for field in row.fields if field.name not in hidden]


def is_bare(row: Row) -> bool:
    """Return whether the body is the value of the only field."""
    return [field.name for field in fields_of(row)] == [row.name]


def json_name(field: Field) -> str:
    return f"{field.name.removesuffix(_MS)}_s" if field.name.endswith(_MS) else field.name


def values_of(row: Row, body: Any, dictionary: Dictionary) -> Values:
    """Return the values of a row.  Errors: ValueError with the reason."""
    fields = fields_of(row)
    if is_bare(row):
        body = {row.name: body}
    names = [json_name(field) for field in fields] + (["prices"] if row.name == PLAN else [])
    if not isinstance(body, dict) or set(body) != set(names):
        raise ValueError(f"{row.name} wants exactly {', '.join(names)}")
    return {field.name: _value(field, body[json_name(field)], dictionary) for field in fields}


def plan_rows(body: dict[str, Any], values: Values, dictionary: Dictionary) -> list[tuple[str, Values, str]]:
    """Return (message, values, name in the answer) of a price plan: one row, and those of its prices.

    Errors: ValueError with the reason.
    """
    if body["charge_to"] >= body["discharge_from"]:
        raise ValueError(f"charge_to = {body['charge_to']} is not under discharge_from = {body['discharge_from']}")
    prices = body["prices"]
    slots_max = _field(dictionary, PLAN, _SLOTS).high
    if not isinstance(prices, list) or not 1 <= len(prices) <= slots_max:
        raise ValueError(f"prices is not a list of 1..{slots_max}")
    places = _price_fields(dictionary)
    checked = [_value(places[0], price, dictionary) for price in prices]
    rows: list[tuple[str, Values, str]] = [(PLAN, {**values, _SLOTS: len(checked)}, PLAN)]
    for first in range(0, len(checked), len(places)):
        part = checked[first : first + len(places)]
        part += [0] * (len(places) - len(part))
        sent: Values = {field.name: price for field, price in zip(places, part, strict=True)}
        rows.append((_PRICES, {"number": values["number"], "first": first, **sent}, f"prices from slot {first}"))
    return rows


def schema_of(row: Row, dictionary: Dictionary, meanings: dict[str, str]) -> Schema:
    """Return the JSON Schema of a command's body.  meanings: of its fields."""
    fields = fields_of(row)
    properties = {json_name(field): _schema(field, dictionary, meanings.get(field.name, "")) for field in fields}
    if is_bare(row):
        return properties[row.name]
    if row.name == PLAN:
        price, slots = _price_fields(dictionary)[0], _field(dictionary, PLAN, _SLOTS)
        items = _schema(price, dictionary, "price of a slot")
        properties["prices"] = {"type": "array", "minItems": slots.low, "maxItems": slots.high, "items": items}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def quoted(value: Any) -> str:
    """Return a hostile value short and in ASCII, fit for a reason and a log line."""
    text = (
        ascii(value) if not isinstance(value, int) or -(10**20) < value < 10**20 else "a number of more than 20 digits"
    )
    return text if len(text) <= 60 else f"{text[:57]}..."


def _value(field: Field, value: Any, dictionary: Dictionary) -> int | str:
    names = dictionary.enums.get(field.unit)
    if names is not None:
        if value not in names.values():
            raise ValueError(f"{field.name} = {quoted(value)} is none of {', '.join(names.values())}")
        return str(value)
    if field.name.endswith(_MS):
        return _milliseconds(field, value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{field.name} = {quoted(value)} is not an integer (unit {field.unit})")
    if not field.low <= value <= field.high:
        raise ValueError(f"{field.name} = {quoted(value)} is outside {field.low}..{field.high} {field.unit}")
    return value


def _milliseconds(field: Field, value: Any) -> int:
    name = json_name(field)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} = {quoted(value)} is not a number (unit s)")
    if not field.low <= value * 1000 <= field.high:
        raise ValueError(f"{name} = {quoted(value)} is outside {field.low / 1000:g}..{field.high // 1000} s")
    return round(value * 1000)


def _schema(field: Field, dictionary: Dictionary, meaning: str) -> Schema:
    names = dictionary.enums.get(field.unit)
    if names is not None:
        return {"enum": list(names.values()), "description": meaning}
    if field.name.endswith(_MS):
        bounds = {"minimum": field.low / 1000, "maximum": field.high // 1000}
        return {"type": "number", **bounds, "description": f"{meaning}; unit: s"}
    bounds = {"minimum": field.low, "maximum": field.high}
    unit = "" if field.unit in _COUNTED else f"; unit: {field.unit}"
    return {"type": "integer", **bounds, "description": f"{meaning}{unit}"}


def _field(dictionary: Dictionary, message: str, name: str) -> Field:
    """Errors: ValueError where the controller declares no such field."""
    row = dictionary.by_name.get(message)
    for field in row.fields if row else ():
        if field.name == name:
            return field
    raise ValueError(f"the controller has no {message} with {name}")


def _price_fields(dictionary: Dictionary) -> list[Field]:
    row = dictionary.by_name.get(_PRICES)
    places = [field for field in row.fields if field.name.startswith("price_")] if row else []
    if not places:
        raise ValueError("the controller takes no prices")
    return places
