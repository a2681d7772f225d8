"""`gridkeel uplink`: controllers on serial ports to an MQTT broker."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from command_line.broker_options import CaFile, CertFile, KeyFile, PasswordFile, Url, Username
from command_line.options import JsonFile
from command_line.stopping import stop_on_signals
from host_tools.files import cannot_write, check_writable, is_stdout, write_atomic
from host_tools.mqtt.address import broker_at

_URL_DEFAULT = "mqtt://127.0.0.1:1883"
_BAUD = 115200  # of the firmware's host link
_QUEUE_ROWS = 1_000_000  # 28 hours of one controller at 10 records a second


def command(
    port: Annotated[
        list[str],
        typer.Option(
            "--port", "-p", metavar="PORT", help="Serial port, or pyserial URL such as socket://HOST:PORT; repeat it."
        ),
    ],
    broker: Url = _URL_DEFAULT,
    queue: Annotated[
        Path | None,
        typer.Option(
            "--queue",
            help="File that keeps records until the broker has them.",
            show_default="in the user's state folder",
        ),
    ] = None,
    queue_max: Annotated[
        int, typer.Option("--queue-max", min=1, help="Most records the queue takes; then devices keep their own.")
    ] = _QUEUE_ROWS,
    baud: Annotated[int, typer.Option("--baud", min=300, help="Baud rate of the ports.")] = _BAUD,
    pki: Annotated[
        Path | None, typer.Option(metavar="DIR", help="PKI that vehicles get contracts from (ISO 15118-2).")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help="Name of this uplink at the broker; without it, of the host and queue file.")
    ] = "",
    compact: Annotated[
        bool, typer.Option("--compact", help="Publish frequent records without names, on .../compact: docs/mqtt.md.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for ports that are not there yet.")] = False,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
    json_file: JsonFile = None,
    report_s: Annotated[
        float, typer.Option("--report", min=0.0, help="Seconds between two lines of counters; 0 for none.")
    ] = 60.0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log connections, ports and stalls too.")] = False,
) -> None:
    """Carry records of the controllers on PORT to an MQTT broker, and its commands to them.

    Runs until Ctrl-C or SIGTERM. Nothing is lost while the broker is away: records wait in the queue file.
    """
    at = broker_at(
        broker,
        cafile=cafile,
        certfile=certfile,
        keyfile=keyfile,
        username=username,
        password_file=password_file,
    )
    queue_path = queue or default_queue()
    check_writable(json_file, queue_path)
    stop = stop_on_signals()
    from host_tools.uplink.log import Log
    from host_tools.uplink.service import Service, Settings

    log = Log(verbose, sys.stderr if is_stdout(json_file) else None)
    settings = Settings(tuple(port), at, queue_path, queue_max, baud, wait, pki, name, report_s, compact)
    service = Service(settings, log.say, log.detail)
    try:
        service.run(stop)
        summary = service.summary()
        log.say(", ".join(f"{count} {name}" for name, count in summary.items()))
    finally:
        log.close()
    if json_file is not None:
        write_atomic(json_file, json.dumps(summary, indent=2) + "\n")


def default_queue() -> Path:
    """Return the one place of the queue file where none is named, wherever the command is started.

    Errors: MissingError where the user has no state folder that can be made.
    """
    from platformdirs import user_state_path

    folder = user_state_path("gridkeel", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return folder / "uplink-queue.db"
