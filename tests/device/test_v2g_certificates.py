"""CertificateInstallation and CertificateUpdate: signed by the car, answered by a backend, passed on as they are."""

from contracts import EMAID, ContractCar, Operator, bench_for
from reaching import ended_safely

from gridkeel import ticks
from gridkeel.v2g import certificates, exi, grammars, states

WASM_GROUP = 0

OPERATOR = Operator()
KEY, CHAIN = OPERATOR.contract()
ROOTS = {"RootCertificateID": [{"X509IssuerName": "CN=V2G root", "X509SerialNumber": 12345}]}


class Backend:
    """Answers after a while with a message of its own making, as a real one would over the link."""

    def __init__(self, delay_ms=1000):
        self.delay_ms = delay_ms
        self.says = "OK"
        self.named = None  # another message than the right one
        self.session_id = None
        self.damaged = False
        self.breaks = False
        self.answer = None
        self.failed = False
        self.asked = []
        self.lost = False
        self.room = None
        self._asked_ms = None

    def ask(self, kind, question, room, now_ms):
        self.asked.append((kind, bytes(question)))
        self.room = room
        self.answer = None
        self.failed = False
        self._asked_ms = now_ms

    def lose(self):
        self.lost = self._asked_ms is not None or self.lost
        self._asked_ms = None

    def step(self, now_ms):
        if self._asked_ms is None or ticks.diff(now_ms, self._asked_ms) < self.delay_ms:
            return
        self._asked_ms = None
        if self.breaks:
            self.failed = True
            return
        kind, request = self.asked[-1]
        _name, message = exi.decode(grammars.iso2(), request, 0, len(request))
        header = {"SessionID": self.session_id or message["Header"]["SessionID"]}
        name = self.named or states.response_of(kind)
        body = {name: response(self.says, kind) if name.startswith("Certificate") else {"ResponseCode": self.says}}
        end = exi.encode(grammars.iso2(), "V2G_Message", {"Header": header, "Body": body}, self.room, 0)
        self.answer = self.room[: end - 3 if self.damaged else end]


def response(code, kind):
    body = {
        "ResponseCode": code,
        "SAProvisioningCertificateChain": {"Certificate": bytes(500)},
        "ContractSignatureCertChain": {"Id": "id1", "Certificate": bytes(600)},
        "ContractSignatureEncryptedPrivateKey": {"": bytes(48), "Id": "id2"},
        "DHpublickey": {"": bytes(65), "Id": "id3"},
        "eMAID": {"": EMAID, "Id": "id4"},
    }
    if kind == certificates.UPDATE:
        body["RetryCounter"] = 1
    return body


def installation():
    return {"Id": "id1", "OEMProvisioningCert": CHAIN[0], "ListOfRootCertificateIDs": ROOTS}


def update():
    chain = {"Id": "id9", "Certificate": CHAIN[0]}
    return {"Id": "id1", "ContractSignatureCertChain": chain, "eMAID": EMAID, "ListOfRootCertificateIDs": ROOTS}


def at_the_service(**backend):
    bench = bench_for(OPERATOR, backend=Backend())
    for name, value in backend.items():
        setattr(bench.backend, name, value)
    car = ContractCar(bench, KEY, CHAIN)
    car.setup()
    found = car.ask("ServiceDiscoveryReq", {})
    (service,) = found["ServiceList"]["Service"]
    assert service["ServiceID"] == 2 and service["ServiceCategory"] == "ContractCertificate"
    sets = car.ask("ServiceDetailReq", {"ServiceID": 2})["ServiceParameterList"]["ParameterSet"]
    assert [one["Parameter"][0]["stringValue"] for one in sets] == ["Installation", "Update"]
    body = {"SelectedPaymentOption": "Contract"}
    body["SelectedServiceList"] = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2, "ParameterSetID": 1}]}
    car.ask("PaymentServiceSelectionReq", body)
    return bench, car


def refused(code, name, body, reason, **backend):
    bench, car = at_the_service(**backend)
    bench.drain()
    car.ask_signed(name, body, code)
    assert bench.kinds("refused") == [("refused", name, code, 0)]
    assert [event[2] for event in bench.kinds("session")][-1].startswith(reason), bench.events
    bench.backend.delay_ms = 1 << 20
    ended_safely(bench)
    return bench


