"""What a session trusts: roots and revocation lists, DER, as the board's /pki folder holds them."""


class Credentials:
    """Lists of DER bytes, read once at start.

    v2g_roots, mo_roots: anchors of a contract.  oem_roots: anchors of a provisioning certificate.  crls: revocation
    lists.  The SECC's own chain and key belong to TLS and never come here.
    """

    def __init__(self, v2g_roots=(), mo_roots=(), oem_roots=(), crls=()):
        self.v2g_roots = list(v2g_roots)
        self.mo_roots = list(mo_roots)
        self.oem_roots = list(oem_roots)
        self.crls = list(crls)

    def anchors(self):
        """Return the roots a contract's chain may end at."""
        return self.mo_roots + self.v2g_roots
