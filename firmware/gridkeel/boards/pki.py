"""The /pki folder of a board's flash: the charger's own key and chain, the roots it trusts, revocation lists.

Files are DER: secc_key, secc_0 (leaf) to secc_2, v2g_root_N, mo_root_N, oem_root_N, crl_N; `gridkeel pki export
--device` writes them.
"""

import os

# On the flash, whose root is the working directory. Provisioning moves the one away before it moves the other in.
FOLDER = "pki/"
EARLIER = "pki.old/"
PER_KIND = 10


class Pki:
    """The folder's content as bytes.  chain: leaf first, empty where the board has no certificate of its own."""

    def __init__(self, mutual: bool = False, folder: str = "") -> None:
        self.mutual = mutual
        if not folder:
            folder = FOLDER
            try:
                os.stat("pki")
            except OSError:
                folder = EARLIER  # the power went between the two moves
        self.key = _read(folder + "secc_key.der") or b""
        self.chain = _all(folder, "secc") if self.key else []
        self.v2g_roots = _all(folder, "v2g_root")
        self.mo_roots = _all(folder, "mo_root")
        self.oem_roots = _all(folder, "oem_root")
        self.crls = _all(folder, "crl")

    @property
    def client_roots(self) -> "list[bytes]":
        """The roots a vehicle's own TLS certificate may come from."""
        return self.v2g_roots + self.oem_roots


def _all(folder, kind):
    found = []
    for number in range(PER_KIND):
        data = _read("%s%s_%d.der" % (folder, kind, number))
        if data is None:
            break
        found.append(data)
    return found


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
