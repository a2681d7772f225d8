"""The message table as text: what the device declares, hashes and hands out in parts.

Lines of words, a line an enum, a message or a field; the unit is last and may hold a space. The same tables give the
same bytes everywhere, so equal hashes mean equal tables.
"""

import binascii

from gridkeel import errors, errors_text, inverter, params
from gridkeel.link import ids, messages

FORMAT_LINE = "gridkeel-table 1"


def _numbered(names):
    return [(i, names[i]) for i in range(len(names))]


def enums():
    """Return ((unit, [(number, name)]), ...) for every unit of the message table that stands for names."""
    faults = [(errors.NO_FAULT, "none")] + [(code, name) for code, name, _severity, _text in errors_text.CATALOGUE]
    return (
        ("STATES", _numbered(messages.STATES)),
        ("LIMITERS", _numbered(messages.LIMITERS)),
        ("RESULTS", _numbered(ids.RESULTS)),
        ("MODES", _numbered(ids.MODES)),
        ("LEVELS", _numbered(messages.LEVELS)),
        ("DEMAND_RESPONSE_KINDS", _numbered(messages.DEMAND_RESPONSE_KINDS)),
        ("DEMAND_RESPONSE_STATES", _numbered(messages.DEMAND_RESPONSE_STATES)),
        ("RESERVE_STATES", _numbered(messages.RESERVE_STATES)),
        ("VERDICTS", _numbered(messages.VERDICTS)),
        ("CLOCK_STATES", _numbered(messages.CLOCK_STATES)),
        ("ACCESS_WORDS", _numbered(messages.ACCESS_WORDS)),
        ("PILOT_STATES", _numbered(messages.PILOT_STATES)),
        ("CONTACTOR_STATES", _numbered(messages.CONTACTOR_STATES)),
        ("PWM_STATES", _numbered(messages.PWM_STATES)),
        ("INVERTER_STATES", _numbered(inverter.STATES)),
        ("V2G_KINDS", _numbered(messages.V2G_KINDS)),
        ("V2G_CODES", _numbered(messages.V2G_CODES)),
        ("CATALOGUE", faults),
        ("TABLE", _numbered(params.NAMES)),
    )


def text():
    """Return the table as ASCII bytes."""
    # Lines of bytes, joined once: a board's heap may not have room for the whole text twice.
    lines = [FORMAT_LINE.encode()]
    for unit, pairs in enums():
        lines.append(("enum %s %s" % (unit, " ".join(["%d=%s" % pair for pair in pairs]))).encode())
    for message, name, fields in messages.TABLE:
        lines.append(("message %d %s" % (message, name)).encode())
        for field, code, unit in fields:
            lines.append(("field %s %s %s" % (field, code, unit)).encode())
    lines.append(b"")
    return b"\n".join(lines)


def table_hash(table_text):
    """Return the CRC-32 of a table's bytes."""
    return binascii.crc32(table_text)
