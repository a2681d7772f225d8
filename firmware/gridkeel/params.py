"""The one table of parameters: name with unit, default, limits; params_text.py says what they mean.

Everything else about parameters (config files, `gridkeel params`, docs/parameters.md, the link's PARAM messages)
is derived from this table. All values are integers; the name ends in the unit. A parameter's id on the link is its
position in the table, so rows are appended, never moved.
"""

from gridkeel.errors import ParameterError
from gridkeel.services import fast_reserve, profiles, ride_through

# fmt: off
TABLE: tuple = (  # flat: a tuple a row would take three times the heap
    # name, unit, default, min, max
    "nominal_hz", "Hz", 50, 50, 60,
    "nominal_v", "V", 230, 100, 480,
    "sample_hz", "Hz", 4800, 3200, 9600,
    "block_ms", "ms", 10, 5, 20,
    "adc_uv", "uV/count", 16000, 100, 1000000,
    "droop_deadband_mhz", "mHz", 20, 0, 1000,
    "droop_span_mhz", "mHz", 480, 50, 10000,
    "fast_switch_mhz", "mHz", 15, 0, 1000,
    "baseline_w", "W", 3000, -50000, 50000,
    "setpoint_ramp_w_s", "W/s", 2000, 10, 1000000,
    "setpoint_max_s", "s", 900, 1, 86400,
    "charge_max_w", "W", 7400, 0, 50000,
    "discharge_max_w", "W", 7400, 0, 50000,
    "v2g_enable", "flag", 1, 0, 1,
    "soc_reserve_pct_x100", "0.01 %", 4000, 0, 10000,
    "soc_full_pct_x100", "0.01 %", 9500, 0, 10000,
    "soc_stale_ms", "ms", 10000, 100, 600000,
    "mains_loss_pct", "%", 50, 10, 88,
    "trip_under_mhz", "mHz", 47500, 40000, 60000,
    "trip_over_mhz", "mHz", 51500, 50000, 70000,
    "trip_frequency_ms", "ms", 100, 20, 1000000,
    "trip_rocof_mhz_s", "mHz/s", 4000, 500, 50000,
    "trip_rocof_ms", "ms", 500, 20, 10000,
    "return_low_mhz", "mHz", 49900, 40000, 60000,
    "return_high_mhz", "mHz", 50100, 50000, 70000,
    "return_volt_pct", "%", 85, 50, 100,
    "return_delay_ms", "ms", 60000, 1000, 3600000,
    "modbus_unit", "address", 1, 1, 247,
    "modbus_baud", "Bd", 115200, 9600, 921600,
    "modbus_timeout_ms", "ms", 200, 20, 5000,
    "inverter_poll_ms", "ms", 200, 50, 10000,
    "inverter_silent_ms", "ms", 2000, 200, 60000,
    "reversion_s", "s", 4, 2, 600,
    "command_step_w", "W", 10, 1, 5000,
    "telemetry_ms", "ms", 100, 20, 60000,
    "host_silent_ms", "ms", 5000, 500, 600000,
    "start_delay_ms", "ms", 500, 0, 3600000,
    "samples_stale_ms", "ms", 40, 15, 1000,
    "watchdog_ms", "ms", 2000, 200, 30000,
    "sample_clock_ppm", "ppm", 0, -2000, 2000,
    "droop_profile", "index", 0, 0, 17,
    "droop_response_ms", "ms", 0, 0, 60000,
    "droop_frozen_base", "flag", 0, 0, 1,
    "droop_hysteresis_mhz", "mHz", 0, 0, 500,
    "droop_charge_max_w", "W", 50000, 0, 50000,
    "droop_discharge_max_w", "W", 50000, 0, 50000,
    "response_latency_ms", "ms", 100, 0, 500,
    "power_min_w", "W", -100000, -100000, 100000,
    "power_max_w", "W", 100000, -100000, 100000,
    "fast_reserve", "index", 0, 0, 7,
    "fast_reserve_w", "W", 0, 0, 50000,
    "fast_reserve_confirm_ms", "ms", 40, 0, 500,
    "trip_profile", "index", 0, 0, 4,
    "stagger", "flag", 1, 0, 1,
    "trip_spread_ms", "ms", 50, 0, 10000,
    "return_spread_ms", "ms", 10000, 0, 3600000,
    "return_high_pct", "%", 110, 100, 130,
    "enter_ramp_s", "s", 0, 0, 3600,
    "regulation_w", "W", 0, 0, 50000,
    "regulation_ramp_w_s", "W/s", 1000, 10, 1000000,
    "regulation_expiry_ms", "ms", 10000, 1000, 600000,
    "regulation_fallback", "0.01 %", 0, -10000, 10000,
    "event_spread_s", "s", 0, 0, 3600,
    "plan_charge_w", "W", 7400, 0, 50000,
    "plan_discharge_w", "W", 0, 0, 50000,
    "reactive_mode", "index", 0, 0, 3,
    "reactive_var", "var", 0, -50000, 50000,
    "reactive_max_var", "var", 3000, 0, 50000,
    "power_factor_x1000", "0.001", 1000, -1000, 1000,
    "volt_var_deadband_permille", "0.001", 20, 0, 200,
    "volt_var_span_permille", "0.001", 60, 10, 200,
    "battery_wh", "Wh", 0, 0, 500000,
    "efficiency_pct", "%", 95, 50, 100,
    "horizon_s", "s", 0, 0, 86400,
    "cable_max_w", "W", 50000, 0, 50000,
    "ev_charge_max_w", "W", 50000, 0, 50000,
    "ev_discharge_max_w", "W", 50000, 0, 50000,
    "temperature_sensor", "index", 0, 0, 2,
    "derate_from_c", "degC", 60, 0, 120,
    "derate_span_k", "K", 20, 1, 100,
    "account_window_s", "s", 3600, 60, 86400,
    "account_tolerance_pct", "%", 2, 0, 20,
    "enter_at_start", "flag", 0, 0, 1,
    "sample_clock_trim_ppm", "ppm", 100, 0, 500,
    "v2g_tls", "index", 1, 0, 2,
    "v2g_payment", "bits", 3, 1, 3,
    "v2g_energy_modes", "bits", 0, 0, 63,
    "v2g_free", "flag", 0, 0, 1,
    "v2g_receipt", "flag", 0, 0, 1,
    "v2g_notice_s", "s", 10, 0, 600,
    "v2g_expires_soon_days", "d", 21, 0, 365,
    "evse", "index", 0, 0, 2,
    "outlet", "index", 0, 0, 1,
    "phases", "count", 1, 1, 3,
    "cable_current_max_a", "A", 32, 6, 80,
    "ventilation", "flag", 0, 0, 1,
    "access_free", "flag", 1, 0, 1,
    "hlc_wait_s", "s", 40, 5, 600,
    "dc_voltage_min_v", "V", 150, 50, 1000,
    "dc_voltage_max_v", "V", 500, 50, 1000,
    "dc_current_min_a", "A", 1, 0, 500,
    "dc_current_max_a", "A", 20, 1, 500,
    "dc_ripple_a", "A", 1, 0, 50,
    "reactive_priority", "flag", 0, 0, 1,
    "temperature_stale_ms", "ms", 10000, 1000, 600000,
    "report_filter", "index", 0, 0, 2,
    "v2g_mutual", "flag", 0, 0, 1,
    "volt_var_response_ms", "ms", 5000, 0, 90000,
)
# fmt: on
COLUMNS = 5

