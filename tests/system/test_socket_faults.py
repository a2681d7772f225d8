"""Every error at every socket call of the vehicle's side: the power of whoever charges is untouched, all goes on.

The board's own code runs in MicroPython; its sockets fail as they are told (socket_faults_guest.py).
"""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from guest_at_cable import guest_at_cable

from hil.interop import raw_vehicle
from hil.interop.raw_vehicle import ClosedError, Link, RawVehicle
from hil.scripted_vehicle import messages
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(900)
TESTS = Path(__file__).parents[1]
GUEST = Path(__file__).with_name("socket_faults_guest.py")
# Everything Linux may set errno to; those of sockets are among the first 133, and a few more.
ERRNOS = (*range(1, 134), 512, 524)
OWN_OF_SENDTO = (6, 9, 19, 32, 88)
# Errors a connection's calls can raise (socket(7), tcp(7), ipv6(7)), and what mbedTLS returns.
OF_CONNECTIONS = (4, 5, 9, 11, 12, 13, 14, 22, 32, 88, 99, 100, 101, 103, 104, 105, 107, 110, 111, 112, 113)
OF_TLS = (*OF_CONNECTIONS, 0x7080, 0x7180, 0x7200, 0x7280, 0x7780, 0x7F00)
RECOVERS_S = 5.0
ROUND_S = 0.02  # some rounds of the guest's supervisor
SDP_S, SDP_TRIES = 0.03, 200  # these vehicles repeat their request sooner
FAILS = 16


