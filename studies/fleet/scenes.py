"""The cases of the study: what each part plays on the grid, and what it sets against what."""

from __future__ import annotations

from gridkeel.services import events, fast_reserve
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, number
from hil.plants.grid import GridConfig
from studies.fleet.cases import Agc, Case, Order

# A grid of the size of the Iberian peninsula's: 10,000 chargers are 0.25 % of it, a million a quarter.
GRID = GridConfig(rated_w=30e9, reserve_w=3e9)

LOSS = Case("loss", "8 % of the generation is lost", loss_pu=0.08)
SWING = Case(
    "swing", "a load swings by 3 % at 0.1 Hz for 30 s, then lets go", swing_pu=0.03, swing_hz=0.1, swing_s=30.0
)

# No droop, so that nothing but the trips and returns acts.
_QUIET = {"droop_deadband_mhz": 1000, "droop_span_mhz": 10000}
# Feeding in while the sun shines, with the trip limit of the first generation of such devices: the 50.2 Hz problem.
_EXPORT = {**_QUIET, "baseline_w": -3000, "trip_over_mhz": 50200}
# Without secondary control the frequency stays high once the load is gone: the return window must hold it.
_CHARGE = {**_QUIET, "baseline_w": 3000, "return_high_mhz": 50500, "return_delay_ms": 30000}
TRIPS = (
    Case("trip-at-once", "load is lost, 50.2 Hz is passed: all disconnect at one instant", -0.05, parameters=_EXPORT),
    Case(
        "trip-staggered",
        "the same, each disconnects after its own part of 10 s",
        -0.05,
        parameters={**_EXPORT, "stagger": 1, "trip_spread_ms": 10_000},
    ),
)
RETURNS = (
    Case("return-at-once", "the voltage is away for 0.2 s: all return at one instant", dip_s=0.2, parameters=_CHARGE),
    Case(
        "return-staggered",
        "the same, each returns after its own part of 30 s",
        dip_s=0.2,
        parameters={**_CHARGE, "stagger": 1, "return_spread_ms": 30_000},
    ),
)

_NORDIC = tuple(fast_reserve.NAMES.index(f"nordic-ffr-{name}") for name in ("49.7", "49.6", "49.5"))
_RESERVE = {"fast_reserve_w": 1000}
# Slow next to the grid's inertia, and of a size that leaves something to do: 2.5 kW a charger at 500 mHz.
_FCR = {"droop_profile": number(DROOP_PROFILES, "fcr-nordic"), "discharge_max_w": 2500}
RESERVES = (
    Case("nothing", "8 % of the generation is lost", 0.08, parameters=_QUIET),
    Case("fcr", "the same, with FCR: full at 500 mHz within 30 s", 0.08, parameters=_FCR),
    Case(
        "fast-reserve",
        "the same, with a fast reserve of 1 kW a charger, a third at each of 49.7, 49.6, 49.5 Hz",
        0.08,
        parameters={**_QUIET, **_RESERVE},
        mixed={"fast_reserve": _NORDIC},
    ),
    Case("both", "the same, with both", 0.08, parameters={**_FCR, **_RESERVE}, mixed={"fast_reserve": _NORDIC}),
)
_REGULATED = {**_QUIET, "regulation_w": 3000, "regulation_ramp_w_s": 1000, "regulation_expiry_ms": 10_000}
REGULATIONS = (
    Case("no-regulation", "5 % of the generation is lost", 0.05, parameters=_QUIET),
    Case("regulated", "the same, a centre regulates, every 2 s", 0.05, parameters=_REGULATED, agc=Agc()),
    Case(
        "signal-lost",
        "the same, the signal falls silent after 60 s",
        0.05,
        parameters=_REGULATED,
        agc=Agc(silent_after_s=60.0),
    ),
)
_SHED = Order(event=(events.SHED, 0, 60, 1500, 30))
EVENTS = (
    Case("event-at-once", "1.5 kW less of every charger for 60 s, at one instant", parameters=_CHARGE, order=_SHED),
    Case(
        "event-spread",
        "the same, each begins and ends at its own part of 60 s",
        parameters={**_CHARGE, "stagger": 1, "demand_response_spread_s": 60},
        order=_SHED,
    ),
)
_PLAN = Order(plan=(100, 0, 0, 0), limits=(0, 1000))
_IDLE = {**_QUIET, "baseline_w": 0, "plan_charge_w": 3000}
PLANS = (
    Case("plan-2000-w-s", "the price falls: all start to charge, by 2000 W/s", parameters=_IDLE, order=_PLAN),
    Case(
        "plan-50-w-s",
        "the same, by 50 W/s",
        parameters={**_IDLE, "setpoint_ramp_w_s": 50},
        order=_PLAN,
    ),
)
PAIRS: dict[str, tuple[Case, ...]] = {
    "trip": TRIPS,
    "return": RETURNS,
    "reserve": RESERVES,
    "regulation": REGULATIONS,
    "event": EVENTS,
    "plan": PLANS,
}
PARTS = ("loss", "swing", *PAIRS)
