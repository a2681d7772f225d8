"""Plug & Charge: contracts that hold, and every way they do not."""

import der_maker
from contracts import EMAID, ContractCar, Key, Operator, bench_for, certificate, sized
from evcc import UNIX_S
from reaching import ended_safely

from gridkeel import slices
from gridkeel.clock import WallClock
from gridkeel.crypto import crl, multiples
from gridkeel.v2g.iso2 import states

OPERATOR = Operator()
KEY, CHAIN = OPERATOR.contract()
CHAIN_ERROR = "FAILED_CertChainError"

WASM_GROUP = 0


def refused_details(bench, car, code, event):
    bench.drain()
    car.to_selected()
    car.ask("PaymentDetailsReq", car.details(), code)
    assert bench.kinds("refused") == [("refused", "PaymentDetailsReq", code, 0)]
    assert [told[2] for told in bench.kinds("certificate")][-1:] == [event], bench.events
    bench.outlet.authorized = 1
    ended_safely(bench)


def test_ac_with_a_contract():
    bench = bench_for(OPERATOR, changes={"iso15118_receipt": 1})
    car = ContractCar(bench, KEY, CHAIN)
    car.to_charging()
    for _ in range(2):
        last = car.charge(1)
        assert last["ReceiptRequired"] is True
        body = {"Id": "id1", "SessionID": car.session_id, "SAScheduleTupleID": 1, "MeterInfo": last["MeterInfo"]}
        car.ask_signed("MeteringReceiptReq", body)
    car.stop()
    assert bench.kinds("contract") == [("contract", "accepted", "", 0)]
    assert [event[1:3] for event in bench.kinds("signature")][0] == ("AuthorizationReq", "ok")
    assert not bench.kinds("refused") and not bench.kinds("late")


def test_dc_with_a_contract():
    bench = bench_for(OPERATOR, dc=True)
    car = ContractCar(bench, KEY, CHAIN, "DC_extended")
    car.to_charging()
    assert car.charge(2)["ReceiptRequired"] is False
    car.stop()
    assert not bench.kinds("refused")


def slices_of_a_check(operations):
    operator = Operator(sub_cas=2)
    key, chain = operator.contract()
    bench = bench_for(operator)
    work = bench.secc.work
    counted = []

    def counting(now_ms):
        counted.append(bench.secc.request)
        return work(now_ms)

    bench.secc.work = counting
    usual, slices.cycles = slices.cycles, operations * multiples.OPERATION_CYCLES
    try:
        ContractCar(bench, key, chain).to_details()
    finally:
        slices.cycles = usual
    return counted.count(states.PAYMENT_DETAILS_REQ)


def test_a_contracts_check_is_in_slices_as_small_as_the_board_wants_them():
    # Three verifications, each of 32 steps of an inverse and more than 360 sums of points.
    assert slices_of_a_check(50) > 3 * 360 // 50
    assert slices_of_a_check(10) > 3 * (32 + 360) // 10


def test_two_sub_cas():
    operator = Operator(sub_cas=2)
    key, chain = operator.contract()
    bench = bench_for(operator)
    car = ContractCar(bench, key, chain)
    car.to_details()
    assert len(car.challenge) == 16


def test_long_sub_cas():
    for sub_cas, size in ((1, 800), (1, 801), (1, 1600), (2, 1600)):
        operator = Operator(sub_cas, size)
        key, chain = operator.contract()
        assert [len(der) for der in chain[1:]] == [size] * sub_cas
        ContractCar(bench_for(operator), key, chain).to_authorized()


def test_a_leaf_over_its_size():
    key = Key()
    leaf = sized(801, EMAID.encode(), key, b"MO root", OPERATOR.key)
    bench = bench_for(OPERATOR)
    refused_details(bench, ContractCar(bench, key, [leaf]), CHAIN_ERROR, "oversized")


def test_a_contract_that_is_a_tls_client_s():
    purposes = b"\x55\x1d\x25"
    for purpose, code in ((b"\x02", "OK"), (b"\x01", CHAIN_ERROR)):
        key = Key()
        limited = der_maker.sequence(der_maker.tlv(6, b"\x2b\x06\x01\x05\x05\x07\x03" + purpose))
        more = (der_maker.extension(purposes, limited, True),)
        leaf = certificate(EMAID.encode(), key, b"MO root", OPERATOR.key, more=more)
        ContractCar(bench_for(OPERATOR), key, [leaf]).to_details(code)


