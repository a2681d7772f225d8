"""What the EXI encoder refuses, and bits at every place in a byte."""

from exi_schemas import schema
from exi_values import message, octets, phys

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi.reader import BitReader
from gridkeel.v2g.exi.writer import BitWriter


def refused(value, *words, table="iso2", root="V2G_Message", size=2000):
    out = bytearray(size)
    try:
        end = exi.encode(schema(table), root, value, out, 0)
    except ExiError as error:
        for word in words:
            assert word in str(error), (word, str(error))
        return
    raise AssertionError(("not refused", words, bytes(out[:end])))


def stop(**changed):
    value = {"ResponseCode": "OK"}
    value.update(changed)
    return message("SessionStopRes", value)


def test_names_that_the_schema_does_not_have_there_are_refused():
    refused({}, "no element Nothing at the root", root="Nothing")
    refused({}, "abstract (at BodyElement)", root="BodyElement")
    refused({}, "Header is missing", "at V2G_Message")
    refused({"Header": {}, "Body": {}}, "SessionID is missing", "at Header")
    refused(message("SessionStopRes", {}), "ResponseCode is missing")
    refused(message("SessionEndRes", {}), "SessionEndRes is unknown here")
    refused(stop(More=1), "More is unknown here")
    refused(message("BodyElement", {}), "abstract")
    two = message("SessionStopRes", {"ResponseCode": "OK"})
    two["Body"]["SessionStopReq"] = {"ChargingSession": "Pause"}
    refused(two, "SessionStopRes is unknown here or does not go with the rest")


def test_a_value_of_another_kind_is_refused():
    refused([], "is no dict")
    refused(message("SessionStopRes", []), "is no dict", "SessionStopRes")
    refused(stop(ResponseCode=1), "1 is no str", "ResponseCode")
    refused(stop(ResponseCode="Ok"), "'Ok' is none of the enumeration")
    refused(message("SessionSetupReq", {"EVCCID": "text"}), "'text' is no bytes")
    refused(message("SessionSetupReq", {"EVCCID": bytes(7)}), "a length of 7 bytes, 0..6 are taken")
    limits = {"ServiceID": True}
    refused(message("ServiceDetailReq", limits), "True is no int")
    refused(message("ServiceDetailReq", {"ServiceID": 65536}), "65536, 0..65535 are taken", "ServiceID")
    refused(message("ServiceDetailReq", {"ServiceID": -1}), "-1, 0..65535 are taken")


def test_numbers_and_text_past_their_limits_are_refused():
    target = {
        "DC_EVStatus": {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": 101},
        "EVTargetVoltage": phys(0, "V", 1),
        "EVTargetCurrent": phys(0, "A", 1),
    }
    refused(message("PreChargeReq", target), "101, 0..100 are taken", "EVRESSSOC")
    target["DC_EVStatus"]["EVRESSSOC"] = 0
    target["EVTargetVoltage"] = phys(0, "V", 32768)
    refused(message("PreChargeReq", target), "32768, -32768..32767 are taken", "at Value")
    target["EVTargetVoltage"] = phys(4, "V", 1)
    refused(message("PreChargeReq", target), "4, -3..3 are taken", "Multiplier")
    target["DC_EVStatus"]["EVReady"] = 1
    refused(message("PreChargeReq", target), "1 is no bool")
    setup = {"ResponseCode": "OK", "EVSEID": "DE*123"}
    refused(message("SessionSetupRes", setup), "a length of 6 characters, 7..37 are taken", "EVSEID")
    setup["EVSEID"] = "DE*PNX\0"
    refused(message("SessionSetupRes", setup), "0 is no character of XML")


def test_lists_of_none_or_too_many_are_refused():
    profile = {"ChargeProgress": "Start", "SAScheduleTupleID": 1}
    entry = {"ChargingProfileEntryStart": 0, "ChargingProfileEntryMaxPower": phys(0, "W", 1)}
    for items, words in (
        (entry, "is no list"),
        ([], "is no list of at least one"),
        ([entry] * 25, "25 items where 24"),
    ):
        profile["ChargingProfile"] = {"ProfileEntry": items}
        refused(message("PowerDeliveryReq", profile), words)
    refused({"X509SKI": [b"x"] * 65}, "a list of 65, 64 are taken", table="xmldsig", root="X509Data")


def test_a_full_buffer_is_an_error_and_is_not_written_past():
    value = message("SessionSetupRes", {"ResponseCode": "OK", "EVSEID": "DE*PNX*E12345"})
    out = bytearray(100)
    end = exi.encode(schema("iso2"), "V2G_Message", value, out, 0)
    for size in range(end):
        refused(value, "longer than the buffer's %d bytes" % size, size=size)
    assert exi.encode(schema("iso2"), "V2G_Message", value, bytearray(end), 0) == end


def test_a_fragment_without_one_meaning_is_refused():
    out = bytearray(100)
    for name, words in (("SessionID", "more than one namespace"), ("Nothing", "no element Nothing in")):
        try:
            exi.encode_fragment(schema("iso2"), name, b"", out, 0)
        except ExiError as error:
            assert words in str(error), str(error)
        else:
            raise AssertionError(name)
    end = exi.encode_fragment(schema("iso2"), "eMAID", "DE8AA1A2B3C4D59", out, 0)
    assert exi.decode_fragment(schema("iso2"), out, 0, end) == ("eMAID", {"": "DE8AA1A2B3C4D59"})


def test_octets_are_written_at_every_bit():
    for shift in range(8):
        for size in (0, 1, 2, 7, 8, 9, 100):
            data = octets(size, 37)
            out = bytearray(b"\xff" * (size + 3))
            writer = BitWriter(out, 1)
            writer.put(0x55 >> 8 - shift if shift else 0, shift)
            writer.octets(data)
            writer.put(5, 3)
            end = writer.finish()
            assert end == 1 + (8 * size + shift + 3 + 7) // 8
            reader = BitReader(out, 1, end)
            assert reader.take(shift) == (0x55 >> 8 - shift if shift else 0)
            assert reader.octets(size) == data
            assert reader.take(3) == 5
            reader.finish()


def test_numbers_of_every_size_come_back():
    for shift in range(8):
        for bits in range(0, 70, 3):
            for value in (1 << bits, (1 << bits) - 1):
                out = bytearray(14)
                writer = BitWriter(out, 0)
                writer.put(0, shift)
                writer.unsigned(value)
                reader = BitReader(out, 0, writer.finish())
                reader.take(shift)
                assert reader.unsigned(11) == value
