"""What passes on a cable, from packets written down by hand; the kernel's own come in tests/system/test_interop.py."""

from __future__ import annotations

import struct

import pytest

from hil.interop.wire import Tap, tcp_payload

CAR, CHARGER = 50001, 49152
FRAME = b"\x01\xfe\x80\x01\x00\x00\x00\x02ab"


def packet(payload: bytes, from_car: bool, next_header: int = 6) -> bytes:
    ports = (CAR, CHARGER) if from_car else (CHARGER, CAR)
    options = bytes(12)
    tcp = struct.pack(">HHIIBBHHH", *ports, 0, 0, (20 + len(options)) // 4 << 4, 0x18, 0, 0, 0) + options
    return struct.pack(">IHBB", 6 << 28, len(tcp + payload), next_header, 64) + bytes(32) + tcp + payload


def record(kind: int, n: int) -> bytes:
    return bytes((kind, 3, 3)) + n.to_bytes(2, "big") + bytes(n)


def waits_ms(*packets: tuple[str, float, bytes]) -> list[float]:
    tap = Tap()
    for who, at_s, payload in packets:
        tap.take(packet(payload, who == "car"), who == "car", at_s)
    return tap.waits_ms(0)


def test_without_tls_every_byte_is_a_message():
    found = waits_ms(("car", 1.0, FRAME), ("charger", 1.25, FRAME), ("car", 2.0, FRAME), ("charger", 2.5, FRAME))
    assert found == pytest.approx([250, 500])


def test_a_wait_is_from_the_last_packet_of_a_request_to_the_first_of_its_answer():
    found = waits_ms(("car", 1.0, FRAME), ("car", 1.125, b"more"), ("charger", 1.25, FRAME), ("charger", 1.5, b"more"))
    assert found == pytest.approx([125])


def test_what_tls_says_for_itself_is_no_message():
    hello, data, alert, changed = record(22, 90), record(23, 64), record(21, 2), record(20, 1)
    found = waits_ms(
        ("car", 1.0, hello),
        ("charger", 1.1, hello + record(22, 1500)),
        ("car", 1.2, hello + changed + hello),
        ("charger", 1.3, changed + hello),
        ("car", 2.0, data),
        ("charger", 2.125, data + alert),
        ("car", 3.0, alert),
        ("charger", 3.5, alert),
    )
    assert found == pytest.approx([125])


@pytest.mark.parametrize("cut", [1, 4, 5, 6, 68])
def test_a_record_may_come_in_pieces_cut_anywhere(cut: int):
    hello, data = record(22, 90), record(23, 64)
    found = waits_ms(
        ("car", 1.0, hello + data[:cut]),
        ("car", 1.5, data[cut:]),
        ("charger", 1.75, hello),
        ("charger", 2.0, data),
    )
    assert found == pytest.approx([500])


def test_turns_are_reported_once_and_the_next_connection_begins_anew():
    tap = Tap()
    tap.take(packet(FRAME, True), True, 1.0)
    tap.take(packet(FRAME, False), False, 1.5)
    assert tap.waits_ms(1) == pytest.approx([500])
    tap.take(packet(record(21, 2), True), True, 2.0)
    tap.take(packet(record(21, 2), False), False, 2.5)
    assert tap.waits_ms(0) == []


def test_what_is_no_tcp_payload_is_passed_over():
    assert tcp_payload(packet(FRAME, True), True) == (CAR, FRAME)
    assert tcp_payload(packet(FRAME, False), False) == (CAR, FRAME)
    assert tcp_payload(packet(b"", True), True) is None
    assert tcp_payload(packet(FRAME, True, next_header=17), True) is None
    assert tcp_payload(packet(FRAME, True)[:50], True) is None
    assert tcp_payload(packet(FRAME, True) + b"padding", True) == (CAR, FRAME)
