"""What a charger must refuse of a car that talks: order, ids, frames, wishes; before it charges and while it does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from hil.interop.raw_vehicle import ClosedError, RawCar
from hil.interop.refusal import ENDED, Offence, Refusal, charging, talking
from hil.interop.setup import Stage
from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Body

SEQUENCE_ERROR, UNKNOWN_SESSION = "FAILED_SequenceError", "FAILED_UnknownSession"
WRONG_MODE = "FAILED_WrongEnergyTransferMode"
TARIFF_INVALID, NOT_APPLIED = "FAILED_TariffSelectionInvalid", "FAILED_PowerDeliveryNotApplied"
PAYMENT_INVALID, NO_NEGOTIATION = "FAILED_PaymentSelectionInvalid", "Failed_NoNegotiation"
SETUP_S = 25.0  # the charger gives a car 20 s to SessionSetupReq
TOO_MANY_BYTES = 7000
ANOTHER_ID = bytes(8)
DEBOUNCED_S = 0.3


def _protocol(car: RawCar, _stage: Stage) -> str:
    return car.agree(messages.offer("urn:din:70121:2012:MsgDef"))


def _order(car: RawCar, _stage: Stage) -> str:
    car.set_up()
    return car.ask("PowerDeliveryReq", messages.delivery("Start"))


def _session_id(car: RawCar, _stage: Stage) -> str:
    car.set_up()
    car.session_id = ANOTHER_ID
    return car.ask("ServiceDiscoveryReq")


def _too_long(car: RawCar, stage: Stage) -> str:
    car.set_up()
    return _claims_too_much(car, stage)


def _no_frame(car: RawCar, _stage: Stage) -> str:
    car.exchange(b"GET / HTTP/1.1\r\n\r\n")
    return "an answer"


def _no_exi(car: RawCar, stage: Stage) -> str:
    car.set_up()
    return _garbage(car, stage)


def _half(car: RawCar, _stage: Stage) -> str:
    data = messages.offer()
    car.exchange(data[: len(data) // 2], SETUP_S)
    return "an answer"


def _mode(car: RawCar, _stage: Stage) -> str:
    car.pay(None)
    return car.ask("ChargeParameterDiscoveryReq", messages.charge_parameter("DC_extended"))


def _start(body: Body) -> Offence:
    def offence(car: RawCar, _stage: Stage) -> str:
        car.pay(None)
        car.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())
        return car.ask("PowerDeliveryReq", body)

    return offence


def _unplugs(car: RawCar, stage: Stage) -> str:
    car.pay(None)
    return _pulls_the_plug(car, stage)


# --- while it charges


def _order_again(car: RawCar, _stage: Stage) -> str:
    return car.ask("SessionSetupReq", {"EVCCID": messages.EVCC_ID})


def _another_id(car: RawCar, _stage: Stage) -> str:
    car.session_id = ANOTHER_ID
    return car.ask("ChargingStatusReq")


def _garbage(car: RawCar, _stage: Stage) -> str:
    car.exchange(messages.frame(bytes.fromhex("8098ffffffffffff")))
    return "an answer"


def _claims_too_much(car: RawCar, _stage: Stage) -> str:
    car.exchange(messages.frame(b"", length=TOO_MANY_BYTES))
    return "an answer"


def _pulls_the_plug(car: RawCar, stage: Stage) -> str:
    stage.charger.do("unplug")
    time.sleep(DEBOUNCED_S)
    return car.ask("ChargingStatusReq")


def _hangs_up(car: RawCar, _stage: Stage) -> str:
    car.hang_up()
    return ENDED


# --- two cars


@contextlib.contextmanager
def _second_car(stage: Stage) -> Iterator[str]:
    with stage.link.car() as car, stage.link.connect(stage.link.discover(False)) as second:
        car.set_up()
        try:
            code = RawCar(second).agree()
        except ClosedError:
            code = ENDED
        # The first goes on as if nothing had been.
        undisturbed = car.ask("ServiceDiscoveryReq").startswith("OK")
        yield code if undisturbed else "the first car was disturbed"


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
    Refusal("a second car", _second_car, ENDED, "turned_away", "tcp"),
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
