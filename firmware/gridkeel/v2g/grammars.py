"""The EXI grammars a session uses; each holds its table in place, in flash where it is.

Made once, with all the rest of a session: an import in the middle of one may want a larger table of modules, 3.5 kB in
one piece, which a heap that has run for a while may not have.
"""

from gridkeel.v2g import exi
from gridkeel.v2g.exi.tables.iso2 import TABLE as _ISO2
from gridkeel.v2g.exi.tables.sap import TABLE as _SAP
from gridkeel.v2g.exi.tables.xmldsig import TABLE as _XMLDSIG

_sap = exi.Schema(_SAP)
_iso2 = exi.Schema(_ISO2)
_xmldsig = exi.Schema(_XMLDSIG)


def sap() -> exi.Schema:
    """Return the grammar of the protocol handshake."""
    return _sap


def iso2() -> exi.Schema:
    """Return the grammar of ISO 15118-2."""
    return _iso2


def xmldsig() -> exi.Schema:
    """Return the grammar of XML signatures alone, which SignedInfo is signed under."""
    return _xmldsig
