"""Viper kernels of products modulo any prime of 256 bits for a processor of 64 bits, in limbs of 32 bits.

The areas are those of kernels_slots.py; slots 0 to 4 are scratch, slot 5 is the modulus. viper checks no bounds:
limbs.py owns the sizes. No step depends on a value, so the time does not either.
Source: Koc, Acar, Kaliski, Analyzing and Comparing Montgomery Multiplication Algorithms (1996), CIOS.
"""
# ruff: noqa: F821

import micropython

from gridkeel.crypto.kernels_slots import number, set_modulus  # noqa: F401


@micropython.viper
def run(area, steps, base: int, times: int):
    # The steps of a formula (formulas.py), products alone, `times` over; slots from 64 on count from `base`.
    c = ptr8(steps)
    n = int(len(steps)) - 1
    n0 = uint(ptr32(area)[36])
    product = multiply
    base -= 64
    at = 0
    while times:
        o = int(c[at + 1])
        a = int(c[at + 2])
        b = int(c[at + 3])
        o += base if o > 63 else 0
        a += base if a > 63 else 0
        b += base if b > 63 else 0
        product(area, o, a, b, n0)
        at += 4
        if at == n:
            at = 0
            times -= 1


@micropython.viper
def multiply(area, o: int, a: int, b: int, n0: uint):
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
