"""Numbers in slots of 32 bytes, little-endian, for the kernels of processors of 32 bits; points.py owns the sizes."""
# ruff: noqa: F821

import micropython

from gridkeel.crypto import p256

SLOT_BYTES = 32
FACTOR_BITS = 256  # of Montgomery's form
_N0_AT = 144  # in the scratch of an area: -1 / modulus modulo 2^32
_MODULUS_AT = 160  # slot 5


def set_modulus(area: bytearray, modulus: int) -> None:
    """Make an area one of numbers modulo P or N."""
    n0 = 1 if modulus == p256.P else 0xEE00BC4F
    area[_N0_AT : _N0_AT + 4] = n0.to_bytes(4, "little")
    area[_MODULUS_AT : _MODULUS_AT + 32] = modulus.to_bytes(32, "little")


def number(area, slot):
    """Return what a slot holds."""
    return int.from_bytes(area[slot * 32 : slot * 32 + 32], "little")


@micropython.viper
def load(area: ptr8, slot: int, data: ptr8, at: int):
    # 32 bytes, big-endian, from data[at].
    o = (slot << 5) + 31
    for k in range(32):
        area[o - k] = data[at + k]


@micropython.viper
def is_zero(area: ptr16, a: int) -> bool:
    a <<= 4
    found = 0
    for k in range(16):
        found |= int(area[a + k])
    return found == 0
