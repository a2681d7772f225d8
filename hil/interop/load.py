"""Load on a controller: TLS handshakes or contract checks, one behind the other.

It is a process of its own: the plants that feed the board share no interpreter with it.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from certs.v2g import Pki
from hil.interop.raw_vehicle import Address, ClosedError, Link, RawVehicle
from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Contract

START_S = 20.0
END_S = 15.0
PAUSE_S = 0.02  # the charger turns a vehicle away that comes while another one leaves

Spans = list[tuple[float, float]]


@dataclass(frozen=True)
class Place:
    """Place of the load: the link's namespace and the root it trusts, the charger's address, a PKI's contracts.

    contracts: names, different ones, so that nothing is known from the time before.
    """

    namespace: str
    root: Path
    address: Address
    pki: Path
    contracts: tuple[str, ...]


def handshakes(place: Place) -> Iterator[tuple[float, float]]:
    """Do one TLS handshake after the other; yield when each began and ended, of the monotonic clock."""
    link = Link(place.namespace, place.root)
    for _ in itertools.count():
        with link.connect(place.address) as plain:
            begun_s = time.monotonic()
            with link.secure(plain):
                yield begun_s, time.monotonic()


def checks(place: Place) -> Iterator[tuple[float, float]]:
    """Have one contract after the other checked, its chain and its signature; yield when each began and ended."""
    link, pki = Link(place.namespace, place.root), Pki(place.pki)
    contracts = itertools.cycle([Contract.of(pki, name) for name in place.contracts])
    for contract in contracts:
        with link.connect(place.address) as plain, link.secure(plain) as opened:
            vehicle = RawVehicle(opened)
            vehicle.choose(messages.CONTRACT)
            begun_s = time.monotonic()
            vehicle.ask("PaymentDetailsReq", contract.details())
            vehicle.ask("AuthorizationReq", *messages.authorization(vehicle.last["GenChallenge"], contract.key))
            yield begun_s, time.monotonic()


Work = Callable[[Place], Iterator[tuple[float, float]]]


@contextlib.contextmanager
def going_on(work: Work, place: Place) -> Iterator[Callable[[], Spans]]:
    """Let it go on; yield what ends it and returns the spans of all that was done."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    stop = context.Event()
    process = context.Process(target=_run, args=(work, place, stop, there), name="load", daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(START_S):
            raise TimeoutError(f"the load does not start within {START_S:g} s")
        here.recv()

        def end() -> Spans:
            stop.set()
            return here.recv()

        yield end
    finally:
        stop.set()
        process.join(END_S)
        if process.is_alive():
            process.kill()
            process.join()


def _run(work: Work, place: Place, stop: Event, report: Connection) -> None:
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # behind the board
    spans: Spans = []
    while not stop.is_set():
        with contextlib.suppress(OSError, ClosedError):
            for span in work(place):
                spans.append(span)
                if len(spans) == 1:
                    report.send("begun")
                if stop.is_set():
                    break
                time.sleep(PAUSE_S)
        time.sleep(PAUSE_S)
    report.send(spans)
