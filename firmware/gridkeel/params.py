"""The one table of parameters: name with unit, default, limits; params_text.py says what they mean.

Everything else about parameters (config files, `gridkeel params`, docs/parameters.md, the link's PARAM messages)
is derived from this table. All values are integers; the name ends in the unit. A parameter's id on the link is its
position in the table, so rows are appended, never moved.
"""

from gridkeel import TYPE_CHECKING, inverter
from gridkeel.errors import ParameterError
from gridkeel.services import fast_reserve
from gridkeel.services.grid_codes import in_force

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Why a configuration is rejected; errors_text.py has the texts.  A code is one of these << 8 | which: the index of a
# parameter, with NOT_A_PARAMETER and NOT_JSON the place of the name in the file, from 1, or WHICH_MAX for none.
UNREADABLE = 1
TOO_LONG = 2
NOT_JSON = 3
TWICE = 4
NOT_A_PARAMETER = 5
NOT_AN_INTEGER = 6
OUT_OF_LIMITS = 7
AT_ODDS = 8
MISSING = 9
NO_PILOT = 10
DEVICE_ID = 11  # this one and those after it are not about config.json: storing a parameter does not clear them
NO_VEHICLES = 12
WHICH_MAX = 255

CONFIG_BYTES = 8192  # all parameters with their longest values, a line each, take half of it

