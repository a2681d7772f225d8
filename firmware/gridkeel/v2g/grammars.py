"""The EXI grammars a session uses, made when first asked for: each holds its table in place, in flash where it is."""

from gridkeel.v2g import exi

_made: dict = {}


def sap():
    """Return the grammar of the protocol handshake."""
    if "sap" not in _made:
        from gridkeel.v2g.exi.tables.sap import TABLE

        _made["sap"] = exi.Schema(TABLE)
    return _made["sap"]


def iso2():
    """Return the grammar of ISO 15118-2."""
    if "iso2" not in _made:
        from gridkeel.v2g.exi.tables.iso2 import TABLE

        _made["iso2"] = exi.Schema(TABLE)
    return _made["iso2"]


def xmldsig():
    """Return the grammar of XML signatures alone, which SignedInfo is signed under."""
    if "xmldsig" not in _made:
        from gridkeel.v2g.exi.tables.xmldsig import TABLE

        _made["xmldsig"] = exi.Schema(TABLE)
    return _made["xmldsig"]
