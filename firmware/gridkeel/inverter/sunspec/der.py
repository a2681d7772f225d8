"""SunSpec's DER family: 701 measures, 702 rates, 704 sets the power, 713 has the state of charge, 714 the DC ports."""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter import sunspec
from gridkeel.inverter.modbus import pdu
from gridkeel.inverter.sunspec import DER_CAPACITY, DER_CONTROL, DER_DIRECT, DER_MEASURE, DER_STORAGE, points
from gridkeel.inverter.sunspec.stretch import ModelControl

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Readings
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.inverter.reading import Reading
    from gridkeel.inverter.sunspec.discovery import Discovery

_SOC_FULL = 10000

_INV_ST = points.P701_INVST
_W = points.P701_W
_VAR = points.P701_VAR
_TMP_AMBIENT = points.P701_TMPAMB
_TMP_CABINET = points.P701_TMPCAB
_TMP_SINK = points.P701_TMPSNK

_FIRST = points.P704_WSETENA
_MOD = points.P704_WSETMOD - _FIRST
_SET = points.P704_WSET - _FIRST
_REVERT_SET = points.P704_WSETRVRT - _FIRST
_REVERT_ENA = points.P704_WSETENARVRT - _FIRST
_REVERT_S = points.P704_WSETRVRTTMS - _FIRST
_COUNT = _REVERT_S + 2

_ENABLED = 1
_WATTS = 1

_PORT = points.P714_PRT_PRTTYP
_PORT_SIZE = points.P714_PRT_DCALRM + 2 - _PORT
_PORTS_MAX = 16
_BATTERY_PORTS = (1, 2, 5)  # ESS, EV, BIDIR

_SOC = points.P713_SOC
_PCT_SF = points.P713_PCT_SF


class Control704(ModelControl):
    """WSet in watts, positive out of the vehicle; when commands stop it reverts to enabled at 0 W."""

    def __init__(self) -> None:
        ModelControl.__init__(
            self,
            DER_CONTROL,
            _FIRST,
            _COUNT,
            (0, _SET + 2),
            (_SET, 2, True),
            ((_REVERT_SET, 2), (_REVERT_ENA, 3)),
            (0, _MOD, _REVERT_SET, _REVERT_SET + 1, _REVERT_ENA, _REVERT_S, _REVERT_S + 1),
        )
        self._sf = 0

    def bind(self, found: "Discovery", most_w: int) -> bool:
        """Take scale and address from a discovery; return False where powers up to most_w cannot be set."""
        if not self.place(found):
            return False
        self.words[_REVERT_ENA] = _ENABLED
        self.put_s32(_REVERT_SET, 0)
        self._sf = pdu.signed(found.word(DER_CONTROL, points.P704_WSET_SF))
        return sunspec.fits(most_w, self._sf, sunspec.LIMIT)

    def set_reversion(self, reversion_s: int) -> None:
        self.life_s = reversion_s
        self.put_s32(_REVERT_S, reversion_s)

    def encode(self, power_w: int) -> None:
        """Put a power into the setting, scaled toward zero."""
        words = self.words
        raw = -power_w
        if power_w and self._sf:
            raw = sunspec.scaled(raw, -self._sf)
            power_w = -sunspec.scaled(raw, self._sf) if raw else 0
        words[0] = _ENABLED
        words[_MOD] = _WATTS
        words[_SET] = raw >> 16 & 0xFFFF
        words[_SET + 1] = raw & 0xFFFF
        self.commanded_w = power_w

    def accept(self, master: "Master") -> None:
        """Count with what the inverter holds in place of our setting."""
        raw = pdu.signed32(master.signed(_SET), master.register(_SET + 1))
        self.commanded_w = -sunspec.scaled(raw, self._sf) if raw else 0


class Measure701:
    """InvSt to Var in one short read; W and Var are positive out of the vehicle."""

    count = _VAR + 1 - _INV_ST

    def __init__(self) -> None:
        self.address = -1
        self._sf = 0
        self._var_sf = 0

    def bind(self, found: "Discovery") -> bool:
        at = found.address_of(DER_MEASURE)
        if at < 0:
            return False
        self.address = at + _INV_ST
        self._sf = pdu.signed(found.word(DER_MEASURE, points.P701_W_SF))
        self._var_sf = pdu.signed(found.word(DER_MEASURE, points.P701_VAR_SF))
        return sunspec.scale_known(self._sf)

    def take(self, master: "Master", readings: "Readings") -> int:
        """Put the reactive power and InvSt into the readings; return the power into the vehicle, or UNKNOWN."""
        word = master.register(0)
        readings.operating_state = -1 if word == sunspec.END else word
        injected_var = sunspec.scaled_s16(master.signed(_VAR - _INV_ST), self._var_sf)
        readings.var = 0 if injected_var == sunspec.UNKNOWN else -injected_var
        out_w = sunspec.scaled_s16(master.signed(_W - _INV_ST), self._sf)
        return out_w if out_w == sunspec.UNKNOWN else -out_w


