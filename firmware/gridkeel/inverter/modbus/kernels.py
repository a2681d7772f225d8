"""CRC-16/MODBUS in viper.  No bounds checks: the caller knows that offset + n lies inside the buffer."""
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
