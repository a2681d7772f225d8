"""Heat of the losses: cabinet and heat sink, each a first-order lag towards the ambient plus a rise with the load."""

from __future__ import annotations

from math import exp

from hil.plants.inverter.config import InverterConfig


class Heat:
    """Temperatures in degrees Celsius, at the ambient to begin with."""

    def __init__(self, config: InverterConfig):
        self._config = config
        self.cabinet_c = config.ambient_c
        self.sink_c = config.ambient_c

    def run(self, apparent_va: float, time_s: float) -> None:
        """Let time_s pass at this apparent power."""
        config = self._config
        load = (apparent_va / config.full_va) ** 2
        cabinet_c = config.ambient_c + config.cabinet_rise_k * load
        sink_c = config.ambient_c + config.sink_rise_k * load
        self.cabinet_c = cabinet_c + (self.cabinet_c - cabinet_c) * exp(-time_s / config.cabinet_time_s)
        self.sink_c = sink_c + (self.sink_c - sink_c) * exp(-time_s / config.sink_time_s)
