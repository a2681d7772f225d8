"""The CRC-16/MODBUS in force: viper where the interpreter compiles it, plain Python elsewhere."""

import sys

from gridkeel.inverter.modbus.plain import crc16

if sys.implementation.name == "micropython":
    try:
        from gridkeel.inverter.modbus.kernels import crc16
    except SyntaxError:  # a port without native code, such as WebAssembly
        pass

__all__ = ("crc16",)
