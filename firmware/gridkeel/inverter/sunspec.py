"""SunSpec facts this controller uses: model ids, point offsets from a model's ID register, values and scale factors.

Source: SunSpec Information Model definitions; a test holds every offset against them.
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
INVERTERS = (101, 102, 103)
FLOAT_INVERTERS = (111, 112, 113)

# fmt: off
POINTS: tuple = (  # flat: a tuple a row would take three times the heap
    # model, point, offset, registers
    1, "Mn", 2, 16,
    1, "Md", 18, 16,
    1, "Vr", 42, 8,
    1, "SN", 50, 16,
    101, "W", 14, 1,
    101, "W_SF", 15, 1,
    102, "W", 14, 1,
    102, "W_SF", 15, 1,
    103, "W", 14, 1,
    103, "W_SF", 15, 1,
    103, "VAr", 20, 1,
    103, "VAr_SF", 21, 1,
    103, "TmpCab", 33, 1,
    103, "TmpSnk", 34, 1,
    103, "Tmp_SF", 37, 1,
    120, "WRtg", 3, 1,
    120, "WRtg_SF", 4, 1,
    120, "VARtg", 5, 1,
    120, "VARtg_SF", 6, 1,
    120, "VArRtgQ1", 7, 1,
    120, "VArRtgQ2", 8, 1,
    120, "VArRtgQ3", 9, 1,
    120, "VArRtgQ4", 10, 1,
    120, "VArRtg_SF", 11, 1,
    120, "MaxChaRte", 23, 1,
    120, "MaxChaRte_SF", 24, 1,
    120, "MaxDisChaRte", 25, 1,
    120, "MaxDisChaRte_SF", 26, 1,
    121, "WMax", 2, 1,
    121, "VAMax", 7, 1,
    121, "VArMaxQ1", 8, 1,
    121, "VArMaxQ2", 9, 1,
    121, "VArMaxQ3", 10, 1,
    121, "VArMaxQ4", 11, 1,
    121, "WMax_SF", 22, 1,
    121, "VAMax_SF", 26, 1,
    121, "VArMax_SF", 27, 1,
    123, "VArWMaxPct", 15, 1,
    123, "VArMaxPct", 16, 1,
    123, "VArAvalPct", 17, 1,
    123, "VArPct_WinTms", 18, 1,
    123, "VArPct_RvrtTms", 19, 1,
    123, "VArPct_RmpTms", 20, 1,
    123, "VArPct_Mod", 21, 1,
    123, "VArPct_Ena", 22, 1,
    123, "VArPct_SF", 25, 1,
    124, "WChaMax", 2, 1,
    124, "StorCtl_Mod", 5, 1,
    124, "ChaState", 8, 1,
    124, "OutWRte", 12, 1,
    124, "InWRte", 13, 1,
    124, "InOutWRte_WinTms", 14, 1,
    124, "InOutWRte_RvrtTms", 15, 1,
    124, "WChaMax_SF", 18, 1,
    124, "ChaState_SF", 22, 1,
    124, "InOutWRte_SF", 25, 1,
    701, "InvSt", 4, 1,
    701, "W", 10, 1,
    701, "Var", 12, 1,
    701, "TmpAmb", 35, 1,
    701, "TmpCab", 36, 1,
    701, "TmpSnk", 37, 1,
    701, "TmpOt", 40, 1,
    701, "W_SF", 116, 1,
    701, "Var_SF", 119, 1,
    701, "Tmp_SF", 122, 1,
    702, "WMaxRtg", 2, 1,
    702, "VAMaxRtg", 7, 1,
    702, "VarMaxInjRtg", 8, 1,
    702, "VarMaxAbsRtg", 9, 1,
    702, "WChaRteMaxRtg", 10, 1,
    702, "WDisChaRteMaxRtg", 11, 1,
    702, "VAMax", 31, 1,
    702, "VarMaxInj", 32, 1,
    702, "VarMaxAbs", 33, 1,
    702, "W_SF", 45, 1,
    702, "VA_SF", 47, 1,
    702, "Var_SF", 48, 1,
    704, "WSetEna", 22, 1,
    704, "WSetMod", 23, 1,
    704, "WSet", 24, 2,
    704, "WSetRvrt", 26, 2,
    704, "WSetEnaRvrt", 30, 1,
    704, "WSetRvrtTms", 31, 2,
    704, "VarSetEna", 35, 1,
    704, "VarSetMod", 36, 1,
    704, "VarSetPri", 37, 1,
    704, "VarSet", 38, 2,
    704, "VarSetRvrt", 40, 2,
    704, "VarSetEnaRvrt", 44, 1,
    704, "VarSetRvrtTms", 45, 2,
    704, "WSet_SF", 55, 1,
    704, "VarSet_SF", 57, 1,
    713, "SoC", 4, 1,
    713, "Pct_SF", 8, 1,
)
# fmt: on
COLUMNS = 4

LIMIT = 0x3FFFFFFE  # largest size of a scaled value: a small integer on every board
UNKNOWN = limits.UNKNOWN  # a value the device does not implement; outside what scaling real registers gives
SF_MAX = 10
_POWERS = (1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000)

_NONE_S16 = -0x8000
_NONE_U16 = 0xFFFF


def offset_of(model, point):
    """Return a point's offset from its model's ID register.  Errors: KeyError."""
    for at in range(0, len(POINTS), 4):  # COLUMNS; a range allocates unless its step is a number
        if POINTS[at] == model and POINTS[at + 1] == point:
            return POINTS[at + 2]
    raise KeyError(point)


def signed(word):
    return word - 0x10000 if word & 0x8000 else word


def scale_known(sf):
    """Say whether a scale factor is one: -10..10, and not the value for 'not implemented'."""
    return -SF_MAX <= sf <= SF_MAX


def scaled(value, sf):
    """Return value * 10**sf, toward zero, no larger than LIMIT; UNKNOWN where sf is no scale factor."""
    if not scale_known(sf):
        return UNKNOWN
    if sf > 0:
        return -_grown(-value, sf) if value < 0 else _grown(value, sf)
    if sf == -SF_MAX:
        return 0  # no 16-bit value reaches 10**10
    return -(-value // _POWERS[-sf]) if value < 0 else value // _POWERS[-sf]


def scaled_u16(word, sf):
    """Return an unsigned point's value, or UNKNOWN."""
    return UNKNOWN if word == _NONE_U16 else scaled(word, sf)


def scaled_s16(value, sf):
    """Return a signed point's value, or UNKNOWN."""
    return UNKNOWN if value == _NONE_S16 else scaled(value, sf)


def float32(high, low):
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


def signed32(high, low):
    """Return a signed 32-bit point, high already signed; UNKNOWN past the small integers of every board."""
    return high << 16 | low if -0x4000 <= high < 0x4000 else UNKNOWN


def fits(value, sf, limit):
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
