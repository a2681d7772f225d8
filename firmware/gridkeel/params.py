"""The one table of parameters: name with unit, default, limits, meaning.

Everything else about parameters (config files, `gridkeel params`, docs/parameters.md, the link's PARAM messages)
is derived from this table. All values are integers; the name ends in the unit. A parameter's id on the link is its
position in the table, so rows are appended, never moved.
"""

from gridkeel.errors import ParameterError
from gridkeel.services import fast_reserve, profiles, ride_through

TABLE: tuple = (
    # name, unit, default, min, max, meaning
    ("nominal_hz", "Hz", 50, 50, 60, "nominal mains frequency, 50 or 60"),
    ("nominal_v", "V", 230, 100, 480, "nominal mains voltage, RMS, at the measuring point"),
    ("sample_hz", "Hz", 4800, 3200, 9600, "ADC sample rate; 16 samples (or a multiple) a cycle of nominal_hz"),
    ("block_ms", "ms", 10, 5, 20, "length of one DMA block of samples"),
    ("adc_uv", "uV/count", 16000, 100, 1000000, "mains volts of one ADC count, samples left-aligned to 16 bits"),
    ("droop_deadband_mhz", "mHz", 20, 0, 1000, "frequency deviation to either side that draws no response"),
    ("droop_span_mhz", "mHz", 480, 50, 10000, "deviation past the deadband that draws the whole rating"),
    ("fast_switch_mhz", "mHz", 15, 0, 1000, "droop takes the short estimate once it leaves the long one by this much"),
    ("baseline_w", "W", 3000, -50000, 50000, "power when no set-point is alive; positive into the vehicle"),
    (
        "setpoint_ramp_w_s",
        "W/s",
        2000,
        10,
        1000000,
        "ramp of the base power; primary response is not slowed",
    ),
    ("setpoint_max_s", "s", 900, 1, 86400, "longest life a set-point may claim"),
    ("charge_max_w", "W", 7400, 0, 50000, "converter and cable limit into the vehicle"),
    ("discharge_max_w", "W", 7400, 0, 50000, "converter and cable limit out of the vehicle"),
    ("v2g_enable", "flag", 1, 0, 1, "1 lets power flow out of the vehicle (V2G), 0 never (V1G)"),
    ("soc_reserve_pct_x100", "0.01 %", 4000, 0, 10000, "no discharge at or under this state of charge"),
    ("soc_full_pct_x100", "0.01 %", 9500, 0, 10000, "no charge at or over this state of charge"),
    ("soc_stale_ms", "ms", 10000, 100, 600000, "age at which a state of charge counts as unknown"),
    ("mains_loss_pct", "%", 50, 10, 88, "one-cycle voltage under this share of nominal_v is loss of mains"),
    ("trip_under_mhz", "mHz", 47500, 40000, 60000, "under-frequency trip limit"),
    ("trip_over_mhz", "mHz", 51500, 50000, 70000, "over-frequency trip limit"),
    ("trip_frequency_ms", "ms", 100, 20, 1000000, "how long a frequency limit may be passed before the trip"),
    ("trip_rocof_mhz_s", "mHz/s", 4000, 500, 50000, "rate-of-change-of-frequency trip limit"),
    ("trip_rocof_ms", "ms", 500, 20, 10000, "how long the ROCOF limit may be passed before the trip"),
    ("return_low_mhz", "mHz", 49900, 40000, 60000, "lower edge of the return window"),
    ("return_high_mhz", "mHz", 50100, 50000, 70000, "upper edge of the return window"),
    ("return_volt_pct", "%", 85, 50, 100, "mains voltage needed to return, share of nominal_v"),
    ("return_delay_ms", "ms", 60000, 1000, 3600000, "time inside the return window before power flows again"),
    ("modbus_unit", "address", 1, 1, 247, "Modbus unit of the inverter"),
    ("modbus_baud", "Bd", 115200, 9600, 921600, "RS-485 baud rate, 8E1"),
    ("modbus_timeout_ms", "ms", 200, 20, 5000, "time the inverter has for an answer"),
    ("inverter_poll_ms", "ms", 200, 50, 10000, "interval of the inverter's measurements"),
    ("inverter_silent_ms", "ms", 2000, 200, 60000, "silence after which the inverter counts as lost"),
    ("reversion_s", "s", 4, 2, 600, "inverter's own return to zero when commands stop; refreshed at half its time"),
    ("command_step_w", "W", 10, 1, 5000, "smallest change of command worth a write"),
    ("telemetry_ms", "ms", 100, 20, 60000, "interval of telemetry records"),
    ("host_silent_ms", "ms", 5000, 500, 600000, "silence after which the host counts as lost"),
    ("start_delay_ms", "ms", 500, 0, 3600000, "time inside the return window before the first start"),
    ("samples_stale_ms", "ms", 40, 15, 1000, "time without a block of samples that counts as their loss"),
    ("watchdog_ms", "ms", 2000, 200, 30000, "time without a sound supervisor round before the board resets"),
    ("sample_clock_ppm", "ppm", 0, -2000, 2000, "how much too fast the sample clock runs; the frequency is corrected"),
    ("droop_profile", "index", 0, 0, len(profiles.TABLE) - 1, "droop profile, see docs/grid-services.md; 0 is custom"),
    ("droop_response_ms", "ms", 0, 0, 60000, "custom droop: open-loop response time, to 90 % of a step"),
    ("droop_frozen_base", "flag", 0, 0, 1, "custom droop: 1 holds the pre-disturbance power while it responds"),
    ("droop_hysteresis_mhz", "mHz", 0, 0, 500, "how far a deviation must come back before the response retreats"),
    ("droop_charge_max_w", "W", 50000, 0, 50000, "largest droop response into the vehicle"),
    ("droop_discharge_max_w", "W", 50000, 0, 50000, "largest droop response out of the vehicle"),
    ("response_latency_ms", "ms", 100, 0, 500, "share of sensing, bus and inverter in a profile's response time"),
    ("power_min_w", "W", -100000, -100000, 100000, "primary response brings the power no lower than this"),
    ("power_max_w", "W", 100000, -100000, 100000, "primary response brings the power no higher than this"),
    (
        "fast_reserve",
        "index",
        0,
        0,
        len(fast_reserve.TABLE) - 1,
        "fast reserve, see docs/grid-services.md; 0 none",
    ),
    ("fast_reserve_w", "W", 0, 0, 50000, "contracted power of the fast reserve, out of the vehicle"),
    ("fast_reserve_confirm_ms", "ms", 40, 0, 500, "time under the trigger that activates the fast reserve"),
    ("trip_profile", "index", 0, 0, len(ride_through.TABLE) - 1, "trip table, see docs/grid-services.md; 0 is custom"),
    ("stagger", "flag", 1, 0, 1, "1 spreads trips and returns by the controller's identity, 0 never"),
    ("trip_spread_ms", "ms", 50, 0, 10000, "window over which controllers spread a frequency or ROCOF trip"),
    ("return_spread_ms", "ms", 10000, 0, 3600000, "window over which controllers spread their return"),
    ("return_high_pct", "%", 110, 100, 130, "highest mains voltage to return, share of nominal_v"),
    ("enter_ramp_s", "s", 0, 0, 3600, "custom: time over which the power may rise to the rating after a return"),
    ("regulation_w", "W", 0, 0, 50000, "power of secondary regulation to either side; 0 refuses its signal"),
    ("regulation_ramp_w_s", "W/s", 1000, 10, 1000000, "ramp of secondary regulation"),
    ("regulation_expiry_ms", "ms", 10000, 1000, 600000, "age at which a regulation signal is no longer followed"),
    ("regulation_fallback", "0.01 %", 0, -10000, 10000, "share of regulation_w taken once the signal has expired"),
    ("event_spread_s", "s", 0, 0, 3600, "window over which controllers spread the start of an event"),
    ("plan_charge_w", "W", 7400, 0, 50000, "power into the vehicle in a plan's cheap slots"),
    ("plan_discharge_w", "W", 0, 0, 50000, "power out of the vehicle in a plan's dear slots"),
    ("reactive_mode", "index", 0, 0, 3, "reactive power: 0 none of ours, 1 fixed, 2 power factor, 3 volt-var"),
    ("reactive_var", "var", 0, -50000, 50000, "fixed reactive power; positive is absorbed"),
    ("reactive_max_var", "var", 3000, 0, 50000, "largest reactive power to either side"),
    ("power_factor_x1000", "0.001", 1000, -1000, 1000, "power factor, 500 or more in size; positive absorbs"),
    ("volt_var_deadband_permille", "0.001", 20, 0, 200, "volt-var: deviation from nominal_v without response"),
    ("volt_var_span_permille", "0.001", 60, 10, 200, "volt-var: deviation past it that draws reactive_max_var"),
    ("battery_wh", "Wh", 0, 0, 500000, "usable capacity of the vehicle's battery; 0 unknown: no horizon, no departure"),
    ("efficiency_pct", "%", 95, 50, 100, "efficiency of one way through the converter"),
    ("horizon_s", "s", 0, 0, 86400, "time the battery must hold out the power; 0 asks for none"),
    ("cable_max_w", "W", 50000, 0, 50000, "limit of cable and connector, both ways"),
    ("ev_charge_max_w", "W", 50000, 0, 50000, "limit of the vehicle into its battery"),
    ("ev_discharge_max_w", "W", 50000, 0, 50000, "limit of the vehicle out of its battery"),
    (
        "temperature_sensor",
        "index",
        0,
        0,
        2,
        "0 none, 1 the inverter's cabinet, 2 its heat sink; unknown counts as hot",
    ),
    ("derate_from_c", "degC", 60, 0, 120, "temperature from which the power is reduced"),
    ("derate_span_k", "K", 20, 1, 100, "kelvins past it over which the power falls to zero"),
    ("account_window_s", "s", 3600, 60, 86400, "window over which the energy is held against the baseline"),
    ("account_tolerance_pct", "%", 2, 0, 20, "share of the energy moved that still counts as made up for"),
    ("enter_at_start", "flag", 0, 0, 1, "1: a start waits and ramps as a return after a trip does"),
    ("sample_clock_trim_ppm", "ppm", 100, 0, 500, "most that the host's time may add to sample_clock_ppm; 0 never"),
    ("v2g_tls", "index", 1, 0, 2, "ISO 15118 over: 0 TCP alone, 1 what the car asks for, 2 TLS alone"),
    (
        "v2g_payment",
        "bits",
        3,
        1,
        3,
        "offered to the car: 1 external payment (EIM), 2 contract (Plug & Charge), 3 both",
    ),
    (
        "v2g_energy_modes",
        "bits",
        0,
        0,
        63,
        "1 AC 1-phase, 2 AC 3-phase, 4 DC_core, 8 DC_extended, 16 DC_combo_core, 32 DC_unique; 0 what suits the outlet",
    ),
    ("v2g_free", "flag", 0, 0, 1, "1 tells the car that charging is free of charge"),
    ("v2g_receipt", "flag", 0, 0, 1, "1 has a car with a contract sign a receipt for every meter reading"),
    ("v2g_notice_s", "s", 10, 0, 600, "time a car has to follow a stop or a new negotiation it is told of"),
    (
        "v2g_expires_soon_days",
        "d",
        21,
        0,
        365,
        "a contract that ends sooner is answered with OK_CertificateExpiresSoon",
    ),
    (
        "evse",
        "index",
        0,
        0,
        2,
        "0 fixed vehicle, no pilot; 1 IEC 61851-1; 2 ISO 15118 at 5 % duty, IEC 61851-1 after it; at the next start",
    ),
    ("outlet", "index", 0, 0, 1, "0 AC, 1 DC (wants evse = 2)"),
    ("phases", "count", 1, 1, 3, "phases of an AC outlet, 1 or 3"),
    ("cable_current_max_a", "A", 32, 6, 80, "current a phase of outlet and cable"),
    ("ventilation", "flag", 0, 0, 1, "1: the site is ventilated, vehicles in state D may charge"),
    ("access_free", "flag", 1, 0, 1, "1: whoever plugs in may charge, 0: the operator's access is awaited"),
    ("hlc_wait_s", "s", 40, 5, 600, "time at 5 % duty without a session before basic charging is offered"),
    ("dc_voltage_min_v", "V", 150, 50, 1000, "least voltage of a DC outlet"),
    ("dc_voltage_max_v", "V", 500, 50, 1000, "most voltage of a DC outlet"),
    ("dc_current_min_a", "A", 1, 0, 500, "least current of a DC outlet"),
    ("dc_current_max_a", "A", 20, 1, 500, "most current of a DC outlet"),
    ("dc_ripple_a", "A", 1, 0, 50, "peak-to-peak ripple of a DC outlet's current"),
    ("reactive_priority", "flag", 0, 0, 1, "where the apparent power is used up: 0 active power first, 1 reactive"),
    ("temperature_stale_ms", "ms", 10000, 1000, 600000, "age at which a temperature counts as unknown"),
    (
        "report_filter",
        "index",
        0,
        0,
        2,
        "telemetry's frequency and ROCOF: 0 ten cycles; class M reports at 1 half, 2 a fifth of nominal_hz",
    ),
    (
        "v2g_mutual",
        "flag",
        0,
        0,
        1,
        "1: a car must show a TLS certificate of a V2G or OEM root of /pki; at the next start",
    ),
    ("volt_var_response_ms", "ms", 5000, 0, 90000, "volt-var: open-loop response time, to 90 % of a step"),
)

NAMES = tuple(row[0] for row in TABLE)


def index(name):
    """Return the id of a parameter.  Errors: ParameterError where there is no such name."""
    for i, known in enumerate(NAMES):
        if known == name:
            return i
    raise ParameterError("unknown parameter %r; `gridkeel params` lists them" % (name,))


def check(name, value):
    """Check one value against its row and return it.  Errors: ParameterError with name, value and limits."""
    _name, unit, _default, low, high, _meaning = TABLE[index(name)]
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
        for name, _unit, default, _low, _high, _meaning in TABLE:
            setattr(self, name, default)
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
