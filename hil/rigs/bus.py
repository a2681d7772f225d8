"""The RS-485 line between board and inverter in virtual time: who sends when, what is written, what breaks."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hil.plants.inverter import Inverter, RtuSlavePort
from hil.scenarios.scenario import Fault

WRITE_MULTIPLE = 16
BITS_A_BYTE = 11  # start, 8, parity, stop
SEED = 20250428  # of the noise, the same in every run


def damage(data: bytes, rate: float, dice: random.Random) -> bytes:
    """Return data with single bits flipped in a share `rate` of its bytes."""
    damaged = bytearray(data)
    for i in range(len(damaged)):
        if dice.random() < rate:
            damaged[i] ^= 1 << dice.randrange(8)
    return bytes(damaged)


class Bus:
    """Carries requests to the inverter and its answers back.

    commands: (time of the last byte in us, power in W into the vehicle) of each write that the inverter took.
    """

    def __init__(self, inverter: Inverter, baud: int, faults: Sequence[Fault] = (), seed: int = SEED) -> None:
        self._inverter = inverter
        self._slave = RtuSlavePort(inverter, baud)
        self._byte_us = BITS_A_BYTE * 1e6 / baud
        self._cuts = [fault for fault in faults if fault.kind == "inverter_link"]
        self._noises = [fault for fault in faults if fault.kind == "bus_noise"]
        self._dice = random.Random(seed)
        self.commands: list[tuple[int, int]] = []
        self.frames = 0

    def from_board(self, data: bytes, now_us: int) -> list[tuple[int, bytes]]:
        """Take what the board sent from now_us on; return (arrival of the last byte in us, answer)."""
        t_s = now_us / 1e6
        if any(fault.active(t_s) for fault in self._cuts):
            return []
        self.frames += 1
        answers = self._slave.receive(self._damaged(data, t_s), now_us)
        if answers and len(data) > 1 and data[1] == WRITE_MULTIPLE:
            self.commands.append((round(now_us + len(data) * self._byte_us), round(self._inverter.target_w)))
        return [(at_us, self._damaged(answer, t_s)) for at_us, answer in answers]

    def _damaged(self, data: bytes, t_s: float) -> bytes:
        for fault in self._noises:
            if fault.active(t_s):
                data = damage(data, fault.rate, self._dice)
        return data
