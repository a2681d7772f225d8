"""The message table: what travels on the host link, declared once. The other tables of the link are made from it.

`make generate` writes packed.py, message_ids.py and the places of a record's fields; hosts read messages, fields and
limits from the text that the device declares (table.py), so that an old host reads a new device. A number is never
used again for something else.
"""

from gridkeel import departure, errors, errors_text, evse, inverter, limits, params, reports
from gridkeel.evse import names
from gridkeel.link import ids
from gridkeel.sensing import sample_clock
from gridkeel.services import accounting, arbiter, events, fast_reserve, protection, regulation, schedule
from gridkeel.update import refusals_text, statuses
from gridkeel.v2g import journal_text

_FAULTS = [(errors.NO_FAULT, "none")] + [(code, name) for code, name, _severity, _text in errors_text.CATALOGUE]

# A unit in capitals stands for names: (unit, names in the order of their numbers, or (number, name) pairs).
ENUMS = (
    ("STATES", protection.NAMES),
    ("LIMITERS", limits.NAMES),
    ("RESULTS", ids.RESULTS),
    ("MODES", ids.MODES),
    ("LEVELS", arbiter.LEVELS),
    ("DEMAND_RESPONSE_KINDS", events.KINDS),
    ("DEMAND_RESPONSE_STATES", events.STATES),
    ("RESERVE_STATES", fast_reserve.STATES),
    ("VERDICTS", accounting.VERDICTS),
    ("CLOCK_STATES", sample_clock.STATES),
    ("ACCESS_STATES", evse.ACCESS),
    ("PILOT_STATES", names.PILOT),
    ("CONTACTOR_STATES", names.CONTACTOR),
    ("PWM_STATES", names.PWM),
    ("INVERTER_STATES", inverter.STATES),
    ("V2G_KINDS", journal_text.kinds()),
    ("V2G_CODES", journal_text.names()),
    ("UPDATE_STATUSES", statuses.NAMES),
    ("UPDATE_CODES", [(code, name) for code, name, _text in refusals_text.CATALOGUE]),
    ("SOURCES", names.SOURCES),
    ("CATALOGUE", _FAULTS),
    ("TABLE", params.NAMES),
)

