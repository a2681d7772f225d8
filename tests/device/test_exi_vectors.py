"""EXI bodies that EXIficient made: decoded to their values, encoded to their bytes."""

from exi_schemas import check_vectors
from exi_vectors import VECTORS


def test_iso_15118_2_is_decoded_and_encoded_as_exificient_does():
    check_vectors(VECTORS, "iso2")
