"""The plants at a board: mains, inverter on its RS-485 line, connector (none for a fixed vehicle)."""

from __future__ import annotations

from collections.abc import Sequence

from gridkeel import evse
from gridkeel.params import Parameters
from hil.drivers.connector_frames import NO_CONNECTOR, Orders
from hil.plants.connector import ConnectorPlant
from hil.plants.inverter import Inverter, InverterConfig
from hil.plants.vehicle import VehicleConfig
from hil.rigs.bus import SEED, Bus
from hil.rigs.mains import Mains, SteeredMains
from hil.rigs.recorder import Recorder
from hil.scenarios.scenario import Fault, Scenario
from host_tools.errors import ToolError

AFTER_END_S = 10.0  # of mains beyond a scenario's end: what the link still holds comes then


class Plants:
    """Moves the plants of one board on one clock; `levels` is what the board measures at its connector.

    connector: None for a fixed vehicle.  happens: (s, word of the connector's `do`), in order.  faults: what breaks
    on the RS-485 line and in the samples.  orders: what the board drives at the connector.
    """

    def __init__(
        self,
        parameters: Parameters,
        mains: Mains | SteeredMains,
        inverter: Inverter | None = None,
        connector: ConnectorPlant | None = None,
        *,
        happens: Sequence[tuple[float, str]] = (),
        faults: Sequence[Fault] = (),
        seed: int = SEED,
    ) -> None:
        self.parameters = parameters
        self.mains = mains
        self.inverter = inverter or Inverter(InverterConfig(unit=parameters.modbus_unit))
        self.connector = connector
        self.bus = Bus(self.inverter, parameters.modbus_baud, faults, seed)
        self.orders = Orders()
        self._happens = list(happens)
        self._cuts = [fault for fault in faults if fault.kind == "samples"]

    @classmethod
    def of(cls, scenario: Scenario, parameters: Parameters) -> Plants:
        """Return a scenario's plants at a board with these parameters."""
        try:
            mains = Mains(scenario.source(), parameters, scenario.duration_s + AFTER_END_S, scenario.waveform)
        except ToolError as error:
            raise ToolError(f"scenario {scenario.name}: {error}") from error
        inverter = Inverter(InverterConfig.from_dict({"unit": parameters.modbus_unit, **scenario.inverter}))
        return cls(parameters, mains, inverter, scenario.connector(), happens=scenario.happens, faults=scenario.faults)

    @property
    def levels(self) -> bytes:
        return NO_CONNECTOR if self.connector is None else self.connector.levels.pack()

    def next_block(self) -> bytes:
        """Return the samples of the next block, little-endian int16."""
        return self.mains.next_block(self.inverter.power_w)

    def samples_lost(self, t_s: float) -> bool:
        """Whether a fault keeps the block of t_s from the board."""
        return any(fault.active(t_s) for fault in self._cuts)

    def advance(self, now_us: int, energise: bool) -> None:
        """Move on to now_us with the contactor's coil at this level."""
        now_s = max(now_us / 1e6, self.inverter.now_s)
        closed = energise
        if self.connector is not None:
            while self._happens and self._happens[0][0] <= now_s:
                self.connector.do(self._happens.pop(0)[1])
            self.advance_connector(now_s, energise, self.orders)
            closed = self.connector.contactor.closed
        self.inverter.advance(now_s, self.mains.volts if closed else 0.0, self.mains.freq_hz)

    def advance_connector(self, now_s: float, energise: bool, orders: Orders) -> None:
        """Move the connector alone on to now_s; from then on it bounds the inverter's power."""
        if self.connector is not None:
            self.connector.advance(now_s, energise, orders, self.mains.volts, self.inverter.power_w)
            self.inverter.let(self.connector.range_w)

    def keep_row(self, recorder: Recorder, now_us: int, energise: bool) -> None:
        """Record the state of the plants."""
        recorder.plant_row(now_us / 1e6, self.inverter, energise)
        if self.connector is not None:
            recorder.connector_row(now_us / 1e6, self.connector)


def connector_for(parameters: Parameters) -> ConnectorPlant | None:
    """Return a connector that fits a board's parameters, its EV not plugged in; None for a fixed vehicle."""
    if parameters.evse == evse.FIXED:
        return None
    onboard = parameters.connector == evse.AC
    return ConnectorPlant(
        VehicleConfig(onboard=onboard, phases=parameters.phases, nominal_v=float(parameters.nominal_v), digital_s=1.0)
    )
