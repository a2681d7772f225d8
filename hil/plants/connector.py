"""An EVSE's connector with a vehicle at it: contactor, pilot, RCD and DC side as one plant on one clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from gridkeel.evse import duty
from hil.drivers.connector_frames import Levels, Orders
from hil.plants.contactor import Contactor
from hil.plants.dc_side import DcConfig, DcSide
from hil.plants.vehicle import Vehicle, VehicleConfig
from host_tools.errors import ToolError

SHORT_OHM = 10.0


class ConnectorPlant:
    """contactor, vehicle and dc are its parts; `do` sets what a scenario wants to happen.

    dc is None where the vehicle's own charger converts.  Time begins at 0 and moves by `advance`.
    """

    def __init__(self, vehicle: VehicleConfig | None = None, dc: DcConfig | None = None) -> None:
        self.contactor = Contactor()
        self.vehicle = Vehicle(vehicle)
        self.dc = None if self.vehicle.config.onboard else DcSide(dc)
        self.rcd = False
        self.now_s = 0.0
        self.orders = Orders()
        self._words = self._vocabulary()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> ConnectorPlant:
        """Build from a scenario's table.  Errors: ToolError naming an unknown key."""
        values = dict(table)
        dc = _built(DcConfig, values.pop("dc", {}), "vehicle.dc.")
        return cls(_built(VehicleConfig, values, "vehicle."), dc)

    def do(self, word: str) -> None:
        """Let something happen now, one of `words`.  Errors: ToolError for an unknown word."""
        if word not in self._words:
            raise ToolError(f"a vehicle cannot {word!r}; known are {', '.join(self._words)}")
        self._words[word]()

    @property
    def words(self) -> tuple[str, ...]:
        """What `do` knows."""
        return tuple(self._words)

    def advance(self, now_s: float, energise: bool, orders: Orders, volts: float, ac_w: float) -> None:
        """Move on to now_s: the contactor's coil, what the board drives, the mains, and the inverter's power."""
        step_s, self.now_s, self.orders = now_s - self.now_s, now_s, orders
        closed = self.contactor.advance(now_s, energise)
        self.vehicle.advance(now_s, orders.duty_permille, volts if closed else 0.0, ac_w)
        if self.dc is not None:
            order = (orders.dc_mode, orders.set_mv / 1000, orders.set_ma / 1000)
            ready = self.vehicle.plugged and self.vehicle.s2
            self.dc.advance(step_s, closed and volts > 0.0, ready, order, ac_w)

    @property
    def range_w(self) -> tuple[float, float]:
        """Least and most power the vehicle lets the inverter take, positive into the vehicle."""
        if self.dc is not None:
            return 0.0, self.dc.most_w
        return self.vehicle.range_w

    @property
    def levels(self) -> Levels:
        """What the board measures now."""
        high_mv, low_mv = self.vehicle.line.levels_mv(self.orders.duty_permille)
        closed = self.contactor.closed
        if self.dc is None:
            return Levels(high_mv, low_mv, closed, self.rcd)
        dc_mv, dc_ma = round(1000 * self.dc.voltage_v), round(1000 * self.dc.current_a)
        return Levels(high_mv, low_mv, closed, self.rcd, dc_mv, dc_ma, self.dc.reported_kohm)

    @property
    def status(self) -> str:
        """Its state, in words."""
        state = "closed" if self.contactor.closed else "open"
        return f"{_meaning(self.orders.duty_permille)}, contactor {state}"

    def _vocabulary(self) -> dict[str, Callable[[], None]]:
        vehicle, line, contactor = self.vehicle, self.vehicle.line, self.contactor

        def set_to(part: Any, name: str, value: Any) -> Callable[[], None]:
            return lambda: setattr(part, name, value)

        return {
            "plug": set_to(vehicle, "plugged", True),
            "unplug": set_to(vehicle, "plugged", False),
            "want": set_to(vehicle, "wants", True),
            "leave": set_to(vehicle, "wants", False),
            "communicate": set_to(vehicle, "digital_wants", True),
            "silence": set_to(vehicle, "digital_wants", False),
            "ventilate": set_to(vehicle, "ventilation", True),
            "stubborn": set_to(vehicle, "stubborn", True),
            "short": set_to(line, "short_ohm", SHORT_OHM),
            "no_diode": set_to(line, "has_diode", False),
            "break": set_to(line, "broken", True),
            "weld": set_to(contactor, "welded", True),
            "stick": set_to(contactor, "stuck", True),
            "rcd": set_to(self, "rcd", True),
            "mend": self._mend,
        }

    def _mend(self) -> None:
        line = self.vehicle.line
        line.short_ohm, line.has_diode, line.broken = None, True, False
        self.vehicle.stubborn = self.contactor.welded = self.contactor.stuck = self.rcd = False


def _meaning(duty_permille: int) -> str:
    if duty_permille == duty.DIGITAL:
        return "5 % duty, digital communication"
    if duty.ma_of(duty_permille):
        return f"basic charging at {duty_permille / 10:.1f} % duty"
    return "nothing offered" if duty_permille == duty.STEADY else "not available"


def _built(kind: type, values: Mapping[str, Any], prefix: str) -> Any:
    known = [item.name for item in fields(kind)]
    for key in values:
        if key not in known:
            raise ToolError(f"unknown key {prefix}{key}; known are {', '.join(known)}")
    return kind(**values)
