"""The virtual board's hardware: ports that stay while the interpreter behind them comes and goes."""

from __future__ import annotations

import os
import select
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gridkeel.link import ids
from hil.virtual_board.console import ConsoleInput
from hil.virtual_board.flash import FIRMWARE, has_config, identity, make_flash, put_pki, watchdog_s
from hil.virtual_board.power_cycles import PowerCycles
from hil.virtual_board.pty_port import PtyPort, Wire, read_some
from hil.virtual_board.shared_host import on_shared_host
from host_tools.errors import MissingError, ToolError
from host_tools.image.rom import rom_image
from host_tools.micropython.interpreter import HEAP_BYTES, find_interpreter

DEFAULT_DEVICE_ID = "virtual-0001"
BOOT_S = 10.0  # to its boot marker an interpreter takes tens of milliseconds
BOOT_TRIES = 3
TICK_S = 0.25
QUIET_S = 0.005  # a terminal hands on what a dead process wrote within far less


@dataclass(frozen=True)
class BoardStatus:
    """Counts since the board was powered; running: the interpreter is up."""

    running: bool
    boots: int
    restarts: int
    watchdog_resets: int
    crashes_in_a_row: int
    input_overruns: int
    output_dropped: int


class VirtualBoard:
    """A powered board, as a context manager.

    console, rs485, host: paths of its serial ports (real device paths; mpremote wants them so).
    flash: a directory that persists; None for a fresh one that goes when the board does.
    parameters: config.json, over those of a shared host; None keeps what the flash holds.
    mains: "127.0.0.1:port" of a MainsFeed.
    rom: run the flash's package compiled, from an execute-in-place flash; reflash and start again to change it.
    pki: folder of `gridkeel pki export --device`, put on the flash.
    device_id: the one it goes by (gridkeel.link.ids), whatever its flash says.
    energised: the level of the contactor's pin; low whenever the interpreter is down, as a pin in reset is.
    """

    def __init__(
        self,
        flash: Path | None = None,
        parameters: Mapping[str, int] | None = None,
        *,
        device_id: str | None = None,
        mains: str | None = None,
        heap_bytes: int = HEAP_BYTES,
        environment: Mapping[str, str] | None = None,
        firmware: Path = FIRMWARE,
        reflash: bool = False,
        pki: Path | None = None,
        rom: bool = False,
    ) -> None:
        if not Path("/proc/self/status").exists():
            raise MissingError("the virtual board in real time needs Linux with /proc; lock step runs anywhere")
        find_interpreter()  # says what is missing before anything is made
        self._scrap = tempfile.TemporaryDirectory(prefix="gridkeel-flash-") if flash is None else None
        where = Path(self._scrap.name) if self._scrap else Path(str(flash))
        if parameters is not None or not has_config(where):
            parameters = on_shared_host(parameters or {})
        self.flash = make_flash(where, parameters, device_id, firmware=firmware, reflash=reflash)
        image = rom_image(self.flash) if rom else None
        if pki:
            put_pki(self.flash, pki)
        given_id = identity(self.flash) or DEFAULT_DEVICE_ID
        self.device_id = ids.device_id(given_id.encode()).decode()
        terminal, self._console, self._rs485_inside, rs485, self._host_inside, host, self._pins = (
            PtyPort() for _ in range(7)
        )
        self._ports = [terminal, self._console, self._rs485_inside, rs485, self._host_inside, host, self._pins]
        self._rs485_inside.set_uart()
        self._host_inside.set_uart()
        self.console, self.rs485, self.host = self._console.path, rs485.path, host.path
        self._input = ConsoleInput(terminal)
        self._output = Wire(terminal, self._console, tap=self._input.saw_output)
        self._wires = [
            self._output,
            Wire(self._rs485_inside, rs485),
            Wire(rs485, self._rs485_inside),
            Wire(self._host_inside, host),
            Wire(host, self._host_inside),
        ]
        ports = {
            "GRIDKEEL_RS485": self._rs485_inside.path,
            "GRIDKEEL_HOST": self._host_inside.path,
            "GRIDKEEL_PINS": self._pins.path,
        }
        identification = {"GRIDKEEL_DEVICE_ID": given_id} | ({"GRIDKEEL_MAINS": mains} if mains else {})
        self._cycles = PowerCycles(
            terminal,
            self.flash,
            ports | identification | dict(environment or {}),
            device_id=self.device_id,
            heap_bytes=heap_bytes,
            rom=image,
            console=self._input,
            say=self._say,
            ended=self._clear_lines,
        )
        self._pin_high = False
        self._watchdog_s = 0.0
        self._boots_seen = 0
        self._wake_out, self._wake_in = os.pipe()
        self._stopping = False
        self._closed = False
        self._booted = threading.Event()
        self._error: BaseException | None = None
        # The interpreter dies with the thread that started it, so that thread is the board's own.
        self._thread = threading.Thread(target=self._live, name=f"board {self.device_id}", daemon=True)

    def __enter__(self) -> VirtualBoard:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> VirtualBoard:
        """Power the board; returns when it is up to boot.py.  Errors: ToolError where that does not come."""
        self._thread.start()
        booted = self._booted.wait(BOOT_S)
        if not booted or self._error:
            os.set_blocking(self._console.slave, False)
            said = read_some(self._console.slave).decode(errors="replace").strip()
            reason = self._error or f"no boot within {BOOT_S:.0f} s"
            self.stop()
            raise ToolError(f"virtual board does not start with {find_interpreter()}: {reason}; it said: {said!r}")
        return self

    def stop(self) -> None:
        """Cut the power: no process, no port and no temporary file stays behind."""
        if self._closed:
            return
        self._closed = self._stopping = True
        if self._thread.ident is not None:
            self._wake()
            self._thread.join()
        for port in self._ports:
            port.close()
        os.close(self._wake_in)
        os.close(self._wake_out)
        if self._scrap:
            self._scrap.cleanup()

    def reset(self) -> None:
        """Press the reset button."""
        self._cycles.reset_pressed = True
        self._wake()

    @property
    def status(self) -> BoardStatus:
        """The counts now.  Errors: RuntimeError where the board's hardware itself failed."""
        if self._error:
            raise RuntimeError("the virtual board's hardware failed") from self._error
        cycles = self._cycles
        return BoardStatus(
            running=cycles.child is not None,
            boots=cycles.boots,
            restarts=cycles.policy.restarts,
            watchdog_resets=cycles.watchdog_resets,
            crashes_in_a_row=cycles.policy.crashes_in_a_row,
            input_overruns=self._input.overruns,
            output_dropped=self._output.dropped,
        )

    @property
    def restarts(self) -> int:
        """How often the interpreter ended and was started again."""
        return self.status.restarts

    @property
    def energised(self) -> bool:
        """Whether the board holds the contactor closed."""
        return self._pin_high

    @property
    def pid(self) -> int | None:
        """The interpreter's process, None while it is down."""
        child = self._cycles.child
        return child.pid if child else None

    def _wake(self) -> None:
        os.write(self._wake_in, b".")

    def _live(self) -> None:
        try:
            while not self._stopping:
                self._round()
        except BaseException as error:  # raised by `status` and `start`: a thread has no caller
            self._error = error
        finally:
            self._cycles.close()
            self._booted.set()

    def _round(self) -> None:
        now_s = time.monotonic()
        self._cycles.tend(now_s)
        if self._cycles.boots != self._boots_seen:
            self._boots_seen = self._cycles.boots
            self._watchdog_s = watchdog_s(self.flash)
            self._booted.set()
        if not self._cycles.boots and self._cycles.policy.restarts >= BOOT_TRIES:
            raise ChildProcessError(f"it ended {BOOT_TRIES} times without booting")
        again_s = self._input.pump(now_s)
        rest_s = self._cycles.rest_s(now_s, TICK_S)
        ready = self._wait(rest_s if again_s is None else min(again_s, rest_s))
        now_s = time.monotonic()
        if self._wake_out in ready:
            os.read(self._wake_out, 64)
        if self._console.master in ready:
            self._input.put(read_some(self._console.master))
        if self._pins.master in ready:
            self._read_pins(now_s)
        for wire in self._wires:
            if wire.source.master in ready or wire.wants_write:
                wire.move(now_s)

    def _read_pins(self, now_s: float) -> None:
        """E and e: the contactor's level; w: the watchdog is fed.  Written by gridkeel/boards/realtime.py."""
        for letter in read_some(self._pins.master):
            if letter == ord("w"):
                self._cycles.feed(now_s, self._watchdog_s)
            elif letter in b"Ee":
                self._pin_high = letter == ord("E")

    def _clear_lines(self) -> None:
        """The processor is down: its pins fall, and what was in its receive buffers is gone."""
        while read_some(self._pins.master):
            pass
        self._pin_high = False
        self._rs485_inside.discard_unread()
        self._host_inside.discard_unread()

    def _wait(self, timeout_s: float) -> set[int]:
        masks = {self._wake_out: select.POLLIN, self._pins.master: select.POLLIN}
        if self._input.wants_read:
            masks[self._console.master] = select.POLLIN
        if self._cycles.control is not None:
            masks[self._cycles.control] = select.POLLIN
        for wire in self._wires:
            if wire.wants_read:
                source = wire.source.master
                masks[source] = masks.get(source, 0) | select.POLLIN
            if wire.wants_write:
                sink = wire.sink.master
                masks[sink] = masks.get(sink, 0) | select.POLLOUT
        poll = select.poll()
        for fd, mask in masks.items():
            poll.register(fd, mask)
        if 0 < timeout_s < 0.001:  # poll counts whole milliseconds
            time.sleep(timeout_s)
            timeout_s = 0
        return {fd for fd, events in poll.poll(timeout_s * 1000) if events & ~select.POLLOUT}

    def _say(self, text: str) -> None:
        """Print on the console behind what the interpreter that has just ended printed."""
        poll = select.poll()
        poll.register(self._output.source.master, select.POLLIN)
        while self._output.wants_read and poll.poll(QUIET_S * 1000):
            self._output.move(time.monotonic())
        self._output.put(f"{text}\r\n".encode())
