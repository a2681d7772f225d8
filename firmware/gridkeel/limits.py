"""What had the last word on the power command; told with every telemetry record."""

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
