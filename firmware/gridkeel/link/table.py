"""The message table as text: what the device declares, hashes and hands out in parts.

Lines of words, a line an enum, a message or a field; the unit is last and may hold a space. The same tables give the
same bytes everywhere, so equal hashes mean equal tables.
"""

import binascii

from gridkeel import errors, inverter, params
from gridkeel.link import messages

FORMAT_LINE = "gridkeel-table 1"
_BLOCK_BITS = 8
_BLOCK_MASK = (1 << _BLOCK_BITS) - 1


def _numbered(names):
    return [(i, names[i]) for i in range(len(names))]


def enums():
    """Return ((unit, [(number, name)]), ...) for every unit of the message table that stands for names."""
    faults = [(errors.NO_FAULT, "none")] + [(code, name) for code, name, _severity, _text in errors.CATALOGUE]
    return (
        ("STATES", _numbered(messages.STATES)),
        ("LIMITERS", _numbered(messages.LIMITERS)),
        ("RESULTS", _numbered(messages.RESULTS)),
        ("MODES", _numbered(messages.MODES)),
        ("LEVELS", _numbered(messages.LEVELS)),
        ("EVENT_KINDS", _numbered(messages.EVENT_KINDS)),
        ("EVENT_STATES", _numbered(messages.EVENT_STATES)),
        ("RESERVE_STATES", _numbered(messages.RESERVE_STATES)),
        ("VERDICTS", _numbered(messages.VERDICTS)),
        ("CLOCK_STATES", _numbered(messages.CLOCK_STATES)),
        ("ACCESS_WORDS", _numbered(messages.ACCESS_WORDS)),
        ("PILOT_STATES", _numbered(messages.PILOT_STATES)),
        ("CONTACTOR_STATES", _numbered(messages.CONTACTOR_STATES)),
        ("OFFERS", _numbered(messages.OFFERS)),
        ("INVERTER_STATES", _numbered(inverter.STATES)),
        ("V2G_KINDS", _numbered(messages.V2G_KINDS)),
        ("V2G_WORDS", _numbered(messages.V2G_WORDS)),
        ("CATALOGUE", faults),
        ("TABLE", _numbered(params.NAMES)),
    )


def lines():
    """Yield the table line by line, as ASCII bytes with their newlines."""
    yield (FORMAT_LINE + "\n").encode()
    for unit, pairs in enums():
        yield ("enum %s %s\n" % (unit, " ".join(["%d=%s" % pair for pair in pairs]))).encode()
    for message, name, fields in messages.TABLE:
        yield ("message %d %s\n" % (message, name)).encode()
        for field, code, unit in fields:
            yield ("field %s %s %s\n" % (field, code, unit)).encode()


def text():
    """Return the table as ASCII bytes."""
    return b"".join(lines())


class Text:
    """The table in blocks: a board's heap may have no piece left that holds it whole.  size, hash: of all of it."""

    def __init__(self):
        self.size = 0
        self.hash = 0
        self._blocks = []
        for line in lines():
            self.hash = binascii.crc32(line, self.hash)
            for byte in line:
                if not self.size & _BLOCK_MASK:
                    self._blocks.append(bytearray(_BLOCK_MASK + 1))
                self._blocks[-1][self.size & _BLOCK_MASK] = byte
                self.size += 1

    def byte(self, at):
        """Return one byte, 0 <= at < size.  Allocates: nothing."""
        return self._blocks[at >> _BLOCK_BITS][at & _BLOCK_MASK]


def table_hash(table_text):
    """Return the CRC-32 of a table's bytes."""
    return binascii.crc32(table_text)
