"""V2GTP, SDP and the protocol handshake, byte by byte."""

from gridkeel.v2g import sap, sdp, v2gtp

IP16 = bytes(range(16))
REQUEST_TLS = b"\x01\xfe\x90\x00\x00\x00\x00\x02\x00\x00"
REQUEST_TCP = b"\x01\xfe\x90\x00\x00\x00\x00\x02\x10\x00"


def frame(payload):
    out = bytearray(8 + len(payload))
    v2gtp.header(out, v2gtp.EXI, len(payload))
    out[8:] = payload
    return bytes(out)


def test_a_frame_in_any_pieces_is_taken_once_whole():
    data = frame(b"hello")
    for cut in range(1, len(data)):
        receiver = v2gtp.Receiver()
        assert receiver.put(data[:cut], cut)
        assert receiver.state() == v2gtp.INCOMPLETE, cut
        assert receiver.put(data[cut:], len(data) - cut)
        assert receiver.state() == v2gtp.COMPLETE
        assert receiver.buffer[8 : receiver.end] == b"hello"


def test_the_next_frame_moves_up():
    receiver = v2gtp.Receiver()
    two = frame(b"one") + frame(b"second")
    receiver.put(two, len(two))
    assert receiver.state() == v2gtp.COMPLETE
    assert receiver.buffer[8 : receiver.end] == b"one"
    receiver.drop()
    assert receiver.state() == v2gtp.COMPLETE
    assert receiver.buffer[8 : receiver.end] == b"second"
    receiver.drop()
    assert receiver.state() == v2gtp.INCOMPLETE


def test_malformed_headers_are_refused():
    good = bytearray(frame(b"x"))
    for place, byte in ((0, 0x02), (1, 0xFF), (2, 0x90), (3, 0x00)):
        bad = bytearray(good)
        bad[place] = byte
        receiver = v2gtp.Receiver()
        receiver.put(bad, len(bad))
        assert receiver.state() == v2gtp.BAD_HEADER, place
    receiver = v2gtp.Receiver()
    receiver.put(b"\x16", 1)
    assert receiver.state() == v2gtp.BAD_HEADER  # a TLS hello on the plain port is noticed at once
    receiver = v2gtp.Receiver()
    receiver.put(b"\x01\xfe\x80\x01\x00\x00\x00\x00", 8)
    assert receiver.state() == v2gtp.BAD_HEADER


def test_the_length_is_bounded():
    out = bytearray(8)
    for length, state in (
        (v2gtp.PAYLOAD_MAX_BYTES, v2gtp.INCOMPLETE),
        (v2gtp.PAYLOAD_MAX_BYTES + 1, v2gtp.TOO_LONG),
        (0xFFFFFFFF, v2gtp.TOO_LONG),
    ):
        v2gtp.header(out, v2gtp.EXI, length)
        receiver = v2gtp.Receiver()
        receiver.put(out, 8)
        assert receiver.state() == state, length
    receiver = v2gtp.Receiver()
    assert receiver.put(bytes(v2gtp.FRAME_MAX_BYTES), v2gtp.FRAME_MAX_BYTES)
    assert not receiver.put(b"x", 1)


def answered(request, policy):
    out = bytearray(sdp.RESPONSE_BYTES)
    n = sdp.answer(request, len(request), out, IP16, 50001, 50002, policy)
    if not n:
        return None
    assert n == 28 and bytes(out[:8]) == b"\x01\xfe\x90\x01\x00\x00\x00\x14" and bytes(out[8:24]) == IP16
    return out[24] << 8 | out[25], out[26], out[27]


def test_discovery_follows_the_policy():
    tcp, tls = (50001, 0x10, 0), (50002, 0x00, 0)
    for policy, for_tcp, for_tls in (
        (sdp.TCP_ONLY, tcp, tcp),
        (sdp.AS_ASKED, tcp, tls),
        (sdp.TLS_ONLY, tls, tls),
    ):
        assert answered(REQUEST_TCP, policy) == for_tcp
        assert answered(REQUEST_TLS, policy) == for_tls


def test_discovery_answers_nothing_else():
    for place in (0, 1, 2, 3, 7, 8, 9):
        bad = bytearray(REQUEST_TLS)
        bad[place] ^= 0x01
        assert answered(bad, sdp.AS_ASKED) is None, place
    assert answered(REQUEST_TLS[:-1], sdp.AS_ASKED) is None
    assert answered(REQUEST_TLS + b"\x00", sdp.AS_ASKED) is None
    assert answered(b"", sdp.AS_ASKED) is None


def offer(schema_id, priority, namespace=sap.NAMESPACE, major=2, minor=0):
    return {
        "ProtocolNamespace": namespace,
        "VersionNumberMajor": major,
        "VersionNumberMinor": minor,
        "SchemaID": schema_id,
        "Priority": priority,
    }


def test_the_protocol_with_priority_1_is_taken():
    din = offer(7, 1, "urn:din:70121:2012:MsgDef")
    assert sap.answer({"AppProtocol": [din, offer(3, 2)]}) == {"ResponseCode": sap.OK, "SchemaID": 3}
    assert sap.answer({"AppProtocol": [offer(3, 2), offer(4, 1)]}) == {"ResponseCode": sap.OK, "SchemaID": 4}
    assert sap.answer({"AppProtocol": [offer(5, 1, minor=1)]}) == {"ResponseCode": sap.MINOR_DEVIATION, "SchemaID": 5}


def test_without_a_protocol_in_common_negotiation_fails():
    for other in (offer(1, 1, major=1), offer(1, 1, "urn:iso:std:iso:15118:-20:DC", 1), offer(1, 1, major=3)):
        assert sap.answer({"AppProtocol": [other]}) == {"ResponseCode": sap.FAILED}
