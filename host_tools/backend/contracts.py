"""Contract for a vehicle: which one it gets, and whether the certificates of whoever asks are valid."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from certs.v2g import Pki
from gridkeel.crypto import chain, crl, names, profiles, refusals, x509
from gridkeel.errors import CertificateError
from gridkeel.v2g import emaid
from gridkeel.v2g.iso2 import codes
from host_tools.backend import fast_verify
from host_tools.backend.signing import driven

CANCELED = "FAILED_ContractCanceled"
_LEAST_LEFT = timedelta(days=28)  # the shortest a contract's certificate may be made for
_ROOTS = {
    profiles.CONTRACT: ("mo_root", "v2g_root"),
    profiles.OEM_PROVISIONING: ("oem_root", "v2g_root"),
    profiles.CPS: ("v2g_root",),
}
_CODES = {
    refusals.EXPIRED: codes.CERTIFICATE_EXPIRED,
    refusals.NOT_YET_VALID: codes.CERTIFICATE_EXPIRED,  # as [V2G2-824] has it for PaymentDetails
    refusals.REVOKED: codes.REVOKED,
}


class RefusedError(Exception):
    """A request is answered with a FAILED code; reason: for whoever watches the backend."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


def for_vehicle(pki: Pki, pcid: str, now: datetime) -> str:
    """Return the name of the contract for a vehicle: one issued for its PCID, or else one for anybody.

    A certificate with less than four weeks left is renewed first, with a new key.  Errors: RefusedError.
    """
    candidates = [pki.entry(name) for name in pki.names("contract")]
    candidates = [entry for entry in candidates if entry.holder in ("", pcid) and not _revoked(entry)]
    if not candidates:
        raise RefusedError(codes.NO_CERTIFICATE, f"no contract for vehicle {pcid}")
    name = max(candidates, key=lambda entry: entry.holder == pcid).name
    if pki.certificate(name).not_valid_after_utc - now < _LEAST_LEFT:
        pki.renew(name, new_key=True, now=now)
    return name


def renewed(pki: Pki, account: str, now: datetime) -> str:
    """Renew the contract of an EMAID, with a new key; return its name.  Errors: RefusedError."""
    found = [pki.entry(name) for name in pki.names("contract")]
    found = [entry for entry in found if emaid.same(entry.common_name, account)]
    if not found:
        raise RefusedError(codes.NO_CERTIFICATE, f"no contract {account}")
    if all(_revoked(entry) for entry in found):
        raise RefusedError(CANCELED, f"contract {account} is revoked")
    name = next(entry.name for entry in found if not _revoked(entry))
    pki.renew(name, new_key=True, now=now)
    return name


def valid_vehicle(pki: Pki, der: bytes, now: datetime) -> x509.Certificate:
    """Return a provisioning certificate that holds; it comes without sub-CAs, which are the PKI's.

    Errors: RefusedError.
    """
    leaf = _parsed(der)
    below = [name for name in pki.names() if names.same(_read(_der(pki, name)).subject, leaf.issuer)]
    subs = pki.chain(below[0])[:-1] if below else []
    return _valid(pki, [der, *(_der(pki, name) for name in subs)], profiles.OEM_PROVISIONING, now)


def valid_contract(pki: Pki, sent: dict[str, Any], now: datetime) -> x509.Certificate:
    """Return the leaf of a contract's chain that holds.  Errors: RefusedError."""
    ders = [sent["Certificate"], *sent.get("SubCertificates", {}).get("Certificate", [])]
    return _valid(pki, ders, profiles.CONTRACT, now)


def must_hold(pki: Pki, name: str, profile: profiles.Profile, now: datetime) -> None:
    """Refuse to hand out a certificate of our own that no vehicle would take.  Errors: RefusedError."""
    result = _checked(pki, [_der(pki, each) for each in pki.chain(name)[:-1]], profile, now)
    if result != refusals.OK:
        raise RefusedError(codes.NO_CERTIFICATE, f"{name} of the PKI: {refusals.name(result)}")


def _valid(pki: Pki, ders: list[bytes], profile: profiles.Profile, now: datetime) -> x509.Certificate:
    result = _checked(pki, ders, profile, now)
    if result != refusals.OK:
        raise RefusedError(_CODES.get(result, codes.CERT_CHAIN_ERROR), f"{profile.name}: {refusals.name(result)}")
    return _parsed(ders[0])


def _checked(pki: Pki, ders: list[bytes], profile: profiles.Profile, now: datetime) -> int:
    roots = [_read(_der(pki, name)) for role in _ROOTS[profile] for name in pki.names(role)]
    lists = [entry.crl_path(pki.folder).read_bytes() for entry in pki.index.entries.values() if entry.crl]
    crls = [_read_list(data) for data in lists]
    try:
        path = [_read(data) for data in ders]
    except CertificateError as error:
        return error.code
    return driven(chain.validate(path, roots, int(now.timestamp()), crls, profile, fast_verify.Verified()))


# What a PKI's files say is the same at every request; nobody changes what was read.
_read = lru_cache(maxsize=256)(x509.parse)


@lru_cache(maxsize=64)
def _read_list(data: bytes) -> crl.RevocationList:
    return driven(crl.parse(data))


def _parsed(der: bytes) -> x509.Certificate:
    try:
        return _read(der)
    except CertificateError as error:
        raise RefusedError(codes.CERT_CHAIN_ERROR, str(error)) from None


def _revoked(entry: Any) -> bool:
    return str(entry.number) in entry.revoked


def _der(pki: Pki, name: str) -> bytes:
    return pki.certificate(name).public_bytes(Encoding.DER)
