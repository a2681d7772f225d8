"""A device that is driven by a register map: its identity, its control, what it measures."""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter.driver import RegisterDriver
from gridkeel.inverter.register_map import SET_POINT, numbers
from gridkeel.inverter.register_map.control import MapControl
from gridkeel.inverter.register_map.identity import Identity

if TYPE_CHECKING:
    from gridkeel.inverter.interface import InverterDriver, Ratings, Readings
    from gridkeel.inverter.modbus.rtu import Master
    from gridkeel.inverter.reading import Reading
    from gridkeel.inverter.register_map import RegisterMap, Row
    from gridkeel.params import Parameters

_SOC_FULL = 10000


def driver(parameters: "Parameters", register_map: "RegisterMap") -> "InverterDriver":
    """Return the driver of a map's family, searching."""
    return RegisterDriver(parameters, MapDevice(parameters, register_map))


class MapDevice:
    """An interface.RegisterDevice; reactive power and temperature are not part of a map."""

    def __init__(self, parameters: "Parameters", register_map: "RegisterMap") -> None:
        self._p = parameters
        self._map = register_map
        self.found = Identity(*register_map.identity)
        self.scales = None  # they are the map's and never move
        self.control: MapControl | None = None
        self.measure: Measure | None = None
        self.storage: Slow | None = None
        self.temperature = None
        self.direct = None
        self.var_control = None
        self._point = register_map.rows(SET_POINT)[0]
        self._control = MapControl(register_map)
        self._measure = Measure(register_map.power) if register_map.power else None
        self._slow = Slow(register_map.soc, register_map.state, self._measure)

    def forget(self) -> None:
        self.found.start()
        self.control = self.measure = self.storage = None

    def place_early(self) -> bool:
        """A map is found whole, or not at all."""
        return False

    def identity(self) -> tuple[str, str, str, str]:
        return (self._map.maker, self._map.model, "", self.found.text())

    def bind(self, most_w: int, most_var: int, ratings: "Ratings") -> bool:
        """Drive the device from now on; return False where it would hold a power for longer than reversion_s."""
        ratings.charge_rating_w = max(self._point[7], 0)
        ratings.discharge_rating_w = max(-self._point[6], 0)
        self.measure = self._measure
        self.storage = self._slow if self._slow.readings else None
        if not self._control.suits(self._p.reversion_s):
            return False
        self._control.begin()
        self.control = self._control
        return True


class Measure:
    """The power, in one read; the state goes with it as Slow saw it last."""

    def __init__(self, row: "Row") -> None:
        self.address = row[0]
        self.count = row[1]
        self.state = -1
        self._row = row

    def enter(self, state: int) -> None:
        self.state = state

    def take(self, master: "Master", readings: "Readings") -> int:
        """Put the state into the readings; return the power into the vehicle, or UNKNOWN."""
        row = self._row
        readings.operating_state = self.state
        return numbers.scaled(numbers.read(master, 0, row[2]), row[3], row[4], row[5])


class Slow:
    """State of charge and operating state, read in turn."""

    def __init__(self, soc: "Row | None", state: "Row | None", measure: "Measure | None") -> None:
        self.readings = [row for row in (soc, state) if row]
        self.address = 0
        self.count = 0
        self._soc = soc
        self._measure = measure
        self._turn = 0
        if self.readings:
            self._point()

    def take(self, master: "Master", soc: "Reading", now_ms: int) -> None:
        row = self.readings[self._turn]
        raw = numbers.read(master, 0, row[2])
        if row is self._soc:
            value = numbers.scaled(raw, row[3], row[4], row[5])
            soc.take(value if 0 <= value <= _SOC_FULL else -1, now_ms)
        elif self._measure is not None:
            self._measure.enter(raw)
        self._turn = (self._turn + 1) % len(self.readings)
        self._point()

    def _point(self) -> None:
        self.address = self.readings[self._turn][0]
        self.count = self.readings[self._turn][1]
