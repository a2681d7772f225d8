"""V2GTP's lengths and PhysicalValue's numbers, at their last good and their first bad one."""

from gridkeel.v2g import sdp, v2gtp
from gridkeel.v2g.iso2 import values

REQUEST = b"\x01\xfe\x90\x00\x00\x00\x00\x02\x00\x00"


def answered(data, n=None):
    out = bytearray(sdp.RESPONSE_BYTES)
    return sdp.answer(data, len(data) if n is None else n, out, bytes(16), 1, 2, sdp.AS_ASKED)


def test_a_discovery_request_has_two_bytes_no_more_no_less():
    assert answered(REQUEST) == sdp.RESPONSE_BYTES
    for n in range(len(REQUEST)):
        assert answered(REQUEST[:n]) == 0, n
    for length in (0, 1, 3, 20):
        data = REQUEST[:7] + bytes((length,)) + bytes(length)
        assert answered(data) == 0, length
    assert answered(REQUEST + bytes(5), len(REQUEST)) == sdp.RESPONSE_BYTES


def test_the_longest_payload_is_that_of_the_page():
    # docs/iso15118.md: the standard's longest message is about 5,300 bytes
    assert v2gtp.PAYLOAD_MAX_BYTES == 6144 and v2gtp.FRAME_MAX_BYTES == 6152


def test_a_frame_is_whole_with_its_last_byte():
    receiver = v2gtp.Receiver()
    frame = bytearray(v2gtp.FRAME_MAX_BYTES)
    v2gtp.header(frame, v2gtp.EXI, v2gtp.PAYLOAD_MAX_BYTES)
    assert receiver.put(frame, len(frame) - 1) and receiver.state() == v2gtp.INCOMPLETE
    assert not receiver.put(b"xy", 2) and receiver.state() == v2gtp.INCOMPLETE
    assert receiver.put(b"x", 1) and receiver.state() == v2gtp.COMPLETE
    assert receiver.end == len(frame)


def test_a_cleared_receiver_begins_anew():
    receiver = v2gtp.Receiver()
    receiver.put(b"\x01\xfe\x80\x01", 4)
    receiver.clear()
    receiver.put(b"\x01\xfe\x80\x01\x00\x00\x00\x01x", 9)
    assert receiver.state() == v2gtp.COMPLETE and receiver.end == 9


def test_physical_values_reach_the_schema_s_last_number():
    for value, multiplier, expected in (
        (32768, 1, 3276),
        (-32767, 0, -32767),
        (-32768, 1, -3276),
        (3276.7, -1, 32767),
        (3276.8, 0, 3277),
        (327679, 1, 32767),
        (3276799, 2, 32767),
        (32767999, 3, 32767),
        (-123456789, 3, -32767),
    ):
        found = values.physical(value, "W")
        assert (found["Multiplier"], found["Value"]) == (multiplier, expected), (value, found)
