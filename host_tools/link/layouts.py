"""Bodies of the frames as the host reads and writes them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from gridkeel.link import frames

_HELLO = struct.Struct(frames.HELLO_HEAD)
_RECORD = struct.Struct(frames.RECORD_HEAD)
_PART = struct.Struct(frames.TABLE_PART_HEAD)
_QUERY = struct.Struct(frames.QUERY_LAYOUT)
_OPEN = struct.Struct(frames.OPEN_LAYOUT)
_ACK = struct.Struct(frames.ACK_LAYOUT)
_COMMAND = struct.Struct(frames.COMMAND_HEAD)
_TABLE_GET = struct.Struct(frames.TABLE_GET_LAYOUT)
_ASK = struct.Struct(frames.ASK_LAYOUT)
_ASK_PART = struct.Struct(frames.ASK_PART_HEAD)
_ANSWER_WANT = struct.Struct(frames.ANSWER_WANT_LAYOUT)
_ASK_WANT = struct.Struct(frames.ASK_WANT_LAYOUT)
_ANSWER = struct.Struct(frames.ANSWER_LAYOUT)
_UPDATE_OFFER = struct.Struct(frames.UPDATE_OFFER_LAYOUT)
_UPDATE_PART = struct.Struct(frames.UPDATE_PART_HEAD)
_UPDATE_WANT = struct.Struct(frames.UPDATE_WANT_LAYOUT)
_ANSWER_PART = struct.Struct(frames.ANSWER_PART_HEAD)


@dataclass(frozen=True)
class Hello:
    """HELLO of a device: its identity and state."""

    version: int
    boot_id: int
    session: int
    table_hash: int
    table_length: int
    oldest: int
    next: int
    dropped: int
    device_id: str
    firmware: str


def read_hello(body: bytes) -> Hello:
    """Errors: ValueError, struct.error or IndexError where the body is no HELLO of this version."""
    _kind, *numbers = _HELLO.unpack_from(body)
    texts: list[str] = []
    at = _HELLO.size
    for _text in range(2):
        end = at + 1 + body[at]
        texts.append(body[at + 1 : end].decode("ascii"))
        at = end
    if at != len(body):
        raise ValueError("a HELLO of another length")
    return Hello(*numbers, *texts)


def read_record(body: bytes) -> tuple[int, int, int, bytes]:
    """Return (message id, sequence, oldest held, payload).  Errors: struct.error, ValueError for an absurd window."""
    _kind, message_id, sequence, held = _RECORD.unpack_from(body)
    if held >= min(sequence, frames.SLOTS_MAX):
        raise ValueError(f"record {sequence} cannot have {held} older ones before it")
    return message_id, sequence, sequence - held, body[_RECORD.size :]


def read_part(body: bytes) -> tuple[int, bytes]:
    """Return (offset, text).  Errors: struct.error."""
    _kind, offset = _PART.unpack_from(body)
    return offset, body[_PART.size :]


def query() -> bytes:
    return _QUERY.pack(frames.QUERY, frames.VERSION)


def open_link(session: int, boot_id: int, acknowledged: int) -> bytes:
    return _OPEN.pack(frames.OPEN, frames.VERSION, session, boot_id, acknowledged)


def ack(session: int, acknowledged: int) -> bytes:
    return _ACK.pack(frames.ACK, session, acknowledged)


def command(session: int, message_id: int, payload: bytes) -> bytes:
    return _COMMAND.pack(frames.COMMAND, session, message_id) + payload


def table_get(offset: int) -> bytes:
    return _TABLE_GET.pack(frames.TABLE_GET, offset)


def read_ask(body: bytes) -> tuple[int, int, int, int]:
    """Return (number, kind, length, CRC).  Errors: struct.error."""
    _kind, number, kind, length, crc = _ASK.unpack(body)
    return number, kind, length, crc


def read_ask_part(body: bytes) -> tuple[int, int, bytes]:
    """Return (number, offset, bytes).  Errors: struct.error."""
    _kind, number, offset = _ASK_PART.unpack_from(body)
    return number, offset, body[_ASK_PART.size :]


def read_answer_want(body: bytes) -> tuple[int, int, bool]:
    """Return (number, offset, lost).  Errors: struct.error."""
    _kind, number, offset, lost = _ANSWER_WANT.unpack(body)
    return number, offset, bool(lost)


def ask_want(session: int, number: int, offset: int, lost: bool) -> bytes:
    return _ASK_WANT.pack(frames.ASK_WANT, session, number, offset, lost)


def answer(session: int, number: int, result: int, length: int, crc: int) -> bytes:
    return _ANSWER.pack(frames.ANSWER, session, number, result, length, crc)


def answer_part(session: int, number: int, offset: int, part: bytes) -> bytes:
    return _ANSWER_PART.pack(frames.ANSWER_PART, session, number, offset) + part


def update_offer(session: int, number: int, size: int) -> bytes:
    return _UPDATE_OFFER.pack(frames.UPDATE_OFFER, session, number, size)


def update_part(session: int, number: int, offset: int, part: bytes) -> bytes:
    return _UPDATE_PART.pack(frames.UPDATE_PART, session, number, offset) + part


def read_update_want(body: bytes) -> tuple[int, int, bool, bool, int]:
    """Return (number, offset, lost, over, code).  Errors: struct.error."""
    _kind, number, offset, lost, over, code = _UPDATE_WANT.unpack(body)
    return number, offset, bool(lost), bool(over), code
