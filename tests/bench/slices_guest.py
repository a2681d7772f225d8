"""Runs on MicroPython for bench_slices.py: whole Plug & Charge sessions, each slice of the charger's work timed.

Arguments: the folder of the tests' EV; how many sessions.  The firmware is in the ROM, as on a board.
"""

import gc
import sys
import time

sys.path.append(sys.argv[1])

from contracts import ContractEvcc, Operator, evse_for  # noqa: E402

SESSIONS = int(sys.argv[2])
NEW_CONTRACT_EVERY = 4  # sessions


class Timed:
    """Stands before a Secc's work; keeps what each slice took."""

    def __init__(self, secc):
        self._work = secc.work
        self.request = "none"
        self.answer = 0
        self.rows = []

    def __call__(self, now_ms):
        in_use = gc.mem_alloc()
        begun_us = time.ticks_us()
        more = self._work(now_ms)
        took_us = time.ticks_diff(time.ticks_us(), begun_us)
        self.rows.append((took_us, gc.mem_alloc() < in_use, self.request, self.answer))
        return more


class TimedEvcc(ContractEvcc):
    """Tells the clock which answer it waits for."""

    def send(self, name, body):
        self.timed.request = name
        self.timed.answer += 1
        super().send(name, body)


def main():
    operator = Operator(sub_cas=2)
    evse = evse_for(operator)
    evse.secc.work = timed = Timed(evse.secc)
    gc.collect()
    gc.threshold(-1)  # as runtime/app.py has it: a collection comes where the heap is full
    for number in range(SESSIONS):
        if number % NEW_CONTRACT_EVERY == 0:
            key, chain = operator.contract()
        if number:
            evse.disconnect()
            evse.charger.unplug()
            evse.run(100)
            evse.charger.plug()
            evse.connect()
        ev = TimedEvcc(evse, key, chain)
        ev.timed = timed
        ev.to_charging()
        ev.charge(5)
        ev.stop()
        for took_us, collected, request, answer in timed.rows:
            print(took_us, int(collected), request, answer)
        timed.rows.clear()
        evse.events.clear()


main()
