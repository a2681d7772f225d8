"""The grid codes and profiles as a device carries them, firmware/gridkeel/services/grid_codes/packed.py.

One entry a line, so that a device reads in flash what is not chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from gridkeel import errors
from gridkeel.services.grid_codes import form, packed
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, GRID_CODES, TRIP_PROFILES

PATH = Path(__file__).resolve().parents[2] / "firmware/gridkeel/services/grid_codes/packed.py"
TRIPS_MAX = 9  # clocks of ride_through.Trips
LIMIT = 1 << 30
_HEAD = '''"""The lists of grid codes and profiles as a device reads them: listed.py, packed by `make generate`.

DROOPS: name nominal_hz droop_over droop_under droop_response_ms droop_frozen_base
TRIPS: name nominal_hz trips block_low_pct block_high_pct rocof_ride_mhz_s return_low_mhz return_high_mhz
    return_delay_ms enter_ramp_s; trips: code of the fault, limit and clearing time in ms of each
CODES: what DROOPS has, what TRIPS has after nominal_hz, return_volt_pct return_high_pct volt_var_curve
    volt_var_response_ms
"""

# fmt: off
'''
_BYTES_A_LINE = 96


def trips(profile: type[form.TripProfile]) -> list[tuple[int, int, int]]:
    """Return (fault, limit, clearing time in ms) of each trip, in the order in which a device asks them."""
    found = [
        (fault, limit, clock_ms)
        for fault, pairs in (
            (errors.OVER_FREQUENCY, profile.over_frequency_trips),
            (errors.UNDER_FREQUENCY, profile.under_frequency_trips),
            (errors.OVER_VOLTAGE, profile.over_voltage_trips),
            (errors.UNDER_VOLTAGE, profile.under_voltage_trips),
            (errors.MAINS_LOST, profile.loss_of_mains),
        )
        for limit, clock_ms in pairs
    ]
    found.append((errors.SAMPLES_LOST, 0, profile.no_estimate_ms))
    if len(found) > TRIPS_MAX:
        raise ValueError(f"{profile.name} has {len(found)} trips, a device {TRIPS_MAX} clocks")
    return found


def tables() -> dict[str, bytes]:
    """Return {name: rows} of the module.  Errors: ValueError for a figure that does not fit a device."""
    return {
        "DROOPS": _packed([*_head(one), *_droop(one)] for one in DROOP_PROFILES),
        "TRIPS": _packed([*_head(one), *_trip(one)] for one in TRIP_PROFILES),
        "CODES": _packed([*_head(one), *_droop(one), *_trip(one), *_voltage(one)] for one in GRID_CODES),
    }


def files() -> dict[Path, str]:
    """Return {path: text} of the one file made here; what is made after it sees the same lists."""
    found = tables()
    for name, rows in found.items():
        setattr(packed, name, rows)
    return {PATH: _HEAD + "\n".join(_assignment(name, rows) for name, rows in found.items())}


def _head(one: type[form.DroopProfile] | type[form.TripProfile]) -> list[str]:
    if not one.name or set(one.name) & set(" ,\n"):
        raise ValueError(f"{one.name!r} is no name of a grid code")
    return [one.name, _number(one.nominal_hz)]


def _droop(one: type[form.DroopProfile]) -> list[str]:
    curves = [_numbers(one.droop_over), _numbers(one.droop_under)]
    return [*curves, _number(one.droop_response_ms), _number(int(one.droop_frozen_base))]


def _trip(one: type[form.TripProfile]) -> list[str]:
    figures = (
        one.block_low_pct,
        one.block_high_pct,
        one.rocof_ride_mhz_s,
        one.return_low_mhz,
        one.return_high_mhz,
        one.return_delay_ms,
        one.enter_ramp_s,
    )
    return [_numbers(trips(one)), *map(_number, figures)]


def _voltage(one: type[form.GridCode]) -> list[str]:
    window = [_number(one.return_volt_pct), _number(one.return_high_pct)]
    return [*window, _numbers(one.volt_var_curve), _number(one.volt_var_response_ms)]


def _numbers(rows: Iterable[Sequence[int]]) -> str:
    return ",".join(_number(number) for row in rows for number in row) or "-"


def _number(number: int) -> str:
    if not 0 <= number < LIMIT:
        raise ValueError(f"{number} does not fit a device")
    return f"{number:d}"


def _packed(rows: Iterable[list[str]]) -> bytes:
    return "".join(" ".join(row) + "\n" for row in rows).encode("ascii")


def _assignment(name: str, rows: bytes) -> str:
    lines = []
    for row in rows.splitlines(keepends=True):
        parts = [row[at : at + _BYTES_A_LINE] for at in range(0, len(row), _BYTES_A_LINE)]
        lines += ["    " + repr(part).replace("'", '"') + "\n" for part in parts]
    return f"{name} = (\n{''.join(lines)})\n"
