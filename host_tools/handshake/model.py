"""The arithmetic: a phase's time from its work, its bytes and its round trips."""

from __future__ import annotations

import math
from dataclasses import dataclass

from host_tools.handshake import samples, tables
from host_tools.handshake.costs import Board, Vehicle
from host_tools.handshake.tables import Backend, Link, Phase

_FRAME = 8  # bytes of V2GTP before the EXI


@dataclass(frozen=True)
class Time:
    """One phase: ms in all, as the EV waits, and its parts."""

    phase: str
    request: str
    board_ms: float
    tls_ms: float
    codec_ms: float
    vehicle_ms: float
    link_ms: float
    backend_ms: float
    wait_ms: float

    @property
    def ms(self) -> float:
        """The whole."""
        parts = (
            self.board_ms,
            self.tls_ms,
            self.codec_ms,
            self.vehicle_ms,
            self.link_ms,
            self.backend_ms,
            self.wait_ms,
        )
        return sum(parts)

    @property
    def alternative(self) -> bool:
        """Whether it is an alternative to another phase, and so in no total."""
        return self.phase in tables.ALTERNATIVES


def predict(mode: str, board: Board, vehicle: Vehicle, link: Link, backend: Backend) -> list[Time]:
    """Return the time of each phase of a mode (tables.MODES), in order."""
    phases = tables.MODES[mode]
    secured = tables.TLS in phases
    return [_time(phase, board, vehicle, link, backend, secured) for phase in phases]


def total_ms(times: list[Time]) -> float:
    """Return the time from SDP to the first loop."""
    return sum(time.ms for time in times if not time.alternative)


def travel_ms(link: Link, size: int, secured: bool) -> float:
    """Return the ms that a message of so many bytes takes one way."""
    segments = max(1, math.ceil(size / tables.SEGMENT_BYTES))
    wire = size + segments * tables.HEADER_BYTES + (tables.RECORD_BYTES if secured else 0)
    return link.latency_ms + wire * 8e3 / link.bits_s


def _time(phase: Phase, board: Board, vehicle: Vehicle, link: Link, backend: Backend, secured: bool) -> Time:
    in_record = secured and phase not in (tables.SDP, tables.TLS)
    slowed = 1 / (1 - board.share)
    link_ms = travel_ms(link, phase.sent.size, in_record) + travel_ms(link, phase.received.size, in_record)
    link_ms += 2 * (phase.round_trips - 1) * link.latency_ms
    vehicle_us = sum(count * vehicle.tls[name] for name, count in phase.vehicle.items())
    if phase is tables.TLS:
        tls_us = sum(count * board.tls[name] for name, count in phase.board.items())
        return Time(phase.name, phase.request, 0.0, tls_us * slowed / 1e3, 0.0, vehicle_us / 1e3, link_ms, 0.0, 0.0)
    board_us = sum(count * board.python[name] for name, count in phase.board.items())
    return Time(
        phase.name,
        phase.request,
        board_us * slowed / 1e3,
        (_cipher_us(phase, board) if in_record else 0.0) * slowed / 1e3,
        _codec_us(phase, board) * slowed / 1e3,
        vehicle_us / 1e3,
        link_ms,
        _backend_ms(phase, backend),
        sum(tables.WAITS_MS[name] for name in phase.waits),
    )


def _codec_us(phase: Phase, board: Board) -> float:
    if phase is tables.SDP:
        return board.hop
    # The exchange, and what these two messages are longer than the small ones in it.
    small = samples.shapes()["small"]
    sent, received = phase.sent, phase.received
    return (
        board.hop
        + board.exchange
        + max(0, sent.fields - small.fields) * board.decode_field
        + max(0, sent.size - _FRAME - small.size) * board.decode_byte
        + (max(0, received.fields - small.fields) + phase.fragments) * board.encode_field
        + max(0, received.size - _FRAME - small.size) * board.encode_byte
    )


def _cipher_us(phase: Phase, board: Board) -> float:
    return (phase.sent.size + phase.received.size) * board.cipher_byte


def _backend_ms(phase: Phase, backend: Backend) -> float:
    if phase.backend == (0, 0):
        return 0.0
    there, back = phase.backend
    return travel_ms(backend.link, there, True) + backend.work_ms + travel_ms(backend.link, back, True)
