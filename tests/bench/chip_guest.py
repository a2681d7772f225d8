"""What runs on an emulated chip for chip_costs.py: one measurement a start, printed as lines of `name value`."""

import gc

from micropython import heap_lock, heap_unlock

from gridkeel import slices

gc.threshold(16384)  # as main.py does it

CLOCK_HZ = 240000000
CYCLES_A_US = CLOCK_HZ // 1000000
COLLECTION = 800000  # a look takes less, a collection more
SESSION_FREE = 30000  # of the heap, at the begin of a session
BALLAST = 512  # octets a piece
slices.set_clock(CLOCK_HZ)
MEASURED_BLOCKS = 50  # a fall by 0.2 Hz, which leaves a vehicle at the pilot enough to charge with
PLUG_BLOCKS, CHARGE_BLOCKS = 20, 250
COLLECT_BLOCKS = 10
HIGH_MV = {"A": 12000, "B": 9000, "C": 6000}


def report(**figures):
    for name in sorted(figures):
        print(name, figures[name])


def cycle(pilot):
    """Report the control cycles of a falling frequency, with a fixed vehicle or one that charges at a pilot."""
    import m7_counter as counter
    from cycle_guest import SETTLE_BLOCKS, ControlLoop

    gc.threshold(-1)  # as runtime/app.py has it while it runs
    steps = [("A", SETTLE_BLOCKS)]
    if pilot:
        steps += [("B", PLUG_BLOCKS), ("C", CHARGE_BLOCKS)]
    loop = ControlLoop({"evse": 1, "baseline_w": 5000} if pilot else {}, sum(blocks for _state, blocks in steps))
    controller, connector = loop.controller, loop.controller.connector
    longest = 0
    cycles = []

    def levels(state):
        from gridkeel.evse import duty, ports

        connector.levels[ports.HIGH_MV] = HIGH_MV[state]
        pwm = duty.has_pwm(connector.orders[ports.DUTY_PERMILLE])
        connector.levels[ports.LOW_MV] = -12000 if pwm else HIGH_MV[state]
        connector.levels[ports.CLOSED] = 1 if controller.energise else 0

    receive = controller.receive

    def counted(data, n, now_ms):
        nonlocal longest
        in_use = gc.mem_alloc()
        begun = counter.now()
        receive(data, n, now_ms)
        spent = counter.since(begun)
        if gc.mem_alloc() >= in_use:  # else it met a collection, whose time stands apart
            longest = max(longest, spent)

    controller.receive = counted
    for state, blocks in steps + [(steps[-1][0], MEASURED_BLOCKS)]:
        cycles.clear()
        for block in range(blocks):
            loop.prepare()
            if block % COLLECT_BLOCKS == 0:
                gc.collect()  # here, and not in what is measured
            if pilot:
                levels(state)
            heap_lock()  # as runtime/app.py does it: long frames lie on the stack then, and nothing is collected
            begun = counter.now()
            n = loop.cycle()
            spent = counter.since(begun)
            heap_unlock()
            cycles.append(spent)
            loop.serve(n)
    assert controller.energise, "the vehicle does not charge"
    loop.prepare()
    begun = counter.now()
    controller.mains.update(loop.block, loop.n)
    sensing = counter.since(begun)
    cycles.sort()
    report(median=cycles[len(cycles) // 2], worst=cycles[-1], receive=longest, sensing=sensing)


class Port:
    """A line that carries nothing: what a board has at rest."""

    def write(self, data, n):
        pass


class Keys:
    """No certificate, no root."""

    key = b""
    chain = v2g_roots = mo_roots = oem_roots = crls = ()


class Board:
    """A board at rest: its ports are there, and nothing comes."""

    device_id = b"chip"
    boot_id = 1
    clock_hz = CLOCK_HZ
    slice_ms = 0
    edges_hz = 0
    model = chip = b""
    probes_heap = False
    tcp_port, tls_port, address = 15118, 0, bytes(16)  # of its own vehicle network

    def __init__(self, settings):
        from gridkeel import evse

        self._settings = b'{"evse": %d}' % settings
        self.rs485 = self.host = self.connector = Port()
        self.has_vehicle_network = settings == evse.ISO15118

    def ticks_ms(self):
        return 0

    ticks_us = ticks_ms

    def check(self, parameters):
        pass

    def begin(self, parameters):
        pass

    def open_area(self):
        return None  # for a second image of the firmware

    def load(self, name, most):
        return self._settings if name == "config.json" else None

    def load_pki(self, mutual):
        return Keys()

    def vehicle_network(self, pki, plain, secured):
        return self

    def random(self, n):
        return bytes(n)


def rest(what):
    """Report the heap that is taken at rest: 'controller', or an App by its parameter evse."""
    if what == "controller":
        from gridkeel.controller import Controller
        from gridkeel.params import Parameters

        kept = Controller(Parameters({}))
    else:
        from gridkeel.runtime.app import App
        from gridkeel.runtime.config import Config

        board = Board(what)
        kept = App(board, Config(board))
        assert (kept.vehicle is not None) == board.has_vehicle_network
    gc.collect()
    report(taken=gc.mem_alloc(), heap=gc.mem_alloc() + gc.mem_free())
    return kept


def garbage():
    """Report what a collection and a look at the free heap cost with an App at rest."""
    import m7_counter as counter

    kept = rest(0)
    begun = counter.now()
    gc.collect()
    report(collect=counter.since(begun))
    begun = counter.now()
    gc.mem_free()
    report(mem_free=counter.since(begun))
    return kept


def verification():
    """Report a P-256 verification and its longest slice; it meets a collection where one falls due."""
    from hashlib import sha256

    import m7_counter as counter
    from rfc6979_vectors import PUBLIC, SAMPLE

    from gridkeel.crypto import ecdsa

    digest = sha256(b"sample").digest()
    for _ in range(2):  # the first imports what the second needs
        work = ecdsa.verify(PUBLIC, digest, SAMPLE)
        slices = []
        found = None
        while found is None:
            begun = counter.now()
            try:
                next(work)
            except StopIteration as stop:
                found = stop.value
            slices.append(counter.since(begun))
        assert found is True
    report(whole=sum(slices), slice=max(slices), slices=len(slices))


class Turns:
    """Stands before a session's work: joins slices into turns and makes room as the runtime does, each timed apart."""

    def __init__(self, work):
        from gridkeel.runtime.connection import TURN_US
        from gridkeel.runtime.health import Health, Heap

        self._work = work
        self._most = TURN_US * CYCLES_A_US
        self._heap = Heap(Health())
        self._turn = 0
        self._more = False
        self.slices = self.longest = self.turn = self.collected = self.collections = self.tending = 0

    def __call__(self, now_ms):
        import m7_counter as counter

        if not self._more:
            self._heap.look()  # the test's EV has made garbage of its own
        if not self._turn:
            self._make_room(counter)
        in_use = gc.mem_alloc()
        begun = counter.now()
        self._more = self._work(now_ms)
        spent = counter.since(begun)
        self.slices += 1
        self.collected += gc.mem_alloc() < in_use
        self.longest = max(self.longest, spent)
        self._turn += spent
        self.turn = max(self.turn, self._turn)
        if not self._more or self._turn >= self._most:
            self._heap.worked(self._turn // CYCLES_A_US)
            self._turn = 0
        return self._more

    def _make_room(self, counter):
        tended = True
        while tended:
            begun = counter.now()
            tended = self._heap.tend()
            spent = counter.since(begun)
            self.tending = max(self.tending, spent)
            self.collections += spent > COLLECTION


def session():
    """Report the longest slices and turns of a whole Plug & Charge session, and the longest look or collection.

    collected: slices into which a collection fell.
    """
    from contracts import ContractEvcc, Operator, evse_for

    operator = Operator(sub_cas=2)
    evse = evse_for(operator)
    evse.secc.work = turns = Turns(evse.secc.work)
    gc.threshold(-1)
    ev = ContractEvcc(evse, *operator.contract())
    gc.collect()
    ballast = []
    while gc.mem_free() > SESSION_FREE:
        ballast.append(bytearray(BALLAST))
    ev.to_charging()
    ev.charge(5)
    ev.stop()
    report(
        slice=turns.longest,
        turn=turns.turn,
        slices=turns.slices,
        collected=turns.collected,
        collections=turns.collections,
        tending=turns.tending,
    )