def test_installation_then_charging():
    bench, car = at_the_service()
    found = car.ask_signed("CertificateInstallationReq", installation())
    assert found == response("OK", "")
    ((kind, request),) = bench.backend.asked
    _name, message = exi.decode(grammars.iso2(), request, 0, len(request))
    assert kind == certificates.INSTALLATION and message["Body"]["CertificateInstallationReq"] == installation()
    assert message["Header"]["Signature"]["SignatureValue"][""]
    car.challenge = car.ask("PaymentDetailsReq", car.details())["GenChallenge"]
    car.ask_signed("AuthorizationReq", {"Id": "id1", "GenChallenge": car.challenge})
    assert not bench.kinds("late") and bench.kinds("backend")[0][1:3] == ("CertificateInstallationReq", "answered")


def test_update():
    bench, car = at_the_service()
    assert car.ask_signed("CertificateUpdateReq", update()) == response("OK", certificates.UPDATE)
    assert bench.backend.asked[0][0] == certificates.UPDATE


def test_the_service_may_be_left_alone():
    _bench, car = at_the_service()
    car.ask("PaymentDetailsReq", car.details())


def test_the_car_must_sign():
    bench, car = at_the_service()
    car.ask("CertificateInstallationReq", installation(), "FAILED_SignatureError")
    assert bench.backend.asked == []


def test_the_car_must_sign_with_its_certificates_key():
    bench, car = at_the_service()
    car.key, _chain = OPERATOR.contract()
    car.ask_signed("CertificateUpdateReq", update(), "FAILED_SignatureError")
    assert bench.backend.asked == []


def test_a_certificate_that_is_none():
    body = installation()
    body["OEMProvisioningCert"] = b"\x30\x00"
    bench = refused("FAILED_CertChainError", "CertificateInstallationReq", body, "")
    assert bench.backend.asked == []


def test_a_backend_that_is_silent():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "the backend is silent")
    bench = refused(*begun, delay_ms=1 << 20)
    took_ms = [event[3] for event in bench.events if event[:2] == ("message", "CertificateInstallationReq")][-1]
    assert 4200 <= took_ms < states.MESSAGES["CertificateInstallationReq"][0]
    assert not bench.kinds("late")


def test_what_a_silent_backend_says_later_has_no_room():
    bench, car = at_the_service(delay_ms=1 << 20)
    car.ask_signed("CertificateInstallationReq", installation(), "FAILED_NoCertificateAvailable")
    assert bench.backend.lost and bench.secc.closing


def test_a_backend_that_fails():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "the backend failed")
    refused(*begun, breaks=True)


def test_a_backend_that_refuses():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "the backend refuses")
    refused(*begun, says="FAILED_NoCertificateAvailable")


def test_an_answer_for_another_session():
    begun = ("FAILED", "CertificateInstallationReq", installation(), "the backend's answer is for another session")
    refused(*begun, session_id=bytes(8))


def test_an_answer_of_another_kind():
    begun = ("FAILED", "CertificateInstallationReq", installation(), "the backend's answer is no CertificateInst")
    refused(*begun, named="SessionStopRes")
    refused(*begun, named="CertificateUpdateRes")
    refused(*begun, damaged=True)


def test_it_tells_that_it_waits():
    bench, car = at_the_service(delay_ms=500)
    assert not bench.secc.waiting and not bench.secc.asked
    body = installation()
    car.signature = car.sign("CertificateInstallationReq", body)
    car.send("CertificateInstallationReq", body)
    assert bench.secc.asked and not bench.secc.waiting  # there is work to do first
    bench.run(100)
    assert bench.backend.asked and bench.secc.waiting
    car.receive("CertificateInstallationReq")
    assert not bench.secc.waiting and not bench.secc.asked


def test_the_plug_is_pulled_while_the_backend_works():
    bench, car = at_the_service(delay_ms=1 << 20)
    body = installation()
    car.signature = car.sign("CertificateInstallationReq", body)
    car.send("CertificateInstallationReq", body)
    bench.run(1000)
    bench.outlet.unplug()
    bench.run(200)
    assert bench.secc.closing and bench.kinds("closed")[0][1] == "unplugged"
    assert not bench.secc.waiting
    assert bench.backend.lost, "its room is another answer's now"
