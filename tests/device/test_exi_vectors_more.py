"""EXI bodies of the other schemas, and fragments, that EXIficient made."""

from exi_vectors_more import VECTORS
from test_exi_vectors import _check


def test_supported_app_protocol():
    _check(VECTORS, "sap")


def test_fragments_of_iso_15118_2():
    _check(VECTORS, "iso2")


def test_xmldsig():
    _check(VECTORS, "xmldsig")


def test_din_70121():
    _check(VECTORS, "din")


def test_iso_15118_20():
    _check(VECTORS, "iso20_common")
    _check(VECTORS, "iso20_ac")
    _check(VECTORS, "iso20_dc")
