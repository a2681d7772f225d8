"""`gridkeel uplink`: controllers on serial ports to an MQTT broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.broker_options import CaFile, CertFile, KeyFile, PasswordFile, Url, Username
from host_tools.cli.stopping import stop_on_signals
from host_tools.errors import ToolError
from host_tools.uplink.address import broker_at
from host_tools.uplink.log import Log
from host_tools.uplink.port import BAUD
from host_tools.uplink.queue import DEFAULT_MAX_ROWS
from host_tools.uplink.service import Service, Settings

_URL_DEFAULT = "mqtt://127.0.0.1:1883"


def command(
    port: Annotated[
        list[str],
        typer.Option("--port", "-p", help="Serial port, or pyserial URL such as socket://HOST:PORT; repeat it."),
    ],
    broker: Url = _URL_DEFAULT,
    queue: Annotated[Path, typer.Option("--queue", help="File that keeps records until the broker has them.")] = Path(
        "gridkeel-queue.db"
    ),
    queue_max: Annotated[
        int, typer.Option("--queue-max", min=1, help="Most records the queue takes; then devices keep their own.")
    ] = DEFAULT_MAX_ROWS,
    baud: Annotated[int, typer.Option("--baud", min=300, help="Baud rate of the ports.")] = BAUD,
    pki: Annotated[
        Path | None, typer.Option(metavar="DIR", help="PKI to provide cars with contracts from (ISO 15118-2).")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help="Name of this uplink at the broker; without it, of the host and queue file.")
    ] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for ports that are not there yet.")] = False,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the counters of this run there at the end.")
    ] = None,
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
    stop = stop_on_signals()
    log = Log(verbose)
    settings = Settings(tuple(port), at, queue, queue_max, baud, wait, pki, name, report_s)
    service = Service(settings, log.say, log.detail)
    try:
        service.run(stop)
    finally:
        summary = service.summary()
        log.say(", ".join(f"{count} {name}" for name, count in summary.items()))
        log.close()
    if json_file is not None:
        try:
            json_file.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ToolError(f"--json {json_file}: {error}") from None
