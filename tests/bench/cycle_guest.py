"""Runs on the 32-bit interpreter for bench_cycle.py: a controller at work, up to one block, then one part of it.

The frequency falls, so that every block has a new command; the block measured is one whose bytes are a WSet.
"""

from sine import Sine
from sunspec_slave import Slave, der_models

from gridkeel.controller import Controller
from gridkeel.params import Parameters

BLOCK_MS = 10
SETTLE_BLOCKS = 90
FALL_HZ = 0.004  # a block
WRITE_MULTIPLE = 16
NOTHING, SENSING, ENVELOPE, COMMAND, WHOLE = range(5)


class Spy:
    """Stands before the envelope for one block and keeps what it was asked."""

    def __init__(self, envelope):
        self._envelope = envelope
        self.arguments = ()

    def limit(self, *arguments):
        self.arguments = arguments
        return self._envelope.limit(*arguments)

    def __getattr__(self, name):
        return getattr(self._envelope, name)


class ControlLoop:
    """A controller, its mains and its inverter, block by block."""

    def __init__(self, changes=None, settle_blocks=SETTLE_BLOCKS):
        settings = {"start_delay_ms": 0}
        settings.update(changes or {})
        parameters = Parameters(settings)
        self.controller = Controller(parameters)
        self.n = parameters.sample_hz * BLOCK_MS // 1000
        self.now_ms = 0
        self.out = bytearray(256)
        self._sine = Sine(parameters)
        self._slave = Slave(der_models())
        self._freq_hz = 50.0
        self._answer = b""
        self._blocks = 0
        self._settle_blocks = settle_blocks
        self.block = None

    def prepare(self):
        """Make the next block of samples."""
        self._blocks += 1
        if self._blocks > self._settle_blocks:
            self._freq_hz -= FALL_HZ
            self._sine.set(self._freq_hz)
        self.block = self._sine.block(self.n)

    def cycle(self):
        """One control cycle: what the control task does with a block."""
        self.controller.step(self.block, self.n, self.now_ms)
        return self.controller.data_to_send(self.out, self.now_ms)

    def serve(self, n):
        """Answer the bytes sent, each a millisecond later, and let the rest of the block pass."""
        controller = self.controller
        for _ in range(BLOCK_MS):
            if n:
                self._answer = self._slave.handle(bytes(self.out[:n]), self.now_ms)
            self.now_ms += 1
            if self._answer:
                controller.receive(self._answer, len(self._answer), self.now_ms)
                self._answer = b""
            controller.inverter.on_deadline(self.now_ms)
            n = controller.data_to_send(self.out, self.now_ms)
        if n:
            self._answer = self._slave.handle(bytes(self.out[:n]), self.now_ms)


def find():
    """Return the number of the first block, well into the fall, whose cycle sends a WSet."""
    loop = ControlLoop()
    for block in range(SETTLE_BLOCKS + 60):
        loop.prepare()
        n = loop.cycle()
        wrote = n and loop.out[1] == WRITE_MULTIPLE
        loop.serve(n)
        if wrote and block > SETTLE_BLOCKS + 30:
            return block
    raise AssertionError("no WSet was sent")


def run(part, blocks):
    """Run so many blocks, then one part of the next cycle and nothing more."""
    loop = ControlLoop()
    controller = loop.controller
    envelope = controller.envelope
    spy = Spy(envelope)
    for block in range(blocks):
        loop.prepare()
        if block == blocks - 1:
            controller.envelope = spy
        n = loop.cycle()
        controller.envelope = envelope
        loop.serve(n)
    loop.prepare()
    permitted_w = controller.envelope.permitted_w - 100
    if part == SENSING:
        controller.mains.update(loop.block, loop.n)
    elif part == ENVELOPE:
        envelope.limit(*spy.arguments)
    elif part == COMMAND:
        controller.inverter.command(permitted_w, loop.now_ms)
        controller.data_to_send(loop.out, loop.now_ms)
    elif part == WHOLE:
        loop.cycle()
