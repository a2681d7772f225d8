"""Entries of the journal: what each kind carries. Kinds under 128 are records of the link, by their message's number.

Numbers go onto flashes: they are added and never changed.
"""

from struct import pack_into, unpack_from

TAKEN = 128  # number u32 of an entry: the host has every record up to it
ENERGY = 129  # unix_s u32 (0: unset), energy_wh u32
CONSENT = 130  # unix_s u32, access u8 (evse.ACCESS)

RECORD_HEAD_BYTES = 8  # boot u32, sequence u32; then the row
TAKEN_BYTES = 4
ENERGY_BYTES = 8
CONSENT_BYTES = 5


def fill_record(out: bytearray, boot: bytes, body: bytearray, size: int, head: int) -> int:
    """Write the entry of a record's frame body; return its size.  head: bytes of a body before its row."""
    out[:4] = boot
    for i in range(4):
        out[4 + i] = body[2 + i]
    for i in range(size - head):
        out[RECORD_HEAD_BYTES + i] = body[head + i]
    return RECORD_HEAD_BYTES + size - head


def fill_taken(out: bytearray, number: int) -> int:
    pack_into("<I", out, 0, number)
    return TAKEN_BYTES


def fill_energy(out: bytearray, unix_s: int, energy_wh: int) -> int:
    pack_into("<II", out, 0, unix_s, energy_wh)
    return ENERGY_BYTES


def fill_consent(out: bytearray, unix_s: int, access: int) -> int:
    pack_into("<IB", out, 0, unix_s, access)
    return CONSENT_BYTES


def read_u32(data: bytes, at: int) -> int:
    return unpack_from("<I", data, at)[0]
