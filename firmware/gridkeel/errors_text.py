"""Catalogue of faults, for hosts, docs and tests; no module of a device imports this."""

from gridkeel import errors, params

# severity: "info" is reported only, "warning" limits, "safe" brings the power to zero until the fault ends.
CATALOGUE = (
    # code, name, severity, text
    (
        errors.CONFIG_INVALID,
        "config_invalid",
        "safe",
        "config.json, device id or /pki cannot be used: no power until corrected; the value says why",
    ),
    (errors.SAMPLES_LOST, "samples_lost", "safe", "no mains samples arrive: power to zero"),
    (
        errors.SAMPLES_CLIPPED,
        "samples_clipped",
        "warning",
        "mains samples at the end of the ADC's range: check the voltage divider",
    ),
    (errors.MAINS_LOST, "mains_lost", "safe", "mains voltage collapsed: ceased to energise"),
    (errors.UNDER_FREQUENCY, "under_frequency", "safe", "frequency under the trip limit: ceased to energise"),
    (errors.OVER_FREQUENCY, "over_frequency", "safe", "frequency over the trip limit: ceased to energise"),
    (errors.ROCOF_TRIP, "rocof_trip", "safe", "rate of change of frequency past its limit: ceased to energise"),
    (errors.UNDER_VOLTAGE, "under_voltage", "safe", "voltage under a trip limit for its time: ceased to energise"),
    (errors.OVER_VOLTAGE, "over_voltage", "safe", "voltage over a trip limit for its time: ceased to energise"),
    (
        errors.POWER_UNCOMMANDED,
        "power_uncommanded",
        "safe",
        "power flows without a command, against it or above a rating: ceased to energise until it ends",
    ),
    (
        errors.INVERTER_SILENT,
        "inverter_silent",
        "safe",
        "inverter does not answer: check the RS-485 line, unit and baud rate",
    ),
    (
        errors.INVERTER_NOT_FOUND,
        "inverter_not_found",
        "safe",
        "no SunSpec map at 40000, 50000 or 0: check modbus_unit and the inverter's map",
    ),
    (
        errors.INVERTER_MAP,
        "inverter_map",
        "safe",
        "SunSpec map found but not readable: a register was refused, or two reads differ; discovery is repeated",
    ),
    (
        errors.INVERTER_NOT_FOLLOWING,
        "inverter_not_following",
        "warning",
        "delivered power differs from the permitted power; the value is the difference in W",
    ),
    (
        errors.POWER_UNKNOWN,
        "power_unknown",
        "warning",
        "inverter measures no power: load is assumed at the contactor, energy is not metered",
    ),
    (errors.INVERTER_EXCEPTION, "inverter_exception", "warning", "inverter refused a request with a Modbus exception"),
    (
        errors.INVERTER_READBACK,
        "inverter_readback",
        "warning",
        "inverter does not keep what was written: retried ever later; power to zero where it is timer or mode",
    ),
    (errors.INVERTER_FRAME, "inverter_frame", "info", "a damaged Modbus frame was dropped"),
    (
        errors.INVERTER_UNSUITED,
        "inverter_unsuited",
        "safe",
        "inverter has no ratings, or no model that sets power (704, 124)",
    ),
    (
        errors.INVERTER_OVERRIDDEN,
        "inverter_overridden",
        "warning",
        "the inverter holds a set-point of another Modbus master",
    ),
    (
        errors.INVERTER_NO_REACTIVE,
        "inverter_no_reactive",
        "warning",
        "inverter has no model that sets reactive power (704, 123)",
    ),
    (
        errors.INVERTER_SLOW,
        "inverter_slow",
        "warning",
        "inverter answers later than modbus_timeout_ms: the controller waits longer",
    ),
    (errors.SOC_UNKNOWN, "soc_unknown", "warning", "state of charge unknown or stale: no discharge"),
    (errors.HOST_LOST, "host_lost", "info", "host link silent: only local services run"),
    (
        errors.SETPOINT_EXPIRED,
        "setpoint_expired",
        "info",
        "lifetime of the set-point ended: back to the base power",
    ),
    (
        errors.REGULATION_LOST,
        "regulation_lost",
        "info",
        "no regulation signal within regulation_expiry_ms: regulation_fallback applies",
    ),
    (
        errors.RECORDS_DROPPED,
        "records_dropped",
        "info",
        "the journal was full: records were dropped before a host had them",
    ),
    (errors.HOST_TIME, "host_time", "info", "the host's time is implausible or jumps: rejected until it is repeated"),
    (
        errors.CONTROL_ALLOCATED,
        "control_allocated",
        "safe",
        "the control path allocated memory: a defect, please report it",
    ),
    (
        errors.TASK_STOPPED,
        "task_stopped",
        "safe",
        "a task that commands power ended: contactor opened, task restarted",
    ),
    (errors.WATCHDOG_RESET, "watchdog_reset", "info", "the last start followed a watchdog reset"),
    (
        errors.PILOT_ERROR,
        "pilot_error",
        "safe",
        "control pilot in state E or F: check cable and vehicle for a short to PE",
    ),
    (
        errors.PILOT_DIODE,
        "pilot_diode",
        "safe",
        "control pilot without the vehicle's diode: no power until it is unplugged",
    ),
    (
        errors.CONTACTOR_WELDED,
        "contactor_welded",
        "safe",
        "contactor closed although commanded open: out of service until repaired",
    ),
    (
        errors.CONTACTOR_STUCK,
        "contactor_stuck",
        "safe",
        "contactor did not close, or opened by itself: no power until unplugged",
    ),
    (errors.RCD_TRIPPED, "rcd_tripped", "safe", "residual current device tripped: find the fault and reset it"),
    (
        errors.ISOLATION_FAULT,
        "isolation_fault",
        "safe",
        "insulation resistance of the DC connector too low: no power in this session",
    ),
    (
        errors.VENTILATION_WANTED,
        "ventilation_wanted",
        "info",
        "vehicle requires ventilation (state D), the site has none",
    ),
    (
        errors.SERVICE_STOPPED,
        "service_stopped",
        "info",
        "a task beside the control path ended (vehicle, host link): restarted, power continues",
    ),
)


