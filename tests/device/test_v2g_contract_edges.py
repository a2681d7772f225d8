"""Plug & Charge at its edges: challenges, roots, receipts, and what a backend may send."""

from contracts import EMAID, ContractEvcc, evse_for
from evcc import UNIX_S, Evcc, Evse
from provisioning import CHAIN, KEY, OPERATOR, Backend, installation, refused, response
from session_states import ANCHOR, SilentBackend, ended_safely, tailed

from gridkeel.clock import WallClock
from gridkeel.errors import ExiError
from gridkeel.v2g import exi, grammars, v2gtp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.iso2 import certificates, codes, states

WASM_GROUP = 0


def test_a_contract_is_offered_over_tls_with_a_root_where_it_is_allowed():
    for secured, roots, payment, offered in (
        (True, [ANCHOR], 3, ["Contract", "ExternalPayment"]),
        (True, [ANCHOR], 2, ["Contract"]),
        (True, [ANCHOR], 1, ["ExternalPayment"]),
        (False, [ANCHOR], 3, ["ExternalPayment"]),
        (True, [], 3, ["ExternalPayment"]),
    ):
        evse = Evse(secured=secured, credentials=Credentials(mo_roots=roots), changes={"iso15118_payment": payment})
        ev = Evcc(evse)
        ev.setup()
        assert ev.ask("ServiceDiscoveryReq", {})["PaymentOptionList"] == {"PaymentOption": offered}
        if "Contract" not in offered:
            ev.payment = "Contract"
            body = ev.request("PaymentServiceSelectionReq")
            ev.ask("PaymentServiceSelectionReq", body, "FAILED_PaymentSelectionInvalid")


def test_the_challenge_is_what_the_random_source_gave():
    evse = evse_for(OPERATOR)
    ev = ContractEvcc(evse, KEY, CHAIN)
    given = []
    source = evse.secc._context.random

    def noted(n):
        given.append(source(n))
        return given[-1]

    evse.secc._context.random = noted
    ev.to_details()
    assert ev.challenge == given[-1] and len(ev.challenge) == 16


def test_a_challenge_is_good_for_one_try():
    evse = evse_for(OPERATOR)
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_authorized()
    evse.secc._session.state = states.AUTHORIZATION  # the table keeps an EV from coming here again; so does this
    body = {"Id": "id1", "GenChallenge": ev.challenge}
    ev.ask_signed("AuthorizationReq", body, "FAILED_ChallengeInvalid")
    ended_safely(evse)


def test_a_contract_below_a_v2g_root_is_accepted():
    evse = Evse(secured=True, credentials=Credentials(v2g_roots=[OPERATOR.root]))
    ContractEvcc(evse, KEY, CHAIN).to_details()


def test_a_leaf_that_names_no_contract_is_refused():
    key, chain = OPERATOR.contract("WEBSERVER.EXAMPLE")
    evse = evse_for(OPERATOR)
    ev = ContractEvcc(evse, key, chain)
    ev.to_details(codes.CERT_CHAIN_ERROR)
    assert [event[1:3] for event in evse.kinds("certificate")] == [("contract", "subject")]
    assert ev.last["EVSETimeStamp"] >= UNIX_S


def test_a_contract_cannot_be_judged_without_the_time_of_day():
    evse = evse_for(OPERATOR)
    evse.secc._context.clock = WallClock()
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_details(codes.CERTIFICATE_EXPIRED)
    assert ev.last["EVSETimeStamp"] == 0


def test_a_check_digit_that_differs_is_another_contract():
    evse = evse_for(OPERATOR)
    ContractEvcc(evse, KEY, CHAIN, emaid=EMAID[:14] + "8").to_details(codes.CERT_CHAIN_ERROR)
    assert evse.kinds("certificate")[-1] == ("certificate", "contract", "wrong_emaid", 0)
    assert evse.kinds("session")[-1][2] == "emaid_mismatch"


def receipt(ev, **changes):
    body = {"Id": "id1", "SessionID": ev.session_id, "MeterInfo": ev.last["MeterInfo"]}
    body.update(changes)
    return body


def test_a_receipt_for_another_session_is_refused():
    evse = evse_for(OPERATOR, changes={"iso15118_receipt": 1})
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.to_charging()
    ev.charge(1)
    body = receipt(ev, SessionID=b"ABCDEFGH")
    ev.ask_signed("MeteringReceiptReq", body, "FAILED_MeteringSignatureNotValid")
    ended_safely(evse)


