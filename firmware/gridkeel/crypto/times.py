"""UTCTime and GeneralizedTime as RFC 5280, 4.1.2.5, has them: UTC, whole seconds, no other form."""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import der

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BEFORE_1970 = 719162  # days of the years 1..1969


def read(data: "Buffer", at: int, end: int) -> "tuple[int, int]":
    """Return (seconds since 1970, stop) of the time at `at`; years 0001..9999.  Errors: CertificateError."""
    start, stop = der.contents(data, at, end)
    tag = data[at]
    if tag == der.UTC_TIME:
        digits = 2
    elif tag == der.GENERALIZED_TIME:
        digits = 4
    else:
        der.refuse("no time", at)
    if stop - start != digits + 11 or data[stop - 1] != 0x5A:
        der.refuse("time that is not of whole seconds in UTC", at)
    year = _number(data, start, digits)
    if digits == 2:
        year += 1900 if year >= 50 else 2000
    elif 1950 <= year < 2050 or year == 0:
        der.refuse("year that should be a UTCTime's", at)
    parts = [_number(data, place, 2) for place in range(start + digits, stop - 1, 2)]
    if not _valid(year, *parts):
        der.refuse("no such day or hour", at)
    return _unix_s(year, *parts), stop


def _number(data, at, digits):
    value = 0
    for place in range(at, at + digits):
        digit = data[place] - 0x30
        if not 0 <= digit <= 9:
            der.refuse("time with a letter in it", at)
        value = value * 10 + digit
    return value


def _leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _valid(year, month, day, hour, minute, second):
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59:
        return False
    return 1 <= day <= _DAYS[month - 1] + (1 if month == 2 and _leap(year) else 0)


def _unix_s(year, month, day, hour, minute, second):
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 - _BEFORE_1970
    for earlier in range(1, month):
        days += _DAYS[earlier - 1]
    if month > 2 and _leap(year):
        days += 1
    return (((days + day - 1) * 24 + hour) * 60 + minute) * 60 + second