def test_an_emaid_with_hyphens_or_without_its_check_digit():
    for written in ("DE-8AA-1A2B3C4D5-9", EMAID.lower(), EMAID[:14]):
        if len(written) > 15:
            continue  # eMAIDType takes 14 or 15 characters
        bench = bench_for(OPERATOR)
        car = ContractCar(bench, KEY, CHAIN, emaid=written)
        car.to_details()


def test_hyphens_in_the_certificate():
    key, chain = OPERATOR.contract("DE-8AA-1A2B3C4D5-9")
    ContractCar(bench_for(OPERATOR), key, chain).to_details()


def test_a_wrong_emaid():
    bench = bench_for(OPERATOR)
    car = ContractCar(bench, KEY, CHAIN, emaid="DE8AA1A2B3C4D60")
    refused_details(bench, car, "FAILED_CertChainError", "wrong_emaid")


def test_a_wrong_root():
    bench = bench_for(Operator())
    other, chain = Operator(sub_cas=1).contract()
    bench.secc._context.credentials.mo_roots = [OPERATOR.root]
    refused_details(bench, ContractCar(bench, other, chain[:1]), "FAILED_CertificateNotAllowedAtThisEVSE", "wrong_root")


def test_a_root_of_the_same_name():
    bench = bench_for(Operator())
    refused_details(bench, ContractCar(bench, KEY, CHAIN), "FAILED_CertChainError", "bad_signature")


def test_expired():
    key, chain = OPERATOR.contract(validity=der_maker.validity(b"250101000000Z", b"260101000000Z"))
    bench = bench_for(OPERATOR)
    refused_details(bench, ContractCar(bench, key, chain), "FAILED_CertificateExpired", "expired")


def test_not_yet_valid():
    key, chain = OPERATOR.contract(validity=der_maker.validity(b"270101000000Z", b"280101000000Z"))
    bench = bench_for(OPERATOR)
    refused_details(bench, ContractCar(bench, key, chain), "FAILED_CertificateExpired", "not_yet_valid")


def test_a_clock_that_was_never_set():
    bench = bench_for(OPERATOR)
    bench.secc._context.clock = WallClock()
    refused_details(bench, ContractCar(bench, KEY, CHAIN), "FAILED_CertificateExpired", "clock_unset")


def test_it_ends_soon():
    key, chain = OPERATOR.contract(validity=der_maker.validity(b"250101000000Z", b"261001000000Z"))
    bench = bench_for(OPERATOR)
    assert UNIX_S < 1_790_812_800  # 2026-10-01
    ContractCar(bench, key, chain).to_details("OK_CertificateExpiresSoon")


def revoking(serial):
    tbs = der_maker.sequence(
        b"\x02\x01\x01",
        der_maker.ALGORITHM,
        der_maker.name(b"MO root"),
        der_maker.tlv(0x17, b"260101000000Z"),
        der_maker.tlv(0x17, b"270101000000Z"),
        der_maker.sequence(der_maker.entry(serial)),
        der_maker.extensions(der_maker.extension(b"\x55\x1d\x14", b"\x02\x01\x01"), tag=0xA0),
    )
    signature = OPERATOR.key.sign(tbs)
    from contracts import _integer, drive

    pair = der_maker.sequence(_integer(signature[:32]), _integer(signature[32:]))
    made = crl.parse(der_maker.sequence(tbs, der_maker.ALGORITHM, der_maker.tlv(0x03, b"\x00", pair)))
    return drive(made) if hasattr(made, "send") else made


def test_revoked():
    bench = bench_for(OPERATOR, crls=[revoking(b"\x01\x23")])
    refused_details(bench, ContractCar(bench, KEY, CHAIN), "FAILED_CertificateRevoked", "revoked")


def test_another_serial_is_revoked():
    bench = bench_for(OPERATOR, crls=[revoking(b"\x01\x24")])
    ContractCar(bench, KEY, CHAIN).to_details()


def test_no_certificate_at_all():
    bench = bench_for(OPERATOR)
    refused_details(bench, ContractCar(bench, KEY, [b"\x30\x00"]), "FAILED_CertChainError", "encoding")


def test_an_oversized_chain():
    bench = bench_for(OPERATOR)
    refused_details(bench, ContractCar(bench, KEY, CHAIN * 4), "FAILED_CertChainError", "chain_length")


