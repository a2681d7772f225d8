"""`gridkeel plant`: a model of the bench by itself, for anybody's client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from command_line.command import Command, group, refuse
from command_line.options import JsonNow
from command_line.stopping import stop_in_loop
from host_tools.errors import MissingError, ToolError
from host_tools.files import check_writable, write_atomic

if TYPE_CHECKING:
    import serial

    from hil.plants.inverter.server import LiveInverter
    from host_tools.screen import Screen

app = group(no_args_is_help=True, help="Run a model of the bench by itself.")

_TICK_S = 0.1


@app.callback()
def plant() -> None:
    """Run a model of the bench by itself."""


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """Where the model is to be reached: a TCP address or a serial port."""

    tcp: tuple[str, int] | None
    port: str | None
    baud: int
    parity: str


@app.command(cls=Command)
def inverter(
    context: typer.Context,
    tcp: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Serve Modbus TCP here; port 0: a free one.")
    ] = None,
    serial_port: Annotated[
        str | None, typer.Option("--serial", metavar="PORT", help="Serve Modbus RTU on this serial port.")
    ] = None,
    baud: Annotated[int, typer.Option(min=1200, max=3000000, help="Baud rate of the serial port.")] = 115200,
    parity: Annotated[str, typer.Option(help="Parity of the serial port: E, O or N.")] = "E",
    family: Annotated[
        str, typer.Option(help="der: models 701, 702, 704, 713; legacy: 103, 120..124; legacy-float: 113 for 103.")
    ] = "der",
    base_address: Annotated[int, typer.Option(help="Where the SunSpec map begins: 40000, 50000 or 0.")] = 40000,
    unit: Annotated[int, typer.Option(help="Modbus unit, 1..247.")] = 1,
    soc_pct: Annotated[float, typer.Option("--soc", help="State of charge at start, percent.")] = 62.0,
    capacity_wh: Annotated[float, typer.Option("--capacity", help="Battery capacity, Wh.")] = 40000.0,
    charge_max_w: Annotated[float, typer.Option(help="Rating into the vehicle, W.")] = 7400.0,
    discharge_max_w: Annotated[float, typer.Option(help="Rating out of the vehicle, W.")] = 7400.0,
    voltage_v: Annotated[
        float, typer.Option("--voltage", min=0.0, max=500.0, help="Mains voltage it sees, V.")
    ] = 230.0,
    freq_hz: Annotated[
        float, typer.Option("--frequency", min=40.0, max=70.0, help="Mains frequency it sees, Hz.")
    ] = 50.0,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="End by itself after this long.")] = None,
    json_file: JsonNow = None,
) -> None:
    """Serve a bidirectional SunSpec inverter with a battery, in real time, until Ctrl-C.

    Example: gridkeel plant inverter --tcp 127.0.0.1:1502 --soc 50
    """
    if serial_port is None:
        refuse(context, ("baud", "parity"), "belongs to --serial PORT")
    endpoint = _endpoint(tcp, serial_port, baud, parity)
    check_writable(json_file)
    from hil.plants.inverter import Inverter, InverterConfig
    from hil.plants.inverter.server import LiveInverter

    config = InverterConfig.from_dict(
        {
            "family": family,
            "base_address": base_address,
            "unit": unit,
            "charge_max_w": charge_max_w,
            "discharge_max_w": discharge_max_w,
            "battery": {"soc_pct": soc_pct, "capacity_wh": capacity_wh},
        }
    )
    live = LiveInverter(Inverter(config), voltage_v, freq_hz)
    asyncio.run(_run(live, endpoint, seconds, json_file))


def _endpoint(tcp: str | None, port: str | None, baud: int, parity: str) -> _Endpoint:
    if (tcp is None) == (port is None):
        raise ToolError("give one of --tcp HOST:PORT and --serial PORT")
    if parity not in ("E", "O", "N"):
        raise ToolError(f"--parity {parity} is none of E, O, N")
    return _Endpoint(parse_address(tcp) if tcp is not None else None, port, baud, parity)


def parse_address(text: str) -> tuple[str, int]:
    """Return host and port of "HOST:PORT" or "[IPV6]:PORT".  Errors: ToolError."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ToolError(f"{text!r} is no HOST:PORT with a port of 0..65535, for example 127.0.0.1:1502")
    return host, int(port)


