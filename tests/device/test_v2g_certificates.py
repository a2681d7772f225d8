"""CertificateInstallation and CertificateUpdate: signed by the car, answered by a backend, passed on as they are."""

from provisioning import OPERATOR, at_the_service, installation, refused, response, update

from gridkeel.v2g import exi, grammars
from gridkeel.v2g.iso2 import certificates, states_text

WASM_GROUP = 0


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
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_timeout")
    bench = refused(*begun, delay_ms=1 << 20)
    took_ms = [event[3] for event in bench.events if event[:2] == ("message", "CertificateInstallationReq")][-1]
    assert 4200 <= took_ms < states_text.times_ms("CertificateInstallationReq")[0]
    assert not bench.kinds("late")


def test_what_a_silent_backend_says_later_has_no_room():
    bench, car = at_the_service(delay_ms=1 << 20)
    car.ask_signed("CertificateInstallationReq", installation(), "FAILED_NoCertificateAvailable")
    assert bench.backend.lost and bench.secc.closing


def test_a_backend_that_fails():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_failed")
    refused(*begun, breaks=True)


def test_a_backend_that_refuses():
    begun = ("FAILED_NoCertificateAvailable", "CertificateInstallationReq", installation(), "backend_refused")
    refused(*begun, says="FAILED_NoCertificateAvailable")


def test_an_answer_for_another_session():
    begun = ("FAILED", "CertificateInstallationReq", installation(), "backend_answer_invalid")
    refused(*begun, session_id=bytes(8))


def test_an_answer_of_another_kind():
    begun = ("FAILED", "CertificateInstallationReq", installation(), "backend_answer_invalid")
    refused(*begun, named="SessionStopRes")
    refused(*begun, named="CertificateUpdateRes")
    refused(*begun, damaged=True)
    refused(*begun, bare=True)


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
