"""Modbus as a slave sees it: request PDU in, answer PDU out, and RTU's CRC (Modbus Application Protocol V1.1b3)."""

from __future__ import annotations

import struct
from typing import Protocol

READ_HOLDING = 3
WRITE_SINGLE = 6
WRITE_MULTIPLE = 16

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
GATEWAY_TARGET_SILENT = 0x0B

READ_MAX = 125
WRITE_MAX = 123


class ModbusError(Exception):
    """A request the slave refuses with this exception code."""

    def __init__(self, code: int):
        super().__init__(f"Modbus exception {code}")
        self.code = code


class Registers(Protocol):
    """Interface of a register map for the PDU layer; both raise ModbusError."""

    def read(self, address: int, count: int) -> bytes:
        """Return the bytes of `count` registers."""

    def write(self, address: int, data: bytes) -> None:
        """Write whole registers, all or nothing."""


def answer(registers: Registers, pdu: bytes) -> bytes:
    """Return the answer to one request PDU of at least one byte, an exception PDU where it is refused."""
    try:
        handler = _HANDLERS.get(pdu[0])
        if handler is None:
            raise ModbusError(ILLEGAL_FUNCTION)
        return handler(registers, pdu)
    except ModbusError as refusal:
        return exception(pdu[0], refusal.code)


def exception(function: int, code: int) -> bytes:
    """Return an exception PDU."""
    return bytes((function | 0x80, code))


def _read(registers: Registers, pdu: bytes) -> bytes:
    if len(pdu) != 5:
        raise ModbusError(ILLEGAL_VALUE)
    address, count = struct.unpack_from(">HH", pdu, 1)
    if not 1 <= count <= READ_MAX:
        raise ModbusError(ILLEGAL_VALUE)
    return bytes((READ_HOLDING, 2 * count)) + registers.read(address, count)


def _write_single(registers: Registers, pdu: bytes) -> bytes:
    if len(pdu) != 5:
        raise ModbusError(ILLEGAL_VALUE)
    registers.write(int.from_bytes(pdu[1:3], "big"), pdu[3:5])
    return pdu


def _write_multiple(registers: Registers, pdu: bytes) -> bytes:
    if len(pdu) < 6:
        raise ModbusError(ILLEGAL_VALUE)
    address, count, size = struct.unpack_from(">HHB", pdu, 1)
    if not 1 <= count <= WRITE_MAX or size != 2 * count or len(pdu) != 6 + size:
        raise ModbusError(ILLEGAL_VALUE)
    registers.write(address, pdu[6:])
    return pdu[:5]


_HANDLERS = {READ_HOLDING: _read, WRITE_SINGLE: _write_single, WRITE_MULTIPLE: _write_multiple}


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _bit in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(data: bytes | bytearray, crc: int = 0xFFFF) -> int:
    """Return the CRC of RTU, continued from `crc`; it goes on the wire low byte first, and over both together is 0."""
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def with_crc(body: bytes) -> bytes:
    """Return unit and PDU with their CRC appended."""
    return body + crc16(body).to_bytes(2, "little")
