"""Frames: the kernels against their plain twins, and the reader on damage of every kind."""

import binascii

from link_peer import bodies_in
from repeatable_random import RepeatableRandom

from gridkeel.link import frames, framing, twins


def _frame(body):
    buf = bytearray(frames.FRAME_MAX)
    buf[: len(body)] = body
    out = bytearray(frames.WIRE_MAX)
    n = framing.seal(buf, 0, len(body), out, 0)
    return bytes(out[:n])


def _read(reader, data):
    return bodies_in(reader, data, len(data))


def _bodies():
    source = RepeatableRandom(1)
    yield b"\x00"
    yield bytes(frames.BODY_MAX)
    yield b"\xff" * frames.BODY_MAX
    for _ in range(12):
        n = source.bits(10) % frames.BODY_MAX + 1
        yield bytes([source.bits(8) if source.bits(2) else 0 for _ in range(n)])


def test_crc_is_crc32_of_binascii():
    out = bytearray(8)
    for body in _bodies():
        for crc32_store in (framing.crc32_store, twins.crc32_store):
            crc32_store(b"xy" + body, 2, len(body), framing.CRC_TABLE, out, 3)
            assert bytes(out[3:7]) == binascii.crc32(body).to_bytes(4, "little")
            assert out[0] == out[2] == out[7] == 0


def test_cobs_kernels_and_twins_agree_and_undo_each_other():
    for body in _bodies():
        one = bytearray(frames.WIRE_MAX)
        two = bytearray(frames.WIRE_MAX)
        n = framing.cobs_encode(body, 0, len(body), one, 1)
        assert n == twins.cobs_encode(body, 0, len(body), two, 1) == len(body) + 3
        assert one == two
        assert min(one[1 : n - 1]) > 0 and one[n - 1] == 0
        one = one[1:]
        two = two[1:]
        assert framing.cobs_decode(one, n - 2) == twins.cobs_decode(two, n - 2) == len(body)
        assert one[: len(body)] == two[: len(body)] == body


def test_cobs_decoders_agree_on_garbage():
    source = RepeatableRandom(2)
    refused = 0
    for _ in range(80):
        n = source.bits(4) + 1
        garbage = bytes([source.bits(5) % 20 + 1 for _ in range(n)])
        one = bytearray(garbage)
        two = bytearray(garbage)
        size = framing.cobs_decode(one, n)
        assert size == twins.cobs_decode(two, n)
        assert one == two
        refused += size < 0
    assert 0 < refused < 80


def test_copies_stay_within_their_bounds():
    source = bytes([5, 6, 0, 7, 8, 9, 0])
    for kernels in (framing, twins):
        out = bytearray(6)
        kernels.copy(source, 3, 3, out, 1)
        assert out == bytes([0, 7, 8, 9, 0, 0])
        for start, end, room, stops, written in (
            (0, 7, 6, 2, 2),
            (3, 7, 6, 6, 3),
            (3, 7, 2, 6, 1),
            (3, 5, 6, 5, 2),
            (2, 7, 6, 2, 0),
        ):
            out = bytearray(6)
            assert kernels.copy_to_zero(source, start, end, out, 1, room) == stops
            assert out == bytes(1) + source[start : start + written] + bytes(5 - written)


def test_reader_takes_frames_of_every_length():
    reader = framing.FrameReader()
    for body in _bodies():
        assert _read(reader, _frame(body)) == [body]
    assert reader.errors == 0


def test_pieces_of_every_size_make_the_same_frames():
    data = _frame(b"one") + _frame(bytes(frames.BODY_MAX)) + b"\x01" * 300 + b"\x00" + _frame(b"two")
    for step in (1, 2, 7, 130):
        reader = framing.FrameReader()
        found = []
        at = 0
        while at < len(data):
            at = reader.take(data, at, min(at + step, len(data)))
            if reader.size:
                found.append(bytes(reader.body[: reader.size]))
        assert found == [b"one", bytes(frames.BODY_MAX), b"two"]
        assert reader.errors == 1


def test_zeros_between_frames_are_no_error():
    reader = framing.FrameReader()
    assert _read(reader, bytes(5) + _frame(b"one") + bytes(3) + _frame(b"two")) == [b"one", b"two"]
    assert reader.errors == 0


def test_every_single_bit_flip_is_counted_and_the_next_frame_survives():
    frame = _frame(b"\x02\x00telemetry\x00")
    after = _frame(b"next")
    reader = framing.FrameReader()
    for bit in range(8 * (len(frame) - 1)):
        damaged = bytearray(frame)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        errors = reader.errors
        assert _read(reader, damaged) == []
        assert _read(reader, after) == [b"next"]
        assert reader.errors > errors


def test_overlong_truncated_and_short_frames_are_counted():
    reader = framing.FrameReader()
    assert _read(reader, b"\x01" * 5000 + b"\x00") == []
    assert reader.errors == 1
    assert _read(reader, _frame(b"cut off")[:-4] + b"\x00") == []
    assert reader.errors == 2
    assert _read(reader, b"\x01\x01\x01\x01\x00") == []  # shorter than a CRC
    assert reader.errors == 3
    assert _read(reader, _frame(b"sound")) == [b"sound"]


def test_one_byte_more_than_the_longest_frame_is_too_long():
    longest = _frame(bytes([7]) * frames.BODY_MAX)
    assert len(longest) == frames.ENCODED_MAX + 1
    reader = framing.FrameReader()
    assert _read(reader, longest[:-1] + b"\x05\x00") == [] and reader.errors == 1
    assert _read(reader, longest) == [bytes([7]) * frames.BODY_MAX] and reader.errors == 1


def test_counters_stop_at_their_bound():
    assert framing.count_up(frames.COUNT_MAX - 1) == frames.COUNT_MAX
    assert framing.count_up(frames.COUNT_MAX) == frames.COUNT_MAX


def test_an_encoder_ends_its_frame_whatever_stood_there():
    for cobs_encode in (framing.cobs_encode, twins.cobs_encode):
        out = bytearray(b"\xff" * 8)
        assert cobs_encode(b"\x05\x00", 0, 2, out, 1) == 5
        assert out == b"\xff\x02\x05\x01\x00\xff\xff\xff"


def test_a_number_is_read_little_endian():
    assert framing.read_u32(bytearray(b"\xff\x04\x03\x02\x01\xff"), 1) == 0x01020304


def test_too_long_a_frame_is_none_whatever_it_begins_with():
    body = b"\x07"
    head = body + binascii.crc32(body).to_bytes(4, "little")
    assert 0 not in head
    reader = framing.FrameReader()
    assert _read(reader, head + b"\x01" * frames.ENCODED_MAX + b"\x00") == []
    assert reader.errors == 1
