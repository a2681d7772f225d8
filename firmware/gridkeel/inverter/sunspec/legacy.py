"""SunSpec's older family: 101..103 and 111..113 measure, 120 rates, 124 sets the power in percent and has the charge.

124 has no set-point in watts: it bounds charge (InWRte) and discharge (OutWRte) from above, and a negative bound of
the one forces the other. Power p into the vehicle is InWRte = p and OutWRte = -p, InWRte in percent of WChaMax and
OutWRte in percent of the largest discharge rate: MaxDisChaRte of 120, or WChaMax where the device has none.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter import sunspec
from gridkeel.inverter.modbus import pdu
from gridkeel.inverter.sunspec import FLOAT_INVERTERS, INVERTERS, NAMEPLATE, STORAGE, der, points
from gridkeel.inverter.sunspec.stretch import ModelControl

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Readings
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.inverter.reading import Reading
    from gridkeel.inverter.sunspec.discovery import Discovery

# 101, 102 and 103 lay these out alike.
_W = points.P103_W
_W_SF = points.P103_W_SF - _W
_VAR = points.P103_VAR - _W
_VAR_SF = points.P103_VAR_SF - _W
_TMP = points.P103_TMPCAB
_TMP_SINK = points.P103_TMPSNK - _TMP
_TMP_SF = points.P103_TMP_SF - _TMP

# So do 111, 112 and 113, in floats.
_FLOAT_W = points.P113_W
_FLOAT_VAR = points.P113_VAR - _FLOAT_W
_FLOAT_TMP = points.P113_TMPCAB
_FLOAT_SINK = points.P113_TMPSNK - _FLOAT_TMP

_FIRST = points.P124_STORCTL_MOD
_OUT = points.P124_OUTWRTE - _FIRST
_IN = points.P124_INWRTE - _FIRST
_WINDOW_S = points.P124_INOUTWRTE_WINTMS - _FIRST
_REVERT_S = points.P124_INOUTWRTE_RVRTTMS - _FIRST
_COUNT = _REVERT_S + 1

_CHARGE_AND_DISCHARGE = 3
_S16_MAX = 0x7FFF


class Control124(ModelControl):
    """Charge and discharge rate in percent; the timer travels with every setting, the mode is the only other step."""

    def __init__(self) -> None:
        ModelControl.__init__(
            self,
            STORAGE,
            _FIRST,
            _COUNT,
            (_OUT, 4),
            (_OUT, 2, False),
            ((0, 1),),
            (0, _REVERT_S),
        )
        self._full_raw = 0
        self._full_w = 1
        self._full_out_w = 1

    def bind(self, found: "Discovery", _most_w: int) -> bool:
        """Take scales and address from a discovery; return False where a rate cannot be set."""
        if not self.place(found):
            return False
        sf = pdu.signed(found.word(STORAGE, points.P124_INOUTWRTE_SF))
        self._full_w = charge_max_w(found)
        if self._full_w <= 0 or not sunspec.fits(100, sf, _S16_MAX):
            return False
        rated_w = rating_120(found, points.P120_MAXDISCHARTE)
        self._full_out_w = rated_w if rated_w > 0 else self._full_w
        self._full_raw = sunspec.scaled(100, -sf)
        self.words[0] = _CHARGE_AND_DISCHARGE
        self.words[_WINDOW_S] = 0
        return True

    def set_reversion(self, reversion_s: int) -> None:
        self.life_s = reversion_s
        self.words[_REVERT_S] = reversion_s

    def encode(self, power_w: int) -> None:
        """Put a power into the setting, toward zero and no more than 100 %."""
        if power_w < 0:
            self.commanded_w = -self._bound(_OUT, self._full_out_w, _IN, self._full_w, -power_w)
        else:
            self.commanded_w = self._bound(_IN, self._full_w, _OUT, self._full_out_w, power_w)

    def _bound(self, word, full_w, other, other_w, size_w):
        """Bound one side to size_w and force the other side to it; return what the bound, rounded down, allows."""
        full_raw = self._full_raw
        raw = min(size_w, full_w) * full_raw // full_w
        self.words[word] = raw
        # Rounded down once more: were the forced power over the bound, the window between them would be empty.
        self.words[other] = -min(raw * full_w // other_w, full_raw) & 0xFFFF
        return raw * full_w // full_raw if full_raw else 0

    def accept(self, master: "Master") -> None:
        """Count with what the inverter holds in place of our setting."""
        if self.commanded_w < 0:
            self.commanded_w = -(master.signed(_OUT) * self._full_out_w // self._full_raw)
        else:
            self.commanded_w = master.signed(_IN) * self._full_w // self._full_raw


class Measure10x:
    """W and VAr in one short read: with their scale factors, which some devices of this family move, or as floats."""

    def __init__(self) -> None:
        self.address = -1
        self.count = 0
        self._real = False

    def bind(self, found: "Discovery") -> bool:
        at = _place(found, _W, _FLOAT_W)
        self._real = at < 0
        self.address = abs(at)
        # More than needed: no other read is as long, so none's late answer is taken for this one.
        self.count = _FLOAT_VAR + 4 if self._real else _VAR_SF + 2
        return at != 0

    def take(self, master: "Master", readings: "Readings") -> int:
        """Put the reactive power into the readings; return the power into the vehicle, or UNKNOWN."""
        if self._real:
            out_w = sunspec.float32(master.register(0), master.register(1))
            injected_var = sunspec.float32(master.register(_FLOAT_VAR), master.register(_FLOAT_VAR + 1))
        else:
            out_w = sunspec.scaled_s16(master.signed(0), master.signed(_W_SF))
            injected_var = sunspec.scaled_s16(master.signed(_VAR), master.signed(_VAR_SF))
        readings.operating_state = -1
        readings.var = 0 if injected_var == sunspec.UNKNOWN else -injected_var
        return out_w if out_w == sunspec.UNKNOWN else -out_w


class Temperature10x:
    """Cabinet and heat sink in one short read, with their scale factor or as floats."""

    def __init__(self) -> None:
        self.address = -1
        self.count = 0
        self._real = False

    def bind(self, found: "Discovery") -> bool:
        at = _place(found, _TMP, _FLOAT_TMP)
        self._real = at < 0
        self.address = abs(at)
        self.count = _FLOAT_SINK + 2 if self._real else _TMP_SF + 2  # one more than needed, for its length's sake
        return at != 0

    def read_c(self, master: "Master", at_sink: bool) -> int:
        """Return the heat sink's temperature, or the cabinet's, or UNKNOWN."""
        if self._real:
            at = _FLOAT_SINK if at_sink else 0
            return sunspec.float32(master.register(at), master.register(at + 1))
        return sunspec.scaled_s16(master.signed(_TMP_SINK if at_sink else 0), master.signed(_TMP_SF))


class Storage124:
    """ChaState alone; its scale factor was kept by the discovery."""

    count = 1

    def __init__(self) -> None:
        self.address = -1
        self._sf = 0

    def bind(self, found: "Discovery") -> bool:
        at = found.address_of(STORAGE)
        if at < 0:
            return False
        self.address = at + points.P124_CHASTATE
        self._sf = pdu.signed(found.word(STORAGE, points.P124_CHASTATE_SF))
        return sunspec.scale_known(self._sf)

    def take(self, master: "Master", soc: "Reading", now_ms: int) -> None:
        soc.take(der.soc_pct_x100(master.register(0), self._sf), now_ms)


def _place(found: "Discovery", first: int, float_first: int) -> int:
    """Return the address of `first` in a model with scale factors, less than 0 in one of floats, 0 for neither."""
    at = _inverter(found, INVERTERS)
    if at >= 0:
        return at + first
    at = _inverter(found, FLOAT_INVERTERS)
    return -(at + float_first) if at >= 0 else 0


def _inverter(found, models):
    for i in range(len(models)):
        at = found.address_of(models[i])
        if at >= 0:
            return at
    return -1


def charge_max_w(found: "Discovery") -> int:
    """Return WChaMax in W, or UNKNOWN."""
    return found.unsigned(STORAGE, points.P124_WCHAMAX, points.P124_WCHAMAX_SF)


def rating_120(found: "Discovery", point: int) -> int:
    """Return a power rating of 120 in W, or UNKNOWN; its scale factor stands right behind it."""
    return found.unsigned(NAMEPLATE, point, point + 1)
