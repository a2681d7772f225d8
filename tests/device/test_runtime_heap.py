"""Room in the heap: work waits before it can be full, and only who tends it looks and collects, one at a time."""

from gridkeel import slices
from gridkeel.runtime import health
from gridkeel.runtime.health import CYCLES_A_BYTE, RESERVE_BYTES, Heap

CLOCK_HZ = 240000000


class Figures:
    heap_free = 0


class Collector:
    """A heap: what is free, and what of it is garbage."""

    def __init__(self, free, garbage=0):
        self.free = free
        self.garbage = garbage
        self.collections = 0

    def mem_free(self):
        return self.free

    def collect(self):
        self.collections += 1
        self.free += self.garbage
        self.garbage = 0


class Setup:
    """A heap of its own, in place of the interpreter's."""

    def __init__(self, free):
        self.collector = Collector(free)
        self.figures = Figures()
        self.heap = Heap(self.figures)

    def __enter__(self):
        self._kept = health.gc
        health.gc = self.collector
        self._cycles = slices.cycles
        slices.set_clock(CLOCK_HZ)
        self.heap.begin()
        self.collector.collections = 0
        return self

    def __exit__(self, *_error):
        health.gc = self._kept
        slices.cycles = self._cycles

    def spend(self, octets):
        """Work that makes garbage as fast as any does."""
        self.collector.free -= octets
        self.collector.garbage += octets
        self.heap.worked(octets * CYCLES_A_BYTE * 1000000 // CLOCK_HZ)

    def may_work(self):
        return not self.heap.short()


def test_without_work_and_without_a_wish_nothing_is_looked_at():
    with Setup(100000) as setup:
        assert setup.may_work() and not setup.heap.tend()
        assert setup.figures.heap_free == 0 and setup.collector.collections == 0


def test_a_look_is_reported_and_collects_where_less_than_half_is_left():
    for used, collections in ((49000, 0), (51000, 1)):
        with Setup(100000) as setup:
            setup.spend(used)
            setup.heap.look()
            while setup.heap.tend():
                pass
            assert setup.figures.heap_free == 100000 - used, "as it was before the collection"
            assert setup.collector.collections == collections


def test_work_never_meets_a_full_heap():
    with Setup(100000) as setup:
        setup.heap.look()
        setup.heap.tend()
        for _ in range(1000):
            for _block in range(4):
                if setup.may_work():
                    break
                setup.heap.tend()
            assert setup.may_work(), "a look, a collection, a look"
            setup.spend(7000)  # as much as one turn makes at most
            assert setup.collector.free >= RESERVE_BYTES - 7000
        assert 60 < setup.collector.collections < 120


def test_a_look_and_a_collection_never_come_in_one_block():
    with Setup(100000) as setup:
        setup.heap.look()
        setup.heap.tend()
        setup.spend(95000)
        assert not setup.may_work()
        assert setup.heap.tend() and setup.collector.collections == 0, "looks"
        assert not setup.may_work()
        assert setup.heap.tend() and setup.collector.collections == 1
        assert not setup.may_work(), "nobody knows yet what that gave"
        assert setup.heap.tend() and setup.collector.collections == 1
        assert setup.may_work() and not setup.heap.tend()


def test_work_that_makes_no_garbage_costs_looks_and_no_collection():
    with Setup(100000) as setup:
        setup.heap.look()
        setup.heap.tend()
        for _ in range(100):
            setup.heap.worked(20000)
            while setup.heap.tend():
                pass
        assert setup.collector.collections == 0


def test_a_heap_full_of_what_is_in_use_lets_one_turn_at_a_time_go_on():
    with Setup(100000) as setup:
        setup.collector.free = RESERVE_BYTES // 2
        for _ in range(3):
            setup.heap.look()
            while setup.heap.tend():
                pass
            assert setup.may_work()
            setup.heap.worked(500)
            assert not setup.may_work()
