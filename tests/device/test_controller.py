"""The whole control path on every interpreter, heap locked from the samples to the Modbus bytes."""

from noalloc import without_heap
from sine import Sine
from sunspec_slave import Slave, der_models

from gridkeel import errors, inverter, limits, ticks
from gridkeel.controller import Controller
from gridkeel.params import Parameters
from gridkeel.services.protection import CEASED, RUN

N = 48
BLOCK_MS = 10
ANSWER_MS = 4


class Charger:
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
    charger = Charger(changes)
    charger.run(3500)
    assert charger.controller.protection.state == RUN
    assert charger.controller.inverter.state == inverter.DRIVING
    return charger


def test_baseline_reaches_the_inverter():
    charger = driving()
    assert charger.controller.command_w == 3000
    assert charger.wset_w() == 3000
    assert charger.controller.limiter == limits.BASELINE
    assert charger.controller.energise


def test_low_frequency_discharges_with_the_sign_turned_once():
    charger = driving({"baseline_w": 0})
    charger.sine.set(49.76)
    charger.run(600)
    # (240 - 20) / 480 of the rating
    assert abs(charger.controller.command_w + 3391) < 40
    assert abs(charger.wset_w() - charger.controller.command_w) <= 10
    assert charger.controller.limiter == limits.DROOP


def test_loss_of_mains_puts_zero_on_the_wire_within_two_cycles_and_a_block():
    charger = driving()
    charger.sine.set(50.0, 0.0)
    charger.run(50)
    assert charger.controller.protection.state == CEASED
    assert not charger.controller.energise
    assert charger.wset_w() == 0
    assert charger.controller.faults.is_active(errors.MAINS_LOST)


def test_lost_samples_cease():
    charger = driving()
    without_heap(charger.lost)
    assert charger.controller.protection.state == CEASED
    assert charger.controller.command_w == 0
    assert charger.controller.limiter == limits.STALE_SAMPLES


def test_one_lost_block_is_ridden_through():
    charger = driving()
    charger.controller.block_lost()
    charger.run(300)
    assert charger.controller.protection.state == RUN
    assert charger.wset_w() == 3000


def test_a_silent_inverter_is_told():
    charger = driving()
    charger.slave.mute = True
    charger.run(3000)
    assert charger.controller.inverter.state == inverter.SILENT
    assert charger.controller.limiter == limits.INVERTER_LOST
    assert charger.controller.faults.is_active(errors.INVERTER_SILENT)
    charger.slave.mute = False
    charger.run(8000)
    assert charger.wset_w() == 3000
    assert not charger.controller.faults.is_active(errors.INVERTER_SILENT)


def test_faults_queue_as_events_in_order():
    charger = driving()
    while charger.controller.faults.take():
        pass
    charger.sine.set(50.0, 0.0)
    charger.run(60)
    code, active, _value = charger.controller.faults.take()
    assert (code, active) == (errors.MAINS_LOST, 1)
    assert charger.controller.faults.foremost() == errors.MAINS_LOST


def test_heap_lock_bites():
    """The proof above would be empty if the lock did nothing."""
    try:
        import micropython  # noqa: F401
        from micropython import heap_lock  # noqa: F401
    except ImportError:
        print("SKIP heap_lock: not MicroPython")
        return
    try:
        without_heap(lambda: [1, 2, bytearray(10)])
    except MemoryError:
        return
    raise AssertionError("an allocation went through")
