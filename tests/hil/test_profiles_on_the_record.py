"""Profiles on the first 90 minutes of the recorded day: none answers while the deadband holds what was seen."""

from __future__ import annotations

import numpy as np
import pytest

from gridkeel.params import Parameters
from gridkeel.services.droop import Droop
from gridkeel.services.fast_reserve import NAMES as RESERVES
from gridkeel.services.fast_reserve import FastReserve
from gridkeel.services.grid_codes.listed import CUSTOM, DROOP_PROFILES, number
from hil.plants.trace import load_iberia

STEP_MS = 100


class Mains:
    """The record's frequency as both windows would measure it."""

    nominal_uhz = 50_000_000
    quality = 0

    def at(self, freq_hz: float) -> None:
        self.freq_uhz = self.freq_short_uhz = round(freq_hz * 1e6)


@pytest.fixture(scope="module")
def freq_hz() -> np.ndarray:
    trace = load_iberia(start="11:00", end="12:30")
    return trace.freq_hz(np.arange(0.0, 5400.0, STEP_MS / 1000))


def answers(freq_hz: np.ndarray, service: Droop | FastReserve) -> int:
    """Return how many estimates of the record drew power."""
    mains = Mains()
    answered = 0
    for k, value in enumerate(freq_hz):
        mains.at(value)
        answered += service.update(mains, k * STEP_MS) != 0
    return answered


# The record is of a 50 Hz system.
EDGES_MHZ = {  # over, under; None where that side is silent
    CUSTOM: (20, 20),
    **{
        one.name: tuple(curve[0][0] if curve else None for curve in (one.droop_over, one.droop_under))
        for one in DROOP_PROFILES
        if one.nominal_hz != 60
    },
}


@pytest.mark.parametrize("name", EDGES_MHZ)
def test_no_profile_answers_while_the_frequency_is_inside_its_deadband(freq_hz: np.ndarray, name: str) -> None:
    deviation_mhz = (freq_hz - 50.0) * 1000
    over, under = EDGES_MHZ[name]
    left = (over is not None and deviation_mhz.max() > over) or (under is not None and -deviation_mhz.min() > under)
    answered = answers(freq_hz, Droop(Parameters({"droop_profile": number(DROOP_PROFILES, name)})))
    assert (answered > 0) == left, f"{deviation_mhz.min():.1f}..{deviation_mhz.max():.1f} mHz"


def test_narrow_deadbands_answer_the_recorded_day_and_wide_ones_do_not(freq_hz: np.ndarray) -> None:
    largest_mhz = np.abs(freq_hz - 50.0).max() * 1000
    assert 15 < largest_mhz < 200


def test_no_fast_reserve_is_triggered(freq_hz: np.ndarray) -> None:
    for index, name in enumerate(RESERVES):
        if name.startswith("nordic"):
            reserve = FastReserve(Parameters({"fast_reserve": index, "fast_reserve_w": 1000}))
            assert answers(freq_hz, reserve) == 0
            assert reserve.activations == 0
