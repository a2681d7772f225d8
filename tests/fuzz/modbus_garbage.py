"""Runs inside MicroPython: a driver that was driving is fed a million bytes of garbage with the heap locked."""

import gc
import sys

from sunspec_slave import DriverSetup, Slave, der_models, heap_lock, heap_unlock

from gridkeel import ticks
from gridkeel.inverter import DRIVING

TOTAL = 1000000
CHUNK = 300


def fill(chunk, state):
    """Fill a chunk with bytes of which every other one begins, or nearly is, an answer to unit 1."""
    for i in range(len(chunk)):
        state = (state * 75 + 74) % 65537
        byte = state & 0xFF
        chunk[i] = (1, 3, 14, 16, 22, 0x83, 0, 1)[byte & 7] if byte & 8 else state >> 8 & 0xFF
    return state


def feed(setup, chunk, n):
    inverter, now, out = setup.inverter, setup.now, setup._out
    heap_lock()
    try:
        inverter.command(3000 if now & 1024 else 0, now)
        inverter.receive(chunk, n, now)
        inverter.on_deadline(now)
        inverter.data_to_send(out, now)
        inverter.deadline(now)
    finally:
        heap_unlock()


def main(seed):
    setup = DriverSetup(Slave(der_models()), start=ticks.MASK - 2000)
    setup.run(1000, 1500)
    assert setup.inverter.state == DRIVING
    master = setup.inverter._line.master
    del setup.sent[:]
    chunk = bytearray(CHUNK)
    state, total = seed, 0
    answers, exceptions, dropped = master.answers, master.exceptions, master.dropped_bytes
    gc.collect()
    used = gc.mem_alloc()
    while total < TOTAL:
        state = fill(chunk, state)
        n = state % CHUNK + 1
        feed(setup, chunk, n)
        total += n
        setup.now = ticks.add(setup.now, 1 + state % 40)
    gc.collect()
    grown = gc.mem_alloc() - used
    taken = master._fill + master.dropped_bytes - dropped + 5 * (master.exceptions - exceptions)
    print("bytes", total, "accounted", taken, "answers", master.answers - answers)
    recovered = False
    for _ in range(60):  # after so many stray answers the map is walked with time for each
        setup.run(1000, 2500)
        recovered = setup.inverter.state == DRIVING and setup.slave.signed32(704, 24) == -2500
        del setup.sent[:], setup.slave.writes[:]
        if recovered:
            break
    print("bad_frames", master.bad_frames, "grown", grown, "recovered", recovered)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
