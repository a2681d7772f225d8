"""One inverter as discovery left it: the drivers that fit its models, and its ratings."""

from gridkeel.inverter import sunspec
from gridkeel.inverter.sunspec import der, legacy, points, var_control
from gridkeel.inverter.sunspec.discovery import Discovery


class Device:
    """A discovery and what was made of it; a driver is None where no model gives it.

    charge_rating_w, discharge_rating_w: 0 where unknown.  apparent_va, inject_max_var, absorb_max_var: sunspec.LIMIT
    where unknown, no bound.
    """

    def __init__(self):
        self.found = Discovery()
        self.control = None
        self.measure = None
        self.storage = None
        self.temperature = None
        self.var_control = None
        self.apparent_va = sunspec.LIMIT
        self.inject_max_var = sunspec.LIMIT
        self.absorb_max_var = sunspec.LIMIT
        self.charge_rating_w = 0
        self.discharge_rating_w = 0
        self._control_704 = der.Control704()
        self._control_124 = legacy.Control124()
        self._var_704 = var_control.VarControl704()
        self._var_123 = var_control.VarControl123()
        self._temperature_701 = der.Temperature701()
        self._temperature_10x = legacy.Temperature10x()
        self._measure_701 = der.Measure701()
        self._measure_10x = legacy.Measure10x()
        self._storage_713 = der.Storage713()
        self._storage_124 = legacy.Storage124()

    def forget(self):
        """Begin a new discovery."""
        self.found.start()
        self.control = self.measure = self.storage = self.temperature = self.var_control = None

    def has_704(self):
        return self.found.has_704()

    def place_704(self):
        """Make 704 the control before the discovery has ended: good for writing zero, which has no scale."""
        self._control_704.place(self.found)
        self.control = self._control_704

    def bind(self, most_w, most_var):
        """Fit drivers to the models found; return False where most_w cannot be set or no rating is known."""
        found = self.found
        # A device that has both is driven by 704 alone: a second hold in 124 would stand in its way.
        control = self._control_704 if self.has_704() else self._control_124
        self.control = control if control.bind(found, most_w) else None
        self.measure = self._bound(self._measure_701, self._measure_10x)
        self.storage = self._bound(self._storage_713, self._storage_124)
        self.temperature = self._bound(self._temperature_701, self._temperature_10x)
        reactive = self._var_704 if self.has_704() else self._var_123
        self.var_control = reactive if reactive.bind(found, most_var) else None
        self._rate()
        return self.control is not None and max(self.charge_rating_w, self.discharge_rating_w) > 0

    def _bound(self, newer, older):
        if newer.bind(self.found):
            return newer
        return older if older.bind(self.found) else None

    def _rate(self):
        found = self.found
        common = _known(legacy.charge_max_w(found), legacy.rating_120(found, points.P120_WRTG))
        charge = _known(
            der.rating_702(found, points.P702_WCHARTEMAXRTG), legacy.rating_120(found, points.P120_MAXCHARTE)
        )
        discharge = _known(
            der.rating_702(found, points.P702_WDISCHARTEMAXRTG), legacy.rating_120(found, points.P120_MAXDISCHARTE)
        )
        # A rating nobody tells is none: 0 W.
        self.charge_rating_w = max(_known(charge, common), 0)
        self.discharge_rating_w = max(_known(discharge, common), 0)
        self.apparent_va = _known(var_control.apparent_va(found), sunspec.LIMIT)
        self.inject_max_var = _known(var_control.inject_max_var(found), sunspec.LIMIT)
        self.absorb_max_var = _known(var_control.absorb_max_var(found), sunspec.LIMIT)


def _known(value, other):
    return other if value == sunspec.UNKNOWN else value
