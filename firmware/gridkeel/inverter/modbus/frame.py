"""Frames of Modbus RTU: the CRC at their end, and what bytes are: an answer to a request, or that request's echo.

The CRC-16/MODBUS is viper where the interpreter compiles it, plain Python elsewhere.  Allocates: nothing.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter.modbus import pdu

try:
    from gridkeel.inverter.modbus.kernels import crc16
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without the viper emitter
    from gridkeel.inverter.modbus.plain import crc16

if TYPE_CHECKING:
    from gridkeel.inverter.interface import Buffer


def is_answer(rx: "Buffer", size: int, function: int, address: int, count: int) -> bool:
    """Return whether rx[1:1 + size], a PDU by its size, is sound and answers a request."""
    if crc16(rx, 0, size + 1) != rx[size + 1] | rx[size + 2] << 8:
        return False
    if function == pdu.READ_HOLDING or rx[1] & pdu.EXCEPTION_BIT:
        return True
    return pdu.echoes(rx, 1, address, count)


def echo_size(rx: "Buffer", held: int, unit: int, function: int, address: int, count: int) -> int:
    """Return the size of a request where rx[0:held] may be its echo, else 0."""
    if rx[0] != unit or rx[1] != function or pdu.get_u16(rx, 2) != address:
        return 0
    if function == pdu.READ_HOLDING:
        return pdu.READ_SIZE + 3
    # An acknowledgement begins with the same six bytes, and is judged before.
    return pdu.WRITE_HEAD + 2 * count + 3 if held > 6 and rx[6] == 2 * count else 0
