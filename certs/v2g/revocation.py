"""Revocation lists and OCSP responses, signed by the CA that issued."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from certs.issuing import CLOCK_SKEW, Pair
from certs.keys import KINDS, kind_of

LIST_DAYS = 30  # our choice: how long a list or a response counts as fresh


def revocation_list(issuer: Pair, revoked: Mapping[int, datetime], number: int, now: datetime) -> bytes:
    """Return a CRL in DER.  revoked: time of revocation by serial number."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - CLOCK_SKEW)
        .next_update(now + timedelta(days=LIST_DAYS))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for serial, at in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, KINDS[kind_of(issuer.key)].digest).public_bytes(Encoding.DER)


def revoked_response(certificate: x509.Certificate, issuer: Pair, revoked: datetime, now: datetime) -> bytes:
    """Return an OCSP response in DER that says since when a certificate is revoked."""
    response = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.REVOKED,
        this_update=now - CLOCK_SKEW,
        next_update=now + timedelta(days=LIST_DAYS),
        revocation_time=revoked,
        revocation_reason=None,
    )
    response = response.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    return response.sign(issuer.key, KINDS[kind_of(issuer.key)].digest).public_bytes(Encoding.DER)
