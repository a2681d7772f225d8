"""What the EXI decoder refuses, each with its words and its place."""

from exi_schemas import schema
from exi_values import message, octets
from exi_vectors import VECTORS

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.writer import BitWriter


def refused(body, *words, table="iso2", fragment=False):
    """Decode what must not decode; make sure that the error says so."""
    try:
        value = (exi.decode_fragment if fragment else exi.decode)(schema(table), body, 0, len(body))
    except ExiError as error:
        for word in words:
            assert word in str(error), (word, str(error))
        return
    raise AssertionError(("not refused", words, value))


def bits(*pairs):
    """Return a body made of (number, bits) pairs, bytes, and numbers as EXI Unsigned Integers."""
    out = bytearray(500)
    writer = BitWriter(out, 0)
    for pair in pairs:
        if isinstance(pair, bytes):
            writer.octets(pair)
        elif isinstance(pair, int):
            writer.unsigned(pair)
        else:
            writer.put(*pair)
    return bytes(out[: writer.finish()])


# SupportedAppProtocolReq up to the characters of ProtocolNamespace: header, root, AppProtocol, ProtocolNamespace, text
NAMESPACE = ((0x80, 8), (0, 2), (0, 1), (0, 1), (0, 1))
# ... and with a namespace of one character up to the value of VersionNumberMajor
MAJOR = NAMESPACE + (3, b"x", (0, 1), (0, 1), (0, 1))
# V2G_Message up to what the body holds: header, root, Header, SessionID, its bytes, end of it, end of Header, Body
BODY = ((0x80, 8), (76, 7), (0, 1), (0, 1), (0, 1), 1, b"x", (0, 1), (2, 2), (0, 1))


