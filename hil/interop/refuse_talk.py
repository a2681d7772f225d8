"""Refusals in a session: order, ids, frames, requests; before it charges and meanwhile."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from hil.interop.raw_vehicle import ClosedError, RawVehicle
from hil.interop.refusal import ENDED, Offence, Refusal, charging, talking
from hil.interop.setup import Setup
from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Body

SEQUENCE_ERROR, UNKNOWN_SESSION = "FAILED_SequenceError", "FAILED_UnknownSession"
WRONG_MODE = "FAILED_WrongEnergyTransferMode"
TARIFF_INVALID, NOT_APPLIED = "FAILED_TariffSelectionInvalid", "FAILED_PowerDeliveryNotApplied"
PAYMENT_INVALID, NO_NEGOTIATION = "FAILED_PaymentSelectionInvalid", "Failed_NoNegotiation"
SETUP_S = 25.0  # the charger gives a vehicle 20 s to SessionSetupReq
TOO_MANY_BYTES = 7000
ANOTHER_ID = bytes(8)
DEBOUNCED_S = 0.3


def _protocol(vehicle: RawVehicle, _setup: Setup) -> str:
    return vehicle.agree(messages.offer("urn:din:70121:2012:MsgDef"))


def _order(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.set_up()
    return vehicle.ask("PowerDeliveryReq", messages.delivery("Start"))


def _session_id(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.set_up()
    vehicle.session_id = ANOTHER_ID
    return vehicle.ask("ServiceDiscoveryReq")


def _too_long(vehicle: RawVehicle, setup: Setup) -> str:
    vehicle.set_up()
    return _claims_too_much(vehicle, setup)


def _no_frame(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.exchange(b"GET / HTTP/1.1\r\n\r\n")
    return "an answer"


def _no_exi(vehicle: RawVehicle, setup: Setup) -> str:
    vehicle.set_up()
    return _garbage(vehicle, setup)


def _half(vehicle: RawVehicle, _setup: Setup) -> str:
    data = messages.offer()
    vehicle.exchange(data[: len(data) // 2], SETUP_S)
    return "an answer"


def _mode(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.pay(None)
    return vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter("DC_extended"))


def _start(body: Body) -> Offence:
    def offence(vehicle: RawVehicle, _setup: Setup) -> str:
        vehicle.pay(None)
        vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())
        return vehicle.ask("PowerDeliveryReq", body)

    return offence


def _unplugs(vehicle: RawVehicle, setup: Setup) -> str:
    vehicle.pay(None)
    return _pulls_the_plug(vehicle, setup)


# --- while it charges


def _order_again(vehicle: RawVehicle, _setup: Setup) -> str:
    return vehicle.ask("SessionSetupReq", {"EVCCID": messages.EVCC_ID})


def _another_id(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.session_id = ANOTHER_ID
    return vehicle.ask("ChargingStatusReq")


def _garbage(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.exchange(messages.frame(bytes.fromhex("8098ffffffffffff")))
    return "an answer"


def _claims_too_much(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.exchange(messages.frame(b"", length=TOO_MANY_BYTES))
    return "an answer"


def _pulls_the_plug(vehicle: RawVehicle, setup: Setup) -> str:
    setup.charger.do("unplug")
    time.sleep(DEBOUNCED_S)
    return vehicle.ask("ChargingStatusReq")


def _hangs_up(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.hang_up()
    return ENDED


# --- two vehicles


@contextlib.contextmanager
def _second_vehicle(setup: Setup) -> Iterator[str]:
    with setup.link.vehicle() as vehicle, setup.link.connect(setup.link.discover(False)) as second:
        vehicle.set_up()
        try:
            code = RawVehicle(second).agree()
        except ClosedError:
            code = ENDED
        # The first goes on as if nothing had been.
        undisturbed = vehicle.ask("ServiceDiscoveryReq").startswith("OK")
        yield code if undisturbed else "the first vehicle was disturbed"


def _coded(name: str, offence: Offence, code: str, busy: bool = False) -> Refusal:
    return Refusal(name, (charging if busy else talking)(offence), code, "refused", code, charging=busy)


def _closed(name: str, offence: Offence, word: str, busy: bool = False, waits: bool = False) -> Refusal:
    return Refusal(name, (charging if busy else talking)(offence), ENDED, "closed", word, charging=busy, waits=waits)


ROWS = (
    Refusal("another protocol", talking(_protocol), NO_NEGOTIATION, "message", NO_NEGOTIATION),
    _coded("message out of order", _order, SEQUENCE_ERROR),
    _coded("wrong session id", _session_id, UNKNOWN_SESSION),
    _closed("message_too_long", _too_long, "message_too_long"),
    _closed("no V2GTP", _no_frame, "frame_invalid"),
    _closed("no EXI", _no_exi, "message_invalid"),
    _closed("half a message, then silence", _half, "request_timeout", waits=True),
    _coded("a mode that is not offered", _mode, WRONG_MODE),
    _coded("a schedule that was not offered", _start(messages.delivery("Start", schedule=9)), TARIFF_INVALID),
    _coded("state B at the start of power", _start(messages.delivery("Start")), NOT_APPLIED),
    _closed("unplugged", _unplugs, "unplugged"),
    Refusal("a second vehicle", _second_vehicle, ENDED, "turned_away", "tcp"),
    _coded("message out of order, charging", _order_again, SEQUENCE_ERROR, busy=True),
    _coded("wrong session id, charging", _another_id, UNKNOWN_SESSION, busy=True),
    _closed("message too long, charging", _claims_too_much, "message_too_long", busy=True),
    _closed("no EXI, charging", _garbage, "message_invalid", busy=True),
    _closed("unplugged, charging", _pulls_the_plug, "unplugged", busy=True),
    Refusal(
        "hang-up, charging",
        charging(_hangs_up),
        ENDED,
        "session",
        "closed_by_ev",
        charging=True,
    ),
)
