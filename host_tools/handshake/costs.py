"""What each unit of work costs on a board and in an EV, in us; and how a board's figures follow from counted ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from host_tools.handshake import samples, tables

CODEC_PARTS = ("base", "field", "byte")


@dataclass(frozen=True)
class Board:
    """us of one: hop (a small message through the runtime's streams, there and back), exchange (a small request through
    the session and its codec), and each field and byte more.

    tls: operations of the TLS stack.  python: operations of the firmware.  share: of the control loop.
    source: where the figures come from.
    """

    hop: float
    exchange: float
    decode_field: float
    decode_byte: float
    encode_field: float
    encode_byte: float
    cipher_byte: float
    tls: Mapping[str, float]
    python: Mapping[str, float]
    share: float
    source: str


@dataclass(frozen=True)
class Vehicle:
    """us of the operations of an EV's TLS stack."""

    tls: Mapping[str, float]
    source: str


def codec(times_us: Mapping[str, float], direction: str) -> dict[str, float]:
    """Return base, field and byte of "decode" or "encode" from the times of the three samples; none is below zero."""
    shapes = samples.shapes()
    rows = [(1.0, shape.fields, shape.size) for shape in shapes.values()]
    values = [times_us[f"{direction}_{name}"] for name in shapes]
    solved = np.linalg.solve(np.array(rows), np.array(values))
    return {part: max(0.0, float(value)) for part, value in zip(CODEC_PARTS, solved, strict=True)}


def board(units_us: Mapping[str, float], verify_us: float, cipher_byte_us: float, share: float, source: str) -> Board:
    """Return a board from the times of the guest's units and of its TLS stack's verification.

    units_us: as guest.UNITS names them, and "hop".
    """
    decode, encode = codec(units_us, "decode"), codec(units_us, "encode")
    return Board(
        hop=units_us["hop"],
        exchange=units_us["two_exchanges"] / 2,
        decode_field=decode["field"],
        decode_byte=decode["byte"],
        encode_field=encode["field"],
        encode_byte=encode["byte"],
        cipher_byte=cipher_byte_us,
        tls={name: part * verify_us for name, part in tables.TLS_PARTS.items()},
        python={"verify": units_us["verify"], "parse": units_us["parse"]},
        share=share,
        source=source,
    )


def chip(name: str) -> Board:
    """Return the estimate for one of tables.CHIPS."""
    found = tables.CHIPS[name]
    us_of_instruction = found.cycles / found.mhz
    us_of_million = tables.PLAIN_INSTRUCTIONS / tables.COUNTED["plain_128"] * us_of_instruction
    units_us = {unit: millions * us_of_million for unit, millions in tables.COUNTED.items()}
    units_us["verify"] = found.verify_instructions * us_of_instruction
    units_us["hop"] = tables.HOP_INSTRUCTIONS * us_of_instruction
    return board(units_us, found.verify_ms * 1000, found.cipher_byte_us, found.share, found.source)
