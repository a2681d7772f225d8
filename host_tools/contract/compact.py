"""Records as arrays without names, for uplinks on a dear line: the birth message's table has the names.

On .../compact: ["telemetry", boot, sequence, and the values of the fields in the order of the table].
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MESSAGES = ("telemetry", "battery")  # what comes often
_HEAD = ("message", "boot", "sequence")

Table = Mapping[str, Sequence[Mapping[str, str]]]


def packed(document: Mapping[str, Any], table: Table) -> bytes:
    """Return the compact payload of a record.  table: {message: [{"name", "unit"}, ...]}, as in a birth message."""
    names = (*_HEAD, *(column["name"] for column in table[document["message"]]))
    return json.dumps([document[name] for name in names], separators=(",", ":")).encode()


def expanded(device: str, values: Any, table: Table) -> dict[str, Any]:
    """Return the record of a compact payload.  Errors: ValueError where it does not fit the table."""
    if not isinstance(values, list):
        raise ValueError("a compact record that is no array")
    message = values[0] if values else None
    columns = table.get(message) if isinstance(message, str) else None
    if columns is None:
        raise ValueError("a compact record of a message that the birth's table does not have")
    names = (*_HEAD, *(column["name"] for column in columns))
    if len(names) != len(values):
        raise ValueError(f"a compact {message} of {len(values)} values; the birth's table wants {len(names)}")
    return {"device": device, **dict(zip(names, values, strict=True))}