def test_every_truncation_is_refused():
    for _table, _form, _root, _value, body in VECTORS:
        body = bytes.fromhex(body)
        for n in range(1, len(body), 1 + len(body) // 12):
            refused(body[:n], "EXI byte", "the body ends in the middle")


def test_an_empty_body_and_bytes_past_the_bounds_are_refused():
    body = bytes.fromhex(VECTORS[0][4])
    refused(b"", "0 bytes")
    refused(bytes(bounds.MESSAGE_BYTES + 1), "16385 bytes")
    most = bounds.TRAILING_BYTES
    assert exi.decode(schema("iso2"), body + bytes(most), 0, len(body) + most)[0] == VECTORS[0][2]
    refused(body + bytes(most + 1), "EXI byte 13: 5 bytes behind the end")
    refused(body + body, "14 bytes behind the end")


def test_other_headers_are_refused():
    refused(b"$EXI\x80", "EXI byte 0: no EXI header")
    refused(b"\xa0\0\0\0", "EXI byte 0: no EXI header")
    refused(b"\x81\0\0\0", "EXI byte 0: no EXI header")


def test_a_root_that_is_no_element_is_refused():
    refused(bits((0x80, 8), (80, 7)), "EXI byte 1: the root is no element")
    refused(bits((0x80, 8), (127, 7)), "the root is no element")
    refused(bits((0x80, 8), (5, 7)), "the element is abstract", "at BodyElement")
    refused(bits((0x80, 8), (243, 8)), "the root is no element", fragment=True)


def test_second_level_events_are_refused():
    refused(bits((0x80, 8), (76, 7), (1, 1)), "second-level", "V2G_Message")
    refused(bits(*BODY[:4], (1, 1)), "second-level event where a value", "SessionID")
    refused(bits(*BODY[:7], (1, 1)), "second-level event behind a value", "SessionID")


def test_event_codes_without_meaning_are_refused():
    refused(bits(*BODY, (37, 6)), "event code 37, 0..35 are known", "at Body")


def test_abstract_elements_are_refused():
    refused(bits(*BODY, (2, 6)), "abstract", "at BodyElement")


def test_values_past_an_enumeration_are_refused():
    refused(bits(*BODY, (32, 6), (0, 1), (0, 1), (26, 5)), "26, 0..25 are taken", "ResponseCode")


def test_strings_out_of_bounds_are_refused():
    refused(bits(*NAMESPACE, 0), "earlier string", "ProtocolNamespace", table="sap")
    refused(bits(*NAMESPACE, 1), "earlier string", table="sap")
    refused(bits(*NAMESPACE, 103), "a length of 101 characters, 0..100 are taken", table="sap")
    refused(bits(*NAMESPACE, 2**20), "characters", table="sap")
    refused(bits(*NAMESPACE, 2**21), "more than 3 octets", table="sap")
    refused(bits(*NAMESPACE, 102, b"short"), "the body ends in the middle", table="sap")
    for code in (0, 8, 0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x110000):
        refused(bits(*NAMESPACE, 3, code, (0, 16)), "%d is no character" % code, table="sap")


def test_numbers_out_of_range_are_refused():
    refused(bits(*MAJOR, 2**32), "4294967296, 0..4294967295 are taken", "VersionNumberMajor", table="sap")
    refused(bits(*MAJOR, b"\x80\x80\x80\x80\x80\0"), "more than 5 octets", table="sap")
    minor = MAJOR + (1, (0, 1), (0, 1), (0, 1), 0, (0, 1), (0, 1), (0, 1), (7, 8), (0, 1), (0, 1), (0, 1))
    refused(bits(*minor, (20, 5)), "21, 1..20 are taken", "Priority", table="sap")


def test_binaries_out_of_bounds_are_refused():
    refused(bits(*BODY[:5], 9, b"123456789"), "a length of 9 bytes, 0..8 are taken", "SessionID")
    refused(bits(*BODY[:5], 8, b"1234567"), "the body ends in the middle", "SessionID")


def test_wildcards_and_mixed_content_are_refused():
    # CanonicalizationMethod: Algorithm, then any element, end or text
    method = ((0x80, 8), (0, 5), (0, 1), 3, b"a")
    refused(bits(*method, (0, 2)), "any: not supported", table="xmldsig")
    refused(bits(*method, (2, 2)), "text between elements", table="xmldsig")
    refused(bits(*method, (3, 2)), "second-level", table="xmldsig")


def test_lists_depth_and_memory_are_bounded():
    grammar = schema("xmldsig")
    out = bytearray(1000)
    end = exi.encode(grammar, "X509Data", {"X509SKI": [b"x"] * bounds.OCCURRENCES}, out, 0)
    assert exi.decode(grammar, out, 0, end)[1] == {"X509SKI": [b"x"] * bounds.OCCURRENCES}
    kept = bounds.OCCURRENCES, bounds.DEPTH, bounds.DECODED_BYTES
    body = bytes.fromhex(VECTORS[7][4])
    try:
        bounds.OCCURRENCES = 63
        refused(bytes(out[:end]), "more than 63 of one element", table="xmldsig")
        bounds.DEPTH = 8
        refused(body, "more than 8 elements open")
        bounds.DEPTH, bounds.DECODED_BYTES = 16, 2000
        refused(body, "more than 2000 bytes of memory")
    finally:
        bounds.OCCURRENCES, bounds.DEPTH, bounds.DECODED_BYTES = kept
    assert exi.decode(schema("iso2"), body, 0, len(body)) == VECTORS[7][2:4]


def test_slices_are_short_and_keep_the_body():
    grammar = schema("iso2")
    value = message(
        "PaymentDetailsReq", {"eMAID": "DE8AA1A2B3C4D5", "ContractSignatureCertChain": {"Certificate": octets(800, 3)}}
    )
    out = bytearray(2000)
    end = exi.encode(grammar, "V2G_Message", value, out, 0)
    bounds.EVENTS_A_STEP, kept = 1, bounds.EVENTS_A_STEP
    steps = exi.decode_steps(grammar, out, 0, end)
    yielded = 0
    try:
        while True:
            next(steps)
            out[:end] = bytes(end)
            yielded += 1
    except StopIteration as done:
        assert done.value == ("V2G_Message", value)
    finally:
        bounds.EVENTS_A_STEP = kept
    assert yielded > 8
