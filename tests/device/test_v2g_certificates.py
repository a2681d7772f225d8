"""CertificateInstallation and CertificateUpdate: signed by the EV, answered by a backend, passed on as they are."""

from provisioning import OPERATOR, at_the_service, installation, refused, response, update

from gridkeel.v2g import exi, grammars
from gridkeel.v2g.iso2 import certificates, states_text

WASM_GROUP = 0


def test_installation_then_charging():
    evse, ev = at_the_service()
    found = ev.ask_signed("CertificateInstallationReq", installation())
    assert found == response("OK", "")
    ((kind, request),) = evse.backend.asked
    _name, message = exi.decode(grammars.iso2(), request, 0, len(request))
    assert kind == certificates.INSTALLATION and message["Body"]["CertificateInstallationReq"] == installation()
    assert message["Header"]["Signature"]["SignatureValue"][""]
    ev.challenge = ev.ask("PaymentDetailsReq", ev.details())["GenChallenge"]
    ev.ask_signed("AuthorizationReq", {"Id": "id1", "GenChallenge": ev.challenge})
    assert not evse.kinds("late") and evse.kinds("backend")[0][1:3] == ("CertificateInstallationReq", "answered")


def test_a_contract_is_updated():
    evse, ev = at_the_service()
    assert ev.ask_signed("CertificateUpdateReq", update()) == response("OK", certificates.UPDATE)
    assert evse.backend.asked[0][0] == certificates.UPDATE


def test_an_ev_may_leave_the_certificate_service_alone():
    _bench, ev = at_the_service()
    ev.ask("PaymentDetailsReq", ev.details())


def test_a_request_without_a_signature_is_refused():
    evse, ev = at_the_service()
    ev.ask("CertificateInstallationReq", installation(), "FAILED_SignatureError")
    assert evse.backend.asked == []


def test_a_request_signed_with_another_key_is_refused():
    evse, ev = at_the_service()
    ev.key, _chain = OPERATOR.contract()
    ev.ask_signed("CertificateUpdateReq", update(), "FAILED_SignatureError")
    assert evse.backend.asked == []


def test_a_malformed_certificate_is_refused():
    body = installation()
    body["OEMProvisioningCert"] = b"\x30\x00"
    evse = refused("FAILED_CertChainError", "CertificateInstallationReq", body, "")
    assert evse.backend.asked == []


def test_a_silent_backend_fails_the_request_in_time():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_timeout")
    evse = refused(*begun, delay_ms=1 << 20)
    took_ms = [event[3] for event in evse.events if event[:2] == ("message", "CertificateInstallationReq")][-1]
    assert 4200 <= took_ms < states_text.times_ms("CertificateInstallationReq")[0]
    assert not evse.kinds("late")


def test_a_question_that_was_not_answered_in_time_is_withdrawn():
    evse, ev = at_the_service(delay_ms=1 << 20)
    ev.ask_signed("CertificateInstallationReq", installation(), "FAILED_NoCertificateAvailable")
    assert evse.backend.lost and evse.secc.closing


def test_a_failure_of_the_backend_fails_the_request():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_failed")
    refused(*begun, breaks=True)


def test_a_refusal_of_the_backend_is_passed_on():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_refused")
    refused(*begun, says="FAILED_NoCertificateAvailable")


def test_an_answer_for_another_session_is_not_passed_on():
    begun = ("FAILED", "CertificateInstallationReq", installation(), "backend_answer_invalid")
    refused(*begun, session_id=bytes(8))


def test_an_answer_of_another_kind_is_not_passed_on():
    begun = ("FAILED", "CertificateInstallationReq", installation(), "backend_answer_invalid")
    refused(*begun, named="SessionStopRes")
    refused(*begun, named="CertificateUpdateRes")
    refused(*begun, damaged=True)
    refused(*begun, bare=True)


def test_a_session_shows_that_it_waits_for_the_backend():
    evse, ev = at_the_service(delay_ms=500)
    assert not evse.secc.waiting and not evse.secc.asked
    body = installation()
    ev.signature = ev.sign("CertificateInstallationReq", body)
    ev.send("CertificateInstallationReq", body)
    assert evse.secc.asked and not evse.secc.waiting  # there is work to do first
    evse.run(100)
    assert evse.backend.asked and evse.secc.waiting
    ev.receive("CertificateInstallationReq")
    assert not evse.secc.waiting and not evse.secc.asked


def test_unplugging_while_the_backend_works_ends_the_session():
    evse, ev = at_the_service(delay_ms=1 << 20)
    body = installation()
    ev.signature = ev.sign("CertificateInstallationReq", body)
    ev.send("CertificateInstallationReq", body)
    evse.run(1000)
    evse.charger.unplug()
    evse.run(200)
    assert evse.secc.closing and evse.kinds("closed")[0][1] == "unplugged"
    assert not evse.secc.waiting
    assert evse.backend.lost, "its room is another answer's now"
