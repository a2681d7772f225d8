"""Plug & Charge: contracts that hold, and every way they do not."""

import der_maker
from contracts import EMAID, ContractEvcc, Key, Operator, certificate, evse_for, sized
from evcc import UNIX_S
from session_states import ended_safely

from gridkeel import slices
from gridkeel.clock import WallClock
from gridkeel.crypto import crl, multiples
from gridkeel.v2g.iso2 import states

OPERATOR = Operator()
KEY, CHAIN = OPERATOR.contract()
CHAIN_ERROR = "FAILED_CertChainError"

WASM_GROUP = 0


def refused_details(evse, ev, code, event):
    evse.drain()
    ev.to_selected()
    ev.ask("PaymentDetailsReq", ev.details(), code)
    assert evse.kinds("refused") == [("refused", "PaymentDetailsReq", code, 0)]
    assert [reported[2] for reported in evse.kinds("certificate")][-1:] == [event], evse.events
    evse.charger.authorized = 1
    ended_safely(evse)


def test_an_ac_session_charges_with_a_contract():
    evse = evse_for(OPERATOR, changes={"iso15118_receipt": 1})
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_charging()
    for _ in range(2):
        last = ev.charge(1)
        assert last["ReceiptRequired"] is True
        body = {"Id": "id1", "SessionID": ev.session_id, "SAScheduleTupleID": 1, "MeterInfo": last["MeterInfo"]}
        ev.ask_signed("MeteringReceiptReq", body)
    ev.stop()
    assert evse.kinds("contract") == [("contract", "accepted", "", 0)]
    assert [event[1:3] for event in evse.kinds("signature")][0] == ("AuthorizationReq", "ok")
    assert not evse.kinds("refused") and not evse.kinds("late")


def test_a_dc_session_charges_with_a_contract():
    evse = evse_for(OPERATOR, dc=True)
    ev = ContractEvcc(evse, KEY, CHAIN, "DC_extended")
    ev.to_charging()
    assert ev.charge(2)["ReceiptRequired"] is False
    ev.stop()
    assert not evse.kinds("refused")


def slices_of_a_check(operations):
    operator = Operator(sub_cas=2)
    key, chain = operator.contract()
    evse = evse_for(operator)
    work = evse.secc.work
    counted = []

    def counting(now_ms):
        counted.append(evse.secc.request)
        return work(now_ms)

    evse.secc.work = counting
    usual, slices.cycles = slices.cycles, operations * multiples.OPERATION_CYCLES
    try:
        ContractEvcc(evse, key, chain).to_details()
    finally:
        slices.cycles = usual
    return counted.count(states.PAYMENT_DETAILS_REQ)


def test_a_contract_is_checked_in_slices_as_small_as_the_board_asks_for():
    # Three verifications, each of 32 steps of an inverse and more than 360 sums of points.
    assert slices_of_a_check(50) > 3 * 360 // 50
    assert slices_of_a_check(10) > 3 * (32 + 360) // 10


def test_a_contract_below_two_sub_cas_is_accepted():
    operator = Operator(sub_cas=2)
    key, chain = operator.contract()
    evse = evse_for(operator)
    ev = ContractEvcc(evse, key, chain)
    ev.to_details()
    assert len(ev.challenge) == 16


def test_sub_cas_up_to_1600_bytes_are_accepted():
    for sub_cas, size in ((1, 800), (1, 801), (1, 1600), (2, 1600)):
        operator = Operator(sub_cas, size)
        key, chain = operator.contract()
        assert [len(der) for der in chain[1:]] == [size] * sub_cas
        ContractEvcc(evse_for(operator), key, chain).to_authorized()


def test_a_leaf_over_its_size_is_refused():
    key = Key()
    leaf = sized(801, EMAID.encode(), key, b"MO root", OPERATOR.key)
    evse = evse_for(OPERATOR)
    refused_details(evse, ContractEvcc(evse, key, [leaf]), CHAIN_ERROR, "oversized")


def test_a_contract_may_be_for_tls_clients_and_not_for_servers():
    purposes = b"\x55\x1d\x25"
    for purpose, code in ((b"\x02", "OK"), (b"\x01", CHAIN_ERROR)):
        key = Key()
        limited = der_maker.sequence(der_maker.tlv(6, b"\x2b\x06\x01\x05\x05\x07\x03" + purpose))
        more = (der_maker.extension(purposes, limited, True),)
        leaf = certificate(EMAID.encode(), key, b"MO root", OPERATOR.key, more=more)
        ContractEvcc(evse_for(OPERATOR), key, [leaf]).to_details(code)


