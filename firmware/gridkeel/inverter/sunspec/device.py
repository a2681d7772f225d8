"""A SunSpec inverter as discovery left it: the control and measuring models that fit, and its ratings."""

from gridkeel import TYPE_CHECKING, limits
from gridkeel.inverter import sunspec
from gridkeel.inverter.driver import RegisterDriver
from gridkeel.inverter.sunspec import der, legacy, points, var_control
from gridkeel.inverter.sunspec.discovery import Discovery

if TYPE_CHECKING:
    from gridkeel.inverter.interface import (
        InverterDriver,
        Ratings,
        RegisterControl,
        RegisterDirect,
        RegisterMeasure,
        RegisterStorage,
        RegisterTemperature,
        RegisterVarControl,
    )
    from gridkeel.params import Parameters


def driver(parameters: "Parameters") -> "InverterDriver":
    """Return the driver of the family, searching."""
    return RegisterDriver(parameters, Device())


class Device:
    """A discovery and what was made of it; a part is None where no model gives it."""

    def __init__(self) -> None:
        self.found = self.scales = Discovery()
        self.control: RegisterControl | None = None
        self.measure: RegisterMeasure | None = None
        self.storage: RegisterStorage | None = None
        self.temperature: RegisterTemperature | None = None
        self.direct: RegisterDirect | None = None
        self.var_control: RegisterVarControl | None = None
        self._control_704 = der.Control704()
        self._control_124 = legacy.Control124()
        self._var_704 = var_control.VarControl704()
        self._var_123 = var_control.VarControl123()
        self._temperature_701 = der.Temperature701()
        self._temperature_10x = legacy.Temperature10x()
        self._measure_701 = der.Measure701()
        self._measure_10x = legacy.Measure10x()
        self._direct_714 = der.Direct714()
        self._storage_713 = der.Storage713()
        self._storage_124 = legacy.Storage124()

    def forget(self) -> None:
        """Begin a new discovery."""
        self.found.start()
        self.control = self.measure = self.storage = self.temperature = self.direct = self.var_control = None

    def place_early(self) -> bool:
        """Make 704 the control before the discovery has ended: good for writing zero, which has no scale."""
        if not self.found.has_704():
            return False
        self._control_704.place(self.found)
        self.control = self._control_704
        return True

    def identity(self) -> tuple[str, str, str, str]:
        """Return (manufacturer, model, version, serial number), each "" until it was read.  Allocates."""
        text = self.found.text
        return (text(2, 16), text(18, 16), text(42, 8), text(50, 16))

    def bind(self, most_w: int, most_var: int, ratings: "Ratings") -> bool:
        """Fit the parts to the models found; return False where most_w cannot be set or no rating is known."""
        found = self.found
        # A device that has both is driven by 704 alone: a second setting in 124 would be in its way.
        control = self._control_704 if self.found.has_704() else self._control_124
        self.control = control if control.bind(found, most_w) else None
        self.measure = self._bound(self._measure_701, self._measure_10x)
        self.storage = self._bound(self._storage_713, self._storage_124)
        self.temperature = self._bound(self._temperature_701, self._temperature_10x)
        self.direct = self._direct_714 if self._direct_714.bind(self.found) else None
        reactive = self._var_704 if self.found.has_704() else self._var_123
        self.var_control = reactive if reactive.bind(found, most_var) else None
        self._rate(ratings)
        return self.control is not None and max(ratings.charge_rating_w, ratings.discharge_rating_w) > 0

    def _bound(self, newer, older):
        if newer.bind(self.found):
            return newer
        return older if older.bind(self.found) else None

    def _rate(self, ratings):
        found = self.found
        common = _known(legacy.charge_max_w(found), legacy.rating_120(found, points.P120_WRTG))
        charge = _known(
            der.rating_702(found, points.P702_WCHARTEMAXRTG), legacy.rating_120(found, points.P120_MAXCHARTE)
        )
        discharge = _known(
            der.rating_702(found, points.P702_WDISCHARTEMAXRTG), legacy.rating_120(found, points.P120_MAXDISCHARTE)
        )
        # A rating that the device does not report is 0 W.
        ratings.charge_rating_w = max(_known(charge, common), 0)
        ratings.discharge_rating_w = max(_known(discharge, common), 0)
        ratings.apparent_va = _known(var_control.apparent_va(found), limits.NO_BOUND)
        ratings.inject_max_var = _known(var_control.inject_max_var(found), limits.NO_BOUND)
        ratings.absorb_max_var = _known(var_control.absorb_max_var(found), limits.NO_BOUND)


def _known(value, other):
    return other if value == sunspec.UNKNOWN else value
