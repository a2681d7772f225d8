"""A vehicle of our own on real sockets, driven step by step: for everything a real one would never do."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

from gridkeel.v2g import sdp, v2gtp
from hil.interop.namespaces import VEHICLE_INTERFACE, inside
from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Body, Contract
from host_tools.errors import ToolError

SUITE = "ECDHE-ECDSA-AES128-SHA256"
ANSWER_S = 8.0
SDP_TRIES = 20
SDP_S = 0.25
_IPV6_MULTICAST_IF = 17


class ClosedError(Exception):
    """The charger ended the connection without an answer."""


@dataclass(frozen=True)
class Address:
    """The answer of SDP: where to connect, and whether with TLS."""

    host: str
    port: int
    secured: bool


class Link:
    """The vehicle's end of the cable: its sockets are opened inside the namespace, whoever uses them."""

    def __init__(self, namespace: str, root: Path) -> None:
        """root: the V2G root the vehicle trusts, PEM."""
        self.namespace = namespace
        self.root = root

    def discover(self, secured: bool) -> Address:
        """Ask for the charger.  Errors: ToolError where it stays silent."""
        with inside(self.namespace), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
            index = socket.if_nametoindex(VEHICLE_INTERFACE)
            asking.setsockopt(socket.IPPROTO_IPV6, _IPV6_MULTICAST_IF, index)
            asking.settimeout(SDP_S)
            request = bytearray(v2gtp.HEADER_BYTES)
            v2gtp.header(request, v2gtp.SDP_REQUEST, 2)
            request += bytes((sdp.TLS if secured else sdp.NO_TLS, sdp.TCP))
            for _ in range(SDP_TRIES):
                asking.sendto(request, (sdp.GROUP, sdp.PORT))
                with contextlib.suppress(TimeoutError):
                    return _address(asking.recv(64))
        raise ToolError(f"no charger answered {SDP_TRIES} requests for its address")

    def connect(self, address: Address) -> socket.socket:
        """Open a TCP connection, whatever is spoken over it then."""
        with inside(self.namespace):
            return socket.create_connection((f"{address.host}%{VEHICLE_INTERFACE}", address.port), ANSWER_S)

    def secure(self, plain: socket.socket, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """Do the TLS handshake as a vehicle does, or with a context of one's own.  Errors: ssl.SSLError, OSError."""
        return (context or self.context()).wrap_socket(plain)

    def context(self) -> ssl.SSLContext:
        """Return what a vehicle of ISO 15118-2 speaks: TLS 1.2, one suite, the charger's chain checked to its root."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.root)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(SUITE)
        return context

    @contextlib.contextmanager
    def vehicle(self, secured: bool = True) -> Iterator[RawVehicle]:
        """Discover and connect, and hang up in the end."""
        address = self.discover(secured)
        plain = self.connect(address)
        opened = self.secure(plain) if address.secured else plain
        with opened:
            yield RawVehicle(opened)


def _address(answer: bytes) -> Address:
    host = IPv6Address(answer[v2gtp.HEADER_BYTES : v2gtp.HEADER_BYTES + 16])
    port = int.from_bytes(answer[v2gtp.HEADER_BYTES + 16 : v2gtp.HEADER_BYTES + 18], "big")
    return Address(str(host), port, answer[v2gtp.HEADER_BYTES + 18] == sdp.TLS)


class RawVehicle:
    """One connection.  session_id: what it says; last: the body of the last response."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self.session_id = bytes(1)
        self.last: Body = {}

    def exchange(self, data: bytes, within_s: float = ANSWER_S) -> bytes:
        """Send bytes and return the frame that comes back.  Errors: ClosedError, TimeoutError."""
        received = b""
        self._socket.settimeout(within_s)
        try:
            self._socket.sendall(data)
            while not messages.whole(received):
                part = self._socket.recv(8192)
                if not part:
                    raise ClosedError
                received += part
        except (ConnectionError, ssl.SSLError):
            raise ClosedError from None
        return received

    def agree(self, data: bytes | None = None) -> str:
        """Agree on the protocol; return the response code."""
        self.last = messages.read_offer(self.exchange(data or messages.offer()))
        return self.last["ResponseCode"]

    def ask(self, name: str, body: Body | None = None, signature: Body | None = None) -> str:
        """Send a request and return the response code."""
        data = messages.request(name, body or {}, self.session_id, signature)
        _name, session_id, self.last = messages.read(self.exchange(data))
        if name == "SessionSetupReq":
            self.session_id = session_id
        return self.last["ResponseCode"]

    def hang_up(self) -> None:
        """End the connection."""
        self._socket.close()

    # --- the stretches of a session, up to where something is done wrong

    def set_up(self) -> None:
        """Agree on the protocol and open a session."""
        self.agree()
        self.ask("SessionSetupReq", {"EVCCID": messages.EVCC_ID})

    def choose(self, payment: str) -> None:
        """Up to the choice how to pay."""
        self.set_up()
        self.ask("ServiceDiscoveryReq")
        self.ask("PaymentServiceSelectionReq", messages.selection(payment))

    def pay(self, contract: Contract | None) -> str:
        """Up to the authorization; return its response code, or the first that is not OK."""
        self.choose(messages.CONTRACT if contract else messages.EXTERNAL)
        if contract is None:
            return self.ask("AuthorizationReq")
        code = self.ask("PaymentDetailsReq", contract.details())
        if not code.startswith("OK"):
            return code
        return self.ask("AuthorizationReq", *messages.authorization(self.last["GenChallenge"], contract.key))

    def charge(self, contract: Contract | None = None, loops: int = 2) -> list[str]:
        """Go through a whole session; return its response codes.  Whoever holds the pilot closes S2 meanwhile."""
        codes = [self.pay(contract), self.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
        codes.append(self.ask("PowerDeliveryReq", messages.delivery("Start")))
        codes += [self.ask("ChargingStatusReq") for _ in range(loops)]
        codes.append(self.ask("PowerDeliveryReq", messages.delivery("Stop")))
        codes.append(self.ask("SessionStopReq", {"ChargingSession": "Terminate"}))
        return codes