def test_an_emaid_with_hyphens_or_without_its_check_digit_is_the_same():
    for written in ("DE-8AA-1A2B3C4D5-9", EMAID.lower(), EMAID[:14]):
        if len(written) > 15:
            continue  # eMAIDType takes 14 or 15 characters
        evse = evse_for(OPERATOR)
        ev = ContractEvcc(evse, KEY, CHAIN, emaid=written)
        ev.to_details()


def test_hyphens_in_the_certificate_are_accepted():
    key, chain = OPERATOR.contract("DE-8AA-1A2B3C4D5-9")
    ContractEvcc(evse_for(OPERATOR), key, chain).to_details()


def test_another_emaid_than_the_certificate_s_is_refused():
    evse = evse_for(OPERATOR)
    ev = ContractEvcc(evse, KEY, CHAIN, emaid="DE8AA1A2B3C4D60")
    refused_details(evse, ev, "FAILED_CertChainError", "wrong_emaid")


def test_a_contract_of_another_root_is_refused():
    evse = evse_for(Operator())
    other, chain = Operator(sub_cas=1).contract()
    evse.secc._context.credentials.mo_roots = [OPERATOR.root]
    refused_details(evse, ContractEvcc(evse, other, chain[:1]), "FAILED_CertificateNotAllowedAtThisEVSE", "wrong_root")


def test_a_contract_of_another_root_of_the_same_name_is_refused():
    evse = evse_for(Operator())
    refused_details(evse, ContractEvcc(evse, KEY, CHAIN), "FAILED_CertChainError", "bad_signature")


def test_an_expired_contract_is_refused():
    key, chain = OPERATOR.contract(validity=der_maker.validity(b"250101000000Z", b"260101000000Z"))
    evse = evse_for(OPERATOR)
    refused_details(evse, ContractEvcc(evse, key, chain), "FAILED_CertificateExpired", "expired")


def test_a_contract_that_is_not_yet_valid_is_refused():
    key, chain = OPERATOR.contract(validity=der_maker.validity(b"270101000000Z", b"280101000000Z"))
    evse = evse_for(OPERATOR)
    refused_details(evse, ContractEvcc(evse, key, chain), "FAILED_CertificateExpired", "not_yet_valid")


def test_no_contract_is_accepted_while_the_clock_is_unset():
    evse = evse_for(OPERATOR)
    evse.secc._context.clock = WallClock()
    refused_details(evse, ContractEvcc(evse, KEY, CHAIN), "FAILED_CertificateExpired", "clock_unset")


def test_a_contract_that_ends_soon_is_accepted_and_named_so():
    key, chain = OPERATOR.contract(validity=der_maker.validity(b"250101000000Z", b"261001000000Z"))
    evse = evse_for(OPERATOR)
    assert UNIX_S < 1_790_812_800  # 2026-10-01
    ContractEvcc(evse, key, chain).to_details("OK_CertificateExpiresSoon")


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
    from contracts import drive, integer

    pair = der_maker.sequence(integer(signature[:32]), integer(signature[32:]))
    made = crl.parse(der_maker.sequence(tbs, der_maker.ALGORITHM, der_maker.tlv(0x03, b"\x00", pair)))
    return drive(made) if hasattr(made, "send") else made


def test_a_revoked_contract_is_refused():
    evse = evse_for(OPERATOR, crls=[revoking(b"\x01\x23")])
    refused_details(evse, ContractEvcc(evse, KEY, CHAIN), "FAILED_CertificateRevoked", "revoked")


def test_a_contract_is_accepted_where_another_serial_is_revoked():
    evse = evse_for(OPERATOR, crls=[revoking(b"\x01\x24")])
    ContractEvcc(evse, KEY, CHAIN).to_details()


def test_an_empty_certificate_is_refused():
    evse = evse_for(OPERATOR)
    refused_details(evse, ContractEvcc(evse, KEY, [b"\x30\x00"]), "FAILED_CertChainError", "encoding")


def test_a_chain_of_too_many_certificates_is_refused():
    evse = evse_for(OPERATOR)
    refused_details(evse, ContractEvcc(evse, KEY, CHAIN * 4), "FAILED_CertChainError", "chain_length")


