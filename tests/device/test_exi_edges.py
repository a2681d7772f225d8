"""The codec at its edges: long lists, slices, numbers without a size, text that ends with its body."""

from exi_schemas import schema
from exi_values import message, phys, signature

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.decoder import Decoder
from gridkeel.v2g.exi.facets import number_range
from gridkeel.v2g.exi.reader import BitReader
from gridkeel.v2g.exi.schema import HEADER, LIMITED, MIXED_TYPE, REPEATED, width
from gridkeel.v2g.exi.value_reader import read_length
from gridkeel.v2g.exi.writer import BitWriter


def schedule(entries):
    """A message with a list that may have 1,024 entries."""
    one = {"PMax": phys(0, "W", 7000), "RelativeTimeInterval": {"start": 0}}
    parameter = {
        "AC_EVSEStatus": {"NotificationMaxDelay": 0, "EVSENotification": "None", "RCD": False},
        "EVSENominalVoltage": phys(0, "V", 230),
        "EVSEMaxCurrent": phys(0, "A", 32),
    }
    body = {
        "ResponseCode": "OK",
        "EVSEProcessing": "Finished",
        "SAScheduleList": {
            "SAScheduleTuple": [{"SAScheduleTupleID": 1, "PMaxSchedule": {"PMaxScheduleEntry": [one] * entries}}]
        },
        "AC_EVSEChargeParameter": parameter,
    }
    return message("ChargeParameterDiscoveryRes", body)


def slices(steps):
    """Return (how many slices, the result)."""
    count = 1
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as done:
            return count, done.value


def refused(work, *words):
    try:
        work()
    except ExiError as error:
        for word in words:
            assert word in str(error), (word, str(error))
        return
    raise AssertionError(("not refused", words))


def test_a_list_with_a_bound_of_its_own_goes_up_to_it():
    out = bytearray(4000)
    assert exi.encode(schema("iso2"), "V2G_Message", schedule(bounds.OCCURRENCES + 6), out, 0) > 400
    value = schedule(40)
    end = exi.encode(schema("iso2"), "V2G_Message", value, out, 0)
    assert exi.decode(schema("iso2"), out, 0, end) == ("V2G_Message", value)


def test_writing_is_sliced_as_reading_is():
    out = bytearray(4000)
    value = schedule(40)
    written, end = slices(exi.encode_steps(schema("iso2"), "V2G_Message", value, out, 0))
    read, _value = slices(exi.decode_steps(schema("iso2"), out, 0, end))
    assert written == read > 40 * 5 // bounds.EVENTS_A_STEP


def serial(number):
    return {"X509IssuerName": "one", "X509SerialNumber": number}


def test_a_number_without_a_size_has_so_many_octets():
    out = bytearray(100)
    most = (1 << 7 * bounds.INTEGER_OCTETS) - 1
    for number in (0, 1, most, -1, -most - 1):
        end = exi.encode_fragment(schema("xmldsig"), "X509IssuerSerial", serial(number), out, 0)
        assert exi.decode_fragment(schema("xmldsig"), out, 0, end)[1] == serial(number)
    for number in (most + 1, -most - 2):
        refused(
            lambda number=number: exi.encode_fragment(schema("xmldsig"), "X509IssuerSerial", serial(number), out, 0)
        )
    end = exi.encode_fragment(schema("xmldsig"), "X509IssuerSerial", serial(most), out, 0)
    at = out.find(b"\xff" * 8)
    assert at > 0
    longer = out[:at] + b"\xff" * 8 + out[at:end]
    refused(lambda: exi.decode_fragment(schema("xmldsig"), longer, 0, len(longer)), "a number of more than")


