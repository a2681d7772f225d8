"""Reactive power in the inverter's registers: 704 VarSet in var, 123 in percent of a rating.

SunSpec counts reactive power positive where it is injected (over-excited), as IEEE 1547 does; here, on this side of the
drivers, it is positive where it is absorbed, as active power is. The sign turns in this file and nowhere else.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter import sunspec
from gridkeel.inverter.modbus import pdu
from gridkeel.inverter.sunspec import BASIC, DER_CAPACITY, DER_CONTROL, IMMEDIATE, NAMEPLATE, points
from gridkeel.inverter.sunspec.stretch import ModelControl

if TYPE_CHECKING:
    from gridkeel.inverter.sunspec.discovery import Discovery

_FIRST = points.P704_VARSETENA
_MOD = points.P704_VARSETMOD - _FIRST
_PRI = points.P704_VARSETPRI - _FIRST
_SET = points.P704_VARSET - _FIRST
_REVERT_SET = points.P704_VARSETRVRT - _FIRST
_REVERT_ENA = points.P704_VARSETENARVRT - _FIRST
_REVERT_S = points.P704_VARSETRVRTTMS - _FIRST

_VARS = 4  # VarSetMod

_PCT_FIRST = points.P123_VARWMAXPCT
_PCT_OF_VAR = points.P123_VARMAXPCT - _PCT_FIRST
_PCT_REVERT_S = points.P123_VARPCT_RVRTTMS - _PCT_FIRST
_PCT_MOD = points.P123_VARPCT_MOD - _PCT_FIRST
_PCT_ENA = points.P123_VARPCT_ENA - _PCT_FIRST

_OF_W_MAX = 1  # VArPct_Mod
_OF_VAR_MAX = 2
_S16_MAX = 0x7FFF


class VarControl704(ModelControl):
    """VarSet in var; when commands stop it reverts to enabled at 0 var."""

    def __init__(self) -> None:
        ModelControl.__init__(
            self,
            DER_CONTROL,
            _FIRST,
            _REVERT_S + 2,
            (0, _SET + 2),
            (_SET, 2, True),
            ((_REVERT_SET, 2), (_REVERT_ENA, 3)),
            (0, _MOD, _PRI, _REVERT_SET, _REVERT_SET + 1, _REVERT_ENA, _REVERT_S, _REVERT_S + 1),
        )
        self._sf = 0
        self.commanded_var = 0

    def bind(self, found: "Discovery", most_var: int) -> bool:
        """Take scale and address from a discovery; return False where reactive power up to most_var cannot be set."""
        if not self.place(found):
            return False
        self._sf = pdu.signed(found.word(DER_CONTROL, points.P704_VARSET_SF))
        self.words[_MOD] = _VARS
        return sunspec.fits(most_var, self._sf, sunspec.LIMIT)

    def set_reversion(self, reversion_s: int) -> None:
        self.life_s = reversion_s
        self.put_s32(_REVERT_S, reversion_s)

    def encode(self, var: int, enabled: int, reactive_first: int) -> None:
        """Put reactive power into the setting, scaled toward zero."""
        raw = sunspec.scaled(-var, -self._sf) if var else 0
        self.words[0] = enabled
        self.words[_PRI] = reactive_first
        self.words[_REVERT_ENA] = enabled
        self.put_s32(_SET, raw)
        self.commanded_var = -sunspec.scaled(raw, self._sf) if raw else 0


class VarControl123(ModelControl):
    """Percent of VArMax where that is known, else of WMax; mode, enabling and timer travel with every setting."""

    def __init__(self) -> None:
        ModelControl.__init__(
            self,
            IMMEDIATE,
            _PCT_FIRST,
            _PCT_ENA + 1,
            (0, _PCT_ENA + 1),
            (0, _PCT_OF_VAR + 1, False),
            ((_PCT_REVERT_S, 1),),
            (_PCT_MOD, _PCT_ENA, _PCT_REVERT_S),
        )
        self._full_raw = 0
        self._inject_var = 1
        self._absorb_var = 1
        self._at = 0
        self.commanded_var = 0

    def bind(self, found: "Discovery", _most_var: int) -> bool:
        """Take scales and address from a discovery; return False where no share of a rating can be set."""
        if not self.place(found):
            return False
        sf = pdu.signed(found.word(IMMEDIATE, points.P123_VARPCT_SF))
        if not sunspec.fits(100, sf, _S16_MAX):
            return False
        self._full_raw = sunspec.scaled(100, -sf)
        self._inject_var = quadrants(found, 0, 1)
        self._absorb_var = quadrants(found, 2, 3)
        known = self._inject_var > 0 and self._absorb_var > 0
        if not known:
            self._inject_var = self._absorb_var = basic(
                found, points.P121_WMAX, points.P121_WMAX_SF, points.P120_WRTG, points.P120_WRTG_SF
            )
        self._at = _PCT_OF_VAR if known else 0
        self.words[_PCT_MOD] = _OF_VAR_MAX if known else _OF_W_MAX
        return self._inject_var > 0

    def set_reversion(self, reversion_s: int) -> None:
        self.life_s = reversion_s
        self.words[_PCT_REVERT_S] = reversion_s

    def encode(self, var: int, enabled: int, _reactive_first: int) -> None:
        """Put reactive power into the setting, toward zero and no more than 100 %."""
        full_var = self._inject_var if var < 0 else self._absorb_var
        size_var = min(abs(var), full_var)
        raw = size_var * self._full_raw // full_var
        size_var = raw * full_var // self._full_raw
        self.words[self._at] = (raw if var < 0 else -raw) & 0xFFFF
        self.words[_PCT_ENA] = enabled
        self.commanded_var = -size_var if var < 0 else size_var


def apparent_va(found: "Discovery") -> int:
    """Return the apparent power the inverter allows, the setting before the rating, UNKNOWN where it reports none."""
    if found.address_of(DER_CAPACITY) >= 0:
        return _capacity(found, points.P702_VAMAX, points.P702_VAMAXRTG, points.P702_VA_SF)
    return basic(found, points.P121_VAMAX, points.P121_VAMAX_SF, points.P120_VARTG, points.P120_VARTG_SF)


def inject_max_var(found: "Discovery") -> int:
    """Return the reactive power it may inject, UNKNOWN where it reports none."""
    if found.address_of(DER_CAPACITY) >= 0:
        return _capacity(found, points.P702_VARMAXINJ, points.P702_VARMAXINJRTG, points.P702_VAR_SF)
    return quadrants(found, 0, 1)


def absorb_max_var(found: "Discovery") -> int:
    """Return the reactive power it may absorb, UNKNOWN where it reports none."""
    if found.address_of(DER_CAPACITY) >= 0:
        return _capacity(found, points.P702_VARMAXABS, points.P702_VARMAXABSRTG, points.P702_VAR_SF)
    return quadrants(found, 2, 3)


def quadrants(found: "Discovery", one: int, other: int) -> int:
    """Return the smaller size of two quadrants' limits (121, else 120), of the one that is reported, or UNKNOWN.

    one, other: 0 is the first quadrant.  Reactive power is injected in the first and the second.
    """
    first = _quadrant(found, one)
    second = _quadrant(found, other)
    if first == sunspec.UNKNOWN or second == sunspec.UNKNOWN:
        return max(first, second)
    return min(first, second)


def basic(found: "Discovery", setting: int, setting_sf: int, rating: int, rating_sf: int) -> int:
    """Return an unsigned setting of 121, else the rating of 120, or UNKNOWN."""
    value = found.unsigned(BASIC, setting, setting_sf)
    return found.unsigned(NAMEPLATE, rating, rating_sf) if value == sunspec.UNKNOWN else value


def _quadrant(found, quadrant):
    value = found.signed(BASIC, points.P121_VARMAXQ1 + quadrant, points.P121_VARMAX_SF)
    if value == sunspec.UNKNOWN:
        value = found.signed(NAMEPLATE, points.P120_VARRTGQ1 + quadrant, points.P120_VARRTG_SF)
    return value if value == sunspec.UNKNOWN else abs(value)


def _capacity(found, setting, rating, scale):
    value = found.unsigned(DER_CAPACITY, setting, scale)
    return found.unsigned(DER_CAPACITY, rating, scale) if value == sunspec.UNKNOWN else value
