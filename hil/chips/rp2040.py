"""An RP2040 emulated by rp2040js, in virtual time: MicroPython's rp2 port in its flash, and the firmware beside it.

The emulator runs in a process of Node.js that does what it is told here, in slices of the chip's own time, so a run is
the same every time, however long it takes. The chip has one core here, and knows no flash cache.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.chips.raw_repl import RawRepl
from hil.chips.rp2040_emulator import boot_rom, find_node, find_rp2040js
from host_tools.errors import MissingError, ToolError

CHIP = "rp2040"
CLOCK_HZ = 125_000_000
_DRIVER = Path(__file__).with_name("rp2040_chip.mjs")
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


class ChipFaultError(ToolError):
    """The program did what a Cortex-M0+ answers with a hard fault."""


@dataclass(frozen=True)
class Layout:
    """Places in an image's flash: its ROMFS segment, and the file system, which ends with the flash."""

    package_at: int
    package_bytes: int
    files_at: int


def layout_of(image: Path) -> Layout:
    """Ask an image on a chip of its own.  Errors: ToolError where it has no ROMFS segment."""
    with Rp2040(image) as chip:
        done = chip.run(_ASK, deadline_ms=1000.0)
    if done.error:
        raise ToolError(f"{image} has no ROMFS segment, build it with MICROPY_HW_ROMFS_BYTES: {done.error.strip()}")
    address, n, blocks = (int(word) for word in done.output.split())
    return Layout(address - _FLASH, n, _FLASH_BYTES - blocks * _BLOCK)


