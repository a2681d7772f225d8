"""Ageing against BLAST-Lite on the same profile, in the same run: loss, vehicle-years a second, price of wear.

The profile: a year by the hour, two drives a day, charged every third night, a year's temperature.  The vehicles are
each worked out by themselves, on their own copy of it.  Run by hand: python tests/bench/bench_twin_ageing.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from host_tools.peer import python
from twin.battery import ageing, ageing_law
from twin.battery.ageing import Use

VEHICLES = 1000
YEARS = 3
LEAST_RATIO = 1000
MOST_OFF = 0.05
JUDGED = "nca"  # the chemistry held to both limits; the others are printed beside it


def profile() -> tuple[np.ndarray, np.ndarray]:
    """Return SoC and temperature of a year, by the hour."""
    hours = np.arange(8761)
    soc, now = np.empty(8761), 0.9
    for hour in hours:
        soc[hour] = now
        day, of_day = divmod(int(hour), 24)
        if of_day in (7, 17):
            now -= 0.06 + 0.02 * (day * 7 % 5) / 5
        if day % 3 == 2 and of_day in (22, 23) or day % 3 == 0 and of_day < 2:
            now = min(0.9, now + 0.25)
    year, day_wave = 2 * np.pi * hours / 8760, 2 * np.pi * hours / 24
    return soc, 15 + 10 * np.sin(year) + 3 * np.sin(day_wave)


def peer(soc: np.ndarray, temperature_c: np.ndarray) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profile.npz"
        np.savez(path, time_s=np.arange(len(soc)) * 3600.0, soc=soc, temperature_c=temperature_c)
        script = Path(__file__).with_name("blast_peer.py")
        words = [str(python()), str(script), str(path), str(YEARS), *ageing_law.names()]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
    return dict(json.loads(done.stdout))


def mine(name: str, soc: np.ndarray, temperature_c: np.ndarray, vehicles: int) -> dict[str, float]:
    law, ages = ageing_law.load(name), ageing.start(vehicles)
    each = np.tile(soc.astype(np.float32), (vehicles, 1))
    warmth = temperature_c.astype(np.float32)
    began = time.process_time()
    for _ in range(YEARS):
        ageing.advance(ages, law, each, warmth, 1.0)
    seconds = time.process_time() - began
    return {"loss": float(1.0 - ageing.capacity(ages, law)[0]), "seconds": seconds / vehicles}


def wear(name: str) -> tuple[float, float]:
    """Return the price of wear and its finite difference: 20 cycles more in a year of cycles as the price assumes."""
    law = ageing_law.load(name)
    use = Use(depth=0.4, c_rate=0.4 / 12, temperature_c=20.0, full_cycles_a_day=0.4, days=365.0)

    def loss_after(cycles: int) -> float:
        ages = ageing.start(1)
        series = np.tile([0.8, 0.4], cycles)[None, :]
        ageing.advance(ages, law, np.append(series, [[0.8]], axis=1), np.full(2 * cycles + 1, 20.0), 12.0)
        return float(ageing.losses(ages, law)[1][0])

    days = 365
    slope = (loss_after(days + 10) - loss_after(days - 10)) / (20 * use.depth)
    price = float(ageing.wear_price_per_kwh(ageing.start(1), law, use, 120.0, 0.7)[0])
    return price, slope * 120.0 / 0.3


def main() -> int:
    soc, temperature_c = profile()
    theirs = peer(soc, temperature_c)
    good = True
    for name in ageing_law.names():
        own = mine(name, soc, temperature_c, VEHICLES)
        off = own["loss"] / theirs[name]["loss"] - 1.0
        ratio = theirs[name]["seconds"] / own["seconds"]
        price, slope = wear(name)
        print(
            f"{name}: {YEARS} years lose {own['loss']:.2%}, BLAST-Lite {theirs[name]['loss']:.2%} ({off:+.1%});"
            f" {YEARS / own['seconds']:,.0f} vehicle-years a second, BLAST-Lite {YEARS / theirs[name]['seconds']:.1f}"
            f" (x {ratio:,.0f}); wear {price * 1000:.1f} a MWh, by finite difference {slope * 1000:.1f}"
            f" ({price / slope - 1.0:+.1%})   [{ageing_law.load(name).cell}]"
        )
        if name == JUDGED:
            good = abs(off) <= MOST_OFF and ratio >= LEAST_RATIO and abs(price / slope - 1.0) <= MOST_OFF
    print(f"{'held' if good else 'NOT HELD'}: {JUDGED} within {MOST_OFF:.0%}, x {LEAST_RATIO}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
