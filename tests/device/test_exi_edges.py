"""The codec at its edges: long lists, slices, numbers without a size, text that ends with its body."""

from exi_schemas import schema
from exi_values import message, phys

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.reader import BitReader
from gridkeel.v2g.exi.value_reader import read_length


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