# Records, device to host: (number, name, fields); a field is (name, struct code, unit).  Little-endian, no padding.
# A unit that ends in " or none": the least value that the field holds says that it is not known.
RECORDS = (
    (
        1,
        "telemetry",
        (
            ("uptime_ms", "I", "ms"),
            ("freq_uhz", "i", "uHz"),
            ("freq_short_uhz", "i", "uHz"),
            ("rocof_mhz_s", "i", "mHz/s"),
            ("voltage_mv", "i", "mV"),
            ("quality", "H", "bits"),
            ("state", "B", "STATES"),
            ("limiter", "B", "LIMITERS"),
            ("requested_w", "i", "W"),
            ("permitted_w", "i", "W"),
            ("delivered_w", "i", "W"),
            ("soc_pct_x100", "h", "0.01 %"),
            ("fault", "B", "CATALOGUE"),
            ("inverter_state", "B", "INVERTER_STATES"),
            ("loop_gap_us", "I", "us"),
            ("loop_gap_max_us", "I", "us"),
            ("step_max_us", "H", "us"),
            ("heap_free", "I", "B"),
            ("bus_errors", "H", "count"),
            ("link_errors", "H", "count"),
            ("dropped", "H", "count"),
            ("level", "B", "LEVELS"),
            ("base_w", "i", "W"),
            ("primary_w", "i", "W"),
            ("requested_var", "i", "var"),
            ("demand_response_state", "B", "DEMAND_RESPONSE_STATES"),
            ("reserve_state", "B", "RESERVE_STATES"),
            ("charge_limit_w", "i", "W"),
            ("discharge_limit_w", "i", "W"),
            ("charge_limiter", "B", "LIMITERS"),
            ("discharge_limiter", "B", "LIMITERS"),
            ("deviation_wh", "i", "Wh"),
            ("verdict", "B", "VERDICTS"),
            ("sample_clock_ppm", "h", "ppm"),
            ("sample_clock_state", "B", "CLOCK_STATES"),
            ("pilot_state", "B", "PILOT_STATES"),
            ("contactor_state", "B", "CONTACTOR_STATES"),
            ("pwm_state", "B", "PWM_STATES"),
            ("pwm_duty_permille", "H", "0.1 %"),
            ("offered_w", "i", "W"),
            ("energy_wh", "I", "Wh"),
            ("delivered_var", "i", "var"),
            ("temperature_c", "h", "degC"),
            ("contactor_operations", "H", "count"),
            ("unmetered_s", "H", "s"),
        ),
    ),
    (
        2,
        "fault_event",
        (("uptime_ms", "I", "ms"), ("fault", "B", "CATALOGUE"), ("active", "B", "flag"), ("value", "i", "")),
    ),
    (3, "result", (("uptime_ms", "I", "ms"), ("command", "H", "id"), ("result", "B", "RESULTS"))),
    (
        4,
        "parameter",
        (("uptime_ms", "I", "ms"), ("command", "H", "id"), ("index", "B", "TABLE"), ("value", "i", "")),
    ),
    (
        8,
        "handshake",
        (
            ("uptime_ms", "I", "ms"),
            ("session", "H", "number"),
            ("secured", "B", "flag"),
            ("contract", "B", "flag"),
            ("end", "B", "V2G_CODES"),
            ("tls_us", "I", "us"),
            ("protocol_us", "I", "us"),
            ("setup_us", "I", "us"),
            ("services_us", "I", "us"),
            ("certificate_us", "I", "us"),
            ("payment_us", "I", "us"),
            ("authorization_us", "I", "us"),
            ("parameter_us", "I", "us"),
            ("cable_us", "I", "us"),
            ("precharge_us", "I", "us"),
            ("delivery_us", "I", "us"),
            ("loop_us", "I", "us"),
            ("receipt_us", "I", "us"),
            ("stop_us", "I", "us"),
            ("work_us", "I", "us"),
            ("slice_us", "I", "us"),
            ("checks", "B", "count"),
            ("checks_ms", "H", "ms"),
            ("signatures", "B", "count"),
            ("signatures_ms", "H", "ms"),
            ("bytes_in", "I", "B"),
            ("bytes_out", "I", "B"),
            ("gap_us", "I", "us"),
            ("heap_used", "I", "B"),
        ),
    ),
    (
        9,
        "iso15118",
        (
            ("uptime_ms", "I", "ms"),
            ("session", "H", "number"),
            ("kind", "B", "V2G_KINDS"),
            ("subject", "B", "V2G_CODES"),
            ("detail", "B", "V2G_CODES"),
            ("number", "I", ""),
        ),
    ),
    (
        11,
        "battery",
        (
            ("uptime_ms", "I", "ms"),
            ("session", "H", "number"),
            ("vehicle_id", "I", "number"),
            ("soc_pct_x100", "h", "0.01 % or none"),
            ("soc_source", "B", "SOURCES"),
            ("dc_voltage_mv", "i", "mV or none"),
            ("dc_current_ma", "i", "mA or none"),
            ("energy_in_wh", "I", "Wh"),
            ("energy_out_wh", "I", "Wh"),
            ("charge_in_mah", "I", "mAh"),
            ("charge_out_mah", "I", "mAh"),
            ("battery_temperature_c_x10", "h", "0.1 degC or none"),
            ("temperature_source", "B", "SOURCES"),
            ("delivered_w", "i", "W or none"),
        ),
    ),
    (10, "update", (("uptime_ms", "I", "ms"), ("status", "B", "UPDATE_STATUSES"), ("code", "B", "UPDATE_CODES"))),
)

_MAXIMUM = {name: most for name, _unit, _default, _least, most in params.rows()}
_PRICE = "0.1/MWh"

