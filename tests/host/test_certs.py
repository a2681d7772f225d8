"""The issued PKI, against the TLS stack that has to accept it."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certs.issue import Issued, issue
from certs.profiles import Profile


def _handshake(server: Issued, client: Issued | None, server_trusts: Path, client_trusts: Path, host: str) -> str:
    """Run one TLS handshake over a socket pair; return the client's common name as the server saw it."""
    at_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(server_trusts))
    at_server.load_cert_chain(server.certificate, server.key)
    at_server.verify_mode = ssl.CERT_REQUIRED
    at_client = ssl.create_default_context(cafile=str(client_trusts))
    if client:
        at_client.load_cert_chain(client.certificate, client.key)
    left, right = socket.socketpair()
    seen: list = []

    def serve() -> None:
        try:
            with at_server.wrap_socket(left, server_side=True) as tls:
                seen.append(dict(part[0] for part in tls.getpeercert()["subject"])["commonName"])
                tls.sendall(b"!")
        except ssl.SSLError as error:
            seen.append(error)
            left.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with at_client.wrap_socket(right, server_hostname=host) as tls:
            assert tls.recv(1) == b"!"
    finally:
        right.close()
        thread.join()
    return seen[0]


def test_client_and_server_accept_each_other(tmp_path: Path):
    pki = issue(tmp_path)
    ca = pki["ca"].certificate
    for host in ("localhost", "127.0.0.1"):
        assert _handshake(pki["server"], pki["client"], ca, ca, host) == "gridkeel-uplink"


def test_another_ca_another_host_or_no_certificate_is_refused(tmp_path: Path):
    pki, other = issue(tmp_path / "a"), issue(tmp_path / "b")
    ca = pki["ca"].certificate
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(pki["server"], pki["client"], ca, other["ca"].certificate, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(pki["server"], pki["client"], ca, ca, "example.org")
    for client in (None, other["client"], pki["server"]):
        with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
            _handshake(pki["server"], client, ca, ca, "localhost")


def test_profiles_show_in_the_certificates(tmp_path: Path):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    pki = issue(tmp_path, hosts=("broker.example", "192.0.2.1"), now=now)
    ca, server = (x509.load_pem_x509_certificate(pki[name].certificate.read_bytes()) for name in ("ca", "server"))
    server.verify_directly_issued_by(ca)
    assert isinstance(server.public_key(), ec.EllipticCurvePublicKey)
    assert server.public_key().curve.name == "secp256r1"
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1"]
    assert server.not_valid_after_utc == now + timedelta(days=825)
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_keys_are_for_their_owner_alone_and_replaced(tmp_path: Path):
    first = issue(tmp_path)["client"].key.read_bytes()
    (tmp_path / "client.key").chmod(0o644)
    pki = issue(tmp_path)
    assert pki["client"].key.read_bytes() != first
    for pair in pki.values():
        assert stat.S_IMODE(pair.key.stat().st_mode) == 0o600


def test_a_profile_without_a_fit_issuer_is_refused(tmp_path: Path):
    root = Profile("root", "Root", "root", 1, ("key_cert_sign",), ca=True, path_length=0)
    leaf = Profile("leaf", "Leaf", "root", 1, ("digital_signature",))
    with pytest.raises(ValueError, match="does not come before it"):
        issue(tmp_path, (leaf, root))
    with pytest.raises(ValueError, match="is no CA"):
        issue(tmp_path, (root, leaf, Profile("x", "X", "leaf", 1, ())))
