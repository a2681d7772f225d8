"""Refusals of contracts: certificates, eMAID, the vehicle's signature, the challenge."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace

from hil.interop import bits
from hil.interop.raw_vehicle import ClosedError, RawVehicle
from hil.interop.refusal import ENDED, Refusal, talking
from hil.interop.setup import REVOKED, Setup
from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Contract

CHAIN_ERROR, EXPIRED, IS_REVOKED = "FAILED_CertChainError", "FAILED_CertificateExpired", "FAILED_CertificateRevoked"
NOT_ALLOWED_HERE = "FAILED_CertificateNotAllowedAtThisEVSE"
SIGNATURE_ERROR, CHALLENGE_INVALID = "FAILED_SignatureError", "FAILED_ChallengeInvalid"
PAYMENT_INVALID = "FAILED_PaymentSelectionInvalid"
CERTIFICATE_BYTES = 1600  # of one certificate; the schema's end is 800
SUB_CERTIFICATES = 4  # and of those below the leaf; a chain of the standard has two
DETAILS = "PaymentDetailsReq"


def _row(name: str, contract: Callable[[Setup], Contract], code: str, word: str, clock_set: bool = True) -> Refusal:
    act = talking(lambda vehicle, setup: vehicle.pay(contract(setup)))
    return Refusal(name, act, code, "certificate", word, clock_set=clock_set)


def _defect(name: str, defect: str, code: str, word: str = "") -> Refusal:
    return _row(name, lambda setup: setup.contract(defect), code, word or defect)


def _one_sub_too_many(setup: Setup) -> Contract:
    good = setup.contract()
    return replace(good, chain=(*good.chain, good.chain[-1]))


def _of_another(setup: Setup) -> Contract:
    return replace(setup.contract(), emaid="DE8AA999999999")


def _with_another_key(setup: Setup) -> Contract:
    return replace(setup.contract(), key=Contract.of(setup.pki, REVOKED).key)


# --- past the schema: as raw bits


def _raw_details(vehicle: RawVehicle, contract: Contract, past_the_schema: Callable[[bytes], bytes]) -> str:
    vehicle.choose(messages.CONTRACT)
    good = messages.request(DETAILS, contract.details(), vehicle.session_id)
    vehicle.exchange(messages.frame(past_the_schema(messages.payload(good))))
    return "an answer"


def _oversized_certificate(vehicle: RawVehicle, setup: Setup) -> str:
    contract, longer = setup.contract(), os.urandom(CERTIFICATE_BYTES + 1)
    return _raw_details(vehicle, contract, lambda exi: bits.replaced(exi, contract.chain[0], longer))


def _endless_chain(vehicle: RawVehicle, setup: Setup) -> str:
    good = setup.contract()
    others = [os.urandom(len(good.chain[1])) for _ in range(SUB_CERTIFICATES - 1)]
    full = replace(good, chain=(*good.chain[:2], *others))
    return _raw_details(vehicle, full, lambda exi: bits.appended(exi, (others[-2], others[-1]), good.chain[-1]))


# --- the authorization


def _on_tcp(vehicle: RawVehicle, _setup: Setup) -> str:
    vehicle.set_up()
    vehicle.ask("ServiceDiscoveryReq")
    return vehicle.ask("PaymentServiceSelectionReq", messages.selection(messages.CONTRACT))


@contextlib.contextmanager
def _replayed(setup: Setup) -> Iterator[str]:
    contract = setup.contract()
    with setup.link.vehicle() as earlier:
        earlier.choose(messages.CONTRACT)
        earlier.ask(DETAILS, contract.details())
        challenge = earlier.last["GenChallenge"]
        earlier.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    with setup.link.vehicle() as vehicle:
        vehicle.choose(messages.CONTRACT)
        vehicle.ask(DETAILS, contract.details())
        try:
            yield vehicle.ask("AuthorizationReq", *messages.authorization(challenge, contract.key))
        except ClosedError:
            yield ENDED


ROWS = (
    _defect("wrong root", "wrong_root", NOT_ALLOWED_HERE),
    _defect("expired", "expired", EXPIRED),
    _defect("expired sub-CA", "expired_sub", EXPIRED, "expired"),
    _defect("not yet valid", "not_yet_valid", EXPIRED),
    _row("clock unset", Setup.contract, EXPIRED, "clock_unset", clock_set=False),
    _row("revoked", lambda setup: Contract.of(setup.pki, REVOKED), IS_REVOKED, "revoked"),
    _defect("wrong key usage", "key_usage", CHAIN_ERROR),
    _defect("path too long", "path_length", CHAIN_ERROR),
    _defect("broken chain order", "order", CHAIN_ERROR, "chain_order"),
    _defect("bad signature of a certificate", "signature", CHAIN_ERROR, "bad_signature"),
    _defect("unknown curve", "curve_p384", CHAIN_ERROR, "unknown_curve"),
    _defect("unknown critical extension", "critical", CHAIN_ERROR, "unknown_critical"),
    _row("oversized chain: three sub-CAs", _one_sub_too_many, CHAIN_ERROR, "chain_length"),
    Refusal(
        "oversized chain: past the schema's four sub-CAs", talking(_endless_chain), ENDED, "closed", "message_invalid"
    ),
    _defect("oversized certificate: a leaf over 800 bytes", "oversized", CHAIN_ERROR),
    Refusal(
        "oversized certificate: past 1,600 bytes",
        talking(_oversized_certificate),
        ENDED,
        "closed",
        "message_invalid",
    ),
    _row("wrong EMAID", _of_another, CHAIN_ERROR, "wrong_emaid"),
    Refusal(
        "bad signature of the vehicle",
        talking(lambda vehicle, setup: vehicle.pay(_with_another_key(setup))),
        SIGNATURE_ERROR,
        "signature",
        "signature_mismatch",
    ),
    Refusal("replayed challenge", _replayed, CHALLENGE_INVALID, "refused", CHALLENGE_INVALID),
    Refusal("a contract without TLS", talking(_on_tcp, secured=False), PAYMENT_INVALID, "refused", PAYMENT_INVALID),
)
