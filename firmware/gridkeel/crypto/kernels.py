"""Viper kernels of 256-bit arithmetic modulo a prime, on any processor; integers.py does the same on Python's integers.

An area is a row of slots of 32 bytes, each a number below the modulus, little-endian. Slots 0 to 4 are scratch, slot
5 is the modulus, and an output is none of these. viper checks no bounds: limbs.py and points.py own the sizes. No step
depends on a value, so the time does not either, as far as the processor multiplies in constant time.
Source: Koc, Acar, Kaliski, Analyzing and Comparing Montgomery Multiplication Algorithms (1996), CIOS.
"""
# ruff: noqa: F821

import micropython

SLOT_BYTES = 32
FACTOR_BITS = 256  # of Montgomery's form


def number(area, slot):
    """Return what a slot holds."""
    return int.from_bytes(area[slot * 32 : slot * 32 + 32], "little")


@micropython.viper
def is_wide(ones) -> bool:
    # ones: four bytes of 255. Whether a word has more than 32 bits, and 32 of them that are read are never negative.
    return int(ptr32(ones)[0]) >> 31 == 1


@micropython.viper
def run(area, steps, base: int, times: int):
    # The steps of a formula (formulas.py), `times` over, modulo P; slots from 64 on count from `base`.
    c = ptr8(steps)
    n = int(len(steps))
    product, plus, less = multiply_p, add, subtract
    base -= 64
    at = 0
    while times:
        o = int(c[at + 1])
        a = int(c[at + 2])
        b = int(c[at + 3])
        o += base if o > 63 else 0
        a += base if a > 63 else 0
        b += base if b > 63 else 0
        k = int(c[at])
        if k == 0:
            product(area, o, a, b, 1)
        elif k == 1:
            plus(area, o, a, b)
        else:
            less(area, o, a, b)
        at += 4
        if at == n:
            at = 0
            times -= 1


@micropython.viper
def multiply_32(area, o: int, a: int, b: int, n0: uint):
    # Limbs of 32 bits, for a processor of 64.
    t = ptr32(area)
    u = ptr32(int(t) + (a << 5))
    v = ptr32(int(t) + (b << 5))
    mask = uint(0xFFFF)
    mask = mask << 16 | mask
    for k in range(10):
        t[k] = 0
    for i in range(8):
        x = uint(u[i])
        s = uint(t[0]) + x * uint(v[0])
        y = s * n0 & mask
        carry = s >> 32
        less = (s & mask) + y * uint(t[40]) >> 32
        for j in range(1, 8):
            s = uint(t[j]) + x * uint(v[j]) + carry
            carry = s >> 32
            less += (s & mask) + y * uint(t[40 + j])
            t[j - 1] = int(less)
            less >>= 32
        s = uint(t[8]) + carry + less
        t[7] = int(s)
        t[8] = int(s >> 32)
    t[9] = 0
    reduce(area, o)


@micropython.viper
def multiply_16(area, o: int, a: int, b: int, n0: uint):
    # Limbs of 16 bits, for a processor of 32, and any modulus.
    t = ptr16(area)
    a <<= 4
    b <<= 4
    mask = uint(0xFFFF)
    for k in range(18):
        t[k] = 0
    for i in range(16):
        x = uint(t[a + i])
        carry = uint(0)
        for j in range(16):
            s = uint(t[j]) + x * uint(t[b + j]) + carry
            t[j] = int(s)
            carry = s >> 16
        s = uint(t[16]) + carry
        t[16] = int(s)
        t[17] = int(s >> 16)
        x = uint(t[0]) * n0 & mask
        carry = uint(t[0]) + x * uint(t[80]) >> 16
        for j in range(1, 16):
            s = uint(t[j]) + x * uint(t[80 + j]) + carry
            t[j - 1] = int(s)
            carry = s >> 16
        s = uint(t[16]) + carry
        t[15] = int(s)
        t[16] = int(t[17]) + int(s >> 16)
    reduce(area, o)


@micropython.viper
def multiply_p(area, o: int, a: int, b: int, n0: uint):
    # Limbs of 16 bits, modulo P alone: x * P is x at 2^256, 2^192 and 2^96 and less x at 2^224 and 1, so that the
    # reduction needs no products. 2^512 is added first, so that no limb goes below zero, and taken away at the end.
    w = ptr32(area)
    h = ptr16(area)
    a <<= 4
    b <<= 4
    for k in range(16):
        h[k] = 0
    for i in range(16):
        x = uint(h[a + i])
        carry = uint(0)
        for j in range(i, i + 16):
            s = uint(h[j]) + x * uint(h[b]) + carry
            h[j] = int(s)
            carry = s >> 16
            b += 1
        b -= 16
        h[i + 16] = int(carry)
    for k in range(31, 14, -1):
        w[k] = int(h[k]) + 0xFFFF
    w[14] = int(h[14]) + 0x10000
    for k in range(13, -1, -1):
        w[k] = int(h[k])
    w[32] = 0
    for i in range(16):
        v = int(w[i])
        w[i + 1] = int(w[i + 1]) + (v >> 16)
        v &= 0xFFFF
        w[i + 6] = int(w[i + 6]) + v
        w[i + 12] = int(w[i + 12]) + v
        w[i + 14] = int(w[i + 14]) - v
        w[i + 16] = int(w[i + 16]) + v
    v = 0
    for k in range(16):
        v += int(w[16 + k])
        h[k] = v
        v >>= 16
    h[16] = int(w[32]) + v - 1
    reduce(area, o)


@micropython.viper
def reduce(area, o: int):
    # Scratch, of one bit more than a slot, less the modulus once where it is not below it.
    t = ptr16(area)
    o <<= 4
    borrow = 0
    for k in range(16):
        s = int(t[k]) - int(t[80 + k]) - borrow
        t[o + k] = s
        borrow = s >> 16 & 1
    below = 0 - (borrow & (int(t[16]) ^ 1))
    for k in range(16):
        s = int(t[o + k])
        t[o + k] = s ^ ((s ^ int(t[k])) & below)


@micropython.viper
def add(area, o: int, a: int, b: int):
    t = ptr16(area)
    a <<= 4
    b <<= 4
    carry = 0
    for k in range(16):
        s = int(t[a + k]) + int(t[b + k]) + carry
        t[k] = s
        carry = s >> 16
    t[16] = carry
    reduce(area, o)


@micropython.viper
def subtract(area, o: int, a: int, b: int):
    t = ptr16(area)
    o <<= 4
    a <<= 4
    b <<= 4
    borrow = 0
    for k in range(16):
        s = int(t[a + k]) - int(t[b + k]) - borrow
        t[k] = s
        borrow = s >> 16 & 1
    negative = 0 - borrow
    carry = 0
    for k in range(16):
        s = int(t[k]) + (int(t[80 + k]) & negative) + carry
        t[o + k] = s
        carry = s >> 16 & 1


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
