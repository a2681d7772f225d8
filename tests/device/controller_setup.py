"""The whole controller between a sine and a register slave, its heap locked wherever the control path runs."""

from noalloc import without_heap
from sine import Sine
from sunspec_slave import Slave, der_models

from gridkeel import inverter, ticks
from gridkeel.controller import Controller
from gridkeel.params import Parameters
from gridkeel.services.protection import RUN

N = 48
BLOCK_MS = 10
ANSWER_MS = 4


class Health:
    """What a record reports of the device itself, nothing of it measured."""

    uptime_ms = loop_gap_us = loop_gap_max_us = step_max_us = heap_free = 0


class Link:
    """A host link without an error."""

    errors = dropped = 0


class ControllerSetup:
    """A controller between a sine and a register slave, in virtual ms; starts shortly before the tick wraps."""

    def __init__(self, changes=None):
        self.parameters = Parameters(changes)
        self.controller = Controller(self.parameters)
        self.slave = Slave(der_models())
        self.sine = Sine(self.parameters)
        self.now = ticks.MASK - 700
        self.out = bytearray(256)
        self._answer = b""
        self._block = self.sine.block(N)
        self.n = 0

    def run(self, ms):
        step, hear, pump = self._step, self._hear, self._pump
        for _ in range(ms // BLOCK_MS):
            self.sine.fill(self._block)
            without_heap(step)
            self._exchange()
            self.now = ticks.add(self.now, ANSWER_MS)
            without_heap(hear)
            self.now = ticks.add(self.now, 3)
            without_heap(pump)
            self._exchange()
            self.now = ticks.add(self.now, BLOCK_MS - ANSWER_MS - 3)

    def _step(self):
        self.controller.step(self._block, N, self.now)
        self._pump()

    def _pump(self):
        self.controller.inverter.on_deadline(self.now)
        self.n = self.controller.data_to_send(self.out, self.now)

    def _hear(self):
        if self._answer:
            self.controller.receive(self._answer, len(self._answer), self.now)
        self._answer = b""

    def _exchange(self):
        if self.n:
            self._answer = self.slave.handle(bytes(self.out[: self.n]), self.now)
            self.n = 0
            # The slave's logs would fill a board's heap in minutes.
            self.slave.reads.clear()
            self.slave.writes.clear()

    def lost(self):
        self.controller.samples_lost(self.now)

    def wset_w(self):
        """Power in the slave's 704, positive into the vehicle."""
        return -self.slave.signed32(704, 24)


def driving(changes=None):
    setup = ControllerSetup(changes)
    setup.run(3500)
    assert setup.controller.protection.state == RUN
    assert setup.controller.inverter.state == inverter.DRIVING
    return setup
