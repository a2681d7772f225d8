"""Plug & Charge at its edges: challenges, roots, receipts, and what a backend may send."""

from contracts import EMAID, ContractCar, bench_for
from evcc import Bench, Car
from provisioning import CHAIN, KEY, OPERATOR, Backend, installation, refused, response
from session_states import ANCHOR, ended_safely, tailed
from session_states import Backend as Silent

from gridkeel.errors import ExiError
from gridkeel.v2g import exi, grammars, v2gtp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.iso2 import certificates, codes, states

WASM_GROUP = 0


def test_a_contract_needs_tls_and_a_root_and_leave():
    for secured, roots, payment, offered in (
        (True, [ANCHOR], 3, ["Contract", "ExternalPayment"]),
        (True, [ANCHOR], 2, ["Contract"]),
        (True, [ANCHOR], 1, ["ExternalPayment"]),
        (False, [ANCHOR], 3, ["ExternalPayment"]),
        (True, [], 3, ["ExternalPayment"]),
    ):
        bench = Bench(secured=secured, credentials=Credentials(mo_roots=roots), changes={"iso15118_payment": payment})
        car = Car(bench)
        car.setup()
        assert car.ask("ServiceDiscoveryReq", {})["PaymentOptionList"] == {"PaymentOption": offered}
        if "Contract" not in offered:
            car.payment = "Contract"
            body = car.request("PaymentServiceSelectionReq")
            car.ask("PaymentServiceSelectionReq", body, "FAILED_PaymentSelectionInvalid")


def test_the_challenge_is_what_the_random_source_gave():
    bench = bench_for(OPERATOR)
    car = ContractCar(bench, KEY, CHAIN)
    given = []
    source = bench.secc._context.random

    def noted(n):
        given.append(source(n))
        return given[-1]

    bench.secc._context.random = noted
    car.to_details()
    assert car.challenge == given[-1] and len(car.challenge) == 16


def test_a_challenge_is_good_for_one_try():
    bench = bench_for(OPERATOR)
    car = ContractCar(bench, KEY, CHAIN)
    car.to_authorized()
    bench.secc._session.state = states.AUTHORIZATION  # the table keeps a car from coming here again; so does this
    body = {"Id": "id1", "GenChallenge": car.challenge}
    car.ask_signed("AuthorizationReq", body, "FAILED_ChallengeInvalid")
    ended_safely(bench)


def test_a_contract_below_a_v2g_root():
    bench = Bench(secured=True, credentials=Credentials(v2g_roots=[OPERATOR.root]))
    ContractCar(bench, KEY, CHAIN).to_details()


def test_a_leaf_that_names_no_contract():
    key, chain = OPERATOR.contract("WEBSERVER.EXAMPLE")
    bench = bench_for(OPERATOR)
    car = ContractCar(bench, key, chain)
    car.to_details(codes.CERT_CHAIN_ERROR)
    assert [event[2] for event in bench.kinds("certificate")] == ["subject"]


def test_a_check_digit_that_differs_is_another_contract():
    bench = bench_for(OPERATOR)
    ContractCar(bench, KEY, CHAIN, emaid=EMAID[:14] + "8").to_details(codes.CERT_CHAIN_ERROR)
    assert bench.kinds("certificate")[-1][2] == "wrong_emaid"


def receipt(car, **changes):
    body = {"Id": "id1", "SessionID": car.session_id, "MeterInfo": car.last["MeterInfo"]}
    body.update(changes)
    return body


def test_a_receipt_for_another_session():
    bench = bench_for(OPERATOR, changes={"iso15118_receipt": 1})
    car = ContractCar(bench, KEY, CHAIN)
    car.to_charging()
    car.charge(1)
    body = receipt(car, SessionID=b"ABCDEFGH")
    car.ask_signed("MeteringReceiptReq", body, "FAILED_MeteringSignatureNotValid")
    ended_safely(bench)


def test_dc_goes_on_after_a_receipt():
    bench = bench_for(OPERATOR, dc=True, changes={"iso15118_receipt": 1})
    car = ContractCar(bench, KEY, CHAIN, "DC_extended")
    car.to_charging()
    for _ in range(2):
        assert car.charge(1)["ReceiptRequired"] is True
        car.ask_signed("MeteringReceiptReq", receipt(car))
        assert bench.secc._session.state == states.DEMANDING
    car.stop()


def test_a_backend_that_fails_is_not_waited_for():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_failed")
    bench = refused(*begun, breaks=True, delay_ms=500)
    took_ms = [event[3] for event in bench.events if event[:2] == ("message", "CertificateInstallationReq")][-1]
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
    bench = bench_for(OPERATOR, backend=backend)
    car = ContractCar(bench, KEY, CHAIN)
    car.setup()
    backend.session = car.session_id
    car.ask("ServiceDiscoveryReq", {})
    chosen = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2, "ParameterSetID": 1}]}
    car.ask("PaymentServiceSelectionReq", {"SelectedPaymentOption": "Contract", "SelectedServiceList": chosen})
    car.ask_signed("CertificateInstallationReq", installation(), "FAILED")
    assert len(bench.secc.out) == v2gtp.FRAME_MAX_BYTES


def test_signatures_are_of_the_document_without_what_is_behind_it():
    for tail in (b"\0", b"\xff" * bounds.TRAILING_BYTES):
        bench = bench_for(OPERATOR)
        tailed(bench, tail, ContractCar, KEY, CHAIN).to_authorized()
        assert [event[2] for event in bench.kinds("signature")] == ["ok"]
    car = tailed(bench_for(OPERATOR), b"\0", ContractCar, KEY, CHAIN)
    car.to_details()
    body = {"Id": "id1", "GenChallenge": car.challenge}
    car.signature = car.sign("AuthorizationReq", dict(body, GenChallenge=bytes(16)))
    car.ask("AuthorizationReq", body, "FAILED_SignatureError")


def test_a_backend_is_asked_with_the_document_alone():
    bench = bench_for(OPERATOR, backend=Silent())
    car = tailed(bench, b"\0\0", ContractCar, KEY, CHAIN)
    car.setup()
    car.ask("ServiceDiscoveryReq", {})
    selected = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2}]}
    car.ask("PaymentServiceSelectionReq", {"SelectedPaymentOption": "Contract", "SelectedServiceList": selected})
    body = dict(car.request("CertificateUpdateReq"), eMAID=EMAID)
    body["ContractSignatureCertChain"] = {"Certificate": CHAIN[0]}
    car.signature = car.sign("CertificateUpdateReq", body)
    car.send("CertificateUpdateReq", body)
    bench.run(100)
    ((_kind, request),) = bench.backend.asked
    for more, taken in ((0, True), (bounds.TRAILING_BYTES, True), (bounds.TRAILING_BYTES + 1, False)):
        data = request + bytes(more)
        try:
            exi.decode(grammars.iso2(), data, 0, len(data))
            assert taken
        except ExiError:
            assert not taken, "it came with octets of its own"