def test_an_operator_who_refuses_the_contract():
    bench = bench_for(OPERATOR)
    bench.outlet.authorized = 2
    refused_details(bench, ContractCar(bench, KEY, CHAIN), "FAILED_CertificateNotAllowedAtThisEVSE", "ok")


def refused_authorization(code, body=None, signature=None, key=None):
    bench = bench_for(OPERATOR)
    car = ContractCar(bench, KEY, CHAIN)
    car.to_details()
    asked = {"Id": "id1", "GenChallenge": car.challenge}
    asked.update(body or {})
    if key:
        car.key = key
    car.signature = car.sign("AuthorizationReq", asked)
    if signature:
        signature(car.signature)
    car.ask("AuthorizationReq", asked, code)
    assert bench.kinds("refused") == [("refused", "AuthorizationReq", code, 0)]
    return bench, car


def test_a_wrong_challenge():
    bench, _car = refused_authorization("FAILED_ChallengeInvalid", {"GenChallenge": bytes(16)})
    ended_safely(bench)


def test_a_replayed_authorization():
    bench = bench_for(OPERATOR)
    car = ContractCar(bench, KEY, CHAIN)
    car.to_details()
    body = {"Id": "id1", "GenChallenge": car.challenge}
    recorded = car.sign("AuthorizationReq", body)
    bench.disconnect()
    bench.connect()
    car.session_id = b"\x00"
    car.to_details()
    car.signature = recorded
    car.ask("AuthorizationReq", body, "FAILED_ChallengeInvalid")


def test_another_key():
    other, _chain = Operator().contract()
    refused_authorization("FAILED_SignatureError", key=other)


def test_no_signature():
    bench = bench_for(OPERATOR)
    car = ContractCar(bench, KEY, CHAIN)
    car.to_details()
    car.ask("AuthorizationReq", {"Id": "id1", "GenChallenge": car.challenge}, "FAILED_SignatureError")
    ended_safely(bench)


def test_a_changed_digest():
    def change(signature):
        signature["SignedInfo"]["Reference"][0]["DigestValue"] = bytes(32)

    refused_authorization("FAILED_SignatureError", signature=change)


def test_a_reference_to_another_element():
    def change(signature):
        signature["SignedInfo"]["Reference"][0]["URI"] = "#id2"

    refused_authorization("FAILED_SignatureError", signature=change)


def test_other_algorithms():
    def method(signature):
        signature["SignedInfo"]["SignatureMethod"]["Algorithm"] += "x"

    def digest(signature):
        signature["SignedInfo"]["Reference"][0]["DigestMethod"]["Algorithm"] = "http://www.w3.org/2000/09/xmldsig#sha1"

    refused_authorization("FAILED_SignatureError", signature=method)
    refused_authorization("FAILED_SignatureError", signature=digest)


def test_a_second_reference_or_none():
    def twice(signature):
        signature["SignedInfo"]["Reference"] *= 2

    def untransformed(signature):
        del signature["SignedInfo"]["Reference"][0]["Transforms"]

    refused_authorization("FAILED_SignatureError", signature=twice)
    refused_authorization("FAILED_SignatureError", signature=untransformed)


def test_a_short_signature():
    def short(signature):
        signature["SignatureValue"][""] = signature["SignatureValue"][""][:63]

    refused_authorization("FAILED_SignatureError", signature=short)


def test_a_receipt_for_other_figures():
    bench = bench_for(OPERATOR, changes={"iso15118_receipt": 1})
    car = ContractCar(bench, KEY, CHAIN)
    car.to_charging()
    told = dict(car.charge(1)["MeterInfo"])
    told["MeterReading"] += 1
    body = {"Id": "id1", "SessionID": car.session_id, "MeterInfo": told}
    car.ask_signed("MeteringReceiptReq", body, "FAILED_MeteringSignatureNotValid")
    ended_safely(bench)


def test_an_unsigned_receipt():
    bench = bench_for(OPERATOR, dc=True, changes={"iso15118_receipt": 1})
    car = ContractCar(bench, KEY, CHAIN, "DC_extended")
    car.to_charging()
    told = car.charge(1)["MeterInfo"]
    body = {"Id": "id1", "SessionID": car.session_id, "MeterInfo": told}
    car.ask("MeteringReceiptReq", body, "FAILED_MeteringSignatureNotValid")
