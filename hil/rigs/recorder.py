"""Recorder of a run: one row a block from the plants, one row a telemetry record (at_s: its arrival)."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridkeel.link import message_ids, messages
from hil.plants.connector import ConnectorPlant
from hil.plants.inverter import Inverter

TELEMETRY_KEYS = tuple(name for name, _code, _unit in messages.fields_of(message_ids.TELEMETRY))
CONNECTOR_KEYS = ("t_s", "closed", "duty_permille", "high_mv", "low_mv", "current_a")
PLANT_KEYS = ("t_s", "delivered_w", "target_w", "soc_pct", "energise", "var", "cabinet_c")


class Recorder:
    """Columns that grow; `plant` and `telemetry` give them as arrays."""

    def __init__(self) -> None:
        self._plant = {key: array("d") for key in PLANT_KEYS}
        self._connector = {key: array("d") for key in CONNECTOR_KEYS}
        self._telemetry = {key: array("d") for key in ("at_s", *TELEMETRY_KEYS)}
        self.events: list[tuple[float, str]] = []
        self.notes: list[str] = []
        self.console = ""
        self.v2g: list[dict[str, Any]] = []  # the ISO 15118 log, as it came over the link

    def plant_row(self, t_s: float, inverter: Inverter, energise: bool) -> None:
        row = (
            t_s,
            inverter.power_w,
            inverter.target_w,
            inverter.soc_pct,
            float(energise),
            inverter.var,
            inverter.cabinet_c,
        )
        for key, value in zip(PLANT_KEYS, row, strict=True):
            self._plant[key].append(value)

    def connector_row(self, t_s: float, connector: ConnectorPlant) -> None:
        levels = connector.levels
        values = (t_s, connector.contactor.closed, connector.orders.duty_permille, levels.high_mv, levels.low_mv)
        for key, value in zip(CONNECTOR_KEYS, (*values, connector.vehicle.current_a), strict=True):
            self._connector[key].append(value)

    def telemetry_row(self, at_s: float, values: dict[str, Any]) -> None:
        self._telemetry["at_s"].append(at_s)
        for key in TELEMETRY_KEYS:
            self._telemetry[key].append(values[key])

    def event(self, t_s: float, text: str) -> None:
        self.events.append((t_s, text))

    def plant(self) -> dict[str, NDArray[np.float64]]:
        return {key: np.array(column) for key, column in self._plant.items()}

    def connector(self) -> dict[str, NDArray[np.float64]]:
        return {key: np.array(column) for key, column in self._connector.items()}

    def telemetry(self) -> dict[str, NDArray[np.float64]]:
        return {key: np.array(column) for key, column in self._telemetry.items()}