# Commands, host to device: (number, name, what it does, fields); a field is (name, struct code, unit, least, most,
# meaning), None for what the code or the names bound by themselves.  Each row begins with the command's id besides.
COMMANDS = (
    (
        16,
        "setpoint",
        "Set the power for a time.",
        (
            (
                "power_w",
                "i",
                "W",
                -_MAXIMUM["discharge_max_w"],
                _MAXIMUM["charge_max_w"],
                "power, positive into the vehicle",
            ),
            ("lifetime_ms", "I", "ms", 1, _MAXIMUM["setpoint_max_s"] * 1000, "how long it holds"),
        ),
    ),
    (
        17,
        "param_set",
        "Set one parameter, which the controller keeps.",
        (("index", "B", "TABLE", None, None, "parameter"), ("value", "i", "", None, None, "its new value")),
    ),
    (
        18,
        "param_get",
        "Read one parameter.",
        (("index", "B", "TABLE", None, None, "parameter"),),
    ),
    (
        19,
        "mode",
        "Put the controller into the safe state, or back.",
        (("mode", "B", "MODES", None, None, "safe: no power, auto: as the services say"),),
    ),
    (
        24,
        "departure",
        "Announce when the vehicle leaves, and with how much charge.",
        (
            ("in_s", "I", "s", 0, departure.DEPARTURE_MAX_S, "time from now, 0 forgets the departure"),
            ("soc_pct_x100", "H", "0.01 %", 0, departure.SOC_MAX_PCT_X100, "state of charge that is needed then"),
        ),
    ),
    (
        26,
        "access",
        "Grant or refuse power to the vehicle that is plugged in.",
        (("access", "B", "ACCESS_STATES", None, None, "whether the vehicle may be charged"),),
    ),
    (
        20,
        "regulation",
        "Send the signal of secondary regulation.",
        (("share_pct_x100", "h", "0.01 %", -regulation.FULL, regulation.FULL, "share of regulation_w"),),
    ),
    (
        21,
        "demand_response",
        "Announce a demand-response event.",
        (
            ("kind", "B", "DEMAND_RESPONSE_KINDS", None, None, "what it asks for"),
            ("start_in_s", "I", "s", 0, events.START_MAX_S, "its start, time from now"),
            ("duration_s", "H", "s", None, None, "how long it lasts"),
            ("depth_w", "H", "W", 0, events.DEPTH_MAX_W, "by how much the power is reduced"),
            ("recovery_s", "H", "s", None, None, "time back to normal after it"),
        ),
    ),
    (
        22,
        "plan",
        "Send a price plan.",
        (
            ("number", "B", "number", None, None, "number of the plan, which its prices name too"),
            ("slot_s", "H", "s", schedule.SLOT_MIN_S, schedule.SLOT_MAX_S, "length of a slot"),
            ("slots", "B", "count", 1, schedule.SLOTS_MAX, "how many prices follow"),
            ("start_in_s", "i", "s", -schedule.START_MAX_S, schedule.START_MAX_S, "start of the first slot, from now"),
            ("charge_to", "h", _PRICE, None, None, "price up to which the vehicle is charged"),
            ("discharge_from", "h", _PRICE, None, None, "price from which it is discharged, over charge_to"),
        ),
    ),
    (
        23,
        "plan_prices",
        "Send prices of the plan that was announced last.",
        (("number", "B", "number", None, None, "number of the plan"), ("first", "B", "slot", None, None, "first slot"))
        + tuple([("price_%d" % k, "h", _PRICE, None, None, "price") for k in range(schedule.PRICES_A_MESSAGE)]),
    ),
    (
        27,
        "telemetry_rate",
        "Ask for other intervals of the records telemetry and battery, for a time.",
        (
            ("telemetry_ms", "I", "ms", reports.TELEMETRY_MIN_MS, reports.INTERVAL_MAX_MS, "interval of telemetry"),
            ("battery_ms", "I", "ms", reports.BATTERY_MIN_MS, reports.INTERVAL_MAX_MS, "interval of battery records"),
            ("lifetime_ms", "I", "ms", 1, reports.LIFETIME_MAX_MS, "how long they hold"),
        ),
    ),
    (
        25,
        "time",
        "Send the host's time of day.",
        (("unix_s", "I", "s", None, None, "UTC"), ("ms", "H", "ms", 0, 999, "and its milliseconds")),
    ),
)
_ID = ("command", "H", "id")

# All rows alike: (number, name, fields), a field being (name, struct code, unit).
TABLE = RECORDS + tuple(
    [(number, name, (_ID,) + tuple([field[:3] for field in fields])) for number, name, _what, fields in COMMANDS]
)


def names_of(unit: str) -> tuple | list:
    """Return the names behind a unit in the order of their numbers.  Errors: KeyError where it has none."""
    for known, names_here in ENUMS:
        if known == unit:
            return names_here
    raise KeyError(unit)


def fields_of(message: int) -> tuple | None:
    """Return the fields of a message id, or None where the table has no such row."""
    for known, _name, fields in TABLE:
        if known == message:
            return fields
    return None


def format_of(fields: tuple) -> str:
    """Return the struct format of a row's fields."""
    return "<" + "".join([code for _name, code, _unit in fields])