def test_dc_goes_on_after_a_receipt():
    evse = evse_for(OPERATOR, dc=True, changes={"iso15118_receipt": 1})
    ev = ContractEvcc(evse, KEY, CHAIN, "DC_extended")
    ev.to_charging()
    for _ in range(2):
        assert ev.charge(1)["ReceiptRequired"] is True
        ev.ask_signed("MeteringReceiptReq", receipt(ev))
        assert evse.secc._session.state == states.DEMANDING
    ev.stop()


def test_a_backend_that_fails_is_not_waited_for():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_failed")
    evse = refused(*begun, breaks=True, delay_ms=500)
    took_ms = [event[3] for event in evse.events if event[:2] == ("message", "CertificateInstallationReq")][-1]
    assert 500 <= took_ms < 700


class Verbose(Backend):
    """A backend whose answer is in order but longer than a message may be."""

    session = b""

    def step(self, now_ms):
        super().step(now_ms)
        if self.answer and len(self.answer) < v2gtp.PAYLOAD_MAX_BYTES:
            self.answer = long_answer(self.session)


def long_answer(session_id):
    body = response("OK", certificates.INSTALLATION)
    more = {"Certificate": [bytes(800)] * 4}
    body["SAProvisioningCertificateChain"] = {"Certificate": bytes(800), "SubCertificates": more}
    body["ContractSignatureCertChain"] = {"Id": "id1", "Certificate": bytes(800), "SubCertificates": more}
    out = bytearray(10000)
    value = {"Header": {"SessionID": session_id}, "Body": {"CertificateInstallationRes": body}}
    end = exi.encode(grammars.iso2(), "V2G_Message", value, out, 0)
    assert end > v2gtp.PAYLOAD_MAX_BYTES
    return bytes(out[:end])


def test_an_answer_longer_than_a_message_is_not_passed_on():
    backend = Verbose()
    evse = evse_for(OPERATOR, backend=backend)
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.setup()
    backend.session = ev.session_id
    ev.ask("ServiceDiscoveryReq", {})
    chosen = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2, "ParameterSetID": 1}]}
    ev.ask("PaymentServiceSelectionReq", {"SelectedPaymentOption": "Contract", "SelectedServiceList": chosen})
    ev.ask_signed("CertificateInstallationReq", installation(), "FAILED")
    assert len(evse.secc.out) == v2gtp.FRAME_MAX_BYTES


def test_signatures_are_of_the_document_without_what_is_behind_it():
    for tail in (b"\0", b"\xff" * bounds.TRAILING_BYTES):
        evse = evse_for(OPERATOR)
        tailed(evse, tail, ContractEvcc, KEY, CHAIN).to_authorized()
        assert [event[2] for event in evse.kinds("signature")] == ["ok"]
    ev = tailed(evse_for(OPERATOR), b"\0", ContractEvcc, KEY, CHAIN)
    ev.to_details()
    body = {"Id": "id1", "GenChallenge": ev.challenge}
    ev.signature = ev.sign("AuthorizationReq", dict(body, GenChallenge=bytes(16)))
    ev.ask("AuthorizationReq", body, "FAILED_SignatureError")


def test_a_backend_is_asked_with_the_document_alone():
    evse = evse_for(OPERATOR, backend=SilentBackend())
    ev = tailed(evse, b"\0\0", ContractEvcc, KEY, CHAIN)
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})
    selected = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2}]}
    ev.ask("PaymentServiceSelectionReq", {"SelectedPaymentOption": "Contract", "SelectedServiceList": selected})
    body = dict(ev.request("CertificateUpdateReq"), eMAID=EMAID)
    body["ContractSignatureCertChain"] = {"Certificate": CHAIN[0]}
    ev.signature = ev.sign("CertificateUpdateReq", body)
    ev.send("CertificateUpdateReq", body)
    evse.run(100)
    ((_kind, request),) = evse.backend.asked
    for more, taken in ((0, True), (bounds.TRAILING_BYTES, True), (bounds.TRAILING_BYTES + 1, False)):
        data = request + bytes(more)
        try:
            exi.decode(grammars.iso2(), data, 0, len(data))
            assert taken
        except ExiError:
            assert not taken, "it came with octets of its own"
