"""Names of what states.py numbers, for hosts, docs and tests.  No module of a device imports this."""

from gridkeel.v2g import state_table
from gridkeel.v2g.iso2 import states

STATES = (
    "protocol",
    "setup",
    "discovery",
    "selection",
    "contract",
    "certificate",
    "authorization",
    "charge_parameter",
    "power_delivery",
    "charging_status",
    "charging",
    "receipt_ac",
    "cable_check",
    "pre_charge",
    "pre_charging",
    "current_demand",
    "demanding",
    "receipt_dc",
    "stopped_ac",
    "stopped_dc",
    "ended",
)

REQUESTS = tuple(states._REQUESTS.decode().split())

# the field of the HANDSHAKE record that holds a phase's time
PHASES = (
    "protocol_us",
    "setup_us",
    "services_us",
    "certificate_us",
    "payment_us",
    "authorization_us",
    "parameter_us",
    "cable_us",
    "precharge_us",
    "delivery_us",
    "loop_us",
    "receipt_us",
    "stop_us",
)


def moves() -> list:
    """Return [(state, request, condition, next state)] of the table, state and next state as numbers, in its order."""
    rows = states.ROWS
    found = []
    for at in range(0, len(rows), state_table.ROW_BYTES):
        state, number, condition, following = rows[at : at + 4]
        found.append((state, REQUESTS[number], condition, following))
    return found


def allowed(state: int) -> tuple:
    """Return the names of the requests that a state lists, in the table's order."""
    rows = states.ROWS
    found: list = []
    for at in range(0, len(rows), state_table.ROW_BYTES):
        if rows[at] == state and REQUESTS[rows[at + state_table.REQUEST]] not in found:
            found.append(REQUESTS[rows[at + state_table.REQUEST]])
    return tuple(found)


def times_ms(request: str) -> tuple:
    """Return (performance time, timeout) of a request."""
    at = state_table.row_of(states.ROWS, states.number_of(request))
    unit_ms = state_table.TIME_UNIT_MS
    return states.ROWS[at + state_table.PERFORMANCE] * unit_ms, states.ROWS[at + state_table.TIMEOUT] * unit_ms