class Temperature701:
    """Ambient to other temperature in one short read."""

    count = points.P701_TMPOT + 1 - _TMP_AMBIENT

    def __init__(self) -> None:
        self.address = -1
        self._sf = 0

    def bind(self, found: "Discovery") -> bool:
        at = found.address_of(DER_MEASURE)
        self.address = at + _TMP_AMBIENT
        self._sf = pdu.signed(found.word(DER_MEASURE, points.P701_TMP_SF))
        return at >= 0 and sunspec.scale_known(self._sf)

    def read_c(self, master: "Master", at_sink: bool) -> int:
        """Return the heat sink's temperature, or the cabinet's, or UNKNOWN."""
        return sunspec.scaled_s16(master.signed((_TMP_SINK if at_sink else _TMP_CABINET) - _TMP_AMBIENT), self._sf)


class Storage713:
    """SoC and its scale factor in one short read."""

    count = _PCT_SF + 1 - _SOC

    def __init__(self) -> None:
        self.address = -1

    def bind(self, found: "Discovery") -> bool:
        at = found.address_of(DER_STORAGE)
        self.address = at + _SOC
        return at >= 0

    def take(self, master: "Master", soc: "Reading", now_ms: int) -> None:
        soc.take(soc_pct_x100(master.register(0), master.signed(_PCT_SF - _SOC)), now_ms)


class Direct714:
    """Type, current and voltage of the DC port that a battery is at, in one short read.

    Ports are asked in turn until one is of a battery or a vehicle; then it is the only one.
    """

    count = points.P714_PRT_DCV + 1 - _PORT

    def __init__(self) -> None:
        self.address = -1
        self.mv = 0
        self.ma = 0
        self._first = -1
        self._ports = 0
        self._port = 0
        self._a_sf = 0
        self._v_sf = 0

    def bind(self, found: "Discovery") -> bool:
        at = found.address_of(DER_DIRECT)
        self._a_sf = pdu.signed(found.word(DER_DIRECT, points.P714_DCA_SF))
        self._v_sf = pdu.signed(found.word(DER_DIRECT, points.P714_DCV_SF))
        self._ports = found.word(DER_DIRECT, points.P714_NPRT)
        self._port = 0
        self._first = self.address = at + _PORT
        return at >= 0 and 0 < self._ports <= _PORTS_MAX

    def take(self, master: "Master", power_w: int) -> bool:
        """Take mv and ma of the port; return False where it is not a battery's, or does not say them.

        power_w: into the vehicle; the current has its sign, since the model does not say which way counts as positive.
        """
        if master.register(0) not in _BATTERY_PORTS:
            self._port = (self._port + 1) % self._ports
            self.address = self._first + self._port * _PORT_SIZE
            return False
        ma = sunspec.scaled_s16(master.signed(points.P714_PRT_DCA - _PORT), self._a_sf + 3)
        self.mv = sunspec.scaled_u16(master.register(points.P714_PRT_DCV - _PORT), self._v_sf + 3)
        if ma == sunspec.UNKNOWN or self.mv == sunspec.UNKNOWN:
            return False
        self.ma = -abs(ma) if power_w < 0 else abs(ma)
        return True


def soc_pct_x100(word: int, sf: int) -> int:
    """Return a percentage point in 0.01 %, -1 where it is unknown or no percentage."""
    if not sunspec.scale_known(sf) or sf > sunspec.SF_MAX - 2:
        return -1
    value = sunspec.scaled_u16(word, sf + 2)
    return value if 0 <= value <= _SOC_FULL else -1


def rating_702(found: "Discovery", point: int) -> int:
    """Return a power rating of 702 in W: the point (of points.py), else WMaxRtg, else UNKNOWN."""
    rating = found.unsigned(DER_CAPACITY, point, points.P702_W_SF)
    if rating != sunspec.UNKNOWN:
        return rating
    return found.unsigned(DER_CAPACITY, points.P702_WMAXRTG, points.P702_W_SF)
