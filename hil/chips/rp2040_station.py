"""A charging station around an emulated RP2040: mains at its ADC, an inverter on its RS-485, a vehicle, the host."""

from __future__ import annotations

import json
import math
import runpy
from pathlib import Path
from types import SimpleNamespace

from gridkeel import evse
from gridkeel.params import Parameters
from hil.chips.flash_image import FIRMWARE, flash_image
from hil.chips.rp2040 import CHIP, Layout, Rp2040
from hil.chips.rp2040_pins import Source, UartLine, sine, switched
from hil.drivers.connector_frames import Orders
from hil.plants.inverter import Inverter, InverterConfig
from hil.rigs.bus import Bus
from hil.rigs.plants import connector_for
from hil.rigs.recorder import Recorder
from hil.rigs.run_host import RunHost
from host_tools.uplink.queue import Queue

# The pins of a Raspberry Pi Pico: constants, which the board reads from the same file.
TABLE = SimpleNamespace(**runpy.run_path(str(FIRMWARE / "gridkeel/boards/tables/rpi_pico.py")))
STEP_US = 1000.0
HOST_EVERY_US = 5000.0
_FIRST_ADC_PIN = 26
_MIDDLE = 2048  # counts of 12 bits
_COUNTS_PER_SAMPLE_COUNT = 16


class Mains:
    """The mains: a sine whose frequency jumps when it is told, its phase goes on."""

    def __init__(self, chip: Rp2040, freq_hz: float, volts: float, adc_uv: int) -> None:
        self._chip = chip
        self.freq_hz, self.volts = freq_hz, volts
        self._amplitude = volts * math.sqrt(2.0) * 1e6 / (adc_uv * _COUNTS_PER_SAMPLE_COUNT)
        self._turns, self._at_us = 0.0, 0.0
        self._wire()

    def step(self, freq_hz: float) -> float:
        """Change the frequency now; return when that is, in us."""
        now_us = self._chip.now_us
        self._turns = (self._turns + self.freq_hz * (now_us - self._at_us) * 1e-6) % 1.0
        self._at_us, self.freq_hz = now_us, freq_hz
        self._wire()
        return now_us

    def _wire(self) -> None:
        source = sine(_MIDDLE, self._amplitude, self.freq_hz, self._turns, self._at_us)
        self._chip.wire_adc(TABLE.MAINS_ADC - _FIRST_ADC_PIN, source)


def package() -> bytes:
    """Return the package as a board of this chip gets it."""
    return flash_image(CHIP, keep_names=False, table=TABLE.NAME)


class Station:
    """The firmware's own App on the chip, from power-on.

    settings: of config.json.  main: the flash's main.py, the firmware's own by default.  contactor: (us, level) of each
    change of its pin.  host: the uplink's end of the link, with its records.
    """

    def __init__(
        self,
        image: Path,
        package: bytes,
        folder: Path,
        settings: dict[str, int],
        *,
        main: bytes | None = None,
        layout: Layout | None = None,
    ) -> None:
        self.parameters = Parameters(settings)
        files = {"main.py": main or (FIRMWARE / "main.py").read_bytes(), "config.json": json.dumps(settings).encode()}
        self.chip = chip = Rp2040(image, package, files, layout)
        self.mains = Mains(
            chip, float(self.parameters.nominal_hz), float(self.parameters.nominal_v), self.parameters.adc_uv
        )
        self.inverter = Inverter(InverterConfig(unit=self.parameters.modbus_unit))
        self.bus = Bus(self.inverter, self.parameters.modbus_baud)
        self.connector = None if self.parameters.evse == evse.FIXED else connector_for(self.parameters)
        self.rs485 = UartLine(chip, TABLE.RS485_UART, self._to_inverter)
        self.link = UartLine(chip, TABLE.HOST_UART, self._to_host)
        self.recorder = Recorder()
        self._queue = Queue(folder / "queue.db")
        self.host = RunHost(self._queue, TABLE.HOST_BAUD, [], self.recorder, lambda _birth: None, 1)
        self._host_us = 0.0
        self._pilot: Source = {}
        self.contactor: list[tuple[float, bool]] = []
        chip.watch_pin(TABLE.CONTACTOR, self._contactor)
        chip.drive_pin(TABLE.SERVICE, True)
        chip.drive_pin(TABLE.RCD, False)
        chip.drive_pin(TABLE.FEEDBACK, True)

    def __enter__(self) -> Station:
        return self

    def __exit__(self, *_error: object) -> None:
        self._queue.close()
        self.chip.close()

    @property
    def closed(self) -> bool:
        """Whether the contactor is told to be closed."""
        return bool(self.contactor) and self.contactor[-1][1]

    def run(self, ms: float) -> None:
        """Let so much time pass."""
        end_us = self.chip.now_us + ms * 1000.0
        while self.chip.now_us < end_us - 1e-6:
            self.chip.advance(min(STEP_US, end_us - self.chip.now_us))
            self._move()

    def _move(self) -> None:
        now_us = self.chip.now_us
        now_s = max(now_us / 1e6, self.inverter.now_s)
        closed = self.closed
        if self.connector is not None:
            self.connector.advance(now_s, closed, self._orders(), self.mains.volts, self.inverter.power_w)
            closed = self.connector.contactor.closed
            self.inverter.let(self.connector.range_w)
            self._wire_pilot()
        self.chip.drive_pin(TABLE.FEEDBACK, not closed)
        self.inverter.advance(now_s, self.mains.volts if closed else 0.0, self.mains.freq_hz)
        if now_us >= self._host_us:
            self._host_us = now_us + HOST_EVERY_US
            said = self.host.to_board(round(now_us))
            if said is not None:
                self.link.hear(said[1], said[0])

    def _orders(self) -> Orders:
        """Return what the pilot's PWM does."""
        duty, enabled = self.chip.pwm(TABLE.PILOT_PWM, TABLE.PILOT_ENABLE)
        return Orders(duty_permille=round(duty * 1000) if enabled else -1)

    def _wire_pilot(self) -> None:
        """Give the pilot's input the levels of this moment, where they changed."""
        assert self.connector is not None
        levels = self.connector.levels
        pilot = switched(TABLE.PILOT_PWM, _pilot_counts(levels.high_mv), _pilot_counts(levels.low_mv))
        if pilot != self._pilot:
            self._pilot = pilot
            self.chip.wire_adc(TABLE.PILOT_ADC - _FIRST_ADC_PIN, pilot)

    def _contactor(self, us: float, level: bool) -> None:
        self.contactor.append((us, level))

    def _to_inverter(self, data: bytes, begun_us: float) -> None:
        for at_us, answer in self.bus.from_board(data, round(begun_us)):
            self.rs485.hear(answer, at_us)

    def _to_host(self, data: bytes, begun_us: float) -> None:
        self.host.from_board(data, round(begun_us))


def _pilot_counts(mv: int) -> int:
    return max(0, min(4095, (mv - TABLE.PILOT_LOW_MV) * 4096 // TABLE.PILOT_SPAN_MV))
