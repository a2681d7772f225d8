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
    queue: Annotated[Path, typer.Option("--queue", help="File that keeps records until the broker has them.")] = Path(
        "gridkeel-queue.db"
    ),
    queue_max: Annotated[
        int, typer.Option("--queue-max", min=1, help="Most records the queue takes; then devices keep their own.")
    ] = _QUEUE_ROWS,
    baud: Annotated[int, typer.Option("--baud", min=300, help="Baud rate of the ports.")] = _BAUD,
    pki: Annotated[
        Path | None, typer.Option(metavar="DIR", help="PKI to provide cars with contracts from (ISO 15118-2).")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for ports that are not there yet.")] = False,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the counters of this run there at the end.")
    ] = None,
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
    from host_tools.uplink.service import Service, Settings

    service = Service(
        Settings(tuple(port), at, queue, queue_max, baud, wait, pki), lambda line: print(line, flush=True)
    )
    service.run(stop)
    summary = service.summary()
    print(", ".join(f"{count} {name}" for name, count in summary.items()), flush=True)
    if json_file is not None:
        try:
            json_file.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ToolError(f"--json {json_file}: {error}") from None
