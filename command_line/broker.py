"""`gridkeel broker`: the embedded MQTT broker."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from command_line.options import JsonNow
from command_line.stopping import stop_on_signals
from host_tools.errors import MissingError, ToolError
from host_tools.files import check_writable, write_atomic

_LOOK_S = 0.2
_LOOPBACK = "127.0.0.1"
_EARLY = "note: a controller may show as offline for up to 120 s where many subscribe; mosquitto has no such limit"


def command(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port for MQTT 5; 0 takes a free one.")] = 1883,
    v4_port: Annotated[
        int | None, typer.Option("--v4-port", min=0, max=65535, help="A second port, for MQTT 3.1.1 clients.")
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; anything but the loopback is open to everybody there.")
    ] = _LOOPBACK,
    json_file: JsonNow = None,
) -> None:
    """Run an MQTT broker on this machine until Ctrl-C or SIGTERM.

    It keeps messages in memory alone and asks for no login: for a test on one machine, not for a fleet. Retained
    messages that expire, as `online` of a controller does, vanish early from it where many subscribe.
    """
    if port and port == v4_port:
        raise ToolError(f"--port and --v4-port are both {port}: one listener speaks one version of MQTT")
    check_writable(json_file)
    stop = stop_on_signals()
    from host_tools.mqtt.broker import EmbeddedBroker

    with EmbeddedBroker(port, host=host, v4_port=v4_port) as broker:
        where = {"url": broker.url, "port": broker.port, "v4_port": broker.v4_port}
        if json_file is None:
            print(f"MQTT 5 on {broker.url} (Ctrl-C ends it)", flush=True)
            print(_EARLY, file=sys.stderr, flush=True)
        else:
            write_atomic(json_file, json.dumps(where) + "\n")
        while not stop.wait(_LOOK_S):
            if not broker.is_running:
                raise MissingError("the broker has ended by itself; start it again")
