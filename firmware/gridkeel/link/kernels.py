"""Viper kernels of the frames; twins.py holds the same functions in plain Python, with the words on each.

viper checks no bounds: framing.py owns the sizes.
"""
# ruff: noqa: F821

import micropython


@micropython.viper
def crc32_store(src: ptr8, start: int, n: int, table: ptr8, out: ptr8, at: int):
    crc = uint(0xFFFF)
    crc = crc << 16 | uint(0xFFFF)
    entries = ptr32(table)
    end = start + n
    while start < end:
        crc = crc ^ uint(src[start])
        crc = crc >> 4 ^ uint(entries[int(crc & uint(15))])
        crc = crc >> 4 ^ uint(entries[int(crc & uint(15))])
        start += 1
    for i in range(4):
        out[at + i] = int(crc & uint(255)) ^ 255
        crc = crc >> 8


@micropython.viper
def cobs_encode(src: ptr8, start: int, n: int, out: ptr8, at: int) -> int:
    code_at = at
    at += 1
    code = 1
    end = start + n
    while start < end:
        value = int(src[start])
        if value:
            out[at] = value
            code += 1
        else:
            out[code_at] = code
            code_at = at
            code = 1
        at += 1
        start += 1
    out[code_at] = code
    out[at] = 0
    return at + 1


@micropython.viper
def cobs_decode(buf: ptr8, n: int) -> int:
    start = 0
    at = 0
    while start < n:
        end = start + int(buf[start])
        if end > n:
            return -1
        start += 1
        while start < end:
            buf[at] = buf[start]
            at += 1
            start += 1
        if start < n:
            buf[at] = 0
            at += 1
    return at


@micropython.viper
def copy(src: ptr8, start: int, n: int, out: ptr8, at: int):
    end = start + n
    while start < end:
        out[at] = src[start]
        at += 1
        start += 1


@micropython.viper
def copy_to_zero(src: ptr8, start: int, end: int, out: ptr8, at: int, room: int) -> int:
    while start < end:
        value = int(src[start])
        if value == 0:
            return start
        if at < room:
            out[at] = value
            at += 1
        start += 1
    return start
