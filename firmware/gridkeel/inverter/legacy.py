"""SunSpec's older family: 101..103 measure, 120 rates, 124 sets the power in percent and tells the state of charge.

124 has no set-point in watts: it bounds charge (InWRte) and discharge (OutWRte) from above, and a negative bound of
the one forces the other. Power p into the vehicle is InWRte = p and OutWRte = -p, in percent of WChaMax.
"""

from gridkeel.inverter import control, der, sunspec
from gridkeel.inverter.sunspec import INVERTERS, NAMEPLATE, STORAGE, offset_of

# 101, 102 and 103 lay these out alike.
_W = offset_of(103, "W")
_W_SF = offset_of(103, "W_SF") - _W
_VAR = offset_of(103, "VAr") - _W
_VAR_SF = offset_of(103, "VAr_SF") - _W
_TMP = offset_of(103, "TmpCab")
_TMP_SINK = offset_of(103, "TmpSnk") - _TMP
_TMP_SF = offset_of(103, "Tmp_SF") - _TMP

_FIRST = offset_of(STORAGE, "StorCtl_Mod")
_OUT = offset_of(STORAGE, "OutWRte") - _FIRST
_IN = offset_of(STORAGE, "InWRte") - _FIRST
_WINDOW_S = offset_of(STORAGE, "InOutWRte_WinTms") - _FIRST
_REVERT_S = offset_of(STORAGE, "InOutWRte_RvrtTms") - _FIRST
_COUNT = _REVERT_S + 1

_CHARGE_AND_DISCHARGE = 3
_S16_MAX = 0x7FFF


class Control124(control.Control):
    """Charge and discharge rate in percent; the timer travels with every setting, the mode is the only other step."""

    def __init__(self):
        control.Control.__init__(
            self,
            STORAGE,
            _FIRST,
            _COUNT,
            (_OUT, 4),
            (_OUT, 2),
            ((0, 1),),
            (0, _OUT, _IN, _REVERT_S),
        )
        self._full_raw = 0
        self._full_w = 1

    def bind(self, found, _most_w):
        """Take scales and address from a discovery; return False where a rate cannot be set."""
        if not self.place(found):
            return False
        sf = sunspec.signed(found.word(STORAGE, offset_of(STORAGE, "InOutWRte_SF")))
        self._full_w = charge_max_w(found)
        if self._full_w <= 0 or not sunspec.fits(100, sf, _S16_MAX):
            return False
        self._full_raw = sunspec.scaled(100, -sf)
        self.words[0] = _CHARGE_AND_DISCHARGE
        self.words[_WINDOW_S] = 0
        return True

    def set_reversion(self, reversion_s):
        self.words[_REVERT_S] = reversion_s

    def encode(self, power_w):
        """Put a power into the setting, toward zero and no more than 100 %."""
        size_w = min(abs(power_w), self._full_w)
        raw = size_w * self._full_raw // self._full_w
        size_w = raw * self._full_w // self._full_raw if self._full_raw else 0
        self.put_s16(_IN, -raw if power_w < 0 else raw)
        self.put_s16(_OUT, raw if power_w < 0 else -raw)
        self.commanded_w = -size_w if power_w < 0 else size_w


class Measure10x:
    """W and VAr with their scale factors, which some devices of this family move, in one short read."""

    count = _VAR_SF + 2  # one more than needed: no other read is as long, so none's late answer is taken for this one

    def __init__(self):
        self.address = -1

    def bind(self, found):
        self.address = _inverter(found) + _W
        return self.address >= _W

    def power_w(self, master):
        """Return the power into the vehicle, or UNKNOWN."""
        out_w = sunspec.scaled_s16(master.signed(0), master.signed(_W_SF))
        return out_w if out_w == sunspec.UNKNOWN else -out_w

    def var(self, master):
        """Return the reactive power absorbed, or UNKNOWN."""
        injected_var = sunspec.scaled_s16(master.signed(_VAR), master.signed(_VAR_SF))
        return injected_var if injected_var == sunspec.UNKNOWN else -injected_var

    def operating_state(self, _master):
        return -1


class Temperature10x:
    """Cabinet and heat sink, with their scale factor, in one short read."""

    count = _TMP_SF + 2  # one more than needed, for its length's sake

    def __init__(self):
        self.address = -1

    def bind(self, found):
        self.address = _inverter(found) + _TMP
        return self.address >= _TMP

    def cabinet_c(self, master):
        """Return the cabinet's temperature, or UNKNOWN."""
        return sunspec.scaled_s16(master.signed(0), master.signed(_TMP_SF))

    def sink_c(self, master):
        """Return the heat sink's temperature, or UNKNOWN."""
        return sunspec.scaled_s16(master.signed(_TMP_SINK), master.signed(_TMP_SF))


class Storage124:
    """ChaState alone; its scale factor was kept by the discovery."""

    count = 1

    def __init__(self):
        self.address = -1
        self._sf = 0

    def bind(self, found):
        at = found.address_of(STORAGE)
        if at < 0:
            return False
        self.address = at + offset_of(STORAGE, "ChaState")
        self._sf = sunspec.signed(found.word(STORAGE, offset_of(STORAGE, "ChaState_SF")))
        return sunspec.scale_known(self._sf)

    def soc_pct_x100(self, master):
        return der.soc_pct_x100(master.register(0), self._sf)


def _inverter(found):
    for i in range(len(INVERTERS)):
        at = found.address_of(INVERTERS[i])
        if at >= 0:
            return at
    return -1


def charge_max_w(found):
    """Return WChaMax in W, or UNKNOWN."""
    if found.address_of(STORAGE) < 0:
        return sunspec.UNKNOWN
    word = found.word(STORAGE, offset_of(STORAGE, "WChaMax"))
    return sunspec.scaled_u16(word, sunspec.signed(found.word(STORAGE, offset_of(STORAGE, "WChaMax_SF"))))


def rating_120(found, point):
    """Return a power rating of 120 in W, or UNKNOWN; its scale factor stands right behind it."""
    if found.address_of(NAMEPLATE) < 0:
        return sunspec.UNKNOWN
    at = offset_of(NAMEPLATE, point)
    return sunspec.scaled_u16(found.word(NAMEPLATE, at), sunspec.signed(found.word(NAMEPLATE, at + 1)))
