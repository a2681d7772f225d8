"""SunSpec facts this controller uses: model ids, values and scale factors; points.py has the points.

Source: SunSpec Information Model definitions.
"""

from gridkeel import limits

BASES = (40000, 50000, 0)
MARK_HIGH = 0x5375  # "SunS"
MARK_LOW = 0x6E53
END = 0xFFFF
HEADER = 2  # registers of ID and L

COMMON = 1
NAMEPLATE = 120
BASIC = 121
IMMEDIATE = 123
STORAGE = 124
DER_MEASURE = 701
DER_CAPACITY = 702
DER_CONTROL = 704
DER_STORAGE = 713
DER_DIRECT = 714
INVERTERS = (101, 102, 103)
FLOAT_INVERTERS = (111, 112, 113)

LIMIT = 0x3FFFFFFE  # largest size of a scaled value: a small integer on every board
UNKNOWN = limits.UNKNOWN  # a value the device does not implement; outside what scaling real registers gives
SF_MAX = 10
_POWERS = (1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000)

_NONE_S16 = -0x8000
_NONE_U16 = 0xFFFF


def scale_known(sf: int) -> bool:
    """Say whether a scale factor is one: -10..10, and not the value for 'not implemented'."""
    return -SF_MAX <= sf <= SF_MAX


def scaled(value: int, sf: int) -> int:
    """Return value * 10**sf, toward zero, no larger than LIMIT; UNKNOWN where sf is no scale factor."""
    if sf == 0:
        return value
    if not scale_known(sf):
        return UNKNOWN
    if sf > 0:
        return -_grown(-value, sf) if value < 0 else _grown(value, sf)
    if sf == -SF_MAX:
        return 0  # no 16-bit value reaches 10**10
    return -(-value // _POWERS[-sf]) if value < 0 else value // _POWERS[-sf]


def scaled_u16(word: int, sf: int) -> int:
    """Return an unsigned point's value, or UNKNOWN."""
    return UNKNOWN if word == _NONE_U16 else scaled(word, sf)


def scaled_s16(value: int, sf: int) -> int:
    """Return a signed point's value, or UNKNOWN."""
    return UNKNOWN if value == _NONE_S16 else scaled(value, sf)


def float32(high: int, low: int) -> int:
    """Return an IEEE 754 single given as two registers, toward zero, no larger than LIMIT; UNKNOWN if no number."""
    shift = (high >> 7 & 0xFF) - 150  # of the 24-bit significand; a Python float would be an allocation
    if shift == 105:
        return UNKNOWN  # NaN, SunSpec's "not implemented", and infinity
    size = (high & 0x7F | 0x80) << 16 | low
    if shift > 6:
        size = LIMIT
    elif shift >= 0:
        size <<= shift
    else:
        size = size >> -shift if shift > -24 else 0
    return -size if high & 0x8000 else size


def fits(value: int, sf: int, limit: int) -> bool:
    """Say whether value, 0 or more, has a register value of 1..limit at this scale (0 of itself)."""
    if not scale_known(sf):
        return False
    if value == 0:
        return True
    if sf < 0:
        return sf > -SF_MAX and value <= limit // _POWERS[-sf]
    return sf < SF_MAX and value >= _POWERS[sf]


def _grown(value, sf):
    if value == 0:
        return 0
    if sf == SF_MAX or value > LIMIT // _POWERS[sf]:
        return LIMIT
    return value * _POWERS[sf]
