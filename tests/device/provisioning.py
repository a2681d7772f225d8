"""A backend for CertificateInstallation and CertificateUpdate, and an EV that has chosen the service."""

from contracts import EMAID, ContractEvcc, Operator, evse_for
from session_states import ended_safely

from gridkeel import ticks
from gridkeel.v2g import exi, grammars
from gridkeel.v2g.iso2 import certificates, states

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
        self.bare = False  # a document of one text, which is no message
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
        root, value = "V2G_Message", {"Header": header, "Body": body}
        if self.bare:
            root, value = "KeyName", "Body"
        end = exi.encode(grammars.iso2(), root, value, self.room, 0)
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
    evse = evse_for(OPERATOR, backend=Backend())
    for name, value in backend.items():
        setattr(evse.backend, name, value)
    ev = ContractEvcc(evse, KEY, CHAIN)
    ev.setup()
    found = ev.ask("ServiceDiscoveryReq", {})
    (service,) = found["ServiceList"]["Service"]
    assert service["ServiceID"] == 2 and service["ServiceCategory"] == "ContractCertificate"
    sets = ev.ask("ServiceDetailReq", {"ServiceID": 2})["ServiceParameterList"]["ParameterSet"]
    assert [one["Parameter"][0]["stringValue"] for one in sets] == ["Installation", "Update"]
    body = {"SelectedPaymentOption": "Contract"}
    body["SelectedServiceList"] = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2, "ParameterSetID": 1}]}
    ev.ask("PaymentServiceSelectionReq", body)
    return evse, ev


def refused(code, name, body, reason, **backend):
    evse, ev = at_the_service(**backend)
    evse.drain()
    ev.ask_signed(name, body, code)
    assert evse.kinds("refused") == [("refused", name, code, 0)]
    assert [event[2] for event in evse.kinds("session")][-1].startswith(reason), evse.events
    evse.backend.delay_ms = 1 << 20
    ended_safely(evse)
    return evse
