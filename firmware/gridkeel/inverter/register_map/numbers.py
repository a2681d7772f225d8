"""Numbers in registers: one or two of them, signed or not, either one first, scaled by a ratio."""

from gridkeel import TYPE_CHECKING, limits
from gridkeel.inverter.modbus import pdu
from gridkeel.inverter.register_map import S16, U16, U32_LOW_FIRST

if TYPE_CHECKING:
    from array import array

    from gridkeel.inverter.modbus.rtu import Master

_SIGNED = 1  # bit of a type
_MOST = 0x3FFFFFFE  # a small integer on every board


def read(master: "Master", at: int, kind: int) -> int:
    """Return the number at a register of the last answer, limits.UNKNOWN past the small integers of every board."""
    if kind == U16:
        return master.register(at)
    if kind == S16:
        return master.signed(at)
    low_first = kind >= U32_LOW_FIRST
    high = master.register(at + 1 if low_first else at)
    low = master.register(at if low_first else at + 1)
    # An unsigned one past 0x3FFF is past the small integers, and so is a signed one.
    return pdu.signed32(pdu.signed(high) if kind & _SIGNED else high, low)


def put(words: "array[int]", at: int, kind: int, value: int) -> None:
    """Put a number into the words of a write."""
    if kind <= S16:
        words[at] = value & 0xFFFF
        return
    high = at + 1 if kind >= U32_LOW_FIRST else at
    words[high] = (value >> 16) & 0xFFFF
    words[at + at + 1 - high] = value & 0xFFFF


def scaled(count: int, numerator: int, denominator: int, sign: int) -> int:
    """Return what so many counts stand for, toward zero; limits.UNKNOWN where that is no small integer."""
    size = abs(count)
    if count == limits.UNKNOWN or size > _MOST // numerator:
        return limits.UNKNOWN
    size = size * numerator // denominator
    return sign * size if count >= 0 else -sign * size


def counts(value: int, numerator: int, denominator: int, sign: int) -> int:
    """Return the counts that stand for a value, toward zero."""
    size = abs(value) * denominator // numerator
    return sign * size if value >= 0 else -sign * size
