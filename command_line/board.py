"""`gridkeel board`: the virtual board in real time, and the serial ports this machine has."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line import board_links, board_vehicles, board_words
from command_line.command import Command, group
from command_line.options import Config, JsonNow, JsonOutcome
from command_line.stopping import stop_in_loop
from host_tools.errors import ToolError
from host_tools.files import check_writable, write_atomic
from host_tools.micropython.interpreter import BOARD_HEAP_KB, HEAP_KB

if TYPE_CHECKING:
    from serial.tools.list_ports_common import ListPortInfo

    from hil.plants.connector import ConnectorPlant
    from hil.plants.inverter.server import LiveInverter
    from hil.rigs.plant_server import PlantServer
    from hil.virtual_board import VirtualBoard

app = group(no_args_is_help=True, help="Run the virtual board, or list the serial ports of real ones.")

_TICK_S = 0.1
_HEAP_LEAST_BYTES = 64 * 1024
_KNOWN_VENDORS = {
    0x303A: "Espressif board (USB)",
    0x2E8A: "Raspberry Pi board (RP2)",
    0xF055: "MicroPython board (pyboard)",
    0x10C4: "CP210x USB-serial bridge: often a board's console",
    0x1A86: "CH34x USB-serial bridge: often a board's console",
    0x0403: "FTDI USB-serial bridge: console or RS-485 adapter",
}


@app.command(cls=Command)
def run(
    heap: Annotated[
        str,
        typer.Option(metavar="BYTES", help=f"Heap of the interpreter; {HEAP_KB}k here is {BOARD_HEAP_KB}k on a chip."),
    ] = f"{HEAP_KB}k",
    flash: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Flash that persists; flashed when it holds no main.py.")
    ] = None,
    reflash: Annotated[bool, typer.Option("--reflash", help="Put today's firmware into --flash.")] = False,
    rom: Annotated[
        bool, typer.Option("--rom", help="Run the firmware compiled, from an execute-in-place flash.")
    ] = False,
    slots: Annotated[
        bool, typer.Option("--slots", help="Run the firmware as an image in one of two slots: it takes updates.")
    ] = False,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="One parameter; may be repeated.")
    ] = None,
    config: Config = None,
    device_id: Annotated[str | None, typer.Option(help="Identity of the board.")] = None,
    inverter: Annotated[bool, typer.Option(help="Put the inverter model on the board's RS-485.")] = True,
    vehicle: Annotated[
        bool, typer.Option("--vehicle", help="Plug in a vehicle that wants power; with evse = 1 or 2.")
    ] = False,
    v2g_interface: Annotated[
        str | None, typer.Option(metavar="IFACE", help="Serve vehicles that speak ISO 15118 on this network interface.")
    ] = None,
    pki: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The charger's keys and roots: a PKI, or an export for a device.")
    ] = None,
    freq: Annotated[float, typer.Option(min=40.0, max=70.0, help="Mains frequency, Hz.")] = 50.0,
    volts: Annotated[float, typer.Option(min=0.0, max=500.0, help="Mains voltage, V RMS.")] = 230.0,
    links: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Put links to its ports there: console, rs485, host.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="End by itself after this long.")] = None,
    json_file: JsonNow = None,
) -> None:
    """Run a virtual board in real time until Ctrl-C: real MicroPython on serial ports, at steady mains.

    A line on standard input moves the virtual vehicle: plug, unplug, want (ask for power), leave, basic (charge by the
    pilot alone too), session (in a session alone), status. With --v2g-interface it begins plugged in and in session.

    Example: gridkeel board run --param baseline_w=2000 --freq 49.8
    """
    check_writable(json_file)
    from gridkeel.params import Parameters
    from hil.config import load_parameters
    from hil.plants.inverter.server import LiveInverter
    from hil.rigs.board_setup import BoardSetup
    from hil.rigs.mains import SteeredMains
    from hil.rigs.plant_server import PlantServer
    from hil.rigs.plants import Plants, connector_for
    from hil.rigs.rig import Rig
    from hil.virtual_board.flash import DEVICE_ID_RULE, has_config, is_device_id, parameters_of
    from hil.virtual_board.shared_host import SHARED_HOST, differences

    changes = load_parameters(config, param or [])
    own = SHARED_HOST
    if v2g_interface:
        own = SHARED_HOST | board_vehicles.PARAMETERS
        changes = board_vehicles.PARAMETERS | changes
        rom = vehicle = True
    if device_id is not None and not is_device_id(device_id):
        raise ToolError(f"--device-id {device_id}: {DEVICE_ID_RULE}")
    if reflash and flash is None:
        raise ToolError("--reflash needs --flash DIR: a board without it is flashed at every start")
    rig = Rig("board run", "realtime", device_id=device_id or "", heap_bytes=_heap_bytes(heap), rom=rom)
    given = changes if config or param or v2g_interface else None
    kept = given is None and flash is not None and has_config(flash)
    parameters = Parameters(parameters_of(flash)) if flash and kept else rig.parameters_with(changes)
    if vehicle and not parameters.evse:
        raise ToolError("--vehicle wants --param evse=1 or evse=2: with 0 the vehicle is a fixed one")
    connector = connector_for(parameters)
    if connector:
        connector.vehicle.basic = not v2g_interface
        for word in ("plug", "want") if vehicle else ():
            connector.do(word)
    plants = Plants(parameters, SteeredMains(parameters, freq, volts), connector=connector)
    live = LiveInverter(plants.inverter, volts, freq) if inverter else None
    with board_vehicles.network_of(v2g_interface, pki) as network:
        setup = BoardSetup(given, flash, reflash, network.pki, slots, network.address)
        with rig.open(plants, setup) as opened, PlantServer(opened, live) as server:
            with board_links.linked(links, server.board):
                _announce(server.board, live, network.address, differences(parameters, own), json_file)
                say = _to_console if json_file is None else _to_stderr
                asyncio.run(_until_stopped(server, connector, seconds, say))
            if json_file is None:
                _print_end(server, connector, live)


def _to_console(text: str) -> None:
    from host_tools.screen import Screen

    Screen().say(text)


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _heap_bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)([kM]?)", text)
    size = int(match[1]) * {"": 1, "k": 1024, "M": 1024 * 1024}[match[2]] if match else 0
    if size < _HEAP_LEAST_BYTES:
        raise ToolError(f"--heap {text}: give bytes, or a number with k or M, from {_HEAP_LEAST_BYTES // 1024}k up")
    return size


def _ports(board: VirtualBoard, live: LiveInverter | None, address: str) -> dict[str, Any]:
    return {
        "device_id": board.device_id,
        "console": board.console,
        "rs485": board.rs485,
        "host": board.host,
        "flash": str(board.flash),
        "inverter": live is not None,
        "pid": board.pid,
        "vehicles": address,
    }


def _announce(
    board: VirtualBoard, live: LiveInverter | None, address: str, unlike_chip: str, json_file: Path | None
) -> None:
    if json_file is not None:
        write_atomic(json_file, json.dumps(_ports(board, live, address)) + "\n")
        return
    from rich.table import Table

    from hil.virtual_board.flash import refusal_of
    from host_tools.screen import Screen

    table = Table("port", "path", "reach it with", title=f"virtual board {board.device_id}", title_justify="left")
    table.add_row("console", board.console, f"mpremote connect {board.console} resume ls")
    bus = "the inverter model answers here" if live else f"gridkeel plant inverter --serial {board.rs485}"
    table.add_row("rs485", board.rs485, bus)
    table.add_row("host", board.host, f"gridkeel uplink --port {board.host}")
    if address:
        table.add_row(
            "vehicles", address, "any vehicle (EVCC) on this link; contracts want the uplink's clock and its --pki"
        )
    screen = Screen()
    screen.table(table)
    if unlike_chip:
        screen.say(f"set by the virtual board: {unlike_chip}; --param wins")
    refusal = refusal_of(board.flash)
    if refusal:
        screen.say(f"the board stays without power (config_invalid): {refusal}")
    screen.say(f"flash {board.flash}; Ctrl-C ends")
    sys.stdout.flush()


async def _until_stopped(
    server: PlantServer, connector: ConnectorPlant | None, seconds: float | None, say: board_words.Say
) -> None:
    stop = stop_in_loop(seconds)
    with board_words.listening(connector, say):
        while not stop.is_set():
            server.check()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _TICK_S)


def _print_end(server: PlantServer, connector: ConnectorPlant | None, live: LiveInverter | None) -> None:
    from host_tools.screen import Screen

    screen = Screen()
    if connector:
        power = f", {live.inverter.power_w:.0f} W" if live else ""
        screen.say(f"connector: {connector.status}{power}")
    screen.say("stopped: " + ", ".join(f"{name} {value}" for name, value in server.counts.items()))


@app.command(cls=Command)
def ports(json_file: JsonOutcome = None) -> None:
    """List the serial ports of this machine and what they look like.

    Example: gridkeel board ports
    """
    from serial.tools import list_ports

    from host_tools.screen import Screen

    found = [
        {"port": port.device, "looks_like": looks_like(port), "usb_id": _usb_id(port), "serial": port.serial_number}
        for port in sorted(list_ports.comports())
    ]
    if json_file is not None:
        write_atomic(json_file, json.dumps(found) + "\n")
        return
    if not found:
        Screen().result("no serial port found; `gridkeel board run` starts a virtual board")
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("port", "looks like", "USB id", "serial number")
    for row in found:
        table.add_row(row["port"], escape(str(row["looks_like"])), row["usb_id"] or "-", row["serial"] or "-")
    Screen().table(table)


def looks_like(port: ListPortInfo) -> str:
    """Say what is probably behind a serial port, from its USB vendor."""
    if port.vid is None:
        return "built-in serial port" if port.device.startswith("/dev/ttyS") else "no USB device: unknown"
    named = " ".join(text for text in (port.manufacturer, port.product) if text)
    kind = _KNOWN_VENDORS.get(port.vid, "USB serial device")
    return f"{kind}: {named}" if named else kind


def _usb_id(port: ListPortInfo) -> str | None:
    return None if port.vid is None else f"{port.vid:04x}:{port.pid or 0:04x}"
