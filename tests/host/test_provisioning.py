"""The contract provisioning service: what an EV gets, and every refusal with the standard's code."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import provisioned_ev as ev
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from pki_helpers import der, peer_process

from certs import v2g
from certs.issuing import Pair
from certs.v2g import defects
from host_tools.backend import key_transport
from host_tools.backend.provisioning import INSTALLATION, UPDATE, Provisioning
from host_tools.errors import MissingError, ToolError

HERE = Path(__file__).parent
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    return v2g.make(tmp_path_factory.mktemp("pki") / "pki")


@pytest.fixture
def pki(made: v2g.Pki, tmp_path: Path) -> v2g.Pki:
    shutil.copytree(made.folder, tmp_path / "pki")
    return v2g.Pki(tmp_path / "pki")


def _ask(pki: v2g.Pki, kind: str, data: bytes, now: datetime = NOW) -> ev.Response:
    return ev.Response(kind, Provisioning(pki.folder)(kind, data, now.timestamp()))


def _installed(pki: v2g.Pki, vehicle: str = "oem", now: datetime = NOW) -> ev.Response:
    return _ask(pki, INSTALLATION, ev.installation(pki, vehicle), now)


def test_a_vehicle_gets_its_contract_with_a_key_that_fits(pki: v2g.Pki):
    response = _installed(pki)
    response.check(pki.key("oem"))
    chain = response.body["ContractSignatureCertChain"]
    sent = [chain["Certificate"], *chain["SubCertificates"]["Certificate"]]
    assert sent == [der(pki.certificate(name)) for name in ("contract", "mo_sub2", "mo_sub1")]
    assert response.body["eMAID"][""] == "DEGKL000000001M"
    assert response.body["SAProvisioningCertificateChain"]["Certificate"] == der(pki.certificate("cps"))


def test_the_peer_takes_what_it_asked_for(pki: v2g.Pki, tmp_path: Path):
    v2g.export_peer(pki, tmp_path / "ev")
    with peer_process(HERE / "peer_installs.py", tmp_path / "run", PKI_PATH=f"{tmp_path / 'ev'}/") as peer:
        request = bytes.fromhex(peer.stdout.readline())
        response = Provisioning(pki.folder)(INSTALLATION, request, time.time())
        assert response is not None
        peer.stdin.write(response.hex() + "\n")
        peer.stdin.flush()
        found = json.loads(peer.stdout.readline())
    assert found == {
        "code": "OK",
        "session": "0102030405060708",
        "signature": True,
        "key_fits": True,
        "emaid": "DEGKL000000001M",
        "common_name": "DEGKL000000001M",
        "bytes": len(response),
    }


def test_a_vehicle_whose_issuer_is_written_in_another_string_type_is_known(pki: v2g.Pki):
    good, issuer = pki.certificate("oem"), pki.pair(pki.entry("oem").issuer)
    retyped = [
        x509.NameAttribute(each.oid, str(each.value).upper(), _ASN1Type.PrintableString, _validate=False)
        for each in good.issuer
    ]
    builder = x509.CertificateBuilder(x509.Name(retyped), good.subject, good.public_key(), good.serial_number)
    builder = builder.not_valid_before(good.not_valid_before_utc).not_valid_after(good.not_valid_after_utc)
    for extension in good.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    made = builder.sign(issuer.key, hashes.SHA256())
    assert made.issuer.public_bytes() != issuer.certificate.subject.public_bytes()
    with pki.change():
        pki.install("oem", Pair(made, pki.key("oem")))
    _installed(pki).check(pki.key("oem"))


def test_a_contract_for_one_vehicle_goes_to_it_alone(pki: v2g.Pki):
    other = pki.issue("oem", identity="GKLTESTVEHICLE002")
    pki.issue("contract", identity="DE8AA001234567", holder="GKLTESTVEHICLE002")
    assert _installed(pki, "oem").body["eMAID"][""] == "DEGKL000000001M"
    assert _installed(pki, other).body["eMAID"][""] == "DE8AA0012345670"
    pki.revoke("contract")
    assert _installed(pki, "oem").code == "FAILED_NoCertificateAvailable"
    assert _installed(pki, other).code == "OK"
    with pytest.raises(ToolError, match="for no single vehicle"):
        pki.issue("secc", identity="S2", holder="GKLTESTVEHICLE002")


def test_a_contract_that_ends_soon_is_renewed_first(pki: v2g.Pki):
    before = pki.certificate("contract")
    pki.renew("cps", now=before.not_valid_after_utc - timedelta(days=40))
    pki.renew("cps_sub2", now=before.not_valid_after_utc - timedelta(days=40))
    pki.renew("cps", now=before.not_valid_after_utc - timedelta(days=40))
    assert _installed(pki, now=before.not_valid_after_utc - timedelta(days=29)).contract == before
    response = _installed(pki, now=before.not_valid_after_utc - timedelta(days=27))
    response.check(pki.key("oem"))
    assert response.contract.subject == before.subject
    assert response.contract.not_valid_after_utc > before.not_valid_after_utc + timedelta(days=365)
    assert response.contract.public_key() != before.public_key()


def test_an_update_brings_a_new_key_and_certificate_for_the_same_account(pki: v2g.Pki):
    before, old_key = pki.certificate("contract"), pki.key("contract")
    request = ev.update(pki)
    response = _ask(pki, UPDATE, request)
    response.check(old_key)
    assert response.contract.subject == before.subject
    assert response.contract.public_key() != before.public_key()
    assert der(v2g.Pki(pki.folder).certificate("contract")) == der(response.contract)
    again = _ask(pki, UPDATE, request)  # its answer was lost: the old certificate still counts
    again.check(old_key)


def _bad_vehicle(name: str, signer: str = "oem") -> Callable[[v2g.Pki, Path], bytes]:
    return lambda pki, folder: ev.installation(defects.make(pki, folder, name, "oem"), signer=signer)


def _bad_contract(name: str) -> Callable[[v2g.Pki, Path], bytes]:
    return lambda pki, folder: ev.update(defects.make(pki, folder, name, "contract"))


def _another_pki(pki: v2g.Pki, folder: Path) -> bytes:
    return ev.installation(v2g.make(folder))


def _revoked_vehicle(pki: v2g.Pki, folder: Path) -> bytes:
    pki.revoke("oem")
    return ev.installation(pki)


def _revoked_contract(pki: v2g.Pki, folder: Path) -> bytes:
    pki.revoke("contract")
    return ev.update(pki)


def _canceled(pki: v2g.Pki, folder: Path) -> bytes:
    request = ev.update(pki)
    pki.renew("contract")
    pki.revoke("contract")
    return request


def _strangers_account(pki: v2g.Pki, folder: Path) -> bytes:
    other = v2g.Pki(shutil.copytree(pki.folder, folder))
    return ev.update(other, other.issue("contract", identity="DE8AA001234567"))


def _no_contract(pki: v2g.Pki, folder: Path) -> bytes:
    pki.revoke("contract")
    return ev.installation(pki)


def _revoked_provider(pki: v2g.Pki, folder: Path) -> bytes:
    pki.revoke("cps")
    return ev.installation(pki)


REFUSALS = [
    ("unsigned", INSTALLATION, lambda pki, _: ev.installation(pki, signed=False), "FAILED_SignatureError"),
    ("another's key", INSTALLATION, lambda pki, _: ev.installation(pki, signer="secc"), "FAILED_SignatureError"),
    ("vehicle expired", INSTALLATION, _bad_vehicle("expired"), "FAILED_CertificateExpired"),
    ("vehicle of tomorrow", INSTALLATION, _bad_vehicle("not_yet_valid"), "FAILED_CertificateExpired"),
    ("vehicle revoked", INSTALLATION, _revoked_vehicle, "FAILED_CertificateRevoked"),
    ("vehicle's signature", INSTALLATION, _bad_vehicle("signature"), "FAILED_CertChainError"),
    ("vehicle's curve", INSTALLATION, _bad_vehicle("curve_p384", "secc"), "FAILED_CertChainError"),
    ("vehicle's key usage", INSTALLATION, _bad_vehicle("key_usage"), "FAILED_CertChainError"),
    ("another OEM", INSTALLATION, _another_pki, "FAILED_CertChainError"),
    ("no contract", INSTALLATION, _no_contract, "FAILED_NoCertificateAvailable"),
    ("provider revoked", INSTALLATION, _revoked_provider, "FAILED_NoCertificateAvailable"),
    ("contract expired", UPDATE, _bad_contract("expired"), "FAILED_CertificateExpired"),
    ("contract revoked", UPDATE, _revoked_contract, "FAILED_CertificateRevoked"),
    ("account canceled", UPDATE, _canceled, "FAILED_ContractCanceled"),
    ("contract under another root", UPDATE, _bad_contract("wrong_root"), "FAILED_CertChainError"),
    ("path too long", UPDATE, _bad_contract("path_length"), "FAILED_CertChainError"),
    ("an account not in the PKI", UPDATE, _strangers_account, "FAILED_NoCertificateAvailable"),
]


@pytest.mark.parametrize(("kind", "make", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_a_refusal_has_the_standards_code(kind: str, make, code: str, pki: v2g.Pki, tmp_path: Path):
    lines: list[str] = []
    request = make(pki, tmp_path / "other")
    names = {name: der(pki.certificate(name)) for name in v2g.Pki(pki.folder).names()}
    data = Provisioning(pki.folder, lines.append)(kind, request, time.time())
    response = ev.Response(kind, data)
    assert response.code == code, lines
    assert "Signature" not in response.header
    assert response.body["ContractSignatureEncryptedPrivateKey"][""] == b""
    assert len(lines) == 1 and code in lines[0]
    assert {name: der(v2g.Pki(pki.folder).certificate(name)) for name in names} == names  # nothing was renewed


def test_the_provider_and_the_contract_must_be_what_a_vehicle_takes(pki: v2g.Pki):
    end = pki.certificate("cps").not_valid_after_utc
    assert _installed(pki, now=end - timedelta(hours=1)).code == "OK"
    assert _installed(pki, now=end + timedelta(hours=1)).code == "FAILED_NoCertificateAvailable"


def test_what_is_no_request_gets_no_answer(pki: v2g.Pki):
    lines: list[str] = []
    service = Provisioning(pki.folder, lines.append)
    request = ev.installation(pki)
    assert service(INSTALLATION, b"", NOW.timestamp()) is None
    assert service(INSTALLATION, request[:-20], NOW.timestamp()) is None
    assert service(UPDATE, request, NOW.timestamp()) is None
    assert len(lines) == 3


def test_a_broken_pki_is_answered_with_failed_and_reported(pki: v2g.Pki, tmp_path: Path):
    lines: list[str] = []
    service = Provisioning(pki.folder, lines.append)
    request = ev.installation(pki)
    pki.entry("contract").path(pki.folder, ".key").write_bytes(b"?")
    assert ev.Response(INSTALLATION, service(INSTALLATION, request, NOW.timestamp())).code == "FAILED"
    assert "no private key" in lines[0]
    with pytest.raises(MissingError):
        Provisioning(tmp_path / "nothing")
    v2g.make(tmp_path / "pki20", edition="20")
    with pytest.raises(ToolError, match="ISO 15118-2 alone"):
        Provisioning(tmp_path / "pki20")


def test_the_envelope_opens_for_its_receiver_alone():
    key, receiver, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    point, sealed = key_transport.seal(key, receiver.public_key())
    number = key.private_numbers().private_value.to_bytes(32, "big")
    assert key_transport.unseal(sealed, point, receiver) == number
    assert key_transport.unseal(sealed, point, other) != number
    assert key_transport.seal(key, receiver.public_key()) != (point, sealed)
