"""Speed of making mains samples: against real time, and against the sine that no generator can do without.

Run it by hand: python tests/bench/bench_waveform.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from hil.plants.grid import SwingGrid
from hil.plants.trace import load_iberia
from hil.plants.waveform import PointOnWave, WaveformConfig

BLOCK_MS = 10


def best_of(work: Callable[[], object], rounds: int = 5) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def play(wave: PointOnWave, duration_s: float) -> None:
    n = wave.config.sample_hz * BLOCK_MS // 1000
    for _ in range(round(duration_s * 1000 / BLOCK_MS)):
        wave.block(n)


def main() -> None:
    trace = load_iberia()
    duration_s = trace.duration_s
    samples = round(duration_s * WaveformConfig().sample_hz)
    phase = np.linspace(0.0, 2 * np.pi * 50 * duration_s, samples)
    bare_s = best_of(lambda: np.sin(phase))
    cases = {
        "open loop, pure sine": lambda: play(PointOnWave(WaveformConfig(harmonics={}, noise_db=None), trace), 240.0),
        "open loop, harmonics and noise": lambda: play(PointOnWave(WaveformConfig(), trace), 240.0),
        "closed loop, swing grid": lambda: play(PointOnWave(WaveformConfig(), SwingGrid()), 240.0),
    }
    print(f"{duration_s:.0f} s of mains in blocks of {BLOCK_MS} ms, {samples:,} samples; best of 5")
    print(f"{'bare np.sin':32} {samples / bare_s / 1e6:7.1f} Msamples/s {duration_s / bare_s:9,.0f} x real time")
    for name, work in cases.items():
        taken_s = best_of(work)
        print(
            f"{name:32} {samples / taken_s / 1e6:7.1f} Msamples/s {duration_s / taken_s:9,.0f} x real time"
            f" {taken_s / bare_s:6.1f} x the bare sine"
        )


if __name__ == "__main__":
    main()
