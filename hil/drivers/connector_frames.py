"""The rig's end of the connector: levels to the board, orders from it; boards/connector_pipe.py is the other end."""

from __future__ import annotations

import struct
from dataclasses import dataclass

LEVELS = struct.Struct("<hhBIiH")
ORDERS = struct.Struct("<hBII")
CLOSED = 1
RCD = 2


@dataclass(frozen=True)
class Levels:
    """Levels that a board measures: pilot in mV, contactor's contact, RCD, DC side, isolation (0 none)."""

    high_mv: int
    low_mv: int
    closed: bool
    rcd: bool = False
    dc_mv: int = 0
    dc_ma: int = 0
    isolation_kohm: int = 0

    def pack(self) -> bytes:
        bits = (CLOSED if self.closed else 0) | (RCD if self.rcd else 0)
        return LEVELS.pack(self.high_mv, self.low_mv, bits, self.dc_mv, self.dc_ma, self.isolation_kohm)


@dataclass(frozen=True)
class Orders:
    """Orders of a board to its connector: the pilot's duty in 0.1 % (-1 not at all), and a DC side."""

    duty_permille: int = 0
    dc_mode: int = 0
    set_mv: int = 0
    set_ma: int = 0

    @classmethod
    def unpack(cls, data: bytes) -> Orders:
        return cls(*ORDERS.unpack(data))


NO_CONNECTOR = Levels(0, 0, False).pack()
