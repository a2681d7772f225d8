"""Records in the form people and JSON consumers read: names for numbers, units in the key names."""

from __future__ import annotations

from gridkeel import errors
from gridkeel.errors_text import config_reason, fault_name
from host_tools.link.dictionary import Dictionary, Field
from host_tools.link.events import Record

FLAG = "flag"
CONFIG_INVALID = fault_name(errors.CONFIG_INVALID)
REASON = "reason"  # of an event whose value is a code that people cannot read


def readable(record: Record, dictionary: Dictionary) -> dict[str, int | str | bool | None]:
    """Return {"device", "boot", "sequence", "message", then the fields}, ready for JSON.

    An enum's number becomes its name ("unknown_N" where the table has none), a flag a bool, what is not known None;
    units stay in the keys, and bit fields stay numbers.
    """
    out: dict[str, int | str | bool | None] = {
        "device": record.device_id,
        "boot": record.boot_id,
        "sequence": record.sequence,
        "message": record.message,
    }
    row = dictionary.by_name.get(record.message)
    if row is not None and record.values:
        for field in row.fields:
            out[field.name] = _value(field, record.values[field.name], dictionary)
    if out.get("fault") == CONFIG_INVALID and out.get("active"):
        out[REASON] = config_reason(record.values["value"])
    return out


def _value(field: Field, value: int, dictionary: Dictionary) -> int | str | bool | None:
    if not field.knows(value):
        return None
    if field.unit == FLAG:
        return bool(value)
    names = dictionary.enums.get(field.unit)
    return value if names is None else names.get(value, f"unknown_{value}")
