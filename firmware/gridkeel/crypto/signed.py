"""The outer form of certificates and revocation lists: SEQUENCE { body, algorithm, signature }."""

from hashlib import sha256

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import der, ecdsa
from gridkeel.crypto.refusals import OVERSIZED, UNKNOWN_ALGORITHM
from gridkeel.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Generator

    from gridkeel.protocols import Buffer

# AlgorithmIdentifier of ecdsa-with-SHA256, without parameters (RFC 5758, 3.2).
_ALGORITHM = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"


class Signed:
    """The outer form.  data: the DER, kept as it is; tbs: a view of the part that is signed; signature: 64 bytes."""

    def __init__(self, data: bytes, most_bytes: int) -> None:
        """Read the outer form.  Errors: CertificateError."""
        if len(data) > most_bytes:
            raise CertificateError(OVERSIZED, "%d bytes, at most %d" % (len(data), most_bytes))
        start, stop = der.whole(data, der.SEQUENCE)
        self.data = data
        self._body = start
        self._first, self._last = der.element(data, start, stop, der.SEQUENCE)
        at = algorithm(data, self._last, stop)
        first, after = der.octets(data, at, stop)
        der.finish(after, stop)
        self.signature = ecdsa.from_der(bytes(data[first:after]))

    @property
    def tbs(self) -> memoryview:
        """The signed bytes, a memoryview."""
        return memoryview(self.data)[self._body : self._last]

    def signed_by(self, public_key: bytes) -> "Generator[None, None, bool]":
        """Generator; return whether this key, 65 bytes, made the signature."""
        return (yield from ecdsa.verify(public_key, sha256(self.tbs).digest(), self.signature))


def algorithm(data: "Buffer", at: int, end: int) -> int:
    """Return the position after the AlgorithmIdentifier, which must be ecdsa-with-SHA256.  Errors: CertificateError."""
    _start, stop = der.element(data, at, end, der.SEQUENCE)
    if data[at:stop] != _ALGORITHM:
        raise CertificateError(UNKNOWN_ALGORITHM, "signature algorithm is not ecdsa-with-SHA256")
    return stop
