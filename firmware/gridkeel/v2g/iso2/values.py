"""PhysicalValue of ISO 15118-2: a 16-bit number, a power of ten from -3 to 3, a unit."""

from gridkeel.v2g import journal
from gridkeel.v2g.iso2.codes import WRONG_CHARGE_PARAMETER, RefusedError

_SHORT_MAX = 32767


def physical(value: float, unit: str) -> dict:
    """Return the PhysicalValue of a number, to a tenth where it is not whole; what is too large becomes the largest.

    unit: "A", "V", "W", "Wh", "s".
    """
    tenths = round(value * 10)
    if tenths % 10 and -_SHORT_MAX <= tenths <= _SHORT_MAX:
        return {"Multiplier": -1, "Unit": unit, "Value": tenths}
    whole = round(value)
    multiplier = 0
    while not -_SHORT_MAX <= whole <= _SHORT_MAX and multiplier < 3:
        whole = whole // 10 if whole > 0 else -(-whole // 10)
        multiplier += 1
    return {"Multiplier": multiplier, "Unit": unit, "Value": max(-_SHORT_MAX, min(_SHORT_MAX, whole))}


def number(
    body: dict, name: str, unit: str, otherwise: "float | None" = None, code: str = WRONG_CHARGE_PARAMETER
) -> "float | None":
    """Return the number of element `name` of body, `otherwise` where it is absent; whole where its multiplier allows.

    Errors: RefusedError with `code` where its unit is another one.
    """
    found = body.get(name)
    if found is None:
        return otherwise
    if found["Unit"] != unit:
        raise RefusedError(code, journal.UNIT_WRONG)
    multiplier = found["Multiplier"]
    return found["Value"] * 10**multiplier if multiplier >= 0 else found["Value"] / 10**-multiplier