def test_values_of_another_kind_are_refused():
    target = {
        "DC_EVStatus": {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": 1},
        "EVTargetVoltage": phys(0, "V", 1),
        "EVTargetCurrent": phys(0, "A", 1),
    }
    out = bytearray(200)
    for change, words in (
        (lambda: target["DC_EVStatus"].update(EVRESSSOC=True), "True is no int"),
        (lambda: target["EVTargetVoltage"].update(Value=True), "True is no int"),
    ):
        change()
        refused(lambda: exi.encode(schema("iso2"), "V2G_Message", message("PreChargeReq", target), out, 0), words)
        target["DC_EVStatus"]["EVRESSSOC"] = 1
    setup = {"ResponseCode": "OK", "EVSEID": b"DE*PNX*E12345"}
    refused(lambda: exi.encode(schema("iso2"), "V2G_Message", message("SessionSetupRes", setup), out, 0), "is no str")


def test_a_text_that_ends_with_its_body_is_refused():
    refused(lambda: BitReader(b"\xe9\x01", 0, 2).characters(2), "ends in the middle")
    assert BitReader(b"\xe9\x01\x20", 0, 3).characters(2) == "\xe9 "


def test_a_text_may_be_empty():
    assert read_length(BitReader(b"\x02", 0, 1)) == 0
    for size in (0, 1):
        refused(lambda size=size: read_length(BitReader(bytes((size,)), 0, 1)), "earlier string")


def test_an_attribute_that_no_such_element_has_is_refused():
    out = bytearray(100)
    for name in ("Name", "Algorithm"):
        refused(
            lambda name=name: exi.encode_fragment(schema("iso2"), "eMAID", {name: "x", "": "DE8AA1A2B3C4D5"}, out, 0)
        )


def test_what_follows_an_element_that_may_come_again():
    out = bytearray(200)
    for services in (["EIM"], ["EIM", "PnC"]):
        value = {
            "Header": {"SessionID": bytes(8), "TimeStamp": 1700000000},
            "ResponseCode": "OK",
            "AuthorizationServices": services,
            "CertificateInstallationService": True,
            "EIM_ASResAuthorizationMode": {},
        }
        end = exi.encode(schema("iso20_common"), "AuthorizationSetupRes", value, out, 0)
        assert exi.decode(schema("iso20_common"), out, 0, end) == ("AuthorizationSetupRes", value)


def test_a_list_without_a_bound_has_ours_behind_an_element_that_comes_once():
    out = bytearray(8000)
    signed = signature()["SignedInfo"]
    signed["Reference"] = signed["Reference"] * (bounds.OCCURRENCES + 1)
    refused(lambda: exi.encode_fragment(schema("xmldsig"), "SignedInfo", signed, out, 0), "a list of 65, 64 are taken")
    signed["Reference"].pop()
    exi.encode_fragment(schema("xmldsig"), "SignedInfo", signed, out, 0)


def test_a_list_takes_memory_of_its_own():
    out = bytearray(100)
    grammar = schema("xmldsig")
    used = []
    for items in (1, 2):
        end = exi.encode_fragment(grammar, "X509Data", {"X509SKI": [b"x"] * items}, out, 0)
        decoder = Decoder(grammar, out, 0, end)
        decoder.open(True)
        while decoder.run(100):
            pass
        used.append(bounds.DECODED_BYTES - decoder._budget.left)
    one = used[1] - used[0]
    assert used[0] == 2 * bounds.CONTAINER_BYTES + bounds.VALUE_BYTES + one


def test_a_fragment_of_a_name_in_two_namespaces_is_refused():
    grammar = schema("iso2")
    found = 0
    for code in range(grammar.elements):
        at = grammar.element_at(code, False)
        if grammar.data[at] & REPEATED and grammar.data[at + 1] != MIXED_TYPE and not found:
            writer = BitWriter(bytearray(20), 0)
            writer.put(HEADER, 8)
            writer.put(code, width(grammar.elements + 1))
            writer.put(0, 16)
            refused(lambda w=writer: exi.decode_fragment(grammar, w._out, 0, w._at), "more than one namespace")
            found += 1
    assert found


def test_the_range_of_a_limited_number():
    assert number_range(bytes((LIMITED, 5, 0, 4, 2, 0x12, 0x34, 0x56)), 0) == (5, 0x1234, 3)


def emaid(*events):
    """Return an eMAID as a fragment of these (code, bits, text)."""
    grammar = schema("iso2")
    writer = BitWriter(bytearray(60), 0)
    writer.put(HEADER, 8)
    writer.put(grammar.find("eMAID", False)[0], width(grammar.elements + 1))
    for code, highest, text in events:
        writer.put(code, width(highest))
        if text:
            writer.unsigned(len(text) + 2)
            writer.octets(text)
    writer.put(grammar.elements + 1, width(grammar.elements + 1))
    return grammar, writer._out, writer.finish()


def test_text_once_and_behind_it_neither_text_nor_attribute():
    grammar = schema("iso2")
    text, text_again = grammar.elements + grammar.attributes + 3, grammar.elements + 2
    first, end = (text, text + 1, b"DE8AA1A2B3C4D5"), (text_again - 1, text_again + 1, b"")
    good = emaid(first, end)
    assert exi.decode_fragment(*good[:2], 0, good[2])[1] == {"": "DE8AA1A2B3C4D5"}
    for code in (text_again, 0, grammar.attributes - 1):
        bad = emaid(first, (code, text_again + 1, b"more"), end)
        refused(lambda bad=bad: exi.decode_fragment(*bad[:2], 0, bad[2]), "not supported")


def test_attributes_without_text():
    out = bytearray(60)
    end = exi.encode_fragment(schema("iso2"), "eMAID", {"Id": "id1"}, out, 0)
    assert exi.decode_fragment(schema("iso2"), out, 0, end) == ("eMAID", {"Id": "id1"})


def test_a_document_may_begin_with_a_name_in_two_namespaces():
    out = bytearray(60)
    value = {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": 40}
    end = exi.encode(schema("iso2"), "DC_EVStatus", value, out, 0)
    assert exi.decode(schema("iso2"), out, 0, end) == ("DC_EVStatus", value)
