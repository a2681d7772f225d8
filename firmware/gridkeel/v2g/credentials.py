"""Trust anchors and revocation lists of a session, as the board's /pki folder holds them."""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto.trust import Known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridkeel.crypto.crl import RevocationList
    from gridkeel.crypto.x509 import Certificate


class Credentials:
    """Read once at start.  The SECC's own chain and key belong to TLS and never come here.

    v2g_roots, mo_roots: anchors of a contract, Certificate or DER.  crls: gridkeel.crypto.crl.RevocationList.
    """

    def __init__(
        self,
        v2g_roots: "Iterable[Certificate | bytes]" = (),
        mo_roots: "Iterable[Certificate | bytes]" = (),
        crls: "Iterable[RevocationList]" = (),
    ) -> None:
        self.v2g_roots = list(v2g_roots)
        self.mo_roots = list(mo_roots)
        self.crls = list(crls)
        self.known = Known()

    def anchors(self) -> "list[Certificate | bytes]":
        """Return the roots a contract's chain may end at."""
        return self.mo_roots + self.v2g_roots
