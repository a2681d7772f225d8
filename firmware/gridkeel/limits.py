"""Active limiter codes of the power, reported with every telemetry record."""

NAMES = (
    "none",
    "droop",
    "setpoint",
    "baseline",
    "ramp",
    "charge_rating",
    "discharge_rating",
    "soc_reserve",
    "soc_full",
    "soc_unknown",
    "v1g",
    "inverter_rating",
    "ceased",
    "stale_samples",
    "inverter_lost",
    "mode_safe",
    "fast_reserve",
    "regulation",
    "demand_response",
    "schedule",
    "departure",
    "power_range",
    "enter_ramp",
    "blocked",
    "sustained_energy",
    "cable_rating",
    "ev_rating",
    "temperature",
    "vehicle",
    "session",
    "reactive",
    "not_following",
    "minimum_current",
)

NONE = 0
DROOP = 1
SETPOINT = 2
BASELINE = 3
RAMP = 4
CHARGE_RATING = 5
DISCHARGE_RATING = 6
SOC_RESERVE = 7
SOC_FULL = 8
SOC_UNKNOWN = 9
V1G = 10
INVERTER_RATING = 11
CEASED = 12
STALE_SAMPLES = 13
INVERTER_LOST = 14
MODE_SAFE = 15
FAST_RESERVE = 16
REGULATION = 17
DEMAND_RESPONSE = 18
SCHEDULE = 19
DEPARTURE = 20
POWER_RANGE = 21
ENTER_RAMP = 22
BLOCKED = 23
SUSTAINED_ENERGY = 24
CABLE_RATING = 25
EV_RATING = 26
TEMPERATURE = 27
VEHICLE = 28
SESSION = 29
REACTIVE = 30
NOT_FOLLOWING = 31
MINIMUM_CURRENT = 32

UNKNOWN = -0x3FFFFFFF  # a power, or another value of an inverter, that nobody knows
NO_BOUND = 1 << 29  # a limit that is none, in W, VA or var