NAMES = tuple([TABLE[at] for at in range(0, len(TABLE), COLUMNS)])


def index(name):
    """Return the id of a parameter.  Errors: ParameterError where there is no such name."""
    for i, known in enumerate(NAMES):
        if known == name:
            return i
    raise ParameterError("unknown parameter %r; `gridkeel params` lists them" % (name,))


def check(name, value):
    """Check one value against its row and return it.  Errors: ParameterError with name, value and limits."""
    at = index(name) * COLUMNS
    unit, low, high = TABLE[at + 1], TABLE[at + 3], TABLE[at + 4]
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParameterError("%s = %r is not an integer (unit %s)" % (name, value, unit))
    if not low <= value <= high:
        raise ParameterError("%s = %d is outside %d..%d %s" % (name, value, low, high, unit))
    return value


class Parameters:
    """The values in force: one attribute a row of TABLE, each checked; changes only through `update`.

    revision: another number after each update, for whoever keeps something made of them.
    """

    def __init__(self, changes=None):
        self.revision = 0
        for at in range(0, len(TABLE), COLUMNS):
            setattr(self, TABLE[at], TABLE[at + 2])
        if changes:
            self.update(changes)

    def update(self, changes):
        """Apply {name: value}, all or nothing.  Errors: ParameterError, and nothing is changed."""
        merged = self.values()
        for name, value in changes.items():
            merged[name] = check(name, value)
        _check_together(merged)
        for name, value in changes.items():
            setattr(self, name, value)
        self.revision = (self.revision + 1) & 0xFFFF

    def values(self):
        """Return a new {name: value} of everything in force."""
        return {name: getattr(self, name) for name in NAMES}


