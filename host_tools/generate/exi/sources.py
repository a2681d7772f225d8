"""The schemas of ISO 15118 and DIN 70121, as the installed peer brings them."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import xmlschema

from host_tools import peer

_XMLDSIG = "xmldsig-core-schema.xsd"
# Table's name: the schema that its grammar is made from
MAIN = {
    "sap": "V2G_CI_AppProtocol.xsd",
    "iso2": "iso15118_2/V2G_CI_MsgDef.xsd",
    "xmldsig": _XMLDSIG,
    "din": "din_spec/V2G_CI_MsgDef.xsd",
    "iso20_common": "iso15118_20/V2G_CI_CommonMessages.xsd",
    "iso20_ac": "iso15118_20/V2G_CI_AC.xsd",
    "iso20_dc": "iso15118_20/V2G_CI_DC.xsd",
}


@contextlib.contextmanager
def prepared() -> Iterator[Path]:
    """Give a folder with a copy of the schemas that needs no network; it is gone afterwards.

    xmldsig names a DTD on the web, and the schemas of -20 and DIN look for xmldsig in their own folder.
    Errors: MissingError where the peer is not installed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "schemas"
        shutil.copytree(peer.package() / "shared" / "schemas", folder)
        path = folder / _XMLDSIG
        path.write_text(re.sub(r"<!DOCTYPE.*?]>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
        for beside in ("iso15118_20", "din_spec"):
            shutil.copy(path, folder / beside)
        yield folder


def load(folder: Path, name: str) -> xmlschema.XMLSchema10:
    """Return the schema of one table, with all that it imports."""
    return xmlschema.XMLSchema10(str(folder / MAIN[name]), allow="local")
