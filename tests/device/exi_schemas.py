"""Schemas by the name of their table, and vectors held against them."""

from gridkeel.v2g import exi


def schema(name):
    module = "gridkeel.v2g.exi.tables." + name
    return exi.Schema(__import__(module, None, None, ("TABLE",)).TABLE)


def check_vectors(vectors, table):
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
