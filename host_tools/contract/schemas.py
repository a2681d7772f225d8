"""The schemas as Python data: records from the device's message table, the uplink's own messages by hand."""

from __future__ import annotations

from typing import Any

from gridkeel import params_text
from gridkeel.link import messages, table
from host_tools.contract import bodies, compact, releases
from host_tools.link.dictionary import LIMITS, OR_NONE, Dictionary, Field
from host_tools.link.readable import CONFIG_INVALID, FLAG, REASON

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_U32 = {"type": "integer", "minimum": 0, "maximum": 0xFFFFFFFF}
_WHO: Schema = {
    "device": {"type": "string", "description": "identity of the controller"},
    "boot": {**_U32, "description": "another number for each start of the controller"},
    "sequence": {**_U32, "minimum": 1, "description": "number of the record within its boot, rising; once each"},
}
_ENUMS = dict(table.enums())
_EVENT = "fault_event"
_OWN = ("birth", "status", "presence", "cmd", "ack")


def _id(name: str) -> str:
    return f"urn:gridkeel:schema:v2:{name}"


def _document(name: str, title: str, properties: Schema, required: list[str], **more: Any) -> Schema:
    return {
        "$schema": _DIALECT,
        "$id": _id(name),
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        **more,
    }


def _record(name: str, fields: tuple[Field, ...]) -> Schema:
    properties = {**_WHO, "message": {"const": name}, **{field.name: _field(field) for field in fields}}
    required = list(properties)
    if name == _EVENT:
        properties[REASON] = {"type": "string", "description": f"what the value of {CONFIG_INVALID} says, for people"}
    return _document(name, f"{name} record of a controller", properties, required)


def _field(field: Field) -> Schema:
    if field.unit == FLAG:
        return {"type": "boolean"}
    if field.unit in _ENUMS:
        names = list(dict.fromkeys(text for _number, text in _ENUMS[field.unit]))
        # A device newer than the table it declares may send a number without a name.
        return {"type": "string", "anyOf": [{"enum": names}, {"pattern": "^unknown_[0-9]+$"}]}
    low, high = LIMITS[field.code]
    schema: Schema = {"type": "integer", "minimum": low, "maximum": high}
    if field.unit.endswith(OR_NONE):
        described = f"unit: {field.unit.removesuffix(OR_NONE)}; null: not known"
        return {**schema, "type": ["integer", "null"], "minimum": low + 1, "description": described}
    return {**schema, "description": f"unit: {field.unit}"} if field.unit else schema


def _birth() -> Schema:
    column = {"type": "object", "properties": {"name": {"type": "string"}, "unit": {"type": "string"}}}
    properties = {
        "device": _WHO["device"],
        "boot": _WHO["boot"],
        "firmware": {"type": "string"},
        "group": {
            "type": "integer",
            "minimum": 0,
            "maximum": 65535,
            "description": "parameter group; 0 none, or not read yet: another birth follows then",
        },
        "compact": {
            "type": "array",
            "items": {"enum": list(compact.MESSAGES)},
            "description": "records that are published on .../compact, as arrays in the order of the table",
        },
        "uplink": {"type": "string", "description": "version of the uplink"},
        "schemas": {"type": "object", "additionalProperties": {"type": "string"}},
        "table": {
            "type": "object",
            "description": "fields and units of every record, as this controller declared them",
            "additionalProperties": {"type": "array", "items": column},
        },
    }
    # A broker whose packets are too small for the table gets the birth without it.
    required = [name for name in properties if name not in ("table", "compact")]
    return _document("birth", "what a controller is; retained", properties, required)


def _status() -> Schema:
    properties = {
        "device": _WHO["device"],
        "status": {"enum": ["online", "offline"]},
        "uplink": {"type": "string", "description": "who says so; online only while its own presence says online"},
        "run": {"type": "string", "description": "that of the uplink's presence, or else the controller is offline"},
        "boot": _WHO["boot"],
        "reason": {"type": "string"},
    }
    return _document("status", "whether a controller is reached; retained", properties, ["device", "status"])


def _presence() -> Schema:
    properties = {
        "uplink": {"type": "string", "description": "name of the uplink"},
        "status": {"enum": ["online", "offline"]},
        "run": {"type": "string", "description": "another text for each start of the uplink"},
        "version": {"type": "string", "description": "version of the uplink"},
        "reason": {"type": "string"},
    }
    required = ["uplink", "status", "run", "version"]
    return _document("presence", "whether an uplink is there; retained", properties, required)


def _command() -> Schema:
    parameters = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            name: {"type": "integer", "minimum": low, "maximum": high, "description": f"{meaning}; unit: {unit}"}
            for name, unit, _default, low, high, meaning in params_text.rows()
        },
    }
    ours = Dictionary.ours()
    meanings = {name: {field[0]: field[5] for field in fields} for _number, name, _what, fields in messages.COMMANDS}
    bodies_of = {row.name: bodies.schema_of(row, ours, meanings[row.name]) for row in bodies.commands_of(ours)}
    name = {"type": "string", "pattern": f"^{releases.NAME.pattern}$", "description": "name of a release at the broker"}
    update = {"type": "object", "properties": {"release": name}, "required": ["release"], "additionalProperties": False}
    properties = {**bodies_of, "parameters": parameters, "update": update}
    closed = {"minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return _document("cmd", "a command to a controller: one name, and its body", properties, [], **closed)


def _ack() -> Schema:
    properties = {
        "device": _WHO["device"],
        "result": {"type": "string", "description": "ok, or in one word what went wrong"},
        "reason": {"type": "string"},
        "parameters": {"type": "object", "additionalProperties": {"type": "string"}},
        "status": {"type": "string", "description": "of an update: how far it came, in OCPP's words"},
    }
    return _document("ack", "what became of a command", properties, ["device", "result"])


def documents() -> dict[str, Schema]:
    """Return {leaf of the topic: schema of its payload}; `presence` is that of an uplink's own status."""
    records = {row.name: _record(row.name, row.fields) for row in _rows()}
    return {
        **records,
        "birth": _birth(),
        "status": _status(),
        "presence": _presence(),
        "cmd": _command(),
        "ack": _ack(),
    }


def _rows() -> list:
    return [row for row in Dictionary.ours().rows.values() if not row.is_command]


IDS = {name: _id(name) for name in (*(row.name for row in _rows()), *_OWN)}
