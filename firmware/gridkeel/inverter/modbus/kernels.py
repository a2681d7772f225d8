"""What goes over every byte of a frame, in viper.  No bounds checks: the caller knows that all of it lies inside."""
# ruff: noqa: F821 - ptr8 and ptr16 are viper's own names

import micropython

from gridkeel.inverter.modbus.plain import TABLE


@micropython.viper
def crc16(buffer: ptr8, offset: int, n: int) -> int:
    table = ptr16(TABLE)
    crc = 0xFFFF
    for i in range(offset, offset + n):
        crc = (crc >> 8) ^ table[(crc ^ buffer[i]) & 0xFF]
    return crc


@micropython.viper
def put_words(words: ptr16, first: int, n: int, out: ptr8, at: int):
    for i in range(first, first + n):
        word = int(words[i])
        out[at] = word >> 8
        out[at + 1] = word
        at += 2
