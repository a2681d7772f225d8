"""Flat exceptions and the one catalogue of fault codes.

A fault is something the controller noticed and acted on by itself; it travels as a number in telemetry and as an
event on the link, and the host prints its text from this very table.
"""


class GridkeelError(Exception):
    """Base of what this package raises on purpose; the message names the cause and the way out."""


class ParameterError(GridkeelError):
    """A parameter is unknown, out of its limits, or at odds with another."""


class ExiError(GridkeelError):
    """An EXI body or value is not of its schema, or past what the codec takes; the message says what and where."""


class ProtocolError(GridkeelError):
    """This side was asked to break the protocol: a bug of ours, never the peer's doing."""


class CertificateError(GridkeelError):
    """A certificate, revocation list or signature that is refused; `code` is one of crypto/refusals.py."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


NO_FAULT = 0
SAMPLES_LOST = 10
SAMPLES_CLIPPED = 11
MAINS_LOST = 20
UNDER_FREQUENCY = 21
OVER_FREQUENCY = 22
ROCOF_TRIP = 23
UNDER_VOLTAGE = 24
OVER_VOLTAGE = 25
INVERTER_SILENT = 30
INVERTER_NOT_FOUND = 31
INVERTER_EXCEPTION = 32
INVERTER_READBACK = 33
INVERTER_FRAME = 34
INVERTER_UNSUITED = 35
INVERTER_OVERRIDDEN = 36
INVERTER_NO_REACTIVE = 37
SOC_UNKNOWN = 40
HOST_LOST = 50
SETPOINT_EXPIRED = 51
RECORDS_DROPPED = 52
REGULATION_LOST = 53
HOST_TIME = 55
CONTROL_ALLOCATED = 60
TASK_STOPPED = 61
WATCHDOG_RESET = 62
PILOT_ERROR = 70
PILOT_DIODE = 71
CONTACTOR_WELDED = 72
CONTACTOR_STUCK = 73
RCD_TRIPPED = 74
ISOLATION_FAULT = 75
VENTILATION_WANTED = 76

# severity: "info" is told, "warning" limits, "safe" drives the power to zero until it clears.
CATALOGUE = (
    # code, name, severity, text
    (SAMPLES_LOST, "samples_lost", "safe", "no block of mains samples within its time: power to zero"),
    (SAMPLES_CLIPPED, "samples_clipped", "warning", "mains samples at the ADC's end: check the divider"),
    (MAINS_LOST, "mains_lost", "safe", "mains voltage collapsed: ceased to energise"),
    (UNDER_FREQUENCY, "under_frequency", "safe", "frequency under the trip limit: ceased to energise"),
    (OVER_FREQUENCY, "over_frequency", "safe", "frequency over the trip limit: ceased to energise"),
    (ROCOF_TRIP, "rocof_trip", "safe", "rate of change of frequency past its limit: ceased to energise"),
    (UNDER_VOLTAGE, "under_voltage", "safe", "voltage under a trip limit for its time: ceased to energise"),
    (OVER_VOLTAGE, "over_voltage", "safe", "voltage over a trip limit for its time: ceased to energise"),
    (INVERTER_SILENT, "inverter_silent", "safe", "inverter does not answer: check the RS-485 line, unit and baud rate"),
    (INVERTER_NOT_FOUND, "inverter_not_found", "safe", "no SunSpec map at 40000, 50000 or 0: check unit and map"),
    (INVERTER_EXCEPTION, "inverter_exception", "warning", "inverter refused a request with a Modbus exception"),
    (INVERTER_READBACK, "inverter_readback", "warning", "inverter does not hold what was written: it is written again"),
    (INVERTER_FRAME, "inverter_frame", "info", "a damaged Modbus frame was dropped"),
    (INVERTER_UNSUITED, "inverter_unsuited", "safe", "inverter has no ratings, or no model that sets power (704, 124)"),
    (INVERTER_OVERRIDDEN, "inverter_overridden", "warning", "another master's set-point was found in the inverter"),
    (
        INVERTER_NO_REACTIVE,
        "inverter_no_reactive",
        "warning",
        "inverter has no model that sets reactive power (704, 123)",
    ),
    (SOC_UNKNOWN, "soc_unknown", "warning", "state of charge unknown or stale: no discharge"),
    (HOST_LOST, "host_lost", "info", "host link silent: running on local services alone"),
    (SETPOINT_EXPIRED, "setpoint_expired", "info", "set-point reached the end of its life: back to the fallback power"),
    (REGULATION_LOST, "regulation_lost", "info", "regulation signal stayed away: back to its fallback"),
    (RECORDS_DROPPED, "records_dropped", "info", "telemetry ring full: the oldest records were dropped"),
    (HOST_TIME, "host_time", "info", "the host's time is absurd or jumps: not taken until it is repeated"),
    (CONTROL_ALLOCATED, "control_allocated", "safe", "the control path asked for memory: a defect, please report it"),
    (TASK_STOPPED, "task_stopped", "safe", "a task of the runtime ended: the supervisor starts it again"),
    (WATCHDOG_RESET, "watchdog_reset", "info", "the last start followed a watchdog reset"),
    (PILOT_ERROR, "pilot_error", "safe", "control pilot in state E or F: check cable and vehicle for a short to PE"),
    (PILOT_DIODE, "pilot_diode", "safe", "control pilot without the vehicle's diode: no power until it is unplugged"),
    (CONTACTOR_WELDED, "contactor_welded", "safe", "contactor closed though told to open: out of service until mended"),
    (CONTACTOR_STUCK, "contactor_stuck", "safe", "contactor did not close or fell open: no power until unplugged"),
    (RCD_TRIPPED, "rcd_tripped", "safe", "residual current device tripped: find the fault and reset it"),
    (ISOLATION_FAULT, "isolation_fault", "safe", "isolation of the DC outlet too low: no power in this session"),
    (VENTILATION_WANTED, "ventilation_wanted", "info", "vehicle asks for ventilation (state D), the site has none"),
)


def fault_name(code):
    """Return the catalogue's name of a code, "none" for 0 and "fault_N" for one it does not hold."""
    if code == NO_FAULT:
        return "none"
    for known, name, _severity, _text in CATALOGUE:
        if known == code:
            return name
    return "fault_%d" % code