def _check_together(values):
    if values["nominal_hz"] not in (50, 60):
        raise ParameterError("nominal_hz = %d is neither 50 nor 60" % values["nominal_hz"])
    _check_nominal(values, "droop_profile", profiles.TABLE)
    _check_nominal(values, "fast_reserve", fast_reserve.TABLE)
    _check_nominal(values, "trip_profile", ride_through.TABLE)
    if -500 < values["power_factor_x1000"] < 500:
        raise ParameterError("power_factor_x1000 = %d is under 500 in size" % values["power_factor_x1000"])
    ride_mhz_s = ride_through.TABLE[values["trip_profile"]][ride_through.ROCOF_RIDE_MHZ_S]
    if values["trip_rocof_mhz_s"] <= ride_mhz_s:
        raise ParameterError(
            "trip_rocof_mhz_s = %d is not over the %d mHz/s that trip_profile rides through"
            % (values["trip_rocof_mhz_s"], ride_mhz_s)
        )
    _check_outlet(values)
    if values["sample_hz"] % (16 * values["nominal_hz"]):
        raise ParameterError(
            "sample_hz = %d is no multiple of 16 * nominal_hz = %d" % (values["sample_hz"], 16 * values["nominal_hz"])
        )
    if values["sample_hz"] * values["block_ms"] % 1000:
        raise ParameterError("block_ms = %d is no whole number of samples" % values["block_ms"])
    for low, high in (
        ("trip_under_mhz", "trip_over_mhz"),
        ("return_low_mhz", "return_high_mhz"),
        ("soc_reserve_pct_x100", "soc_full_pct_x100"),
        ("power_min_w", "power_max_w"),
        ("dc_voltage_min_v", "dc_voltage_max_v"),
        ("dc_current_min_a", "dc_current_max_a"),
    ):
        if values[low] >= values[high]:
            raise ParameterError("%s = %d is not under %s = %d" % (low, values[low], high, values[high]))
        if low.endswith("_mhz") and not values[low] < values["nominal_hz"] * 1000 < values[high]:
            raise ParameterError("%s..%s does not hold nominal_hz = %d" % (low, high, values["nominal_hz"]))


def _check_outlet(values):
    if values["phases"] == 2:
        raise ParameterError("phases = 2 is neither 1 nor 3")
    if values["outlet"] and values["evse"] == 1:
        raise ParameterError("outlet = 1 (DC) wants evse = 2: IEC 61851-1 alone charges AC")


def _check_nominal(values, parameter, table):
    name, profile_hz = table[values[parameter]][:2]
    nominal_hz = values["nominal_hz"]
    if profile_hz and profile_hz != nominal_hz:
        raise ParameterError("%s %s is for %d Hz, nominal_hz is %d" % (parameter, name, profile_hz, nominal_hz))
