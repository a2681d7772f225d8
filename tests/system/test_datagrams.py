"""Datagrams that no answer can reach: discovery goes on, and the vehicle that charges does not notice."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import time
from collections.abc import Iterator
from ipaddress import IPv6Address

import pytest
from namespace_needs import need

from gridkeel.v2g import sdp, v2gtp
from hil.interop.namespaces import VEHICLE_INTERFACE, inside
from hil.interop.raw_vehicle import RawVehicle
from hil.interop.setup import Setup, setups
from hil.scripted_vehicle import messages

pytestmark = pytest.mark.timeout(300)
ALL_NODES = IPv6Address("ff02::1")
UDP = 17
IPV6_TYPE = 0x86DD
WATCH_S = 0.4  # a supervisor's round and more
ROUNDS = 3


def frame(source: str, port: int, payload: bytes) -> bytes:
    """Return an Ethernet frame with a UDP datagram to the SDP port, from any source."""
    length = 8 + len(payload)
    pseudo = IPv6Address(source).packed + ALL_NODES.packed + struct.pack(">II", length, UDP)
    head = struct.pack(">HHHH", port, sdp.PORT, length, 0)
    datagram = head[:6] + struct.pack(">H", checksum(pseudo + head + payload)) + payload
    address = struct.pack(">IHBB", 0x60000000, length, UDP, 1) + pseudo[:32]
    return bytes.fromhex("333300000001 020000000099") + struct.pack(">H", IPV6_TYPE) + address + datagram


def checksum(data: bytes) -> int:
    """Return the checksum of UDP over IPv6."""
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total or 0xFFFF


def request(security: int = sdp.NO_TLS, length: int = 2, extra: bytes = b"") -> bytes:
    """Return an SDP request."""
    data = bytearray(v2gtp.HEADER_BYTES)
    v2gtp.header(data, v2gtp.SDP_REQUEST, length)
    return bytes(data) + bytes((security, sdp.TCP)) + extra


NEIGHBOUR = "fe80::99"
DATAGRAMS = {
    "source port 0": (NEIGHBOUR, 0, request()),
    "an address without a route back": ("2001:db8::1", 50000, request()),
    "a unique local address": ("fd00::1", 50000, request()),
    "no address": ("::", 50000, request()),
    "no address and port 0": ("::", 0, request()),
    "a group's address": ("ff02::1", 50000, request()),
    "loopback": ("::1", 50000, request()),
    "an IPv4 address": ("::ffff:192.0.2.1", 50000, request()),
    "broadcast of IPv4": ("::ffff:255.255.255.255", 50000, request()),
    "a neighbour who is not there": ("fe80::dead:beef", 50000, request()),
    "an anycast address": ("fe80::", 50000, request()),
    "more than there is room for": (NEIGHBOUR, 50000, request(extra=bytes(1200))),
    "nothing in it": (NEIGHBOUR, 50000, b""),
    "a wrong length": (NEIGHBOUR, 50000, request(length=0xFFFFFFFF)),
    "an unknown security": (NEIGHBOUR, 50000, request(security=0x55)),
    "from the charger's own port": (NEIGHBOUR, sdp.PORT, request()),
}


@pytest.fixture(scope="module")
def charging() -> Iterator[tuple[Setup, RawVehicle]]:
    """A vehicle that charges for as long as this module's tests take."""
    need(java=False)
    with setups() as setup_with, setup_with() as setup:
        setup.plug()
        with setup.link.vehicle() as vehicle:
            codes = [vehicle.pay(None), vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
            setup.charger.do("communicate")
            codes += [vehicle.ask("PowerDeliveryReq", messages.delivery("Start")), vehicle.ask("ChargingStatusReq")]
            assert all(code.startswith("OK") for code in codes), codes
            yield setup, vehicle


@pytest.mark.parametrize("name", list(DATAGRAMS))
def test_a_datagram_without_a_way_back_disturbs_neither_discovery_nor_charging(
    charging: tuple[Setup, RawVehicle], name: str
) -> None:
    setup, vehicle = charging
    moves, mark = len(setup.charger.moves), setup.charger.host.mark()
    data = frame(*DATAGRAMS[name])
    with inside(setup.link.namespace), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
        line.bind((VEHICLE_INTERFACE, IPV6_TYPE))
        for _ in range(ROUNDS):
            line.send(data)
            time.sleep(WATCH_S)
            assert vehicle.ask("ChargingStatusReq") == "OK"
    assert setup.link.discover(True).port
    assert len(setup.charger.moves) == moves, "the contactor moved"
    assert setup.charger.connector.contactor.closed
    reported = [record["fault"] for record in setup.charger.host.of("fault_event", mark)]
    assert not {"task_stopped", "service_stopped"} & set(reported), reported


def test_a_flood_of_such_datagrams_does_not_disturb_charging(charging: tuple[Setup, RawVehicle]) -> None:
    setup, vehicle = charging
    moves = len(setup.charger.moves)
    with inside(setup.link.namespace), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
        line.bind((VEHICLE_INTERFACE, IPV6_TYPE))
        frames = [frame(*row) for row in DATAGRAMS.values()]
        for k in range(2000):
            with contextlib.suppress(OSError):
                line.send(frames[k % len(frames)])
            if k % 200 == 0:
                assert vehicle.ask("ChargingStatusReq") == "OK"
    assert setup.link.discover(True).port
    assert len(setup.charger.moves) == moves, "the contactor moved"


def test_an_answer_that_cannot_be_sent_is_logged_with_its_error_and_not_too_often(
    charging: tuple[Setup, RawVehicle],
) -> None:
    setup, _vehicle = charging
    time.sleep(1.1)
    mark, begun_s = setup.charger.host.mark(), time.monotonic()
    with inside(setup.link.namespace), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
        line.bind((VEHICLE_INTERFACE, IPV6_TYPE))
        for _ in range(100):
            line.send(frame(*DATAGRAMS["an address without a route back"]))
            time.sleep(0.01)
    setup.charger.host.wait_for("iso15118", mark, 5.0, lambda record: record["subject"] == "sdp")
    reported = [record for record in setup.charger.host.of("iso15118", mark) if record["subject"] == "sdp"]
    assert {(record["kind"], record["number"]) for record in reported} == {("turned_away", errno.ENETUNREACH)}
    assert 1 <= len(reported) <= 2 + time.monotonic() - begun_s
