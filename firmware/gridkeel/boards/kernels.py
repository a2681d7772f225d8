"""Viper kernels of the chips' samples; twins.py beside it holds the same functions in plain Python.

viper checks no bounds: the callers own the sizes. Samples are counts of 12 bits, so no sum comes near 2**30.
"""
# ruff: noqa: F821

import micropython


@micropython.viper
def mix_down(ring: ptr16, at: int, n: int, stride: int, out: ptr16):
    for i in range(n):
        total = int(ring[at])
        at += stride
        total += int(ring[at])
        at += stride
        total += int(ring[at])
        at += stride
        total += int(ring[at])
        at += stride
        out[i] = (total - 8192) << 2


@micropython.viper
def plateaus(ring: ptr16, at: int, n: int, stride: int, out: ptr32):
    high = -1
    low = 4096
    second_high = -1
    second_low = 4096
    k = at
    for _ in range(n):
        x = int(ring[k])
        k += stride
        if x > high:
            second_high = high
            high = x
        elif x > second_high:
            second_high = x
        if x < low:
            second_low = low
            low = x
        elif x < second_low:
            second_low = x
    band = ((second_high - second_low) >> 4) + 16
    high = second_high - band
    low = second_low + band
    high_sum = 0
    high_n = 0
    low_sum = 0
    low_n = 0
    for _ in range(n):
        x = int(ring[at])
        at += stride
        if x >= high and x <= second_high:
            high_sum += x
            high_n += 1
        if x <= low and x >= second_low:
            low_sum += x
            low_n += 1
    out[0] = high_sum // high_n
    out[1] = low_sum // low_n


@micropython.viper
def mix_frames(frames: ptr16, n: int, out: ptr16):
    at = 0
    for i in range(n):
        total = (int(frames[at]) ^ 0x8000) - 0x8000
        total += (int(frames[at + 2]) ^ 0x8000) - 0x8000
        total += (int(frames[at + 4]) ^ 0x8000) - 0x8000
        total += (int(frames[at + 6]) ^ 0x8000) - 0x8000
        at += 8
        out[i] = total >> 2