class Rp2040:
    """One chip from power-on; `advance` lets its time pass, `close` or the end of a `with` ends it.

    image: UF2 of the rp2 port.  package: a ROMFS image, found at /rom.  files: of its file system.  layout: where both
    lie, from `layout_of`.  now_us: virtual time.  clock_hz: of the processor.  cycles: executed since power-on, those
    waited for an interrupt left out.  console: all it wrote to USB.  resets: by its watchdog, each in us.
    Errors: MissingError without the emulator, ToolError where the flash cannot hold that.
    """

    def __init__(
        self, image: Path, package: bytes = b"", files: Mapping[str, bytes] | None = None, layout: Layout | None = None
    ) -> None:
        node, rp2040js, rom = find_node(), find_rp2040js(), boot_rom()
        flash = _with_interpreter(image)
        if package or files:
            _fill(flash, layout or layout_of(image), package, files or {})
        self.now_us = 0.0
        self.clock_hz = CLOCK_HZ
        self.cycles = 0
        self.resets: list[float] = []
        self.console = bytearray()
        self._connected = False
        self._heard: Callable[[bytes], None] | None = None
        self._seen: dict[int, Callable[[float, bool], None]] = {}
        self._lines: dict[int, Callable[[bytes, float], None]] = {}
        self.octets_in, self.dropped = [0, 0], [0, 0]
        self._next: dict[str, Any] = {}
        self._scrap = tempfile.TemporaryDirectory(prefix="gridkeel-chip-")
        for name, data in (("boot.rom", rom), ("flash", bytes(flash))):
            (Path(self._scrap.name) / name).write_bytes(data)
        self._process = subprocess.Popen(
            [
                node,
                str(_DRIVER),
                str(rp2040js),
                *(str(Path(self._scrap.name) / name) for name in ("boot.rom", "flash")),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Rp2040:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the emulator."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        self._scrap.cleanup()

    def advance(self, us: float) -> None:
        """Let so much virtual time pass, then report what happened in it, each pin and line in order.

        Errors: ChipFaultError.
        """
        order, self._next = {"do": "advance", "us": us} | self._next, {}
        said = self._ask(order)
        for number, counts in enumerate(zip(said["heard"], said["dropped"], strict=True)):
            self.octets_in[number] += counts[0]
            self.dropped[number] += counts[1]
        self.resets += said["resets"]
        for pin, at_us, level in said["pins"]:
            self._seen[pin](at_us, level)
        for number, begun_us, octets in said["uart"]:
            if number in self._lines:
                self._lines[number](bytes.fromhex(octets), begun_us)
        if said["console"]:
            self._from_console(bytes.fromhex(said["console"]))
        if said["faults"]:
            raise ChipFaultError(f"the chip faulted at {self.now_us:.0f} us: {said['faults'][0]}")

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
        self._next["type"] = self._next.get("type", "") + data.hex()

    def watch_pin(self, pin: int, see: Callable[[float, bool], None]) -> None:
        """Call see(us, level) of every change of a pin; one that nobody drives reads low, as behind a pull-down."""
        self._seen[pin] = see
        self._change("watch", pin)

    def drive_pin(self, pin: int, level: bool) -> None:
        """Drive an input of the chip."""
        self._change("drive", (pin, level))

    def wire_adc(self, channel: int, source: Mapping[str, float]) -> None:
        """Give a channel of the ADC its voltage, in counts: see rp2040_pins.py."""
        self._change("sources", (channel, dict(source)))

    def wire_uart(self, number: int, said: Callable[[bytes, float], None]) -> None:
        """Call said(octets, us) of each burst that the chip sent, and when its first octet began."""
        self._lines[number] = said

    def send_uart(self, number: int, data: bytes, at_us: float) -> None:
        """Let data arrive, its last octet at at_us or as soon as the line is free; a closed port hears nothing."""
        self._change("hear", (number, at_us, data.hex()))

    def read_flash(self, at: int, many: int) -> bytes:
        """Return octets of the flash."""
        return bytes.fromhex(self._ask({"do": "flash", "at": at, "many": many})["octets"])

    def pwm(self, pin: int, enable: int) -> tuple[float, bool]:
        """Return the share of a period that a pin's PWM is high, and whether pin `enable` is."""
        said = self._ask({"do": "pwm", "slice": pin // 2 % 8, "pins": [enable]})
        compare = said["cc"] >> 16 if pin % 2 else said["cc"] & 0xFFFF
        return compare / (said["top"] + 1), said["levels"][0]

    def _change(self, what: str, value: object) -> None:
        self._next.setdefault(what, []).append(value)

    def _ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ToolError(
                f"the emulator ended by itself, with status {self._process.wait()}: see what it wrote above"
            )
        said: dict[str, Any] = json.loads(line)
        self.now_us, self.cycles, self.clock_hz = said["now_us"], said["cycles"], said["clock_hz"]
        self._connected = said["connected"]
        return said

    def _from_console(self, data: bytes) -> None:
        self.console += data
        if self._heard is not None:
            self._heard(data)


def _with_interpreter(image: Path) -> bytearray:
    """Return a flash with the interpreter in it."""
    flash = bytearray(b"\xff" * _FLASH_BYTES)
    data = image.read_bytes()
    for at in range(0, len(data), _UF2_BLOCK):
        block = data[at : at + _UF2_BLOCK]
        where = int.from_bytes(block[12:16], "little") - _FLASH
        n = int.from_bytes(block[16:20], "little")
        if not 0 <= where <= _FLASH_BYTES - n:
            raise ToolError(f"{image} has octets for {where + _FLASH:#x}, outside of the flash: no image for the Pico")
        flash[where : where + n] = block[32 : 32 + n]
    return flash


def _fill(flash: bytearray, layout: Layout, package: bytes, files: Mapping[str, bytes]) -> None:
    if len(package) > layout.package_bytes:
        raise ToolError(f"the package is {len(package):,} octets, its segment holds {layout.package_bytes:,}")
    for at, octets in (
        (layout.package_at, package),
        (layout.files_at, _file_system(files, (_FLASH_BYTES - layout.files_at) // _BLOCK)),
    ):
        flash[at : at + len(octets)] = octets


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
