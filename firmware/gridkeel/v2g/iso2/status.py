"""What every response tells of the charger: EVSE status, limits, meter."""

from gridkeel.v2g.iso2.values import physical

NONE = "None"
STOP = "StopCharging"
RENEGOTIATE = "ReNegotiation"

# charger.isolation
ISOLATION_UNKNOWN = 0
ISOLATION_MEASURING = 1
ISOLATION_VALID = 2
ISOLATION_WARNING = 3
ISOLATION_FAULT = 4
ISOLATION_NAMES = ("Invalid", "Invalid", "Valid", "Warning", "Fault")


def notification(context):
    """Return what the charger wants of the car: "StopCharging", "ReNegotiation" or "None"."""
    charger = context.charger
    if context.failed or charger.stop_asked or not charger.ready:
        return STOP
    if context.started and (charger.renegotiate_asked or charger.schedule_number != context.schedule_number):
        return RENEGOTIATE
    return NONE


def ac(context):
    """Return AC_EVSEStatus."""
    wish = notification(context)
    return {
        "NotificationMaxDelay": _delay_s(context, wish),
        "EVSENotification": wish,
        "RCD": bool(context.charger.rcd),
    }


def dc(context):
    """Return DC_EVSEStatus."""
    wish = notification(context)
    return {
        "NotificationMaxDelay": _delay_s(context, wish),
        "EVSENotification": wish,
        "EVSEIsolationStatus": ISOLATION_NAMES[context.charger.isolation],
        "EVSEStatusCode": _dc_code(context, wish),
    }


def put(context, response):
    """Put the status of the session's kind into a response that takes either."""
    if context.is_dc:
        response["DC_EVSEStatus"] = dc(context)
    else:
        response["AC_EVSEStatus"] = ac(context)


def ac_parameters(context):
    """Return AC_EVSEChargeParameter: what the outlet is rated for."""
    charger = context.charger
    return {
        "AC_EVSEStatus": ac(context),
        "EVSENominalVoltage": physical(charger.nominal_voltage_v, "V"),
        "EVSEMaxCurrent": physical(charger.max_current_a, "A"),
    }


def dc_parameters(context):
    """Return DC_EVSEChargeParameter: what the outlet is rated for."""
    charger = context.charger
    return {
        "DC_EVSEStatus": dc(context),
        "EVSEMaximumCurrentLimit": physical(charger.max_current_a, "A"),
        "EVSEMaximumPowerLimit": physical(charger.max_power_w, "W"),
        "EVSEMaximumVoltageLimit": physical(charger.max_voltage_v, "V"),
        "EVSEMinimumCurrentLimit": physical(charger.min_current_a, "A"),
        "EVSEMinimumVoltageLimit": physical(charger.min_voltage_v, "V"),
        "EVSEPeakCurrentRipple": physical(charger.ripple_a, "A"),
    }


def meter(context):
    """Return MeterInfo, None where the charger has no meter; TMeter where the time of day is known."""
    charger = context.charger
    if not charger.meter_id:
        return None
    info = {"MeterID": charger.meter_id, "MeterReading": charger.energy_wh}
    unix_s = context.unix_s()
    if unix_s is not None:
        info["TMeter"] = unix_s
    return info


def _delay_s(context, wish):
    return 0 if wish == NONE or context.failed else context.parameters.iso15118_notice_s


def _dc_code(context, wish):
    charger = context.charger
    if charger.isolation == ISOLATION_FAULT:
        return "EVSE_Malfunction"
    if wish == STOP or context.stopping:
        return "EVSE_Shutdown"
    if charger.isolation == ISOLATION_MEASURING:
        return "EVSE_IsolationMonitoringActive"
    return "EVSE_Ready" if charger.isolation in (ISOLATION_VALID, ISOLATION_WARNING) else "EVSE_NotReady"
