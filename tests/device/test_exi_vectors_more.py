"""EXI bodies of the other schemas, and fragments, that EXIficient made."""

from exi_schemas import check_vectors
from exi_vectors_more import VECTORS


def test_supported_app_protocol_is_decoded_and_encoded_as_exificient_does():
    check_vectors(VECTORS, "sap")


def test_fragments_of_iso_15118_2_are_encoded_as_exificient_does():
    check_vectors(VECTORS, "iso2")


def test_xmldsig_is_decoded_and_encoded_as_exificient_does():
    check_vectors(VECTORS, "xmldsig")


def test_din_70121_is_decoded_and_encoded_as_exificient_does():
    check_vectors(VECTORS, "din")


def test_iso_15118_20_is_decoded_and_encoded_as_exificient_does():
    check_vectors(VECTORS, "iso20_common")
    check_vectors(VECTORS, "iso20_ac")
    check_vectors(VECTORS, "iso20_dc")