# One constant, which a board reads where it lies: as objects it took 6 kB more of the heap.
# "last" is the last entry of services/grid_codes/listed.py.
_TABLE = (
    # name default min max unit
    b"nominal_hz 50 50 60 Hz\n"
    b"nominal_v 230 100 480 V\n"
    b"sample_hz 4800 3200 9600 Hz\n"
    b"block_ms 10 5 20 ms\n"
    b"adc_uv 16000 100 1000000 uV/count\n"
    b"droop_deadband_mhz 20 0 1000 mHz\n"
    b"droop_span_mhz 480 50 10000 mHz\n"
    b"fast_switch_mhz 15 0 1000 mHz\n"
    b"baseline_w 3000 -50000 50000 W\n"
    b"setpoint_ramp_w_s 2000 10 1000000 W/s\n"
    b"setpoint_max_s 900 1 86400 s\n"
    b"charge_max_w 7400 0 50000 W\n"
    b"discharge_max_w 7400 0 50000 W\n"
    b"v2g_enable 1 0 1 flag\n"
    b"soc_reserve_pct_x100 4000 0 10000 0.01 %\n"
    b"soc_full_pct_x100 9500 0 10000 0.01 %\n"
    b"soc_stale_ms 10000 100 600000 ms\n"
    b"mains_loss_pct 50 10 88 %\n"
    b"trip_under_mhz 47500 40000 60000 mHz\n"
    b"trip_over_mhz 51500 50000 70000 mHz\n"
    b"trip_frequency_ms 100 20 1000000 ms\n"
    b"trip_rocof_mhz_s 4000 500 50000 mHz/s\n"
    b"trip_rocof_ms 500 20 10000 ms\n"
    b"return_low_mhz 49900 40000 60000 mHz\n"
    b"return_high_mhz 50100 50000 70000 mHz\n"
    b"return_volt_pct 85 50 100 %\n"
    b"return_delay_ms 60000 1000 3600000 ms\n"
    b"modbus_unit 1 1 247 address\n"
    b"modbus_baud 115200 9600 921600 Bd\n"
    b"modbus_timeout_ms 200 20 5000 ms\n"
    b"inverter_poll_ms 200 50 10000 ms\n"
    b"inverter_silent_ms 2000 200 60000 ms\n"
    b"reversion_s 4 2 600 s\n"
    b"command_step_w 10 1 5000 W\n"
    b"telemetry_ms 100 20 60000 ms\n"
    b"host_silent_ms 5000 500 600000 ms\n"
    b"start_delay_ms 500 0 3600000 ms\n"
    b"samples_stale_ms 40 15 1000 ms\n"
    b"watchdog_ms 2000 200 30000 ms\n"
    b"sample_clock_ppm 0 -2000 2000 ppm\n"
    b"droop_profile 0 0 last index\n"
    b"droop_response_ms 0 0 60000 ms\n"
    b"droop_frozen_base 0 0 1 flag\n"
    b"droop_hysteresis_mhz 0 0 500 mHz\n"
    b"droop_charge_max_w 50000 0 50000 W\n"
    b"droop_discharge_max_w 50000 0 50000 W\n"
    b"response_latency_ms 100 0 500 ms\n"
    b"power_min_w -100000 -100000 100000 W\n"
    b"power_max_w 100000 -100000 100000 W\n"
    b"fast_reserve 0 0 7 index\n"
    b"fast_reserve_w 0 0 50000 W\n"
    b"fast_reserve_confirm_ms 40 0 500 ms\n"
    b"trip_profile 0 0 last index\n"
    b"stagger 1 0 1 flag\n"
    b"trip_spread_ms 50 0 10000 ms\n"
    b"return_spread_ms 10000 0 3600000 ms\n"
    b"return_high_pct 110 100 130 %\n"
    b"enter_ramp_s 0 0 3600 s\n"
    b"regulation_w 0 0 50000 W\n"
    b"regulation_ramp_w_s 1000 10 1000000 W/s\n"
    b"regulation_expiry_ms 10000 1000 600000 ms\n"
    b"regulation_fallback 0 -10000 10000 0.01 %\n"
    b"demand_response_spread_s 0 0 3600 s\n"
    b"plan_charge_w 7400 0 50000 W\n"
    b"plan_discharge_w 0 0 50000 W\n"
    b"reactive_mode 0 0 3 index\n"
    b"reactive_var 0 -50000 50000 var\n"
    b"reactive_max_var 3000 0 50000 var\n"
    b"power_factor_x1000 1000 -1000 1000 0.001\n"
    b"volt_var_deadband_permille 20 0 200 0.001\n"
    b"volt_var_span_permille 60 10 200 0.001\n"
    b"battery_wh 0 0 500000 Wh\n"
    b"efficiency_pct 95 50 100 %\n"
    b"horizon_s 0 0 86400 s\n"
    b"cable_max_w 50000 0 50000 W\n"
    b"ev_charge_max_w 50000 0 50000 W\n"
    b"ev_discharge_max_w 50000 0 50000 W\n"
    b"temperature_sensor 0 0 2 index\n"
    b"derate_from_c 60 0 120 degC\n"
    b"derate_span_k 20 1 100 K\n"
    b"account_window_s 3600 60 86400 s\n"
    b"account_tolerance_pct 2 0 20 %\n"
    b"enter_at_start 0 0 1 flag\n"
    b"sample_clock_trim_ppm 100 0 500 ppm\n"
    b"iso15118_tls 1 0 2 index\n"
    b"iso15118_payment 3 1 3 bits\n"
    b"iso15118_energy_modes 0 0 63 bits\n"
    b"iso15118_free_service 0 0 1 flag\n"
    b"iso15118_receipt 0 0 1 flag\n"
    b"iso15118_notice_s 10 0 600 s\n"
    b"iso15118_expires_soon_days 21 0 365 d\n"
    b"evse 0 0 2 index\n"
    b"connector 0 0 1 index\n"
    b"phases 1 1 3 count\n"
    b"cable_current_max_a 32 6 80 A\n"
    b"ventilation 0 0 1 flag\n"
    b"access_free 1 0 1 flag\n"
    b"hlc_wait_s 40 5 600 s\n"
    b"dc_voltage_min_v 150 50 1000 V\n"
    b"dc_voltage_max_v 500 50 1000 V\n"
    b"dc_current_min_a 1 0 500 A\n"
    b"dc_current_max_a 20 1 500 A\n"
    b"dc_ripple_a 1 0 50 A\n"
    b"reactive_priority 0 0 1 flag\n"
    b"temperature_stale_ms 10000 1000 600000 ms\n"
    b"report_filter 0 0 2 index\n"
    b"iso15118_mutual_tls 0 0 1 flag\n"
    b"volt_var_response_ms 5000 0 90000 ms\n"
    b"inverter_family 0 0 15 index\n"
    b"grid_code 0 0 last index\n"
    b"battery_ms 10000 0 60000 ms\n"
    b"group 0 0 65535 number\n"
)


def rows() -> "Iterator[tuple[str, str, int, int, int]]":
    """Yield (name, unit, default, min, max) of each parameter."""
    for name, at in zip(NAMES, _starts()):
        yield (name,) + _row(at)


