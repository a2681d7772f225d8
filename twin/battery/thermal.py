"""Temperature of a cell as one lump: heated by its losses, cooled by its surroundings; arrays over vehicles."""

from __future__ import annotations

import numpy as np

from twin.battery.chemistry import Floats, Thermal


def warm(temperature_c: Floats, loss_w: Floats, ambient_c: Floats, dt_s: Floats, thermal: Thermal) -> Floats:
    """Return the temperature after dt_s of that loss; exact for any dt_s."""
    settled = ambient_c + loss_w * thermal.resistance_k_per_w
    time_s = thermal.heat_capacity_j_per_k * thermal.resistance_k_per_w
    return temperature_c + (settled - temperature_c) * -np.expm1(-dt_s / time_s)


def identify(temperature_c: Floats, loss_w: Floats, dt_s: Floats) -> tuple[float, float, float]:
    """Return (heat capacity J/K, resistance K/W, ambient degC) that explain a measured temperature.

    Least squares of dT/dt over minutes: C dT/dt = loss - (T - ambient) / R.
    """
    block = max(1, int(120.0 / max(float(np.median(dt_s[1:])), 1e-3)))
    n = len(temperature_c) // block
    if n < 8:
        raise ValueError("too short a record for a thermal model")
    shape = (n, block)
    seconds = dt_s[: n * block].reshape(shape).sum(1)
    heat = (loss_w * dt_s)[: n * block].reshape(shape).sum(1)
    mean = temperature_c[: n * block].reshape(shape).mean(1)
    rise = np.diff(mean)
    between = 0.5 * (seconds[1:] + seconds[:-1])
    power = 0.5 * (heat[1:] / seconds[1:] + heat[:-1] / seconds[:-1])
    columns = np.stack([power, -0.5 * (mean[1:] + mean[:-1]), np.ones(n - 1)], 1) * between[:, None]
    per_c, per_cr, ambient = np.linalg.lstsq(columns, rise, rcond=None)[0]
    if per_c <= 0 or per_cr <= 0:
        raise ValueError("the record's temperature does not follow its losses")
    return float(1.0 / per_c), float(per_c / per_cr), float(ambient / per_cr)
