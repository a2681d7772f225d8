"""Frames: the kernels against their plain twins, and the reader on damage of every kind."""

import binascii

from link_peer import Noise

from gridkeel.link import frames, framing, table, twins


def _frame(body):
    buf = bytearray(frames.FRAME_MAX)
    buf[: len(body)] = body
    out = bytearray(frames.WIRE_MAX)
    n = framing.seal(buf, 0, len(body), out, 0)
    return bytes(out[:n])


def _read(reader, data):
    bodies = []
    for value in data:
        size = reader.push(value)
        if size:
            bodies.append(bytes(reader.body[:size]))
    return bodies


def _bodies():
    source = Noise(1)
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
    source = Noise(2)
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


def test_reader_takes_frames_of_every_length():
    reader = framing.FrameReader()
    for body in _bodies():
        assert _read(reader, _frame(body)) == [body]
    assert reader.errors == 0


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


def test_counters_stop_at_their_bound():
    assert framing.count_up(frames.COUNT_MAX - 1) == frames.COUNT_MAX
    assert framing.count_up(frames.COUNT_MAX) == frames.COUNT_MAX


def test_the_table_in_blocks_is_the_table():
    whole = table.text()
    blocks = table.Text()
    assert (blocks.size, blocks.hash) == (len(whole), table.table_hash(whole))
    assert bytes([blocks.byte(at) for at in range(blocks.size)]) == whole
