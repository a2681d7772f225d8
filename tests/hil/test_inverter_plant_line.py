"""The model's RTU line in virtual time: framing, timing, exceptions, and bytes that mean nothing."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU

from hil.plants.inverter import Inverter, InverterConfig, RtuSlavePort

READ_MARKER = b"\x01\x03\x9c\x40\x00\x02"
WSET_ENA = 40000 + 2 + 68 + 155 + 52 + 22  # marker, models 1, 701, 702, then the offset within 704
SILENCE_US = 1750
BYTE_US = 11e6 / 115200


def sealed(body):
    """A frame with the CRC that pymodbus computes."""
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def body_of(answer):
    assert sealed(answer[:-2]) == answer
    return answer[:-2]


def test_answers_with_a_crc_others_accept():
    answer = Inverter().handle_rtu(sealed(READ_MARKER))
    assert body_of(answer) == b"\x01\x03\x04SunS"


def test_single_and_multiple_writes_act():
    inverter = Inverter()
    frame = sealed(struct.pack(">BBHH", 1, 6, WSET_ENA, 1))
    assert inverter.handle_rtu(frame) == frame
    request = struct.pack(">BBHHBHHi", 1, 16, WSET_ENA, 4, 8, 1, 1, -2500)
    assert body_of(inverter.handle_rtu(sealed(request))) == request[:6]
    assert inverter.target_w == 2500


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (b"\x04\x9c\x40\x00\x02", 1),
        (b"\x2b\x0e\x01\x00", 1),
        (b"\x83", 1),
        (b"\x03\x9c\x3f\x00\x02", 2),
        (b"\x03\xff\xff\x00\x01", 2),
        (b"\x03\x00\x00\x00\x01", 2),
        (b"\x06\x9c\x40\x00\x01", 2),
        (b"\x10\x9c\x40\x00\x01\x02\x00\x00", 2),
        (b"\x03\x9c\x40\x00\x00", 3),
        (b"\x03\x9c\x40\x00\x7e", 3),
        (b"\x03\x9c\x40\x00", 3),
        (b"\x06\x9c\x40", 3),
        (b"\x10\x9c\x40\x00\x01\x03\x00\x00", 3),
        (b"\x10\x9c\x40\x00\x00\x00", 3),
        (b"\x10\x9c\x40\x00\x01\x02\x00", 3),
    ],
)
def test_wrong_requests_are_answered_with_the_right_exception(pdu, code):
    inverter = Inverter()
    expected = bytes((pdu[0] | 0x80, code))
    assert inverter.handle_tcp(pdu) == expected
    assert body_of(inverter.handle_rtu(sealed(b"\x01" + pdu))) == b"\x01" + expected


def test_stays_silent_where_a_slave_does():
    inverter = Inverter()
    good = sealed(READ_MARKER)
    assert inverter.handle_rtu(good[:-1] + bytes((good[-1] ^ 1,))) == b""
    assert inverter.handle_rtu(sealed(b"\x02" + READ_MARKER[1:])) == b""
    assert inverter.handle_rtu(sealed(b"\x00" + READ_MARKER[1:])) == b""
    assert inverter.handle_rtu(sealed(struct.pack(">BBHHBHHi", 0, 16, WSET_ENA, 4, 8, 1, 1, -900))) == b""
    assert inverter.target_w == 900
    assert inverter.handle_tcp(b"") == b""


def test_an_answer_takes_the_time_of_its_bytes_on_the_wire():
    port = RtuSlavePort(Inverter(InverterConfig(response_ms=2.0)))
    ((arrival_us, answer),) = port.receive(sealed(READ_MARKER), 1_000_000)
    assert len(answer) == 9
    assert arrival_us - 1_000_000 == pytest.approx(8 * BYTE_US + 2000 + 9 * BYTE_US, abs=2)
    assert isinstance(arrival_us, int)


def test_a_frame_in_pieces_and_two_frames_at_once_are_answered():
    port = RtuSlavePort(Inverter())
    frame = sealed(READ_MARKER)
    assert port.receive(frame[:3], 0) == []
    assert len(port.receive(frame[3:], 900)) == 1
    (first_us, first), (second_us, second) = port.receive(frame + frame, 100_000)
    assert first == second
    assert first_us - 100_000 == pytest.approx(17 * BYTE_US + 2000, abs=2)
    assert second_us >= first_us + 9 * BYTE_US - 1
    assert (port.frames, port.bad_crc, port.garbage_bytes) == (3, 0, 0)


def test_silence_ends_a_broken_frame_and_nothing_else_does():
    port = RtuSlavePort(Inverter())
    frame = sealed(READ_MARKER)
    assert port.receive(frame[:5], 0) == []
    late_us = round(5 * BYTE_US) + SILENCE_US + 2
    assert len(port.receive(frame, late_us)) == 1
    assert port.garbage_bytes == 5

    broken = frame[:2] + b"\xff" + frame[3:]
    assert port.receive(broken + frame, 1_000_000) == []
    assert port.receive(frame, 1_000_000 + round(16 * BYTE_US) + 100) == []
    assert (port.bad_crc, port.garbage_bytes) == (1, 5 + 24)
    assert len(port.receive(frame, 2_000_000)) == 1


def test_a_slow_line_has_a_longer_silence():
    port = RtuSlavePort(Inverter(), baud=9600)
    frame = sealed(READ_MARKER)
    port.receive(frame[:5], 0)
    end_us = 5 * 11e6 / 9600
    assert len(port.receive(frame[5:], round(end_us) + 3500)) == 1
    port.receive(frame[:5], 1_000_000)
    assert port.receive(frame[5:], round(1_000_000 + end_us) + 4100) == []


def test_unknown_functions_are_answered_whatever_their_length():
    port = RtuSlavePort(Inverter())
    for start, body in enumerate((b"\x01\x11", b"\x01\x04\x00\x00\x00\x02", b"\x01\x2b" + bytes(40))):
        ((_arrival, answer),) = port.receive(sealed(body), start * 1_000_000)
        assert body_of(answer) == bytes((1, body[1] | 0x80, 1))


def test_a_stream_without_silence_is_dropped_in_bounded_memory():
    port = RtuSlavePort(Inverter())
    for block in range(200):
        assert port.receive(b"\x01\x99\x55" * 500, block * 100) == []
    assert port.bad_crc == 1
    assert port.garbage_bytes == 200 * 1500
    assert len(port.receive(sealed(READ_MARKER), 60_000_000)) == 1


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans(), st.sampled_from(["der", "legacy"]), st.sampled_from([0, 40000]))
def test_no_frame_makes_it_raise(body, seal, family, base_address):
    inverter = Inverter(InverterConfig(family=family, base_address=base_address))
    answer = inverter.handle_rtu(sealed(body) if seal else body)
    if answer:
        assert answer[0] == 1
        body_of(answer)
    inverter.advance(10.0, 230.0, 50.0)
    assert -7400 <= inverter.power_w <= 7400


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([3, 6, 16, 4]),
            st.integers(0, 400),
            st.integers(0, 130),
            st.binary(max_size=40),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.sampled_from(["der", "legacy"]),
)
def test_no_request_near_the_map_makes_it_raise(requests, family):
    inverter = Inverter(InverterConfig(family=family))
    for function, offset, count, data, sized in requests:
        body = struct.pack(">BHH", function, 40000 + offset, len(data) // 2 if sized else count)
        if function == 16:
            body += bytes((len(data),)) + data
        answer = inverter.handle_tcp(body)
        assert answer[0] & 0x7F == function
        assert len(answer) <= 253
        inverter.advance(inverter.now_s + 1.5, 230.0, 50.0)
        assert -7400 <= inverter.power_w <= 7400


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=600), st.integers(-100, 10_000)), max_size=12))
def test_no_stream_makes_the_port_raise_or_lose_count(pieces):
    port = RtuSlavePort(Inverter())
    now_us = 0
    taken = 0
    for data, gap_us in pieces:
        now_us += gap_us
        last_us = 0
        for arrival_us, answer in port.receive(data, now_us):
            assert arrival_us > last_us
            assert len(answer) <= 256
            last_us = arrival_us
        taken += len(data)
    assert port.garbage_bytes <= taken
    assert len(port.receive(sealed(READ_MARKER), now_us + 10_000_000)) == 1