def fault_name(code: int) -> str:
    """Return the catalogue's name of a code, "none" for 0 and "fault_N" for one it does not hold."""
    if code == errors.NO_FAULT:
        return "none"
    for known, name, _severity, _text in CATALOGUE:
        if known == code:
            return name
    return "fault_%d" % code


# The value of fault event `config_invalid`, by its reason: see params.py.
CONFIG_REASONS = {
    params.UNREADABLE: "config.json cannot be read",
    params.TOO_LONG: "config.json is too long",
    params.NOT_JSON: "config.json is not one flat JSON object of integers",
    params.TWICE: "occurs twice",
    params.NOT_A_PARAMETER: "is not a parameter of this firmware",
    params.NOT_AN_INTEGER: "is not an integer",
    params.OUT_OF_LIMITS: "is outside its limits",
    params.AT_ODDS: "contradicts another parameter",
    params.MISSING: "config.json is missing, and config.good.json is there",
    params.NO_VEHICLES: "the network for EVs cannot be opened, or the keys in /pki cannot be used",
    params.DEVICE_ID: "the device id is invalid: 1..24 letters, digits, '.', '_' or '-' are allowed",
    params.NO_PILOT: "requires a control pilot, and this board has none",
}


def config_reason(value: int) -> str:
    """Return the text of the value of fault event `config_invalid`; it names the parameter where there is one."""
    reason, which = value >> 8, value & 255
    text = CONFIG_REASONS.get(reason, "reason %d" % reason)
    if which == params.WHICH_MAX:
        return text
    if reason == params.NOT_JSON:
        return "%s: syntax error at name %d" % (text, which)
    if reason == params.NOT_A_PARAMETER:
        return "name %d in config.json %s" % (which, text)
    return "%s %s" % (params.NAMES[which] if which < len(params.NAMES) else "parameter %d" % which, text)