def index(name: str) -> int:
    """Return the id of a parameter.  Errors: ParameterError where there is no such name."""
    for i, known in enumerate(NAMES):
        if known == name:
            return i
    raise ParameterError(
        "unknown parameter %r; `gridkeel params` lists them" % (name,), NOT_A_PARAMETER << 8 | WHICH_MAX
    )


def check(name: str, value: object) -> int:
    """Check one value against its row and return it.  Errors: ParameterError with name, value and limits."""
    at = 0
    which = index(name)
    for _ in range(which):
        at = _TABLE.find(b"\n", at) + 1
    unit, _default, low, high = _row(at)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParameterError("%s = %r is not an integer (unit %s)" % (name, value, unit), NOT_AN_INTEGER << 8 | which)
    if not low <= value <= high:
        raise ParameterError(
            "%s = %d is outside %d..%d %s" % (name, value, low, high, unit), OUT_OF_LIMITS << 8 | which
        )
    return value


def parse(data: bytes) -> "dict[str, int]":
    """Parse the bytes of a config.json, one flat JSON object of integers with unique names, into {name: value}.

    MicroPython's `json` is not strict enough: it accepts `{"evse" 1]` and keeps the last of two equal names.
    Errors: ParameterError.  Limits are checked by `Parameters`.
    """
    if len(data) > CONFIG_BYTES:
        raise ParameterError("more than %d bytes" % CONFIG_BYTES, TOO_LONG << 8 | WHICH_MAX)
    data = data.strip()
    if data[:1] != b"{" or data[-1:] != b"}" or len(data) < 2:
        raise ParameterError("not a JSON object", NOT_JSON << 8 | WHICH_MAX)
    changes: "dict[str, int]" = {}
    last = len(data) - 1
    at = 1
    if not data[at:last].strip():
        return changes
    while at <= last:
        end = data.find(b",", at)
        if end < 0:
            end = last
        _take(changes, data[at:end])
        at = end + 1
    return changes


def _take(changes, pair):
    place = min(len(changes) + 1, WHICH_MAX)
    key, _colon, text = pair.partition(b":")
    key = key.strip()
    if len(key) < 3 or key[0] != 34 or key[-1] != 34 or not text:
        raise ParameterError("JSON syntax error at name %d" % place, NOT_JSON << 8 | place)
    try:
        name = key[1:-1].decode()
        which = index(name)
    except (UnicodeError, ParameterError):
        raise ParameterError("name %d is not a parameter: %r" % (place, key[:40]), NOT_A_PARAMETER << 8 | place)
    if name in changes:
        raise ParameterError("%s occurs twice" % name, TWICE << 8 | which)
    text = text.strip()
    digits = text[1:] if text[:1] == b"-" else text
    if not digits.isdigit() or digits[0] == 48 and len(digits) > 1:
        raise ParameterError("%s = %r is not an integer" % (name, text[:40]), NOT_AN_INTEGER << 8 | which)
    if len(digits) > 10:  # more than any limit has: not made an integer, which could take as long as it liked
        raise ParameterError("%s = %r is outside its limits" % (name, text[:40]), OUT_OF_LIMITS << 8 | which)
    changes[name] = int(text)


def _starts():
    """Yield where each row begins."""
    at = 0
    while at < len(_TABLE):
        yield at
        at = _TABLE.find(b"\n", at) + 1


def _row(at):
    name, default, low, high, unit = _TABLE[at : _TABLE.find(b"\n", at)].decode().split(" ", 4)
    return unit, int(default), int(low), in_force.last(name) if high == "last" else int(high)


def _word(at):
    return _TABLE[at : _TABLE.find(b" ", at)]


NAMES = tuple([_word(at).decode() for at in _starts()])


