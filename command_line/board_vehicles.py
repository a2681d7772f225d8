"""Option `--v2g-interface` of `gridkeel board run`: a network on which vehicles come, and the keys for it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import ToolError

# A vehicle's program is started by hand, long after the board's: basic charging must not begin before it.
PARAMETERS = {"evse": 2, "hlc_wait_s": 600}


@dataclass(frozen=True)
class Network:
    """pki: folder for the board's flash, None for none.  address: "fe80::1%eth1", "" for none."""

    address: str = ""
    pki: Path | None = None


@contextlib.contextmanager
def network_of(interface: str | None, pki: Path | None) -> Iterator[Network]:
    """Give the network of an interface with the certificates of a folder.

    pki: a PKI folder (`gridkeel pki init`), or what `gridkeel pki export --device` made of one.
    Errors: MissingError without such an interface; ToolError where the folder is neither.
    """
    if interface is None:
        if pki is not None:
            raise ToolError("--pki DIR wants --v2g-interface IFACE: without it no vehicle can come")
        yield Network()
        return
    from certs import v2g
    from hil.interop.namespaces import wait_for_address
    from hil.virtual_board.flash import PKI_KEY

    address = wait_for_address(interface)
    with tempfile.TemporaryDirectory(prefix="gridkeel-pki-") as scrap:
        folder = None
        if pki is not None:
            folder = pki if (pki / PKI_KEY).exists() else Path(scrap)
            if folder != pki:
                v2g.export_device(v2g.Pki(pki), folder, force=True)
        yield Network(address, folder)
