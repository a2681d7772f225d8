"""A fleet on the grid: true frequency in, total power out; controllers in blocks that stay in a processor's cache."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridkeel import ticks
from gridkeel.params import Parameters
from gridkeel.services.protection import RUN
from studies.fleet.envelope import Inverters
from studies.fleet.estimate import Estimates
from studies.fleet.identity import identities
from studies.fleet.model import FleetControllers
from studies.fleet.parameters import FleetParameters
from studies.fleet.spread import shares_of

Ints = NDArray[np.int64]

STEP_MS = 10  # one block of samples
LONG_STEPS = 20  # the long window: ten cycles of 50 Hz
SHORT_STEPS = 8  # the short one: four cycles
ROCOF_STEPS = 10  # five cycles between two short estimates
BLOCK = 16384  # chargers a block: some forty arrays of 128 kB pass through a second-level cache
CLOCK_PPM = 20  # sample clocks are off by up to this, either way


@dataclass(frozen=True)
class Charger:
    """The inverter behind each controller."""

    rating_w: int = 7400
    ramp_w_s: int = 15000
    soc_pct_x100: int = 6200


class Windows:
    """The estimator's two windows and its ROCOF, as plain means of what the grid's frequency was."""

    def __init__(self, nominal_hz: float) -> None:
        self.nominal_uhz = round(nominal_hz * 1e6)
        self._seen = deque([self.nominal_uhz] * LONG_STEPS, maxlen=LONG_STEPS)
        self._shorts = deque([self.nominal_uhz] * (ROCOF_STEPS + 1), maxlen=ROCOF_STEPS + 1)

    def update(self, freq_hz: float) -> tuple[int, int, int]:
        """Return freq_uhz of the long window, of the short one, rocof_mhz_s."""
        self._seen.append(round(freq_hz * 1e6))
        seen = list(self._seen)
        short = sum(seen[-SHORT_STEPS:]) // SHORT_STEPS
        self._shorts.append(short)
        rocof = (short - self._shorts[0]) // (ROCOF_STEPS * STEP_MS)
        return sum(seen) // LONG_STEPS, short, rocof


class _Block:
    """Some of the fleet's chargers: controllers, clock errors and what their inverters deliver."""

    def __init__(self, parameters: FleetParameters, places: Ints, error_uhz: Ints, charger: Charger) -> None:
        self.n = parameters.n
        self.controllers = FleetControllers(parameters, places)
        self._error_uhz = error_uhz
        self._step_w = charger.ramp_w_s * STEP_MS // 1000
        self.delivered_w = np.zeros(self.n, dtype=np.int64)
        rating, soc = np.array([charger.rating_w]), np.array([charger.soc_pct_x100])
        self._inverters = Inverters(rating, rating, soc, np.ones(1, dtype=bool))

    def step(self, long_uhz: int, short_uhz: int, rocof: int, voltage_mv: int, now_ms: int, nominal_uhz: int) -> int:
        # The inverter follows the command of the block before: computing, wire and its own delay are under a block.
        ahead = self.controllers.permitted_w - self.delivered_w
        self.delivered_w += np.clip(ahead, -self._step_w, self._step_w)
        error_uhz = self._error_uhz
        voltage = np.array([voltage_mv])
        mains = Estimates(
            long_uhz + error_uhz,
            short_uhz + error_uhz,
            np.array([rocof]),
            voltage,
            voltage,
            np.zeros(1, dtype=np.int64),
            nominal_uhz,
        )
        self.controllers.step(mains, self._inverters, now_ms)
        return int(self.delivered_w.sum())


class Fleet:
    """n chargers, each of them computed; `step` once every STEP_MS."""

    def __init__(self, n: int, common: Parameters, each: Mapping[str, ArrayLike] | None = None, seed: int = 1) -> None:
        self.n = n
        self._voltage_mv = common.nominal_v * 1000
        self._windows = Windows(common.nominal_hz)
        self._now_ms = ticks.MASK - 5000  # every study crosses the wrap of the tick
        parameters = FleetParameters(n, common, each)
        places = shares_of(identities(n)) if common.stagger else np.zeros(n, dtype=np.int64)
        # A clock that runs one part per million fast makes 50 Hz look 50 uHz slow.
        reach_uhz = CLOCK_PPM * common.nominal_hz
        error_uhz = np.random.default_rng(seed).integers(-reach_uhz, reach_uhz + 1, n, dtype=np.int64)
        charger = Charger(rating_w=max(common.charge_max_w, common.discharge_max_w))
        self._blocks = [
            _Block(parameters.part(first, last), places[first:last], error_uhz[first:last], charger)
            for first, last in ((at, min(at + BLOCK, n)) for at in range(0, n, BLOCK))
        ]

    def step(self, freq_hz: float, voltage_pu: float = 1.0) -> int:
        """Let every controller see the mains of now; return the power the fleet draws, W."""
        self._now_ms = ticks.add(self._now_ms, STEP_MS)
        seen = self._windows.update(freq_hz)
        voltage_mv = round(self._voltage_mv * voltage_pu)
        nominal_uhz = self._windows.nominal_uhz
        return sum(block.step(*seen, voltage_mv, self._now_ms, nominal_uhz) for block in self._blocks)

    def regulate(self, share_pct_x100: int) -> None:
        """Send every charger its share of regulation_w, -10000..10000."""
        for block in self._blocks:
            block.controllers.services.regulation.signal(share_pct_x100, self._now_ms)

    def demand(self, kind: int, start_in_s: int, duration_s: int, depth_w: int, recovery_s: int) -> None:
        """Order a demand-response event from every charger."""
        for block in self._blocks:
            block.controllers.services.events.take(kind, start_in_s, duration_s, depth_w, recovery_s, self._now_ms)

    def plan(self, prices: list[int], slot_s: int, start_in_s: int, limits: tuple[int, int]) -> None:
        """Send every charger the same price plan; limits: charge up to this price, discharge from that one on."""
        for block in self._blocks:
            block.controllers.services.plan.send(1, slot_s, prices, start_in_s, limits, self._now_ms)

    def running(self) -> int:
        """Return how many are in the state run."""
        return int(sum(np.count_nonzero(block.controllers.state == RUN) for block in self._blocks))