def test_a_contract_that_the_operator_refuses_is_refused():
    evse = evse_for(OPERATOR)
    evse.charger.authorized = 2
    refused_details(evse, ContractEvcc(evse, KEY, CHAIN), "FAILED_CertificateNotAllowedAtThisEVSE", "ok")
    assert ("session", "ended", "contract_refused", 0) in evse.kinds("session")


def refused_authorization(code, body=None, signature=None, key=None):
    evse = evse_for(OPERATOR)
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_details()
    asked = {"Id": "id1", "GenChallenge": ev.challenge}
    asked.update(body or {})
    if key:
        ev.key = key
    ev.signature = ev.sign("AuthorizationReq", asked)
    if signature:
        signature(ev.signature)
    ev.ask("AuthorizationReq", asked, code)
    assert evse.kinds("refused") == [("refused", "AuthorizationReq", code, 0)]
    return evse, ev


def test_a_wrong_challenge_is_refused():
    evse, _ev = refused_authorization("FAILED_ChallengeInvalid", {"GenChallenge": bytes(16)})
    assert evse.kinds("session")[-1][2] == "challenge_mismatch"
    ended_safely(evse)


def test_a_replayed_authorization_is_refused():
    evse = evse_for(OPERATOR)
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_details()
    body = {"Id": "id1", "GenChallenge": ev.challenge}
    recorded = ev.sign("AuthorizationReq", body)
    evse.disconnect()
    evse.connect()
    ev.session_id = b"\x00"
    ev.to_details()
    ev.signature = recorded
    ev.ask("AuthorizationReq", body, "FAILED_ChallengeInvalid")


def test_a_signature_of_another_key_is_refused():
    other, _chain = Operator().contract()
    refused_authorization("FAILED_SignatureError", key=other)


def test_a_missing_signature_is_refused():
    evse = evse_for(OPERATOR)
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_details()
    ev.ask("AuthorizationReq", {"Id": "id1", "GenChallenge": ev.challenge}, "FAILED_SignatureError")
    ended_safely(evse)


def test_a_changed_digest_is_refused():
    def change(signature):
        signature["SignedInfo"]["Reference"][0]["DigestValue"] = bytes(32)

    refused_authorization("FAILED_SignatureError", signature=change)


def test_a_reference_to_another_element_is_refused():
    def change(signature):
        signature["SignedInfo"]["Reference"][0]["URI"] = "#id2"

    refused_authorization("FAILED_SignatureError", signature=change)


def test_other_algorithms_are_refused():
    def method(signature):
        signature["SignedInfo"]["SignatureMethod"]["Algorithm"] += "x"

    def digest(signature):
        signature["SignedInfo"]["Reference"][0]["DigestMethod"]["Algorithm"] = "http://www.w3.org/2000/09/xmldsig#sha1"

    refused_authorization("FAILED_SignatureError", signature=method)
    refused_authorization("FAILED_SignatureError", signature=digest)


def test_a_second_reference_or_none_is_refused():
    def twice(signature):
        signature["SignedInfo"]["Reference"] *= 2

    def untransformed(signature):
        del signature["SignedInfo"]["Reference"][0]["Transforms"]

    refused_authorization("FAILED_SignatureError", signature=twice)
    refused_authorization("FAILED_SignatureError", signature=untransformed)


def test_a_short_signature_is_refused():
    def short(signature):
        signature["SignatureValue"][""] = signature["SignatureValue"][""][:63]

    refused_authorization("FAILED_SignatureError", signature=short)


def test_a_receipt_for_other_figures_is_refused():
    evse = evse_for(OPERATOR, changes={"iso15118_receipt": 1})
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_charging()
    reported = dict(ev.charge(1)["MeterInfo"])
    reported["MeterReading"] += 1
    body = {"Id": "id1", "SessionID": ev.session_id, "MeterInfo": reported}
    ev.ask_signed("MeteringReceiptReq", body, "FAILED_MeteringSignatureNotValid")
    ended_safely(evse)


def test_an_unsigned_receipt_is_refused():
    evse = evse_for(OPERATOR, dc=True, changes={"iso15118_receipt": 1})
    ev = ContractEvcc(evse, KEY, CHAIN, "DC_extended")
    ev.to_charging()
    reported = ev.charge(1)["MeterInfo"]
    body = {"Id": "id1", "SessionID": ev.session_id, "MeterInfo": reported}
    ev.ask("MeteringReceiptReq", body, "FAILED_MeteringSignatureNotValid")
