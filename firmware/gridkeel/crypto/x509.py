"""Certificates of X.509 v3 as ISO 15118-2 has them: P-256, ECDSA with SHA-256, strict DER, at most 800 bytes a leaf.

Source: RFC 5280, chapter 4; ISO 15118-2, annex F.
"""

from gridkeel.crypto import der, extensions, names, p256, times
from gridkeel.crypto.refusals import BAD_KEY, OVERSIZED, UNKNOWN_CURVE
from gridkeel.crypto.signed import Signed, algorithm
from gridkeel.errors import CertificateError

MOST_BYTES = 800  # of the standard
MOST_CA_BYTES = 1600  # sub-CAs in use pass the standard's; a leaf and two of these fit a message

# Bits of key_usage.
DIGITAL_SIGNATURE = 1
KEY_CERT_SIGN = 32
CRL_SIGN = 64

_VERSION_3 = b"\xa0\x03\x02\x01\x02"
_SERIAL_BYTES = 20
# AlgorithmIdentifier of a public key on P-256 by name (RFC 5480, 2.1.1).
_KEY_ALGORITHM = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
_EXTENSIONS = 0xA3
_READERS = {
    extensions.SUBJECT_KEY_ID: extensions.key_id,
    extensions.AUTHORITY_KEY_ID: extensions.authority_key_id,
    extensions.KEY_USAGE: extensions.key_usage,
    extensions.BASIC_CONSTRAINTS: extensions.basic_constraints,
    extensions.EXTENDED_KEY_USAGE: extensions.purposes,
}


class Certificate(Signed):
    """A parsed certificate; whether it is valid is chain.validate's to find out.

    issuer, subject: raw DER of the Names.  common_name, domain_component: the subject's, "" where not there once.
    serial: big-endian bytes.  not_before_s, not_after_s: seconds since 1970.  public_key: 65 bytes.  key_usage: bits,
    None where not said.  is_ca, path_len: path_len is None where unbounded.  purposes: identifiers of the extended
    key usage, None where not said.  key_id, authority_key_id: bytes, b"" where not said.
    """

    curve = "P-256"

    def __init__(self, data: bytes) -> None:
        """data: bytes, kept.  Errors: CertificateError."""
        super().__init__(data, MOST_CA_BYTES)
        at, end = self._first, self._last
        if data[at : at + 5] != _VERSION_3:
            der.refuse("not version 3", at)
        self.serial, at = _serial(data, at + 5, end)
        at = algorithm(data, at, end)
        self.issuer, _name, _component, at = names.read(data, at, end)
        self.not_before_s, self.not_after_s, at = _validity(data, at, end)
        self.subject, self.common_name, self.domain_component, at = names.read(data, at, end)
        self.public_key, at = _public_key(data, at, end)
        start, stop = der.element(data, at, end, _EXTENSIONS)
        der.finish(stop, end)
        found, after = extensions.read(data, start, stop, _READERS, extensions.IN_CERTIFICATES)
        der.finish(after, stop)
        self.key_usage = found.get(extensions.KEY_USAGE)
        self.is_ca, self.path_len = found.get(extensions.BASIC_CONSTRAINTS, (False, None))
        if len(data) > MOST_BYTES and not self.is_ca:
            raise CertificateError(OVERSIZED, "%d bytes, a leaf has at most %d" % (len(data), MOST_BYTES))
        self.purposes = found.get(extensions.EXTENDED_KEY_USAGE)
        self.key_id = found.get(extensions.SUBJECT_KEY_ID, b"")
        self.authority_key_id = found.get(extensions.AUTHORITY_KEY_ID, b"")


def parse(data: bytes) -> Certificate:
    """Return the Certificate of these bytes of DER.  Errors: CertificateError; its code says which."""
    return Certificate(data)


def _serial(data, at, end):
    start, stop = der.positive(data, at, end)
    if stop - at - 2 > _SERIAL_BYTES:
        der.refuse("serial number over 20 bytes", at)
    return bytes(data[start:stop]), stop


def _validity(data, at, end):
    at, stop = der.element(data, at, end, der.SEQUENCE)
    not_before_s, at = times.read(data, at, stop)
    not_after_s, at = times.read(data, at, stop)
    der.finish(at, stop)
    return not_before_s, not_after_s, stop


def _public_key(data, at, end):
    start, stop = der.element(data, at, end, der.SEQUENCE)
    _first, after = der.element(data, start, stop, der.SEQUENCE)
    if data[start:after] != _KEY_ALGORITHM:
        raise CertificateError(UNKNOWN_CURVE, "public key is not on P-256 by name")
    first, after = der.octets(data, after, stop)
    der.finish(after, stop)
    key = bytes(data[first:after])
    if p256.decode(key) is None:
        raise CertificateError(BAD_KEY, "public key is no uncompressed point of P-256")
    return key, stop