async def _run(live: LiveInverter, endpoint: _Endpoint, seconds: float | None, json_file: Path | None) -> None:
    from host_tools.screen import Screen

    stop = stop_in_loop(seconds)
    screen = Screen(quiet=json_file is not None, json_file=json_file)
    async with _serving(live, endpoint) as (place, lost):
        _announce(live, place, json_file, screen)
        await _watch(live, stop, lost, screen)
    screen.say(f"stopped: {describe(live)}")


@contextlib.asynccontextmanager
async def _serving(live: LiveInverter, endpoint: _Endpoint) -> AsyncIterator[tuple[dict, asyncio.Future | None]]:
    """Listen while in the block; gives where, and a future that ends when the port is lost."""
    from hil.plants.inverter.server import SerialServer, TcpServer

    if endpoint.tcp:
        server = TcpServer(live)
        host, port = await server.start(*endpoint.tcp)
        try:
            yield {"transport": "tcp", "host": host, "port": port}, None
        finally:
            await server.stop()
        return
    with _open_serial(endpoint) as tty:
        rtu = SerialServer(live, tty.fileno(), endpoint.baud)
        rtu.start()
        try:
            yield {"transport": "rtu", "serial": endpoint.port, "baud": endpoint.baud}, rtu.lost
        finally:
            rtu.stop()


def _open_serial(endpoint: _Endpoint) -> serial.Serial:
    import serial

    try:
        return serial.Serial(endpoint.port, endpoint.baud, parity=endpoint.parity, timeout=0, exclusive=True)
    except (serial.SerialException, OSError, ValueError) as error:
        raise MissingError(f"cannot open serial port {endpoint.port}: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    number = getattr(error, "errno", None)
    known = {2: "there is no such port", 11: "another program has it open", 13: "permission denied", 16: "it is busy"}
    return known.get(number or 0, str(error))


def _announce(live: LiveInverter, place: dict, json_file: Path | None, screen: Screen) -> None:
    config = live.inverter.config
    facts = {**place, "unit": config.unit, "family": config.family, "base_address": config.base_address}
    if json_file is not None:
        write_atomic(json_file, json.dumps(facts) + "\n")
    where = f"tcp://{place['host']}:{place['port']}" if "port" in place else f"{place['serial']} at {place['baud']} Bd"
    screen.say(
        f"inverter listens on {where}, unit {config.unit}, {config.family} map at {config.base_address}; Ctrl-C ends"
    )
    sys.stdout.flush()


async def _watch(live: LiveInverter, stop: asyncio.Event, lost: asyncio.Future | None, screen: Screen) -> None:
    """Keep the physics going, and its line on a terminal, until told to stop."""
    from rich.live import Live
    from rich.text import Text

    with contextlib.ExitStack() as stack:
        view = None
        if screen.live:
            view = stack.enter_context(Live(console=screen.console, auto_refresh=False, transient=True))
        while not stop.is_set():
            live.sync()
            if view:
                view.update(Text(describe(live)), refresh=True)
            if lost and lost.done():
                lost.result()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _TICK_S)


def describe(live: LiveInverter) -> str:
    """Return what the inverter does in one line."""
    model = live.inverter
    left_s = model.reversion_left_s
    parts = [
        f"{model.state} {model.power_w:+.0f} W of {model.target_w:+.0f} W",
        f"SoC {model.soc_pct:.2f} %",
        f"reverts in {left_s:.1f} s" if left_s is not None else f"{model.reversions} reversions",
        f"{live.requests} requests, {model.writes} writes",
    ]
    if model.last_write:
        parts.append(", ".join(f"{name}={value:g}" for name, value in model.last_write.items()))
    return " | ".join(parts)
