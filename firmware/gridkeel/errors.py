"""Flat exceptions and the codes of faults.

A fault is a condition that the controller found and acted on by itself; it is a number in telemetry and a fault event
on the link. errors_text.py has the meaning and severity of each.
"""


class GridkeelError(Exception):
    """Base of what this package raises on purpose; the message names the cause and the way out."""


class ParameterError(GridkeelError):
    """A parameter is unknown, out of its limits, or at odds with another; code: see params.py, 0 for no such thing."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class ExiError(GridkeelError):
    """An EXI body or value is not of its schema, or past what the codec takes; the message says what and where."""


class ProtocolError(GridkeelError):
    """This side was asked to break the protocol: a bug of ours, never the peer's doing."""


class CertificateError(GridkeelError):
    """A certificate, revocation list or signature that is refused; `code` is one of crypto/refusals.py."""

    def __init__(self, code: int, text: str) -> None:
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
POWER_UNCOMMANDED = 26
INVERTER_SILENT = 30
INVERTER_NOT_FOUND = 31
INVERTER_EXCEPTION = 32
INVERTER_READBACK = 33
INVERTER_FRAME = 34
INVERTER_UNSUITED = 35
INVERTER_OVERRIDDEN = 36
INVERTER_NO_REACTIVE = 37
INVERTER_NOT_FOLLOWING = 38
POWER_UNKNOWN = 39
SOC_UNKNOWN = 40
INVERTER_SLOW = 41
INVERTER_MAP = 42
HOST_LOST = 50
SETPOINT_EXPIRED = 51
RECORDS_DROPPED = 52
REGULATION_LOST = 53
HOST_TIME = 55
CONTROL_ALLOCATED = 60
TASK_STOPPED = 61
WATCHDOG_RESET = 62
SERVICE_STOPPED = 63
CONFIG_INVALID = 64
PILOT_ERROR = 70
PILOT_DIODE = 71
CONTACTOR_WELDED = 72
CONTACTOR_STUCK = 73
RCD_TRIPPED = 74
ISOLATION_FAULT = 75
VENTILATION_WANTED = 76

FAULTS = (  # the foremost first
    CONFIG_INVALID,
    SAMPLES_LOST,
    SAMPLES_CLIPPED,
    MAINS_LOST,
    UNDER_FREQUENCY,
    OVER_FREQUENCY,
    ROCOF_TRIP,
    UNDER_VOLTAGE,
    OVER_VOLTAGE,
    POWER_UNCOMMANDED,
    INVERTER_SILENT,
    INVERTER_NOT_FOUND,
    INVERTER_MAP,
    INVERTER_NOT_FOLLOWING,
    POWER_UNKNOWN,
    INVERTER_EXCEPTION,
    INVERTER_READBACK,
    INVERTER_FRAME,
    INVERTER_UNSUITED,
    INVERTER_OVERRIDDEN,
    INVERTER_NO_REACTIVE,
    INVERTER_SLOW,
    SOC_UNKNOWN,
    HOST_LOST,
    SETPOINT_EXPIRED,
    REGULATION_LOST,
    RECORDS_DROPPED,
    HOST_TIME,
    CONTROL_ALLOCATED,
    TASK_STOPPED,
    WATCHDOG_RESET,
    PILOT_ERROR,
    PILOT_DIODE,
    CONTACTOR_WELDED,
    CONTACTOR_STUCK,
    RCD_TRIPPED,
    ISOLATION_FAULT,
    VENTILATION_WANTED,
    SERVICE_STOPPED,
)
