"""EXI bodies that EXIficient made: decoded to their values, encoded to their bytes."""

from exi_schemas import schema
from exi_vectors import VECTORS

from gridkeel.v2g import exi


def _check(vectors, table):
    seen = 0
    for name, form, root, value, body in vectors:
        if name != table:
            continue
        body = bytes.fromhex(body)
        document = form == "document"
        grammar = schema(name)
        decoded = (exi.decode if document else exi.decode_fragment)(grammar, body, 0, len(body))
        assert decoded == (root, value), (root, decoded)
        out = bytearray(b"\xff" * (len(body) + 2))
        end = (exi.encode if document else exi.encode_fragment)(grammar, root, value, out, 1)
        assert end == len(body) + 1
        assert out[1:end] == body and out[0] == out[end] == 255
        seen += 1
    assert seen


def test_iso_15118_2():
    _check(VECTORS, "iso2")
