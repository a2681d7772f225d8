"""One scenario in lock step: the loop between board, plants and host in virtual time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from hil.drivers.lockstep import LEVEL_ENERGISE, Reply
from hil.rigs.openings import LockStepRig
from hil.rigs.run_host import RunHost
from hil.scenarios.scenario import Scenario

DRAIN_S = 3.0  # after the end, for the link to hand over what it holds
LAST_S = 4.0  # then, at most, until the board has said how much that was and all of it is here; it says so every second
RS485, HOST = 0, 1
LAST_STEP_US = 20_000
SLICE_US = 5000  # no slice of a session's work takes longer


@dataclass
class Progress:
    """The progress of a run, for whoever watches it."""

    t_s: float
    duration_s: float
    telemetry: dict[str, int]
    produced: int
    stored: int


@dataclass
class Pace:
    """Speed of a run: virtual and real seconds, and the board's share of the real ones."""

    virtual_s: float = 0.0
    real_s: float = 0.0
    board_s: float = 0.0
    exchanges: int = 0


def unwatched(_progress: Progress) -> None:
    """Nobody watches."""


def progress(t_us: int, scenario: Scenario, host: RunHost) -> Progress:
    """Return the progress of a run at t_us."""
    return Progress(t_us / 1e6, scenario.duration_s, host.latest, host.produced, host.intake.counts.stored)


class LockStepRun:
    """Plays a scenario on an open rig in virtual time; every number that is recorded repeats to the bit."""

    def __init__(
        self, rig: LockStepRig, scenario: Scenario, host: RunHost, watch: Callable[[Progress], None] = unwatched
    ) -> None:
        self._scenario = scenario
        self._board = rig.board
        self._plants = rig.plants
        self._vehicle = rig.vehicle
        self._host = host
        self._watch = watch
        # Blocks come as fast as the sample clock runs, and that need not be as fast as time does.
        clock_ppm = rig.plants.mains.wave.config.sample_clock_ppm
        self._block_us = rig.plants.parameters.block_ms * 1000 / (1.0 + clock_ppm * 1e-6)
        # A block may find a slice of the session's work begun: the longest one is charged before each of them.
        self._compute_us = rig.compute_us + (SLICE_US if rig.vehicle else 0)
        self._arrivals: list[tuple[int, int, int, bytes]] = []
        self._order = 0
        self._index = 0
        self._samples = b""
        self._energise = False
        self.cease_us: list[int] = []
        self.pace = Pace()

    def play(self) -> None:
        """Run to the scenario's end, order the safe state, and let the link hand over what it holds."""
        started = perf_counter()
        end_us = round(self._scenario.duration_s * 1e6)
        self._take(self._board.started)
        self._run_until(end_us)
        self.pace.virtual_s = end_us / 1e6
        self.pace.real_s = perf_counter() - started
        self._host.make_safe()
        drained_us = end_us + round(DRAIN_S * 1e6)
        self._run_until(drained_us)
        last_us = drained_us + round(LAST_S * 1e6)
        while not self._host.complete(drained_us) and self._board.now_us < last_us:
            self._run_until(min(self._board.now_us + LAST_STEP_US, last_us))
        self._host.settle(drained_us)

    def _run_until(self, end_us: int) -> None:
        while self._board.now_us < end_us:
            # A block counts from its last sample; the processor's time to work it out is charged before its bytes.
            block_us = round((self._index + 1) * self._block_us) + self._compute_us
            self._reach(min(block_us, end_us))
            if block_us <= end_us:
                self._give_block()

    def _reach(self, target_us: int) -> None:
        """Run the board up to target_us, handing over bytes as they arrive."""
        while self._board.now_us < target_us:
            now_us = self._board.now_us
            rs485 = host = b""
            while self._arrivals and self._arrivals[0][0] <= now_us:
                _at, _order, port, data = heapq.heappop(self._arrivals)
                if port == RS485:
                    rs485 += data
                else:
                    host += data
            until_us = min(target_us, self._arrivals[0][0]) if self._arrivals else target_us
            samples, self._samples = self._samples, b""
            said, until_us = self._vehicle_says(now_us, until_us)
            self._take(self._board.run(until_us, samples, self._index, rs485, host, self._plants.levels, said))

    def _vehicle_says(self, now_us: int, until_us: int) -> tuple[bytes, int]:
        """Return what the vehicle says now, and until when nothing else happens."""
        vehicle = self._vehicle
        if vehicle is None or vehicle.next_us is None:
            return b"", until_us
        said = vehicle.to_board(now_us) if vehicle.next_us <= now_us else b""
        return said, until_us if vehicle.next_us is None else min(until_us, vehicle.next_us)

    def _give_block(self) -> None:
        t_us = self._board.now_us
        samples = self._plants.next_block()
        self._index += 1
        self._advance(t_us)
        if not self._plants.samples_lost(t_us / 1e6):
            self._samples = samples
        self._plants.keep_row(self._host.recorder, t_us, self._energise)
        self._speak(t_us)
        if self._index % 20 == 0:
            self._watch(progress(t_us, self._scenario, self._host))

    def _take(self, reply: Reply) -> None:
        self.pace.exchanges += 1
        self.pace.board_s += reply.spent_us / 1e6
        energise = bool(reply.levels & LEVEL_ENERGISE)
        if self._energise and not energise:
            self.cease_us.append(reply.now_us)
        self._energise = energise
        self._plants.orders = reply.orders
        if reply.rs485:
            self._advance(reply.now_us)
            for at_us, answer in self._plants.bus.from_board(reply.rs485, reply.now_us):
                self._arrive(at_us, RS485, answer)
        if reply.vehicles and self._vehicle:
            self._vehicle.from_board(reply.vehicles, reply.now_us)
        if reply.host:
            self._host.from_board(reply.host, reply.now_us)
            self._speak(reply.now_us)

    def _advance(self, now_us: int) -> None:
        self._plants.advance(now_us, self._energise)

    def _speak(self, now_us: int) -> None:
        said = self._host.to_board(now_us)
        if said is not None:
            self._arrive(said[0], HOST, said[1])

    def _arrive(self, at_us: int, port: int, data: bytes) -> None:
        self._order += 1
        heapq.heappush(self._arrivals, (at_us, self._order, port, data))
