"""A car whose link is lost without a word takes its session back; nobody else can."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator

import pytest
from namespace_needs import need

from hil.interop.namespaces import CAR_INTERFACE, CHARGER_INTERFACE, inside, wait_for_address
from hil.interop.rawcar import ClosedError, RawCar
from hil.interop.stage import Stage, ground
from hil.scripted_vehicle import talk
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(300)
BACK_S = 10.0  # within: 2 s of silence, and what a busy machine takes
STRANGER_S = 5.0
LOST_S = 3.0
REPLUG_S = 30.0  # 5 s until it is noticed, 5 s between tries, on a busy machine
JOINED = "OK_OldSessionJoined"
NEW = "OK_NewSessionEstablished"
STRANGER = bytes.fromhex("020000000666")


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    need(java=False)
    with ground() as stage_with, stage_with() as made:
        yield made


@pytest.fixture
def stage(running: Stage) -> Iterator[Stage]:
    running.plug()
    yield running
    running.unplug()


def begin(car: RawCar, stage: Stage) -> None:
    """Charge, up to the loop."""
    codes = [car.pay(None), car.ask("ChargeParameterDiscoveryReq", talk.charge_parameter())]
    stage.charger.do("communicate")
    codes += [car.ask("PowerDeliveryReq", talk.delivery("Start")), car.ask("ChargingStatusReq")]
    assert all(code.startswith("OK") for code in codes), codes


@contextlib.contextmanager
def set_up(stage: Stage, session_id: bytes, evcc_id: bytes, secured: bool = True) -> Iterator[tuple[RawCar, str]]:
    """Connect and ask for a session; the code, "" where the connection was closed instead."""
    try:
        with stage.link.car(secured) as car:
            car.session_id = session_id
            car.agree()
            yield car, car.ask("SessionSetupReq", {"EVCCID": evcc_id})
    except (ClosedError, OSError, ToolError):
        yield RawCar.__new__(RawCar), ""


def come_back(stage: Stage, session_id: bytes, within_s: float, evcc_id: bytes = talk.EVCC_ID) -> str:
    """Try as a car does until it is let in and charge on to the end; the code of its SessionSetup."""
    due_s = time.monotonic() + within_s
    while time.monotonic() < due_s:
        with contextlib.suppress(ClosedError, OSError, ToolError), stage.link.car() as car:
            car.session_id = session_id
            car.agree()
            code = car.ask("SessionSetupReq", {"EVCCID": evcc_id})
            stage.charger.do("communicate")
            codes = [car.ask("ServiceDiscoveryReq")]
            codes.append(car.ask("PaymentServiceSelectionReq", talk.selection(talk.EXTERNAL)))
            codes.append(car.ask("AuthorizationReq"))
            codes.append(car.ask("ChargeParameterDiscoveryReq", talk.charge_parameter()))
            codes.append(car.ask("PowerDeliveryReq", talk.delivery("Start")))
            codes.append(car.ask("ChargingStatusReq"))
            assert stage.charger.outlet.contactor.closed
            codes.append(car.ask("PowerDeliveryReq", talk.delivery("Stop")))
            codes.append(car.ask("SessionStopReq", {"ChargingSession": "Terminate"}))
            assert all(text.startswith("OK") for text in codes), codes
            return code
        time.sleep(0.2)
    return ""


def test_the_same_vehicle_is_back_within_seconds_and_charges(stage: Stage) -> None:
    with stage.link.car() as lost:
        begin(lost, stage)
        assert come_back(stage, lost.session_id, BACK_S) == JOINED


def test_it_is_back_over_a_link_that_was_down(stage: Stage) -> None:
    with contextlib.ExitStack() as stack:
        lost = stack.enter_context(stage.link.car())
        begin(lost, stage)
        interface = ["ip", "-n", stage.link.namespace, "link", "set", CAR_INTERFACE]
        subprocess.run([*interface, "down"], check=True)
        time.sleep(LOST_S)
        subprocess.run([*interface, "up"], check=True)
        with inside(stage.link.namespace):
            wait_for_address(CAR_INTERFACE)
        assert come_back(stage, lost.session_id, BACK_S) == JOINED


def test_its_power_ended_in_order_in_between(stage: Stage) -> None:
    with stage.link.car() as lost:
        begin(lost, stage)
        moves = len(stage.charger.moves)
        time.sleep(LOST_S)
        with set_up(stage, lost.session_id, talk.EVCC_ID) as (_car, code):
            assert code == JOINED
            due_s = time.monotonic() + 4.0
            while stage.charger.outlet.contactor.closed and time.monotonic() < due_s:
                time.sleep(0.01)
            assert not stage.charger.outlet.contactor.closed, "no power before the terms are agreed anew"
    assert [closed for _at_s, closed in stage.charger.moves[moves:]] == [False]


STRANGERS = {
    # name: (session id, EVCCID, over TLS), with the lost car's id where it is None
    "another car, no id": (b"\0", STRANGER, True),
    "another car, the right id": (None, STRANGER, True),
    "the right car, another id": (b"12345678", talk.EVCC_ID, True),
    "the right car, no id, its pilot in C": (b"\0", talk.EVCC_ID, True),
    "the right car and id, without TLS": (None, talk.EVCC_ID, False),
}


@pytest.mark.parametrize("name", list(STRANGERS))
def test_a_stranger_cannot_take_a_silent_session(stage: Stage, name: str) -> None:
    session_id, evcc_id, secured = STRANGERS[name]
    with stage.link.car() as lost:
        begin(lost, stage)
        moves = len(stage.charger.moves)
        time.sleep(LOST_S)
        with set_up(stage, session_id or lost.session_id, evcc_id, secured) as (_car, code):
            assert code == ""
        assert lost.ask("ChargingStatusReq") == "OK", "the session was there all the time"
        assert len(stage.charger.moves) == moves


def test_an_active_session_is_not_taken_over_even_with_its_id(stage: Stage) -> None:
    with stage.link.car() as car:
        begin(car, stage)
        moves = len(stage.charger.moves)
        due_s = time.monotonic() + STRANGER_S
        with contextlib.ExitStack() as stack:
            while time.monotonic() < due_s:
                assert car.ask("ChargingStatusReq") == "OK"
                with contextlib.suppress(OSError, ToolError):
                    stack.enter_context(stage.link.connect(stage.link.discover(True)))
        assert car.ask("ChargingStatusReq") == "OK"
        assert len(stage.charger.moves) == moves


def test_strangers_that_stall_do_not_keep_the_vehicle_out(stage: Stage) -> None:
    with stage.link.car() as lost, contextlib.ExitStack() as stack:
        begin(lost, stage)
        time.sleep(LOST_S)
        stack.enter_context(stage.link.connect(stage.link.discover(True)))
        stack.enter_context(stage.link.connect(stage.link.discover(False)))
        assert come_back(stage, lost.session_id, 2 * BACK_S) == JOINED


def test_without_an_id_it_is_back_once_its_own_pilot_asks_for_no_power(stage: Stage) -> None:
    with stage.link.car() as lost:
        begin(lost, stage)
        time.sleep(LOST_S)
        stage.charger.do("silence")  # the car opens S2, as it does when its session is lost
        assert come_back(stage, b"\0", BACK_S) == NEW


def test_a_session_without_an_agreement_begins_anew(stage: Stage) -> None:
    with stage.link.car() as lost:
        lost.set_up()
        time.sleep(LOST_S)
        assert come_back(stage, lost.session_id, BACK_S) == NEW


def test_a_modem_that_is_replugged_is_served_again(running: Stage) -> None:
    running.plug()
    car_end, mark = running.link.namespace, running.charger.desk.mark()
    evse_end = car_end.replace("-car", "-evse")
    addresses = [mac(car_end, CAR_INTERFACE), mac(evse_end, CHARGER_INTERFACE)]
    subprocess.run(["ip", "-n", car_end, "link", "del", CAR_INTERFACE], check=True)
    running.charger.desk.wait_for("fault_event", mark, REPLUG_S, lambda record: record["fault"] == "service_stopped")
    peer = ["type", "veth", "peer", "name", CHARGER_INTERFACE, "address", addresses[1], "netns", evse_end]
    added = ["ip", "link", "add", CAR_INTERFACE, "address", addresses[0], "netns", car_end, *peer]
    subprocess.run(added, check=True)
    for name, interface in ((car_end, CAR_INTERFACE), (evse_end, CHARGER_INTERFACE)):
        subprocess.run(["ip", "-n", name, "link", "set", interface, "up"], check=True)
    for name, interface in ((car_end, CAR_INTERFACE), (evse_end, CHARGER_INTERFACE)):
        with inside(name):
            wait_for_address(interface)
    assert come_back(running, b"\0", REPLUG_S) == NEW
    running.unplug()


def mac(namespace: str, interface: str) -> str:
    """Return an interface's hardware address."""
    shown = subprocess.run(["ip", "-n", namespace, "-j", "link", "show", interface], capture_output=True, check=True)
    return str(json.loads(shown.stdout)[0]["address"])
