"""The host's frames are the device's frames, and both refuse the same damage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gridkeel.link import frames, framing
from host_tools.link.codec import FrameSplitter, decode_frame, encode_frame

BODIES = st.binary(min_size=1, max_size=frames.BODY_MAX) | st.lists(
    st.sampled_from([0, 1, 255]), min_size=1, max_size=frames.BODY_MAX
).map(bytes)


def device_frame(body: bytes) -> bytes:
    buf = bytearray(frames.FRAME_MAX)
    buf[: len(body)] = body
    out = bytearray(frames.WIRE_MAX)
    return bytes(out[: framing.seal(buf, 0, len(body), out, 0)])


def device_read(data: bytes) -> tuple[list[bytes], int]:
    reader = framing.FrameReader()
    bodies = []
    at = 0
    while at < len(data):
        at = reader.take(data, at, len(data))
        if reader.size:
            bodies.append(bytes(reader.body[: reader.size]))
    return bodies, reader.errors


@given(BODIES)
def test_both_ends_write_the_same_bytes(body: bytes) -> None:
    frame = encode_frame(body)
    assert frame == device_frame(body)
    assert decode_frame(frame[:-1]) == body
    assert len(frame) <= frames.ENCODED_MAX + 1


@given(st.lists(BODIES.map(encode_frame) | st.binary(max_size=300), max_size=8), st.integers(1, 50))
def test_both_ends_read_the_same_from_anything(pieces: list[bytes], step: int) -> None:
    data = b"".join(pieces) + b"\0"
    splitter = FrameSplitter()
    bodies = [body for at in range(0, len(data), step) for body in splitter.feed(data[at : at + step])]
    assert (bodies, splitter.errors) == device_read(data)


def test_half_a_frame_is_forgotten_on_reset_and_never_grows() -> None:
    splitter = FrameSplitter()
    assert splitter.feed(encode_frame(b"one")[:-3]) == []
    splitter.reset()
    assert splitter.feed(encode_frame(b"two")) == [b"two"]
    for _ in range(100):
        splitter.feed(b"\1" * 1000)
    assert len(splitter._rest) <= frames.ENCODED_MAX + 1
    assert splitter.feed(b"\0" + encode_frame(b"three")) == [b"three"]
    assert splitter.errors == 1
