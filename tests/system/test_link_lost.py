"""A vehicle whose link is lost without a word takes its session back; nobody else can."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator

import pytest

from hil.interop.namespaces import CHARGER_INTERFACE, VEHICLE_INTERFACE, inside, wait_for_address
from hil.interop.raw_vehicle import ClosedError, RawVehicle
from hil.interop.setup import Setup
from hil.scripted_vehicle import messages
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(300)
BACK_S = 10.0  # within: 2 s of silence, and what a busy machine takes
STRANGER_S = 5.0
LOST_S = 3.0
REPLUG_S = 30.0  # 5 s until it is noticed, 5 s between tries, on a busy machine
JOINED = "OK_OldSessionJoined"
NEW = "OK_NewSessionEstablished"
STRANGER = bytes.fromhex("020000000666")


def begin(vehicle: RawVehicle, plugged: Setup) -> None:
    """Charge, up to the loop."""
    codes = [vehicle.pay(None), vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
    plugged.charger.do("communicate")
    codes += [vehicle.ask("PowerDeliveryReq", messages.delivery("Start")), vehicle.ask("ChargingStatusReq")]
    assert all(code.startswith("OK") for code in codes), codes


@contextlib.contextmanager
def set_up(plugged: Setup, session_id: bytes, evcc_id: bytes, secured: bool = True) -> Iterator[tuple[RawVehicle, str]]:
    """Connect and ask for a session; the code, "" where the connection was closed instead."""
    try:
        with plugged.link.vehicle(secured) as vehicle:
            vehicle.session_id = session_id
            vehicle.agree()
            yield vehicle, vehicle.ask("SessionSetupReq", {"EVCCID": evcc_id})
    except (ClosedError, OSError, ToolError):
        yield RawVehicle.__new__(RawVehicle), ""


def come_back(plugged: Setup, session_id: bytes, within_s: float, evcc_id: bytes = messages.EVCC_ID) -> str:
    """Try as a vehicle does until it is let in and charge on to the end; the code of its SessionSetup."""
    due_s = time.monotonic() + within_s
    while time.monotonic() < due_s:
        with contextlib.suppress(ClosedError, OSError, ToolError), plugged.link.vehicle() as vehicle:
            vehicle.session_id = session_id
            vehicle.agree()
            code = vehicle.ask("SessionSetupReq", {"EVCCID": evcc_id})
            plugged.charger.do("communicate")
            codes = [vehicle.ask("ServiceDiscoveryReq")]
            codes.append(vehicle.ask("PaymentServiceSelectionReq", messages.selection(messages.EXTERNAL)))
            codes.append(vehicle.ask("AuthorizationReq"))
            codes.append(vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter()))
            codes.append(vehicle.ask("PowerDeliveryReq", messages.delivery("Start")))
            codes.append(vehicle.ask("ChargingStatusReq"))
            assert plugged.charger.connector.contactor.closed
            codes.append(vehicle.ask("PowerDeliveryReq", messages.delivery("Stop")))
            codes.append(vehicle.ask("SessionStopReq", {"ChargingSession": "Terminate"}))
            assert all(text.startswith("OK") for text in codes), codes
            return code
        time.sleep(0.2)
    return ""


def test_the_same_vehicle_is_back_within_seconds_and_charges(plugged: Setup) -> None:
    with plugged.link.vehicle() as lost:
        begin(lost, plugged)
        assert come_back(plugged, lost.session_id, BACK_S) == JOINED


def test_an_ev_takes_its_session_back_over_a_link_that_was_down(plugged: Setup) -> None:
    with contextlib.ExitStack() as stack:
        lost = stack.enter_context(plugged.link.vehicle())
        begin(lost, plugged)
        interface = ["ip", "-n", plugged.link.namespace, "link", "set", VEHICLE_INTERFACE]
        subprocess.run([*interface, "down"], check=True)
        time.sleep(LOST_S)
        subprocess.run([*interface, "up"], check=True)
        with inside(plugged.link.namespace):
            wait_for_address(VEHICLE_INTERFACE)
        assert come_back(plugged, lost.session_id, BACK_S) == JOINED


def test_the_power_of_a_lost_session_ends_in_order(plugged: Setup) -> None:
    with plugged.link.vehicle() as lost:
        begin(lost, plugged)
        moves = len(plugged.charger.moves)
        time.sleep(LOST_S)
        with set_up(plugged, lost.session_id, messages.EVCC_ID) as (_vehicle, code):
            assert code == JOINED
            due_s = time.monotonic() + 4.0
            while plugged.charger.connector.contactor.closed and time.monotonic() < due_s:
                time.sleep(0.01)
            assert not plugged.charger.connector.contactor.closed, "no power before the terms are agreed anew"
    assert [closed for _at_s, closed in plugged.charger.moves[moves:]] == [False]


STRANGERS = {
    # name: (session id, EVCCID, over TLS), with the lost vehicle's id where it is None
    "another vehicle, no id": (b"\0", STRANGER, True),
    "another vehicle, the right id": (None, STRANGER, True),
    "the right vehicle, another id": (b"12345678", messages.EVCC_ID, True),
    "the right vehicle, no id, its pilot in C": (b"\0", messages.EVCC_ID, True),
    "the right vehicle and id, without TLS": (None, messages.EVCC_ID, False),
}


@pytest.mark.parametrize("name", list(STRANGERS))
def test_a_stranger_cannot_take_a_silent_session(plugged: Setup, name: str) -> None:
    session_id, evcc_id, secured = STRANGERS[name]
    with plugged.link.vehicle() as lost:
        begin(lost, plugged)
        moves = len(plugged.charger.moves)
        time.sleep(LOST_S)
        with set_up(plugged, session_id or lost.session_id, evcc_id, secured) as (_vehicle, code):
            assert code == ""
        assert lost.ask("ChargingStatusReq") == "OK", "the session was there all the time"
        assert len(plugged.charger.moves) == moves


def test_an_active_session_is_not_taken_over_even_with_its_id(plugged: Setup) -> None:
    with plugged.link.vehicle() as vehicle:
        begin(vehicle, plugged)
        moves = len(plugged.charger.moves)
        due_s = time.monotonic() + STRANGER_S
        with contextlib.ExitStack() as stack:
            while time.monotonic() < due_s:
                assert vehicle.ask("ChargingStatusReq") == "OK"
                with contextlib.suppress(OSError, ToolError):
                    stack.enter_context(plugged.link.connect(plugged.link.discover(True)))
        assert vehicle.ask("ChargingStatusReq") == "OK"
        assert len(plugged.charger.moves) == moves


def test_strangers_that_stall_do_not_keep_the_vehicle_out(plugged: Setup) -> None:
    with plugged.link.vehicle() as lost, contextlib.ExitStack() as stack:
        begin(lost, plugged)
        time.sleep(LOST_S)
        stack.enter_context(plugged.link.connect(plugged.link.discover(True)))
        stack.enter_context(plugged.link.connect(plugged.link.discover(False)))
        assert come_back(plugged, lost.session_id, 2 * BACK_S) == JOINED


def test_without_a_session_id_an_ev_is_back_once_its_own_pilot_asks_for_no_power(plugged: Setup) -> None:
    with plugged.link.vehicle() as lost:
        begin(lost, plugged)
        time.sleep(LOST_S)
        plugged.charger.do("silence")  # the vehicle opens S2, as it does when its session is lost
        assert come_back(plugged, b"\0", BACK_S) == NEW


def test_a_session_that_had_agreed_on_nothing_begins_anew(plugged: Setup) -> None:
    with plugged.link.vehicle() as lost:
        lost.set_up()
        time.sleep(LOST_S)
        assert come_back(plugged, lost.session_id, BACK_S) == NEW


def test_a_modem_that_is_replugged_is_served_again(running: Setup) -> None:
    running.plug()
    vehicle_end, mark = running.link.namespace, running.charger.host.mark()
    evse_end = vehicle_end.replace("-vehicle", "-evse")
    addresses = [mac(vehicle_end, VEHICLE_INTERFACE), mac(evse_end, CHARGER_INTERFACE)]
    subprocess.run(["ip", "-n", vehicle_end, "link", "del", VEHICLE_INTERFACE], check=True)
    running.charger.host.wait_for("fault_event", mark, REPLUG_S, lambda record: record["fault"] == "service_stopped")
    peer = ["type", "veth", "peer", "name", CHARGER_INTERFACE, "address", addresses[1], "netns", evse_end]
    added = ["ip", "link", "add", VEHICLE_INTERFACE, "address", addresses[0], "netns", vehicle_end, *peer]
    subprocess.run(added, check=True)
    for name, interface in ((vehicle_end, VEHICLE_INTERFACE), (evse_end, CHARGER_INTERFACE)):
        subprocess.run(["ip", "-n", name, "link", "set", interface, "up"], check=True)
    for name, interface in ((vehicle_end, VEHICLE_INTERFACE), (evse_end, CHARGER_INTERFACE)):
        with inside(name):
            wait_for_address(interface)
    assert come_back(running, b"\0", REPLUG_S) == NEW
    running.unplug()


def mac(namespace: str, interface: str) -> str:
    """Return an interface's hardware address."""
    shown = subprocess.run(["ip", "-n", namespace, "-j", "link", "show", interface], capture_output=True, check=True)
    return str(json.loads(shown.stdout)[0]["address"])
