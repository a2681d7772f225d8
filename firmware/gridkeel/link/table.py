"""The message table as text: what the device declares, hashes and hands out in parts.

Lines of words, a line an enum, a message, a field or the limits of the field before it; a field's unit is last and may
hold a space. The same tables give the same bytes everywhere, so equal hashes mean equal tables.
"""

import binascii

from gridkeel.link import messages

FORMAT_LINE = "gridkeel-table 2"


def _numbered(names):
    return list(names) if isinstance(names[0], tuple) else [(i, names[i]) for i in range(len(names))]


def enums() -> tuple:
    """Return ((unit, [(number, name)]), ...) for every unit of the message table that stands for names."""
    return tuple([(unit, _numbered(names)) for unit, names in messages.ENUMS])


def text() -> bytes:
    """Return the table as ASCII bytes."""
    # Lines of bytes, joined once: a board's heap may not have room for the whole text twice.
    lines = [FORMAT_LINE.encode()]
    for unit, pairs in enums():
        lines.append(("enum %s %s" % (unit, " ".join(["%d=%s" % pair for pair in pairs]))).encode())
    limits = {row[0]: _limits(row[3]) for row in messages.COMMANDS}
    for message, name, fields in messages.TABLE:
        lines.append(("message %d %s" % (message, name)).encode())
        bounds = limits.get(message, {})
        for field, code, unit in fields:
            lines.append(("field %s %s %s" % (field, code, unit)).encode())
            if field in bounds:
                lines.append(("limits %d %d" % bounds[field]).encode())
    lines.append(b"")
    return b"\n".join(lines)


def _limits(fields):
    return {field[0]: field[3:5] for field in fields if field[3] is not None}


def table_hash(table_text: bytes) -> int:
    """Return the CRC-32 of a table's bytes."""
    return binascii.crc32(table_text)
