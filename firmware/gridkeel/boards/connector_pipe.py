"""The virtual boards' connector: both arrays of gridkeel.evse.ports as the bytes that cross to the plants and back.

    to the board    <h high mV> <h low mV> <B bits: 1 contactor closed, 2 RCD> <I DC mV> <i DC mA> <H isolation kohm>
    to the plants   <h duty in 0.1 %, -1 no drive> <B DC mode> <I DC mV> <I DC mA>

hil/drivers/connector_frames.py is the other end.
"""

import struct

from gridkeel import TYPE_CHECKING
from gridkeel.evse import ports

if TYPE_CHECKING:
    from array import array
    from socket import socket

LEVELS = "<hhBIiH"
LEVELS_BYTES = 15
ORDERS = "<hBII"
ORDERS_BYTES = 11
CLOSED = 1
RCD = 2


def unpack_levels(data: bytearray, at: int, levels: "array[int]") -> None:
    """Fill levels from data[at:]."""
    high_mv, low_mv, bits, dc_mv, dc_ma, isolation_kohm = struct.unpack_from(LEVELS, data, at)
    levels[ports.HIGH_MV] = high_mv
    levels[ports.LOW_MV] = low_mv
    levels[ports.CLOSED] = bits & CLOSED
    levels[ports.RCD] = bits & RCD
    levels[ports.DC_MV] = dc_mv
    levels[ports.DC_MA] = dc_ma
    levels[ports.ISOLATION_KOHM] = isolation_kohm


def pack_orders(orders: "array[int]", data: bytearray, at: int) -> None:
    """Fill data[at:] from orders."""
    struct.pack_into(
        ORDERS,
        data,
        at,
        orders[ports.DUTY_PERMILLE],
        orders[ports.DC_MODE],
        orders[ports.SET_MV],
        orders[ports.SET_MA],
    )


class SocketConnector:
    """The connector of a board in real time: frames over a local TCP socket, the newest counts."""

    def __init__(self, socket: "socket") -> None:
        self._socket = socket
        self._rx = bytearray(LEVELS_BYTES)
        self._view = memoryview(self._rx)
        self._got = 0
        self._tx = bytearray(ORDERS_BYTES)
        self._sent = bytearray(ORDERS_BYTES)

    def read(self, levels: "array[int]") -> None:
        """Bring levels up to date with what has arrived; they stay where nothing has."""
        while True:
            n = self._socket.readinto(self._view[self._got :] if self._got else self._rx)
            if not n:
                return
            self._got += n
            if self._got == LEVELS_BYTES:
                self._got = 0
                unpack_levels(self._rx, 0, levels)

    def write(self, orders: "array[int]") -> None:
        """Send a change of orders."""
        pack_orders(orders, self._tx, 0)
        if self._tx != self._sent:
            self._sent[:] = self._tx
            self._socket.write(self._tx)
