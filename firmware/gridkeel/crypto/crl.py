"""Certificate revocation lists of X.509 v2, whole ones: no delta, no list for several issuers.

Source: RFC 5280, chapter 5.
"""

from array import array

from gridkeel import TYPE_CHECKING, slices
from gridkeel.crypto import der, extensions, names, times
from gridkeel.crypto.signed import Signed, algorithm

if TYPE_CHECKING:
    from collections.abc import Generator

MOST_BYTES = 16384  # 400 long serial numbers, 770 short ones; more does not fit beside a session in a board's heap
_ENTRIES_A_SLICE = 16  # at most; a slow clock has fewer (slices.py)
_ENTRY_CYCLES = 100000
_VERSION_2 = b"\x02\x01\x01"
_EXTENSIONS = 0xA0
_READERS = {extensions.AUTHORITY_KEY_ID: extensions.authority_key_id}


class RevocationList(Signed):
    """What a list says.

    issuer: raw DER.  this_update_s, next_update_s: seconds since 1970.  authority_key_id: bytes, b"" where not said.
    """

    def __init__(self, data: bytes) -> None:
        """Read all but the entries, which `parse` adds.  data: bytes, kept.  Errors: CertificateError."""
        super().__init__(data, MOST_BYTES)
        at, end = self._first, self._last
        if data[at : at + 3] != _VERSION_2:
            der.refuse("not version 2", at)
        at = algorithm(data, at + 3, end)
        self.issuer, _name, _component, at = names.read(data, at, end)
        self.this_update_s, at = times.read(data, at, end)
        self.next_update_s, at = times.read(data, at, end)
        self.entries_at = self.entries_stop = at
        if at < end and data[at] == der.SEQUENCE:
            self.entries_at, at = der.element(data, at, end, der.SEQUENCE)
            self.entries_stop = at
        self.authority_key_id = self._read_extensions(at, end)
        self._serials = array("H")

    def _read_extensions(self, at, end):
        start, stop = der.element(self.data, at, end, _EXTENSIONS)
        der.finish(stop, end)
        found, after = extensions.read(self.data, start, stop, _READERS, extensions.IN_LISTS)
        der.finish(after, stop)
        return found.get(extensions.AUTHORITY_KEY_ID, b"")

    def add(self, at: int) -> int:
        """Take in the entry at `at`; return the position after it.  Errors: CertificateError."""
        data = self.data
        start, stop = der.element(data, at, self.entries_stop, der.SEQUENCE)
        _first, after = der.positive(data, start, stop)
        _revoked_s, after = times.read(data, after, stop)
        if after < stop:
            _found, after = extensions.read(data, after, stop, {}, extensions.IN_ENTRIES)
        der.finish(after, stop)
        self._serials.append(start)
        return stop

    def revokes(self, serial: bytes) -> bool:
        """Say whether a certificate of this issuer with these bytes as its serial is revoked."""
        data = self.data
        for at in self._serials:
            start, stop = der.positive(data, at, len(data))
            if data[start:stop] == serial:
                return True
        return False


def parse(data: bytes) -> "Generator[None, None, RevocationList]":
    """Generator, yields None between slices; return the RevocationList.  Errors: CertificateError."""
    found = RevocationList(data)
    at = found.entries_at
    most = left = slices.units(_ENTRY_CYCLES, _ENTRIES_A_SLICE)
    while at < found.entries_stop:
        at = found.add(at)
        left -= 1
        if left == 0:
            left = most
            yield
    return found
