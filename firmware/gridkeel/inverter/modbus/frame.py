"""The CRC-16/MODBUS in force: viper where the interpreter compiles it, plain Python elsewhere."""

try:
    from gridkeel.inverter.modbus.kernels import crc16
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without the viper emitter
    from gridkeel.inverter.modbus.plain import crc16

__all__ = ("crc16",)
