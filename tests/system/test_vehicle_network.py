"""The board's network for vehicles on real sockets: discovery, both listeners, and what TLS there is."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from guest_at_cable import AtCable, guest_at_cable

from gridkeel.v2g import sdp
from hil.interop.namespaces import VEHICLE_INTERFACE, inside
from hil.interop.raw_vehicle import Link

GUEST = Path(__file__).with_name("network_guest.py")
FRAME = bytes(k % 251 for k in range(6000))  # longer than one record of TLS
TLS_RECORD_HEAD = 5


class Network:
    """A board that echoes, and the vehicle's end of its cable."""

    def __init__(self, made: AtCable) -> None:
        self.ends = made.ends
        self.pki = made.pki
        self.vehicle = made.vehicle / "certs"
        self.keys = made.vehicle / "private_keys"
        self.link = Link(made.ends.vehicle, self.vehicle / "v2gRootCACert.pem")


@contextmanager
def network(folder: Path, mode: str = "plain") -> Iterator[Network]:
    with guest_at_cable(folder, GUEST, mode) as made:
        assert made.process.stdout
        assert made.process.stdout.readline().startswith("ports")
        yield Network(made)


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as made:
        yield made


def received(opened: socket.socket, n: int) -> bytes:
    data = b""
    while len(data) < n:
        part = opened.recv(65536)
        assert part
        data += part
    return data


@pytest.mark.parametrize("secured", [False, True])
def test_discovery_tells_an_open_port_in_the_dynamic_range(echo: Network, secured: bool) -> None:
    address = echo.link.discover(secured)
    assert address.secured is secured
    assert address.host.startswith("fe80::")
    assert 49152 <= address.port <= 65535
    echo.link.connect(address).close()


def test_what_is_no_request_is_not_answered(echo: Network) -> None:
    with inside(echo.ends.vehicle), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.IPPROTO_IPV6, 17, socket.if_nametoindex(VEHICLE_INTERFACE))
        asking.settimeout(0.5)
        for data in (
            b"",
            b"hello",
            bytes.fromhex("01fe9000000000020001"),
            bytes.fromhex("01fe90000000000200"),
            bytes(64),
        ):
            asking.sendto(data, (sdp.GROUP, sdp.PORT))
            with pytest.raises(TimeoutError):
                asking.recv(64)


def test_a_frame_comes_back_over_tcp(echo: Network) -> None:
    with echo.link.connect(echo.link.discover(False)) as opened:
        opened.sendall(FRAME)
        assert received(opened, len(FRAME)) == FRAME


def test_tls_is_the_standards_and_the_chain_is_whole(echo: Network) -> None:
    # The vehicle trusts the V2G root alone: without both sub-CAs the chain would not reach it.
    with echo.link.secure(echo.link.connect(echo.link.discover(True))) as opened:
        assert opened.cipher() == ("ECDHE-ECDSA-AES128-SHA256", "TLSv1.2", 128)
        opened.sendall(FRAME)
        assert received(opened, len(FRAME)) == FRAME


def test_all_records_of_a_frame_leave_in_one_write(echo: Network) -> None:
    plain = echo.link.connect(echo.link.discover(True))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = echo.link.context().wrap_bio(incoming, outgoing)

    def step(action: Callable[[], object]) -> None:
        while True:
            try:
                action()
                return
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65536))

    with plain:
        step(secured.do_handshake)
        # What comes with the end of the handshake is read in small pieces; a vehicle waits for its answer first.
        secured.write(b"hello")
        plain.sendall(outgoing.read())
        incoming.write(plain.recv(65536))
        assert secured.read() == b"hello"
        secured.write(FRAME)
        plain.sendall(outgoing.read())
        assert sum(len(record) for record in records(plain.recv(65536))) >= len(FRAME)


def records(data: bytes) -> list[bytes]:
    """Cut what one read brought into whole records of TLS."""
    found = []
    while data:
        length = TLS_RECORD_HEAD + int.from_bytes(data[3:TLS_RECORD_HEAD], "big")
        assert len(data) >= length
        found.append(data[:length])
        data = data[length:]
    return found


def test_a_vehicle_must_show_a_certificate_where_it_is_asked_for(tmp_path: Path) -> None:
    with network(tmp_path, "mutual") as made:
        address = made.link.discover(True)
        with made.link.connect(address) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
            made.link.secure(plain)
        context = made.link.context()
        password = (made.keys / "oemLeafPassword.txt").read_text().strip()
        context.load_cert_chain(made.vehicle / "oemCertChain.pem", made.keys / "oemLeaf.key", password)
        with made.link.connect(address) as plain, made.link.secure(plain, context) as opened:
            opened.sendall(b"hello")
            assert received(opened, 5) == b"hello"
