"""Viper kernels modulo P for a processor of 64 bits: 9 limbs of 29 bits, a whole formula in one call.

29 bits leave room: a column of nine products fits a machine word, so that nothing is carried inside of one, and a
number may be up to 2 P and a little, so that sums are reduced by an estimate alone. Numbers are in Montgomery's form,
x * 2^261. No step depends on a value. kernels_umaal.py and kernels_thumb.py have the same functions for others.
An area is a row of slots of 36 bytes, the first one scratch. viper checks no bounds: points.py owns the sizes.
"""
# ruff: noqa: F821

import micropython

SLOT_BYTES = 36
FACTOR_BITS = 261  # of Montgomery's form


def number(area, slot):
    """Return what a slot holds."""
    value = 0
    for at in range(slot * 36 + 32, slot * 36 - 4, -4):
        value = value << 29 | int.from_bytes(area[at : at + 4], "little")
    return value


def set_modulus(area, modulus):
    """Do nothing: the modulus is in the code."""


@micropython.viper
def run(area, steps, base: int, times: int):
    # The steps of a formula (formulas.py), `times` over.
    t = ptr32(area)
    c = ptr8(steps)
    n = int(len(steps)) - 1
    first = int(t)
    moved = first + (base - 64) * 36  # slots from 64 on count from `base`
    m = 0x1FFFFFFF
    at = 0
    while times:
        k = int(c[at + 1])
        z = ptr32((first if k < 64 else moved) + k * 36)
        k = int(c[at + 2])
        x = ptr32((first if k < 64 else moved) + k * 36)
        k = int(c[at + 3])
        y = ptr32((first if k < 64 else moved) + k * 36)
        if int(c[at]):
            # A sum, or a difference, less q P: q is one less than how often P is in it, so that none is negative.
            k = 2 - int(c[at])
            q = (x[8] + k * y[8] >> 24) - 1
            s = q
            for i in range(8):
                s += x[i] + k * y[i]
                if i == 3:
                    s -= q << 9
                elif i == 6:
                    s -= q << 18
                elif i == 7:
                    s += q << 21
                z[i] = s & m
                s >>= 29
            z[8] = s + x[8] + k * y[8] - (q << 24)
        else:
            # A product, column by column. t[k] is how often P is added there to make it zero modulo 2^29: P is 2^256
            # - 2^224 + 2^192 + 2^96 - 1, four shifts, and the -1 is what the step to the next column drops.
            s = x[0] * y[0]
            t[0] = s & m
            s >>= 29
            s += x[0] * y[1] + x[1] * y[0]
            t[1] = s & m
            s >>= 29
            s += x[0] * y[2] + x[1] * y[1] + x[2] * y[0]
            t[2] = s & m
            s >>= 29
            s += x[0] * y[3] + x[1] * y[2] + x[2] * y[1] + x[3] * y[0] + (t[0] << 9)
            t[3] = s & m
            s >>= 29
            s += x[0] * y[4] + x[1] * y[3] + x[2] * y[2] + x[3] * y[1] + x[4] * y[0] + (t[1] << 9)
            t[4] = s & m
            s >>= 29
            s += x[0] * y[5] + x[1] * y[4] + x[2] * y[3] + x[3] * y[2] + x[4] * y[1] + x[5] * y[0] + (t[2] << 9)
            t[5] = s & m
            s >>= 29
            s += x[0] * y[6] + x[1] * y[5] + x[2] * y[4] + x[3] * y[3] + x[4] * y[2] + x[5] * y[1]
            s += x[6] * y[0] + (t[3] << 9) + (t[0] << 18)
            t[6] = s & m
            s >>= 29
            s += x[0] * y[7] + x[1] * y[6] + x[2] * y[5] + x[3] * y[4] + x[4] * y[3] + x[5] * y[2]
            s += x[6] * y[1] + x[7] * y[0] + (t[4] << 9) + (t[1] << 18) - (t[0] << 21)
            t[7] = s & m
            s >>= 29
            s += x[0] * y[8] + x[1] * y[7] + x[2] * y[6] + x[3] * y[5] + x[4] * y[4] + x[5] * y[3]
            s += x[6] * y[2] + x[7] * y[1] + x[8] * y[0] + (t[5] << 9) + (t[2] << 18) + (t[0] << 24) - (t[1] << 21)
            t[8] = s & m
            s >>= 29
            s += x[1] * y[8] + x[2] * y[7] + x[3] * y[6] + x[4] * y[5] + x[5] * y[4] + x[6] * y[3]
            s += x[7] * y[2] + x[8] * y[1] + (t[6] << 9) + (t[3] << 18) + (t[1] << 24) - (t[2] << 21)
            z[0] = s & m
            s >>= 29
            s += x[2] * y[8] + x[3] * y[7] + x[4] * y[6] + x[5] * y[5] + x[6] * y[4] + x[7] * y[3]
            s += x[8] * y[2] + (t[7] << 9) + (t[4] << 18) + (t[2] << 24) - (t[3] << 21)
            z[1] = s & m
            s >>= 29
            s += x[3] * y[8] + x[4] * y[7] + x[5] * y[6] + x[6] * y[5] + x[7] * y[4] + x[8] * y[3]
            s += (t[8] << 9) + (t[5] << 18) + (t[3] << 24) - (t[4] << 21)
            z[2] = s & m
            s >>= 29
            s += x[4] * y[8] + x[5] * y[7] + x[6] * y[6] + x[7] * y[5] + x[8] * y[4] + (t[6] << 18)
            s += (t[4] << 24) - (t[5] << 21)
            z[3] = s & m
            s >>= 29
            s += x[5] * y[8] + x[6] * y[7] + x[7] * y[6] + x[8] * y[5] + (t[7] << 18) + (t[5] << 24) - (t[6] << 21)
            z[4] = s & m
            s >>= 29
            s += x[6] * y[8] + x[7] * y[7] + x[8] * y[6] + (t[8] << 18) + (t[6] << 24) - (t[7] << 21)
            z[5] = s & m
            s >>= 29
            s += x[7] * y[8] + x[8] * y[7] + (t[7] << 24) - (t[8] << 21)
            z[6] = s & m
            s >>= 29
            s += x[8] * y[8] + (t[8] << 24)
            z[7] = s & m
            s >>= 29
            z[8] = s
        at += 4
        if at == n:
            at = 0
            times -= 1


@micropython.viper
def is_zero(area, slot: int) -> bool:
    # 0, P or 2 P: the number less q P is looked at, with q the nearest below.
    x = ptr32(int(ptr32(area)) + slot * 36)
    q = x[8] + 1 >> 24
    s = q
    found = 0
    for i in range(8):
        s += int(x[i])
        if i == 3:
            s -= q << 9
        elif i == 6:
            s -= q << 18
        elif i == 7:
            s += q << 21
        found |= s & 0x1FFFFFFF
        s >>= 29
    found |= s + x[8] - (q << 24)
    return found == 0


@micropython.viper
def load(area, slot: int, data: ptr8, at: int):
    # 32 bytes, big-endian, from data[at].
    z = ptr32(int(ptr32(area)) + slot * 36)
    bits = s = limb = 0
    for k in range(31, -1, -1):
        s |= int(data[at + k]) << bits
        bits += 8
        if bits >= 29:
            z[limb] = s & 0x1FFFFFFF
            s >>= 29
            bits -= 29
            limb += 1
    z[8] = s
