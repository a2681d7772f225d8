"""Everything a charger must refuse, as one table: what the car does, what it is told, what the log says.

`act` does it and returns the response code, "" where the connection ended without one.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gridkeel.v2g import codes, sap
from hil.interop import talk
from hil.interop.rawcar import ClosedError, RawCar
from hil.interop.stage import REVOKED, Stage
from hil.interop.talk import Contract

Act = Callable[[Stage], str]
TLS_REQUIRED = 2  # parameter v2g_tls


@dataclass(frozen=True)
class Refusal:
    """One thing that is refused.

    code: the response code, "" for a connection that ends without an answer.  kind, word: the entry of the log that
    tells why, word its subject or detail.  changes: parameters other than usual.  told_time: the clock was set.
    """

    name: str
    act: Act
    code: str
    kind: str
    word: str
    changes: tuple[tuple[str, int], ...] = ()
    told_time: bool = True


def _contract(defect: str, code: str, word: str, name: str = "", told_time: bool = True) -> Refusal:
    def act(stage: Stage) -> str:
        with stage.link.car() as car:
            return car.pay(stage.contract(defect))

    return Refusal(name or defect.replace("_", " "), act, code, "certificate", word, told_time=told_time)


def _with(car_acts: Callable[[RawCar, Stage], str], secured: bool = False) -> Act:
    def act(stage: Stage) -> str:
        with stage.link.car(secured) as car:
            try:
                return car_acts(car, stage)
            except ClosedError:
                return ""

    return act


# --- TLS


def _handshake(context: Callable[[ssl.SSLContext], None]) -> Act:
    def act(stage: Stage) -> str:
        own = stage.link.context()
        context(own)
        with stage.link.connect(stage.link.discover(True)) as plain:
            try:
                with stage.link.secure(plain, own):
                    return "the handshake was done"
            except (ssl.SSLError, ConnectionError):
                return ""

    return act


def _tls_1_0(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")


def _other_suite(context: ssl.SSLContext) -> None:
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")


def _plain_where_tls_is_required(stage: Stage) -> str:
    address = stage.link.discover(False)
    if not address.secured:
        return "SDP offered plain TCP"
    with stage.link.connect(address) as plain:
        try:
            return RawCar(plain).agree()
        except ClosedError:
            return ""


def _says_nothing(stage: Stage) -> str:
    with stage.link.connect(stage.link.discover(True)) as plain:
        plain.settimeout(15.0)
        return "" if plain.recv(1) == b"" else "something came"


# --- the order of things


def _protocol(car: RawCar, _stage: Stage) -> str:
    return car.agree(talk.offer("urn:din:70121:2012:MsgDef"))


def _order(car: RawCar, _stage: Stage) -> str:
    car.set_up()
    return car.ask("PowerDeliveryReq", talk.delivery("Start"))


def _session_id(car: RawCar, _stage: Stage) -> str:
    car.set_up()
    car.session_id = bytes(8)
    return car.ask("ServiceDiscoveryReq")


def _too_long(car: RawCar, _stage: Stage) -> str:
    car.set_up()
    car.exchange(talk.frame(b"", length=7000))
    return "an answer"


def _no_frame(car: RawCar, _stage: Stage) -> str:
    car.exchange(b"GET / HTTP/1.1\r\n\r\n")
    return "an answer"


def _no_exi(car: RawCar, _stage: Stage) -> str:
    car.set_up()
    car.exchange(talk.frame(bytes.fromhex("8098ffffffffffff")))
    return "an answer"


def _mode(car: RawCar, _stage: Stage) -> str:
    car.pay(None)
    return car.ask("ChargeParameterDiscoveryReq", talk.charge_parameter("DC_extended"))


def _schedule(car: RawCar, _stage: Stage) -> str:
    car.pay(None)
    car.ask("ChargeParameterDiscoveryReq", talk.charge_parameter())
    return car.ask("PowerDeliveryReq", talk.delivery("Start", schedule=9))


def _stays_out(car: RawCar, _stage: Stage) -> str:
    car.pay(None)
    car.ask("ChargeParameterDiscoveryReq", talk.charge_parameter())
    return car.ask("PowerDeliveryReq", talk.delivery("Start"))


def _unplugs(car: RawCar, stage: Stage) -> str:
    car.pay(None)
    stage.charger.do("unplug")
    time.sleep(0.5)
    return car.ask("ChargeParameterDiscoveryReq", talk.charge_parameter())


# --- the contract


def _no_contract_on_tcp(car: RawCar, _stage: Stage) -> str:
    car.set_up()
    car.ask("ServiceDiscoveryReq")
    return car.ask("PaymentServiceSelectionReq", talk.selection(talk.CONTRACT))


def _emaid(car: RawCar, stage: Stage) -> str:
    return car.pay(replace(stage.contract(), emaid="DE8AA999999999"))


def _revoked(car: RawCar, stage: Stage) -> str:
    return car.pay(Contract.of(stage.pki, REVOKED))


def _oversized_chain(car: RawCar, stage: Stage) -> str:
    good = stage.contract()
    return car.pay(replace(good, chain=(*good.chain, good.chain[-1])))


def _wrong_key(car: RawCar, stage: Stage) -> str:
    return car.pay(replace(stage.contract(), key=Contract.of(stage.pki, REVOKED).key))


def _replayed(stage: Stage) -> str:
    contract = stage.contract()
    with stage.link.car() as earlier:
        earlier.choose(talk.CONTRACT)
        earlier.ask("PaymentDetailsReq", contract.details())
        challenge = earlier.last["GenChallenge"]
        earlier.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    with stage.link.car() as car:
        car.choose(talk.CONTRACT)
        car.ask("PaymentDetailsReq", contract.details())
        return car.ask("AuthorizationReq", *talk.authorization(challenge, contract.key))


def _second_car(car: RawCar, stage: Stage) -> str:
    car.set_up()
    address = stage.link.discover(False)
    with stage.link.connect(address) as second:
        try:
            code = RawCar(second).agree()
        except ClosedError:
            code = ""
    # The first goes on as if nothing had been.
    if not car.ask("ServiceDiscoveryReq").startswith("OK"):
        return "the first car was disturbed"
    return code


TABLE = (
    Refusal("TLS 1.0", _handshake(_tls_1_0), "", "tls_failed", "tls"),
    Refusal("another cipher suite", _handshake(_other_suite), "", "tls_failed", "tls"),
    Refusal(
        "plain TCP where TLS is required",
        _plain_where_tls_is_required,
        "",
        "tls_failed",
        "tls",
        changes=(("v2g_tls", TLS_REQUIRED),),
    ),
    Refusal("silence in the handshake", _says_nothing, "", "tls_failed", "tls"),
    Refusal("another protocol", _with(_protocol), sap.FAILED, "message", sap.FAILED),
    Refusal("message out of order", _with(_order), codes.SEQUENCE_ERROR, "refused", codes.SEQUENCE_ERROR),
    Refusal("another session's id", _with(_session_id), codes.UNKNOWN_SESSION, "refused", codes.UNKNOWN_SESSION),
    Refusal("message too long", _with(_too_long), "", "closed", "message_too_long"),
    Refusal("no V2GTP", _with(_no_frame), "", "closed", "not_a_V2GTP_frame"),
    Refusal("no EXI", _with(_no_exi), "", "closed", "not_a_message"),
    Refusal("a mode that is not offered", _with(_mode), codes.WRONG_MODE, "refused", codes.WRONG_MODE),
    Refusal("a schedule that was not offered", _with(_schedule), codes.TARIFF_INVALID, "refused", codes.TARIFF_INVALID),
    Refusal("state B at the start of power", _with(_stays_out), codes.NOT_APPLIED, "refused", codes.NOT_APPLIED),
    Refusal("unplugged", _with(_unplugs), "", "closed", "unplugged"),
    Refusal("a second car", _with(_second_car), "", "turned_away", "tcp"),
    Refusal(
        "a contract without TLS",
        _with(_no_contract_on_tcp),
        codes.PAYMENT_SELECTION_INVALID,
        "refused",
        codes.PAYMENT_SELECTION_INVALID,
    ),
    _contract("wrong_root", codes.CERT_CHAIN_ERROR, "wrong_root"),
    _contract("expired", codes.CERTIFICATE_EXPIRED, "expired"),
    _contract("expired_sub", codes.CERTIFICATE_EXPIRED, "expired", "expired sub-CA"),
    _contract("not_yet_valid", codes.CERTIFICATE_EXPIRED, "not_yet_valid"),
    _contract("", codes.CERTIFICATE_EXPIRED, "clock_unset", "clock unset", told_time=False),
    Refusal("revoked", _with(_revoked, True), codes.REVOKED, "certificate", "revoked"),
    _contract("key_usage", codes.CERT_CHAIN_ERROR, "key_usage", "wrong key usage"),
    _contract("path_length", codes.CERT_CHAIN_ERROR, "path_length", "path too long"),
    _contract("order", codes.CERT_CHAIN_ERROR, "chain_order", "broken chain order"),
    _contract("signature", codes.CERT_CHAIN_ERROR, "bad_signature", "bad signature of a certificate"),
    _contract("curve_p384", codes.CERT_CHAIN_ERROR, "unknown_curve", "unknown curve"),
    Refusal("oversized chain", _with(_oversized_chain, True), codes.CERT_CHAIN_ERROR, "certificate", "chain_length"),
    _contract("critical", codes.CERT_CHAIN_ERROR, "unknown_critical", "unknown critical extension"),
    Refusal("wrong EMAID", _with(_emaid, True), codes.CERT_CHAIN_ERROR, "certificate", "wrong_emaid"),
    Refusal(
        "bad signature of the car",
        _with(_wrong_key, True),
        codes.SIGNATURE_ERROR,
        "signature",
        "the_signature_does_not_match",
    ),
    Refusal("replayed challenge", _replayed, codes.CHALLENGE_INVALID, "refused", codes.CHALLENGE_INVALID),
)
