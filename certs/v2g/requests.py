"""Requests (PKCS #10) of chargers for certificates of keys that they made themselves, judged before any is signed."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from certs.keys import kind_of
from certs.v2g import names
from host_tools.errors import MissingError, ToolError


def read(path: Path, kind: str) -> x509.CertificateSigningRequest:
    """Return a request in PEM or DER whose key is of this kind (certs.keys.KINDS), signed with that very key.

    Errors: MissingError without the file; ToolError with what is wrong in it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    try:
        load = x509.load_pem_x509_csr if b"-----BEGIN " in data else x509.load_der_x509_csr
        request = load(data)
        sound = request.is_signature_valid
        found = kind_of(request.public_key())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ToolError(f"{path} is no request for a certificate (PKCS #10): {error}") from None
    if not sound:
        raise ToolError(f"{path}: its signature is not by the key in it")
    if found != kind:
        raise ToolError(f"{path}: a key of kind {found}, it has to be {kind}")
    try:
        identity(request)
    except ToolError as error:
        raise ToolError(f"{path}: {error}") from None
    return request


def identity(request: x509.CertificateSigningRequest) -> str:
    """Return the SECC id that a request names itself by.  Errors: ToolError."""
    found = [str(each.value) for each in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(found) != 1:
        raise ToolError(f"{len(found)} common names in it: the SECC id has to be the one")
    return names.secc_id(found[0])