class Guest:
    """The board's side, and the vehicle's end of its cable."""

    def __init__(self, process: subprocess.Popen[str], link: Link) -> None:
        self._process = process
        self.link = link

    def say(self, words: str) -> dict[str, Any]:
        """Give an order and return the state."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        while True:
            line = self._process.stdout.readline()
            assert line, "the board's side is gone"
            if line.startswith("{"):
                return dict(json.loads(line))


@pytest.fixture(scope="module")
def monkeypatch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guest]:
    monkeypatch.setattr(raw_vehicle, "SDP_S", SDP_S)
    monkeypatch.setattr(raw_vehicle, "SDP_TRIES", SDP_TRIES)
    folder = tmp_path_factory.mktemp("faults")
    with guest_at_cable(folder, GUEST, str(TESTS / "device"), heap_bytes=4 * 1024 * 1024) as made:
        assert made.process.stdout
        assert made.process.stdout.readline().startswith("{")
        yield Guest(made.process, Link(made.ends.vehicle, made.vehicle / "certs" / "v2gRootCACert.pem"))


@pytest.fixture
def charging(guest: Guest) -> Iterator[RawVehicle]:
    """A vehicle that charges all through the test, its power never touched."""
    guest.say("want 0")
    with served(guest) as vehicle:
        codes = [_authorize(vehicle), vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
        guest.say("want 1")
        codes += [vehicle.ask("PowerDeliveryReq", messages.delivery("Start")), vehicle.ask("ChargingStatusReq")]
        assert all(code.startswith("OK") for code in codes), codes
        before = guest.say("state")
        assert before["closed"]
        yield vehicle
        guest.say("disarm")
        assert vehicle.ask("ChargingStatusReq") == "OK"
        after = guest.say("state")
        assert (after["drops"], after["opened"], after["closed"]) == (before["drops"], before["opened"], True)
    guest.say("want 0")


@contextlib.contextmanager
def served(guest: Guest, secured: bool = True) -> Iterator[RawVehicle]:
    """A connection that is served, however long the one before takes to be gone."""
    due_s = time.monotonic() + RECOVERS_S
    with contextlib.ExitStack() as stack:
        while True:
            try:
                vehicle = stack.enter_context(guest.link.vehicle(secured))
                assert vehicle.agree().startswith("OK")
                break
            except (ClosedError, OSError, ToolError):
                stack.close()
                if time.monotonic() > due_s:
                    raise
                time.sleep(0.02)
        yield vehicle


@pytest.mark.parametrize("method", ["sendto", "recvfrom"])
def test_discovery_survives_every_error(guest: Guest, charging: RawVehicle, method: str) -> None:
    for number in ERRNOS:
        before = guest.say("state")
        guest.say(f"arm sdp {method} {number} 1")
        assert guest.link.discover(True).port, number
        assert charging.ask("ChargingStatusReq") == "OK", number
        time.sleep(ROUND_S)
        after = guest.say("disarm")
        assert after["hits"] == 1, number
        restarted = after["restarts"] - before["restarts"]
        codes = [code for code, active, _value in after["told"] if active]
        # Either it was one datagram's error, or the service was restarted once, counted and told.
        assert (restarted, codes) in ((0, []), (1, [63])), (number, restarted, codes)
        if method == "sendto":
            assert restarted == (number in OWN_OF_SENDTO), number


@pytest.mark.parametrize("secured", [False, True])
def test_the_listeners_survive_every_error(guest: Guest, charging: RawVehicle, secured: bool) -> None:
    for number in ERRNOS:
        before = guest.say("state")
        guest.say(f"arm listener accept {number} 1")
        # A second vehicle is turned away as ever, by this listener or the one that took its place.
        with contextlib.suppress(OSError, ToolError), guest.link.connect(guest.link.discover(secured)) as second:
            second.settimeout(1.0)
            second.recv(1)
        assert charging.ask("ChargingStatusReq") == "OK", number
        time.sleep(ROUND_S)
        after = guest.say("disarm")
        assert after["hits"] == 1, number
        codes = [code for code, active, _value in after["told"] if active]
        assert (after["restarts"] - before["restarts"], codes) in ((0, []), (1, [63])), (number, codes)
        guest.link.connect(guest.link.discover(secured)).close()


@pytest.mark.parametrize("call", ["sdp recvfrom", "sdp sendto", "listener accept"])
@pytest.mark.parametrize("number", [9, 11, 12, 22, 24, 100, 105])
def test_an_error_that_stays_keeps_no_processor_busy(
    guest: Guest, charging: RawVehicle, call: str, number: int
) -> None:
    guest.say("sound 60000")
    guest.say(f"arm {call} {number} 1000000")
    begun_s = time.monotonic()
    with contextlib.suppress(ToolError, OSError), pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_vehicle, "SDP_TRIES", 15)
        address = guest.link.discover(False)
        guest.link.connect(address).close()
        time.sleep(0.5)
    assert charging.ask("ChargingStatusReq") == "OK"
    state = guest.say("disarm")
    assert 1 <= state["calls"] < 10 + 50 * (time.monotonic() - begun_s), state
    guest.say("sound 0")
    assert guest.link.discover(True).port


def _authorize(vehicle: RawVehicle) -> str:
    """Go on from the agreed protocol to the authorization."""
    vehicle.ask("SessionSetupReq", {"EVCCID": messages.EVCC_ID})
    vehicle.ask("ServiceDiscoveryReq")
    vehicle.ask("PaymentServiceSelectionReq", messages.selection(messages.EXTERNAL))
    return vehicle.ask("AuthorizationReq")


@pytest.mark.parametrize("kind", ["sdp", "listener"])
@pytest.mark.parametrize("method", ["bind", "listen", "setsockopt", "setblocking", "close"])
def test_a_socket_is_opened_again_however_often_that_fails(
    guest: Guest, charging: RawVehicle, kind: str, method: str
) -> None:
    for number in (1, 9, 12, 13, 19, 22, 23, 24, 98, 99, 100, 105):
        break_it = "recvfrom" if kind == "sdp" else "accept"
        guest.say(f"arm {kind} {break_it} 9 1")
        with contextlib.suppress(OSError, ToolError):
            address = guest.link.discover(False)
            if kind == "listener":
                guest.link.connect(address).close()
        guest.say(f"arm {kind} {method} {number} {FAILS if method == 'bind' else 3}")
        time.sleep(0.02)
        assert charging.ask("ChargingStatusReq") == "OK", number
        guest.say("disarm")
        address = guest.link.discover(False)
        due_s = time.monotonic() + RECOVERS_S
        while True:
            try:
                guest.link.connect(guest.link.discover(False)).close()
                break
            except OSError:
                assert time.monotonic() < due_s, number
                time.sleep(0.02)


@pytest.mark.parametrize(
    ("kind", "method"),
    [("connection", name) for name in ("readinto", "write", "close", "setblocking", "setsockopt")]
    + [("tls", name) for name in ("readinto", "write", "close")],
)
def test_an_error_of_a_connection_ends_that_one_alone(guest: Guest, kind: str, method: str) -> None:
    for number in OF_TLS if kind == "tls" else OF_CONNECTIONS:
        before = guest.say("state")
        guest.say(f"arm {kind} {method} {number} 1")
        with (
            contextlib.suppress(ClosedError, OSError, ToolError, ssl.SSLError),
            guest.link.vehicle(kind == "tls") as vehicle,
        ):
            vehicle.set_up()
        with served(guest) as vehicle:
            assert vehicle.ask("SessionSetupReq", {"EVCCID": messages.EVCC_ID}).startswith("OK"), number
        after = guest.say("disarm")
        assert after["hits"] == 1, number
        assert (after["drops"], after["restarts"]) == (before["drops"], before["restarts"]), number


@pytest.mark.parametrize("method", ["readinto", "write"])
@pytest.mark.parametrize("kind", ["connection", "tls"])
def test_a_second_connection_s_error_is_not_the_first_one_s(
    guest: Guest, charging: RawVehicle, kind: str, method: str
) -> None:
    for number in OF_CONNECTIONS:
        guest.say(f"arm {kind} {method} {number} 1")
        address = guest.link.discover(kind == "tls")
        with contextlib.suppress(OSError), guest.link.connect(address) as second:
            second.settimeout(1.0)
            second.recv(1)
        assert charging.ask("ChargingStatusReq") == "OK", number


@pytest.mark.parametrize("method", ["readinto", "write"])
def test_an_error_while_charging_ends_in_order_and_the_next_vehicle_charges(guest: Guest, method: str) -> None:
    for number in OF_CONNECTIONS:
        guest.say("want 0")
        guest.say("arm connection nothing 1 0")
        with served(guest) as vehicle:
            before = _open(guest)  # of the vehicle before, whose contactor may still be on its way
            codes = [_authorize(vehicle), vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
            guest.say("want 1")
            codes += [vehicle.ask("PowerDeliveryReq", messages.delivery("Start")), vehicle.ask("ChargingStatusReq")]
            assert all(code.startswith("OK") for code in codes), (number, codes)
            guest.say(f"arm connection {method} {number} 1000")
            _let_it_fail_from_now(guest)
            with contextlib.suppress(ClosedError, OSError):
                vehicle.ask("ChargingStatusReq")
            _open(guest)
        after = guest.say("disarm")
        assert after["opened"] == before["opened"] + 1, number
        assert (after["drops"], after["restarts"]) == (before["drops"], before["restarts"]), number


def _open(guest: Guest) -> dict[str, Any]:
    """Wait for the contactor to be open; return the state then."""
    due_s = time.monotonic() + RECOVERS_S
    while (state := guest.say("state"))["closed"]:
        assert time.monotonic() < due_s
    return state


def _let_it_fail_from_now(guest: Guest) -> None:
    """The connection that is there fails too, not only later ones."""
    guest.say("old")
