"""The embedded MQTT broker: rumqttd from the `iotcore` wheel, as a child process that ends with this one.

It keeps everything in memory: what was handed to it is gone when it stops. A bench, one machine and a demonstration are
its place; a fleet wants a broker with a disk (mosquitto, EMQX ...).
"""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from pathlib import Path
from types import TracebackType

from iotcore import Broker

from host_tools.errors import MissingError, ToolError

LOOPBACK = "127.0.0.1"

# rumqttd keeps a log in memory for every subscribed filter and drops its oldest segment past the last one: 128 MiB is
# some 200,000 telemetry messages that a slow subscriber may lag behind.
_SEGMENT_BYTES = 8 * 1024 * 1024
_SEGMENTS = 16
# A birth message carries the whole message table; everything else here stays under 1 KiB.
_MAX_PAYLOAD_BYTES = 256 * 1024
_MAX_CONNECTIONS = 1024
# Per connection; publishers here keep at most 64 in flight.
_MAX_INFLIGHT = 1000
_FREE_PORT_TRIES = 5

_ROUTER = f"""\
id = 0

[router]
id = 0
max_connections = {_MAX_CONNECTIONS}
max_outgoing_packet_count = 500
max_segment_size = {_SEGMENT_BYTES}
max_segment_count = {_SEGMENTS}
"""

_LISTENER = """
[{version}.1]
name = "{version}"
listen = "{address}"
next_connection_delay_ms = 0

[{version}.1.connections]
connection_timeout_ms = 10000
max_payload_size = {max_payload}
max_inflight_count = {max_inflight}
dynamic_filters = true
"""


def configuration(host: str, port: int, v4_port: int | None) -> str:
    """Return rumqttd's TOML: MQTT 5 on `port`, MQTT 3.1.1 on `v4_port` (a listener of rumqttd speaks one version)."""
    listeners = [("v5", port)] if v4_port is None else [("v5", port), ("v4", v4_port)]
    return _ROUTER + "".join(
        _LISTENER.format(
            version=version,
            address=_socket_address(host, number),
            max_payload=_MAX_PAYLOAD_BYTES,
            max_inflight=_MAX_INFLIGHT,
        )
        for version, number in listeners
    )


def _socket_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class EmbeddedBroker:
    """`with EmbeddedBroker() as broker:` runs a broker on a free loopback port; `broker.url` is its address.

    port 0 takes a free one.  v4_port: an additional listener for MQTT 3.1.1 clients, 0 for a free port.
    Errors: ToolError where host is no IP address, MissingError where the port is taken or the broker does not start.
    """

    def __init__(self, port: int = 0, *, host: str = LOOPBACK, v4_port: int | None = None) -> None:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ToolError(f"cannot listen on {host!r}: give an IP address, such as 127.0.0.1 or 0.0.0.0") from None
        self.host = host
        self.port = port
        self.v4_port = v4_port
        self._broker: Broker | None = None

    @property
    def url(self) -> str:
        return f"mqtt://{_socket_address(self.host, self.port)}"

    @property
    def is_running(self) -> bool:
        return self._broker is not None and self._broker.is_running

    def start(self) -> EmbeddedBroker:
        """Start the child and return once it accepts connections; a started one is left alone."""
        if self.is_running:
            return self
        # Between finding a free port and the child's bind another process may take it: then the next one is tried.
        tries = _FREE_PORT_TRIES if 0 in (self.port, self.v4_port) else 1
        for attempt in range(tries):
            port = self.port or _free_port(self.host)
            v4_port = _free_port(self.host) if self.v4_port == 0 else self.v4_port
            try:
                self._broker = _start(configuration(self.host, port, v4_port))
            except (OSError, RuntimeError) as error:
                if attempt + 1 == tries:
                    raise MissingError(
                        f"no broker on {_socket_address(self.host, port)}: {error}; choose another --port"
                    ) from None
                continue
            self.port, self.v4_port = port, v4_port
            break
        return self

    def stop(self) -> None:
        """Stop the child and free its ports; the port stays known, so that `start` comes back on the same one."""
        if self._broker is not None:
            self._broker.stop()
            self._broker = None

    def __enter__(self) -> EmbeddedBroker:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()


def _start(toml: str) -> Broker:
    handle, name = tempfile.mkstemp(prefix="gridkeel-broker-", suffix=".toml")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(toml)
        broker = Broker(config_path=name)
        try:
            return broker.start()
        except BaseException:
            broker.stop()  # before its configuration goes: the child may not have read it yet
            raise
    finally:
        Path(name).unlink()


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
