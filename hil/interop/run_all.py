"""All the sessions that were asked for: a controller for each set of parameters, the same vehicle at both chargers."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from certs import v2g
from hil.interop.charger import Charger
from hil.interop.drive import Outcome, VehicleSide, against, against_peer
from hil.interop.modes import Mode, choose
from hil.interop.namespaces import CHARGER_INTERFACE, Cable, cable, inside, wait_for_address
from hil.interop.peers import check_java, peer_charger
from hil.interop.results import Results
from hil.interop.uplink_host import UplinkHost
from hil.interop.wire import tapped
from host_tools.micropython.interpreter import HEAP_BYTES

HEAP_MODE = "ac-pnc-install"  # the session that needs most of the heap: two chains and the contract's own are in it


@dataclass(frozen=True)
class Wanted:
    """The runs.  peer: the same vehicle at the peer's charger too.  heap: one more session that probes the heap."""

    modes: list[Mode]
    runs: int = 5
    peer: bool = True
    heap: bool = True


@dataclass(frozen=True)
class Place:
    """Place of a run: cable and a vehicle's side at each charger, one PKI and the board's export of it."""

    ours: Cable
    theirs: Cable
    at_ours: VehicleSide
    at_theirs: VehicleSide
    pki: Path
    board_pki: Path


Say = Callable[[str], None]


def run_all(wanted: Wanted, say: Say) -> Results:
    """Run every session.  say: takes what happens.  Errors: MissingError without root, iproute2, Java or the peer."""
    results = Results()
    with _place() as place:
        if wanted.peer:
            _run_peer(wanted, place, results, say)
        with inside(place.ours.charger):
            address = wait_for_address(CHARGER_INTERFACE)
            for _parameters, group in groupby(wanted.modes, Mode.charger_parameters):
                _run_ours(list(group), wanted, place, address, results, say)
            if wanted.heap:
                results.heap = _probe(wanted, place, address, say)
    return results


@contextlib.contextmanager
def _place() -> Iterator[Place]:
    check_java()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gridkeel-interop-")))
        ours, theirs = stack.enter_context(cable()), stack.enter_context(cable())
        pki = v2g.make(folder / "pki")
        v2g.export_device(pki, folder / "board")
        v2g.export_peer(pki, folder / "vehicle")
        at_ours, at_theirs = (
            VehicleSide(ends.vehicle, folder / "vehicle", folder, stack.enter_context(tapped(ends.charger)))
            for ends in (ours, theirs)
        )
        yield Place(ours, theirs, at_ours, at_theirs, folder / "pki", folder / "board")


def _run_peer(wanted: Wanted, place: Place, results: Results, say: Say) -> None:
    for contract in (False, True):
        modes = [mode for mode in wanted.modes if mode.contract == contract and mode.at_peer]
        if not modes:
            continue
        with peer_charger(contract, place.theirs.charger, place.at_theirs.pki, place.at_theirs.folder):
            # Its first session finds its Java cold; that would be no fair measure.
            _at_peer(modes[0], 0, place, say)
            for mode in modes:
                results.outcomes += [_at_peer(mode, run, place, say) for run in range(1, wanted.runs + 1)]


def _at_peer(mode: Mode, run: int, place: Place, say: Say) -> Outcome:
    def note(text: str) -> None:
        say(f"{mode.name} at the peer's charger, {f'run {run}' if run else 'to warm up'}: {text}")

    return against_peer(mode, run, place.at_theirs, note)


def _run_ours(modes: list[Mode], wanted: Wanted, place: Place, address: str, results: Results, say: Say) -> None:
    with _charger(modes[0], wanted, place, address) as charger:
        for mode in modes:
            for run in range(1, wanted.runs + 1):
                outcome = _at_ours(charger, mode, run, place, say)
                outcome.first = mode.contract and mode is modes[0] and run == 1
                results.outcomes.append(outcome)


def _charger(mode: Mode, wanted: Wanted, place: Place, address: str, probe_heap: bool = False) -> Charger:
    return Charger(
        address,
        mode.charger_parameters(),
        mode.plant(),
        place.board_pki,
        UplinkHost(place.pki),
        probe_heap=probe_heap,
    )


def _at_ours(charger: Charger, mode: Mode, run: int, place: Place, say: Say) -> Outcome:
    def note(text: str) -> None:
        say(f"{mode.name} at the controller, run {run}: {text}")

    return against(charger, mode, run, place.at_ours, note)


def _probe(wanted: Wanted, place: Place, address: str, say: Say) -> dict[str, int]:
    """Return the heap of a board in a PnC session on which nothing was collected but on purpose."""
    mode = choose(HEAP_MODE)[0]
    with _charger(mode, wanted, place, address, probe_heap=True) as charger:
        outcome = _at_ours(charger, mode, 0, place, say)
    return {"size": HEAP_BYTES, "used_most": outcome.handshake["heap_used"]}
