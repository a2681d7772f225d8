"""The message table: what travels on the host link, declared once. `gridkeel.link.packed` is made from it.

A row is (id, name, fields); a field is (name, struct code, unit). Little-endian, no padding. The host learns the
table from the device where its own hash differs, so an old host reads a new device.
"""

from gridkeel import evse, limits
from gridkeel.evse import names
from gridkeel.link import ids
from gridkeel.link.ids import (  # the numbers belong to the table, wherever they are written
    ACCESS,
    DEMAND_RESPONSE,
    DEPARTURE,
    FAULT_EVENT,
    HANDSHAKE,
    ISO15118,
    MODE,
    PARAM_GET,
    PARAM_SET,
    PARAMETER,
    PLAN,
    PLAN_PRICES,
    REGULATION,
    RESULT,
    SETPOINT,
    TELEMETRY,
    TIME,
)
from gridkeel.sensing import sample_clock
from gridkeel.services import accounting, arbiter, events, fast_reserve, protection
from gridkeel.v2g import journal_text

STATES = protection.NAMES
LIMITERS = limits.NAMES
LEVELS = arbiter.LEVELS
DEMAND_RESPONSE_KINDS = events.KINDS
DEMAND_RESPONSE_STATES = events.STATES
RESERVE_STATES = fast_reserve.STATES
VERDICTS = accounting.VERDICTS
CLOCK_STATES = sample_clock.STATES
ACCESS_WORDS = evse.ACCESS
PILOT_STATES = names.PILOT
CONTACTOR_STATES = names.CONTACTOR
PWM_STATES = names.OFFERS
RESULTS = ids.RESULTS
MODES = ids.MODES
V2G_KINDS = journal_text.kinds()
V2G_CODES = journal_text.names()

TABLE = (
    (
        TELEMETRY,
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
        FAULT_EVENT,
        "fault_event",
        (("uptime_ms", "I", "ms"), ("fault", "B", "CATALOGUE"), ("active", "B", "flag"), ("value", "i", "")),
    ),
    (RESULT, "result", (("uptime_ms", "I", "ms"), ("command", "H", "id"), ("result", "B", "RESULTS"))),
    (
        PARAMETER,
        "parameter",
        (("uptime_ms", "I", "ms"), ("command", "H", "id"), ("index", "B", "TABLE"), ("value", "i", "")),
    ),
    (SETPOINT, "setpoint", (("command", "H", "id"), ("power_w", "i", "W"), ("lifetime_ms", "I", "ms"))),
    (PARAM_SET, "param_set", (("command", "H", "id"), ("index", "B", "TABLE"), ("value", "i", ""))),
    (PARAM_GET, "param_get", (("command", "H", "id"), ("index", "B", "TABLE"))),
    (MODE, "mode", (("command", "H", "id"), ("mode", "B", "MODES"))),
    (DEPARTURE, "departure", (("command", "H", "id"), ("in_s", "I", "s"), ("soc_pct_x100", "H", "0.01 %"))),
    (ACCESS, "access", (("command", "H", "id"), ("access", "B", "ACCESS_WORDS"))),
    (REGULATION, "regulation", (("command", "H", "id"), ("share_pct_x100", "h", "0.01 %"))),
    (
        DEMAND_RESPONSE,
        "demand_response",
        (
            ("command", "H", "id"),
            ("kind", "B", "DEMAND_RESPONSE_KINDS"),
            ("start_in_s", "I", "s"),
            ("duration_s", "H", "s"),
            ("depth_w", "H", "W"),
            ("recovery_s", "H", "s"),
        ),
    ),
    (
        PLAN,
        "plan",
        (
            ("command", "H", "id"),
            ("plan", "B", "number"),
            ("slot_s", "H", "s"),
            ("slots", "B", "count"),
            ("start_in_s", "i", "s"),
            ("charge_to", "h", "0.1/MWh"),
            ("discharge_from", "h", "0.1/MWh"),
        ),
    ),
    (
        PLAN_PRICES,
        "plan_prices",
        (("command", "H", "id"), ("plan", "B", "number"), ("first", "B", "slot"))
        + (("price_0", "h", "0.1/MWh"), ("price_1", "h", "0.1/MWh"), ("price_2", "h", "0.1/MWh"))
        + (("price_3", "h", "0.1/MWh"), ("price_4", "h", "0.1/MWh"), ("price_5", "h", "0.1/MWh")),
    ),
    (TIME, "time", (("command", "H", "id"), ("unix_s", "I", "s"), ("ms", "H", "ms"))),
    (
        HANDSHAKE,
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
        ISO15118,
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
)


def fields_of(message):
    """Return the fields of a message id, or None where the table has no such row."""
    for known, _name, fields in TABLE:
        if known == message:
            return fields
    return None


def format_of(fields):
    """Return the struct format of a row's fields."""
    return "<" + "".join([code for _name, code, _unit in fields])
