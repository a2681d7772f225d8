"""The inverter as the rig sees it: physics advanced in the rig's time, Modbus bytes answered at that time."""

from __future__ import annotations

from hil.plants.inverter import modbus
from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.converter import Converter
from hil.plants.inverter.der import DerControls
from hil.plants.inverter.legacy import LegacyControls
from hil.plants.inverter.readings import state
from hil.plants.inverter.registers import RegisterMap

_STEP_S = 1.0  # the battery's limits are taken as constant over one step
_BROADCAST = 0
_RTU_MIN, _RTU_MAX = 4, 256


class Inverter:
    """A bidirectional SunSpec inverter with a battery behind it.

    Time begins at 0 and moves only by `advance`; a request acts at the time last advanced to.
    """

    def __init__(self, config: InverterConfig | None = None):
        self.config = config or InverterConfig()
        self._converter = Converter(self.config)
        controls = DerControls if self.config.family == "der" else LegacyControls
        self._controls = controls(self.config, self._converter)
        self._registers = RegisterMap(self.config.base_address, self._controls.models())
        self.disobey()
        self.last_write: dict[str, float] = {}
        self.writes = 0

    def advance(self, now_s: float, voltage_v: float, freq_hz: float) -> float:
        """Integrate up to now_s under these mains and return the power, W, positive into the vehicle.

        Errors: ValueError where now_s lies before the time already reached.
        """
        converter, reversions = self._converter, self._controls.reversions
        if not now_s >= converter.now_s:
            raise ValueError(f"inverter is at {converter.now_s} s and cannot go back to {now_s} s")
        converter.sense(voltage_v, freq_hz)
        relay = converter.relay
        while True:
            end_s = min(now_s, converter.now_s + _STEP_S, relay.closes_s, reversions.deadline_s)
            converter.run_to(end_s)
            if end_s >= relay.closes_s:
                relay.close()
            if end_s >= reversions.deadline_s:
                self._controls.expire(end_s)
            if end_s >= now_s:
                return converter.power_w

    def let(self, range_w: tuple[float, float]) -> None:
        """Take the least and most power that an EV at the connector lets through from now on."""
        self._converter.vehicle_w = range_w

    def disobey(self, share: float = 1.0, flows_w: float = 0.0) -> None:
        """Aim from now on at this share of what the registers ask for, and at flows_w besides; no arguments: obey."""
        self._converter.obeys = (share, flows_w)

    @property
    def now_s(self) -> float:
        """Time advanced to."""
        return self._converter.now_s

    @property
    def power_w(self) -> float:
        """AC power now, positive into the vehicle."""
        return self._converter.power_w

    @property
    def target_w(self) -> float:
        """Power the registers ask for, positive into the vehicle, before ramp, battery and mains."""
        return self._converter.target_w

    @property
    def var(self) -> float:
        """Reactive power now, positive where it is absorbed."""
        return self._converter.var

    @property
    def cabinet_c(self) -> float:
        """Temperature of the cabinet."""
        return self._converter.heat.cabinet_c

    @property
    def sink_c(self) -> float:
        """Temperature of the heat sink."""
        return self._converter.heat.sink_c

    @property
    def soc_pct(self) -> float:
        """The battery's state of charge."""
        return self._converter.battery.soc_pct

    @property
    def battery_wh(self) -> float:
        """Energy in the battery."""
        return self._converter.battery.energy_wh

    @property
    def energised(self) -> bool:
        """True while it is connected to live mains."""
        return self._converter.energised

    @property
    def state(self) -> str:
        """Operating state in a word: off, starting, running, throttled or standby."""
        return state(self._converter)

    @property
    def energy_wh(self) -> tuple[float, float]:
        """AC energy so far: into the vehicle, out of it."""
        return self._converter.in_wh, self._converter.out_wh

    @property
    def reversions(self) -> int:
        """How often a reversion timer ran out and the inverter fell back."""
        return self._controls.reversions.count

    @property
    def reversion_left_s(self) -> float | None:
        """Time to the next reversion, None where no timer runs."""
        return self._controls.reversions.shortest_s(self._converter.now_s)

    def read(self, address: int, count: int) -> bytes:
        """Return the bytes of so many registers.  Errors: ModbusError."""
        return self._registers.read(address, count)

    def write(self, address: int, data: bytes) -> None:
        """Write whole settings and let them take effect.  Errors: ModbusError, and nothing is changed."""
        self.last_write = self._registers.write(address, data)
        self.writes += 1
        self._controls.written(self.last_write)

    def handle_rtu(self, frame: bytes) -> bytes:
        """Return the answer to one RTU frame; nothing where a slave stays silent: bad CRC, other unit, broadcast."""
        frame = bytes(frame)
        if not _RTU_MIN <= len(frame) <= _RTU_MAX or modbus.crc16(frame):
            return b""
        if frame[0] == _BROADCAST:
            if frame[1] in (modbus.WRITE_SINGLE, modbus.WRITE_MULTIPLE):
                modbus.answer(self, frame[1:-2])
            return b""
        if frame[0] != self.config.unit:
            return b""
        return modbus.with_crc(frame[:1] + modbus.answer(self, frame[1:-2]))

    def handle_tcp(self, pdu: bytes) -> bytes:
        """Return the answer PDU to one request PDU of Modbus TCP; nothing for an empty one."""
        return modbus.answer(self, bytes(pdu)) if pdu else b""
