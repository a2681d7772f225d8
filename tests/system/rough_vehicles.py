"""Vehicles that keep a connection busy in every way but the right one; each yields while it does so."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gridkeel.v2g import v2gtp
from hil.interop.namespaces import VEHICLE_INTERFACE, inside
from hil.interop.raw_vehicle import ClosedError, Link, RawVehicle
from hil.interop.setup import Setup
from hil.scripted_vehicle import messages

REQUESTS = 3000
WINDOW_BYTES = 2048
SEND_BYTES = "4096 4096 4096"  # least, usual and most, of the charger's sockets: full after some hundred answers
PACE_S = 0.003  # a request every so often; sooner, and it would be closed for sending ahead
TRICKLE_S = 1.0
SETTLE_S = 2.0

Act = Callable[[Setup], contextlib.AbstractContextManager[None]]


def shrink_send_buffers(namespace: str) -> None:
    """Give TCP in a namespace the smallest send buffers there are."""
    with inside(namespace):
        Path("/proc/sys/net/ipv4/tcp_wmem").write_text(SEND_BYTES)


def small_window(link: Link, secured: bool) -> socket.socket:
    """Connect with a receive window as small as the system lets it be."""
    address = link.discover(secured)
    with inside(link.namespace):
        opened = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        opened.settimeout(5.0)
        opened.connect((address.host, address.port, 0, socket.if_nametoindex(VEHICLE_INTERFACE)))
    return opened


@contextlib.contextmanager
def _background(work: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()

    def run() -> None:
        with contextlib.suppress(OSError, ClosedError):
            work(stop)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20.0)


def _sends_and_reads(read_a_byte: bool, secured: bool) -> Act:
    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[None]:
        opened = small_window(setup.link, secured)
        if secured:
            opened = setup.link.secure(opened)
        with opened:
            vehicle = RawVehicle(opened)
            vehicle.agree()
            vehicle.ask("SessionSetupReq", {"EVCCID": messages.EVCC_ID})
            request = messages.request("ServiceDetailReq", {"ServiceID": 1}, vehicle.session_id)
            vehicle.ask("ServiceDiscoveryReq")

            def work(stop: threading.Event) -> None:
                opened.settimeout(0.2)
                for _ in range(REQUESTS):
                    with contextlib.suppress(TimeoutError):
                        opened.sendall(request)
                    if stop.wait(PACE_S):
                        return
                while not stop.wait(TRICKLE_S):
                    if read_a_byte:
                        opened.recv(1)

            with _background(work):
                time.sleep(SETTLE_S)
                yield

    return act


@contextlib.contextmanager
def charges_and_never_reads(setup: Setup) -> Iterator[int]:
    """Charge, and ask on without reading; yield how often the contactor had moved when that began."""
    with small_window(setup.link, False) as opened:
        vehicle = RawVehicle(opened)
        codes = [vehicle.pay(None), vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
        setup.charger.do("communicate")
        codes += [vehicle.ask("PowerDeliveryReq", messages.delivery("Start")), vehicle.ask("ChargingStatusReq")]
        assert all(code.startswith("OK") for code in codes), codes
        moves = len(setup.charger.moves)
        request = messages.request("ChargingStatusReq", {}, vehicle.session_id)

        def work(stop: threading.Event) -> None:
            opened.settimeout(0.2)
            while not stop.wait(PACE_S):
                with contextlib.suppress(TimeoutError):
                    opened.sendall(request)

        with _background(work):
            yield moves
        setup.charger.do("silence")


def _shut_down(direction: int) -> Act:
    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[None]:
        with setup.link.connect(setup.link.discover(False)) as opened:
            RawVehicle(opened).set_up()
            opened.shutdown(direction)
            yield

    return act


def _silent(secured: bool) -> Act:
    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[None]:
        with setup.link.connect(setup.link.discover(secured)):
            yield

    return act


def _stalls_in_handshake(flights: float) -> Act:
    """flights: how many flights of the vehicle are sent; a half is half of one."""

    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[None]:
        received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = setup.link.context().wrap_bio(received, to_send)
        with setup.link.connect(setup.link.discover(True)) as plain:
            sent = 0.0
            while sent < flights:
                with contextlib.suppress(ssl.SSLWantReadError):
                    client.do_handshake()
                flight = to_send.read()
                if sent + 0.5 == flights:
                    plain.sendall(flight[: len(flight) // 2])
                    sent += 0.5
                    continue
                plain.sendall(flight)
                sent += 1
                if sent < flights:
                    while not to_send.pending:
                        received.write(plain.recv(8192))
                        with contextlib.suppress(ssl.SSLWantReadError):
                            client.do_handshake()
            yield

    return act


def _sends_part(data: bytes, a_byte_a_second: bool, in_session: bool = False) -> Act:
    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[None]:
        with setup.link.connect(setup.link.discover(False)) as opened:
            if in_session:
                RawVehicle(opened).set_up()

            def work(stop: threading.Event) -> None:
                for at in range(len(data)):
                    if stop.wait(TRICKLE_S if a_byte_a_second else 0.0):
                        return
                    opened.sendall(data[at : at + 1])

            with _background(work):
                yield

    return act


@contextlib.contextmanager
def _many(setup: Setup) -> Iterator[None]:
    addresses = [setup.link.discover(secured) for secured in (False, True)]
    with contextlib.ExitStack() as stack:
        for k in range(50):
            with contextlib.suppress(OSError):
                stack.enter_context(setup.link.connect(addresses[k % 2]))
        yield


@contextlib.contextmanager
def _resets(setup: Setup) -> Iterator[None]:
    for _ in range(20):
        opened = setup.link.connect(setup.link.discover(False))
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        opened.close()
    yield


HALF = messages.offer()[: len(messages.offer()) // 2]
LONG = bytearray(v2gtp.HEADER_BYTES + 6000)
v2gtp.header(LONG, v2gtp.EXI, 6000)

# Before a session: another connection of the same plug gets in after 2 s of no progress.
BEFORE = {
    "opens a connection and says nothing": _silent(False),
    "opens a TLS connection and says nothing": _silent(True),
    "stalls within the first flight of TLS": _stalls_in_handshake(0.5),
    "stalls after the first flight of TLS": _stalls_in_handshake(1),
    "stalls within the second flight of TLS": _stalls_in_handshake(1.5),
    "sends half a frame": _sends_part(HALF, False),
    "sends a byte a second": _sends_part(bytes(LONG), True),
    "opens 50 connections": _many,
    "opens and resets 20 connections": _resets,
}
# In a session.
WITHIN = {
    "never reads": _sends_and_reads(False, False),
    "never reads, TLS": _sends_and_reads(False, True),
    "reads a byte a second": _sends_and_reads(True, False),
    "half-closed": _shut_down(socket.SHUT_WR),
    "deaf": _shut_down(socket.SHUT_RD),
    "half a frame in a session": _sends_part(HALF, False, in_session=True),
    "a byte a second in a session": _sends_part(bytes(LONG), True, in_session=True),
}
EVERY = BEFORE | WITHIN
