"""Tries every refusal of the table, and after each whether the next vehicle can charge.

Those that wait for one of the charger's clocks have a board and a cable of their own, at the same time as the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

from hil.interop.raw_vehicle import ClosedError
from hil.interop.refusal import Refusal
from hil.interop.refusal_row import CHARGED, Row
from hil.interop.setup import PLUG_S, MakeSetup, Setup, setups
from hil.virtual_board.flash import FIRMWARE
from host_tools.errors import ToolError

RECORD_S = 3.0
ENDS = (ClosedError, OSError, ToolError)

Say = Callable[[str], None]
Setting = tuple[tuple[tuple[str, int], ...], bool]


def refuse_all(table: Sequence[Refusal], say: Say, firmware: Path = FIRMWARE) -> list[Row]:
    """Try them all and return their rows in the table's order.  Errors: MissingError without root or iproute2."""
    lanes = [[refusal for refusal in table if refusal.waits is waits] for waits in (True, False)]
    with setups(firmware) as setup_with, ThreadPoolExecutor(len(lanes)) as pool:
        running = [pool.submit(lambda lane: list(_try_all(lane, setup_with, say)), lane) for lane in lanes if lane]
        found = {row.name: row for future in running for row in future.result()}
    return [found[refusal.name] for refusal in table]


def _try_all(lane: Iterable[Refusal], setup_with: MakeSetup, say: Say) -> Iterator[Row]:
    """Try one behind the other, a controller for each set of parameters, anew where it serves nobody any more."""
    for (changes, clock_set), group in groupby(sorted(lane, key=_setting), key=_setting):
        left = list(group)
        while left:
            with setup_with(changes=dict(changes), clock_set=clock_set) as setup:
                serves = True
                while left and serves:
                    say(left[0].name)
                    row = _try(setup, left.pop(0))
                    serves = row.next_vehicle == CHARGED
                    yield row


def _setting(refusal: Refusal) -> Setting:
    return refusal.changes, refusal.clock_set


def _try(setup: Setup, refusal: Refusal) -> Row:
    begun_s = time.monotonic()
    setup.plug()
    mark = setup.charger.host.mark()
    with refusal.act(setup) as code:
        contactor = setup.contactor_since(begun_s, time.monotonic())
    entry = _entry(setup, mark, refusal)
    setup.charger.check()
    try:
        setup.unplug()
        next_vehicle = _next_vehicle(setup, refusal)
    except ENDS as error:
        next_vehicle = f"{type(error).__name__} {error}".strip()
    took_s = time.monotonic() - begun_s
    return Row(refusal.name, refusal.code, code, refusal.charging, contactor, entry, next_vehicle, took_s)


def _entry(setup: Setup, mark: int, refusal: Refusal) -> str:
    def fits(record: dict[str, Any]) -> bool:
        return record["kind"] == refusal.kind and refusal.word in (record["subject"], record["detail"])

    try:
        entry = setup.charger.host.wait_for("iso15118", mark, RECORD_S, fits)
    except ToolError:
        return ""
    return " ".join(entry[key] for key in ("kind", "subject", "detail") if entry[key] != "other")


def _next_vehicle(setup: Setup, refusal: Refusal) -> str:
    """Let another vehicle have a whole session over TLS; by contract, where the charger knows the time for one."""
    setup.plug()
    begun_s, mark = time.monotonic(), setup.charger.host.mark()
    with setup.link.vehicle() as vehicle:
        setup.charger.do("communicate")
        codes = vehicle.charge(setup.contract() if refusal.clock_set else None)
    setup.charger.host.wait_for("handshake", mark, PLUG_S)
    setup.unplug()
    if not all(code.startswith("OK") for code in codes):
        return " ".join(codes)
    moves = [closed for at_s, closed in setup.charger.moves if at_s > begun_s]
    return CHARGED if moves == [True, False] else "its contactor stayed open"