class Parameters:
    """The values in force: one attribute a row of the table, each checked; changes only through `update`.

    grid: what they make the grid services go by.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> int: ...

    def __init__(self, changes: "Mapping[str, int] | None" = None) -> None:
        self.grid = in_force.GridSettings()
        for name, at in zip(NAMES, _starts()):
            setattr(self, name, int(_word(_TABLE.find(b" ", at) + 1)))
        if changes:
            self.update(changes)
        else:
            self.grid.take(self)

    def update(self, changes: "Mapping[str, int]") -> None:
        """Apply {name: value}, all or nothing.  Errors: ParameterError, and nothing is changed."""
        merged = self.values()
        for name, value in changes.items():
            merged[name] = check(name, value)
        _check_together(merged)
        for name, value in changes.items():
            setattr(self, name, value)
        self.grid.take(self)

    def values(self) -> "dict[str, int]":
        """Return a new {name: value} of everything in force."""
        return {name: getattr(self, name) for name in NAMES}


def _check_together(values):
    if values["nominal_hz"] not in (50, 60):
        _refuse("nominal_hz", "= %d is neither 50 nor 60" % values["nominal_hz"])
    _check_nominal(values, "fast_reserve", *fast_reserve.TABLE[values["fast_reserve"]][:2])
    _check_grid(values)
    if -500 < values["power_factor_x1000"] < 500:
        _refuse("power_factor_x1000", "= %d is under 500 in size" % values["power_factor_x1000"])
    _check_connector(values)
    _check_family(values)
    if values["sample_hz"] % (16 * values["nominal_hz"]):
        _refuse(
            "sample_hz",
            "= %d is no multiple of 16 * nominal_hz = %d" % (values["sample_hz"], 16 * values["nominal_hz"]),
        )
    if values["sample_hz"] * values["block_ms"] % 1000:
        _refuse("block_ms", "= %d is no whole number of samples" % values["block_ms"])
    for low, high in (
        ("trip_under_mhz", "trip_over_mhz"),
        ("return_low_mhz", "return_high_mhz"),
        ("soc_reserve_pct_x100", "soc_full_pct_x100"),
        ("power_min_w", "power_max_w"),
        ("dc_voltage_min_v", "dc_voltage_max_v"),
        ("dc_current_min_a", "dc_current_max_a"),
    ):
        if values[low] >= values[high]:
            _refuse(low, "= %d is not under %s = %d" % (values[low], high, values[high]))
        if low.endswith("_mhz") and not values[low] < values["nominal_hz"] * 1000 < values[high]:
            _refuse(low, "and %s do not hold nominal_hz = %d between them" % (high, values["nominal_hz"]))


def _check_family(values):
    """Refuse a family that the list does not have; it depends on no other parameter."""
    family = values["inverter_family"]
    if family >= len(inverter.FAMILIES):
        _refuse("inverter_family", "= %d: there are %d" % (family, len(inverter.FAMILIES)))


def _check_grid(values):
    for parameter in ("grid_code", "droop_profile", "trip_profile"):
        number = values[parameter]
        if not number:
            continue
        name, nominal_hz = in_force.nominal(parameter, number)
        _check_nominal(values, parameter, name, nominal_hz)
        if parameter == "droop_profile":
            continue
        ride_mhz_s = in_force.rocof_ride_mhz_s(parameter, number)
        if values["trip_rocof_mhz_s"] <= ride_mhz_s:
            _refuse(
                "trip_rocof_mhz_s",
                "= %d is not over the %d mHz/s that %s rides through"
                % (values["trip_rocof_mhz_s"], ride_mhz_s, parameter),
            )
        if parameter == "grid_code" and (values["droop_profile"] or values["trip_profile"]):
            _refuse(
                "grid_code", "= %d (%s) sets droop and trips: droop_profile and trip_profile must be 0" % (number, name)
            )


def _check_connector(values):
    if values["phases"] == 2:
        _refuse("phases", "= 2 is neither 1 nor 3")
    if values["connector"] and values["evse"] == 1:
        _refuse("connector", "= 1 (DC) requires evse = 2: IEC 61851-1 by itself charges AC only")
    least_w = 6 * values["phases"] * values["nominal_v"]
    for name in ("charge_max_w", "cable_max_w", "ev_charge_max_w"):
        if values["evse"] and not values["connector"] and 0 < values[name] < least_w:
            _refuse(
                name,
                "= %d is under %d W, 6 A x phases x nominal_v: an AC connector offers that much or nothing"
                % (values[name], least_w),
            )


def _check_nominal(values, parameter, name, profile_hz):
    nominal_hz = values["nominal_hz"]
    if profile_hz and profile_hz != nominal_hz:
        _refuse(parameter, "%s is for %d Hz, nominal_hz is %d" % (name, profile_hz, nominal_hz))


def _refuse(name, why):
    raise ParameterError(name + " " + why, AT_ODDS << 8 | index(name))
