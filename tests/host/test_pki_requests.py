"""Requests of chargers with keys of their own: what is signed, what is refused, what the chain is worth elsewhere."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pki_helpers import openssl

from certs import v2g
from certs.v2g import requests
from certs.v2g.check import check
from certs.v2g.sources import chains
from command_line.main import main
from host_tools.errors import ToolError


def request_for(*names: str, curve: ec.EllipticCurve | None = None, key: ec.EllipticCurvePrivateKey | None = None):
    key = key or ec.generate_private_key(curve or ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())


def pem(request: x509.CertificateSigningRequest) -> bytes:
    return request.public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    return v2g.make(tmp_path_factory.mktemp("pki") / "pki")


def test_a_chain_of_a_request_is_what_openssl_and_show_take(pki: v2g.Pki, tmp_path: Path) -> None:
    asked = request_for("DE*ABC*S7")
    name = pki.sign_request(asked)
    made = pki.certificate(name)
    assert made.public_key() == asked.public_key()
    assert made.subject.rfc4514_string() == "DC=CPO,C=DE,O=Gridkeel,CN=DE*ABC*S7"
    (tmp_path / "chain.pem").write_bytes(v2g.chain_pem(pki, name))
    (tmp_path / "root.pem").write_bytes(pki.certificate("v2g_root").public_bytes(Encoding.PEM))
    judged = openssl("verify", "-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "chain.pem", "-x509_strict",
                     tmp_path / "chain.pem")  # fmt: skip
    assert "OK" in judged.stdout
    own = [chain for chain in chains(pki.folder) if chain[0].name == name]
    assert [member.name for member in own[0]] == [name, "cpo_sub2", "cpo_sub1", "v2g_root"]
    assert check(own[0], datetime.now(UTC)) == []
    assert not list((pki.folder / name).glob("*.key"))


def test_a_charger_keeps_its_name_through_its_requests_and_renewals(pki: v2g.Pki) -> None:
    first = pki.sign_request(request_for("S1"))
    before = pki.certificate(first)
    assert pki.sign_request(request_for("S1")) == first
    after = pki.certificate(first)
    assert after.serial_number != before.serial_number and after.public_key() != before.public_key()
    assert pki.renew(first) == []
    assert pki.certificate(first).public_key() == after.public_key()
    assert pki.certificate(first).serial_number != after.serial_number
    assert pki.sign_request(request_for("S2")) != first
    with pytest.raises(ToolError, match="sign-csr"):
        pki.renew(first, new_key=True)
    crl, _answer = pki.revoke(first)
    serial = pki.certificate(first).serial_number
    assert x509.load_der_x509_crl(crl.read_bytes()).get_revoked_certificate_by_serial_number(serial)


def test_a_key_that_is_another_charger_s_is_refused(pki: v2g.Pki) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pki.sign_request(request_for("S10", key=key))
    names = pki.names()
    with pytest.raises(ToolError, match="already"):
        pki.sign_request(request_for("S11", key=key))
    assert pki.names() == names == v2g.Pki(pki.folder).names()


def test_an_export_of_a_key_that_is_not_here_is_refused_and_says_where_it_is(pki: v2g.Pki, tmp_path: Path) -> None:
    name = pki.sign_request(request_for("S20"))
    with pytest.raises(ToolError, match="on the charger"):
        v2g.export_device(pki, tmp_path / "device", secc=name)
    assert not (tmp_path / "device").exists()


def test_a_folder_of_roots_has_the_roots_and_lists_of_a_device_and_no_key(pki: v2g.Pki, tmp_path: Path) -> None:
    device = {path.name: path.read_bytes() for path in v2g.export_device(pki, tmp_path / "device")}
    roots = {path.name: path.read_bytes() for path in v2g.export_roots(pki, tmp_path / "roots")}
    assert roots == {name: data for name, data in device.items() if not name.startswith("secc_")}
    assert v2g.export_roots(pki, tmp_path / "roots", force=True)
    with pytest.raises(ToolError, match="--force"):
        v2g.export_roots(pki, tmp_path / "roots")


def damaged(request: x509.CertificateSigningRequest) -> bytes:
    return request.public_bytes(Encoding.DER)[:-1] + b"\x01"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no request"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\n", "no request"),
        (damaged(request_for("S1")), "signature|no request"),
        (pem(request_for("S1", curve=ec.SECP384R1())), "P-384"),
        (pem(request_for()), "0 common names"),
        (pem(request_for("a", "b")), "2 common names"),
        (pem(request_for("a b")), "SECC id"),
    ],
)
def test_a_request_that_is_none_is_refused_by_its_name(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "asked.csr"
    path.write_bytes(data)
    with pytest.raises(ToolError, match=said) as refused:
        requests.read(path, "P-256")
    assert str(path) in str(refused.value)


def run(*words: str | Path) -> int:
    argv, sys.argv = sys.argv, ["gridkeel", "pki", *map(str, words)]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        sys.argv = argv
    return 0


def test_the_command_signs_all_of_its_requests_or_none(pki: v2g.Pki, tmp_path: Path, capsys) -> None:
    good, bad, same = tmp_path / "c1.csr", tmp_path / "c2.csr", tmp_path / "c3.csr"
    good.write_bytes(pem(request_for("C1")))
    bad.write_bytes(b"none")
    same.write_bytes(pem(request_for("C1")))
    count = len(v2g.Pki(pki.folder).names())
    assert run("sign-csr", pki.folder, good, bad) == 2
    assert run("sign-csr", pki.folder, good, same) == 2
    assert len(v2g.Pki(pki.folder).names()) == count and not list(tmp_path.glob("*.pem"))
    assert run("sign-csr", pki.folder, good, "--out", tmp_path / "chains") == 0
    assert len(x509.load_pem_x509_certificates((tmp_path / "chains" / "c1.pem").read_bytes())) == 3
    assert run("sign-csr", pki.folder, good, "--out", tmp_path / "chains") == 2
    assert "--force" in capsys.readouterr().err
    assert run("sign-csr", pki.folder, good, "--out", tmp_path / "chains", "--force") == 0
