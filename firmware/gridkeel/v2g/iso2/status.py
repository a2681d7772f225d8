"""EVSE status, limits and meter, as responses carry them."""

from gridkeel.v2g.iso2.context import Context
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


def notification(context: Context) -> str:
    """Return what the charger wants of the EV: "StopCharging", "ReNegotiation" or "None"."""
    charger = context.charger
    if context.failed or charger.stop_asked or not charger.ready:
        return STOP
    if context.started and (charger.renegotiate_asked or charger.schedule_number != context.schedule_number):
        return RENEGOTIATE
    return NONE


def ac(context: Context) -> dict:
    """Return AC_EVSEStatus."""
    wanted = notification(context)
    return {
        "NotificationMaxDelay": _delay_s(context, wanted),
        "EVSENotification": wanted,
        "RCD": bool(context.charger.rcd),
    }


def dc(context: Context) -> dict:
    """Return DC_EVSEStatus."""
    wanted = notification(context)
    return {
        "NotificationMaxDelay": _delay_s(context, wanted),
        "EVSENotification": wanted,
        "EVSEIsolationStatus": ISOLATION_NAMES[context.charger.isolation],
        "EVSEStatusCode": _dc_code(context, wanted),
    }


def put(context: Context, response: dict) -> None:
    """Put the status of the session's kind into a response that takes either."""
    if context.is_dc:
        response["DC_EVSEStatus"] = dc(context)
    else:
        response["AC_EVSEStatus"] = ac(context)


def ac_parameters(context: Context) -> dict:
    """Return AC_EVSEChargeParameter: what the connector is rated for."""
    charger = context.charger
    return {
        "AC_EVSEStatus": ac(context),
        "EVSENominalVoltage": physical(context.parameters.nominal_v, "V"),
        "EVSEMaxCurrent": physical(charger.max_current_a, "A"),
    }


def dc_parameters(context: Context) -> dict:
    """Return DC_EVSEChargeParameter: what the connector is rated for."""
    charger = context.charger
    return {
        "DC_EVSEStatus": dc(context),
        "EVSEMaximumCurrentLimit": physical(charger.max_current_a, "A"),
        "EVSEMaximumPowerLimit": physical(charger.max_power_w, "W"),
        "EVSEMaximumVoltageLimit": physical(context.parameters.dc_voltage_max_v, "V"),
        "EVSEMinimumCurrentLimit": physical(charger.min_current_a, "A"),
        "EVSEMinimumVoltageLimit": physical(context.parameters.dc_voltage_min_v, "V"),
        "EVSEPeakCurrentRipple": physical(context.parameters.dc_ripple_a, "A"),
    }


def meter(context: Context) -> "dict | None":
    """Return MeterInfo, None where the charger has no meter; TMeter where the time of day is known."""
    charger = context.charger
    if not charger.meter_id:
        return None
    info = {"MeterID": charger.meter_id, "MeterReading": charger.energy_wh}
    unix_s = context.unix_s()
    if unix_s is not None:
        info["TMeter"] = unix_s
    return info


def _delay_s(context: Context, wanted):
    return 0 if wanted == NONE or context.failed else context.parameters.iso15118_notice_s


def _dc_code(context: Context, wanted):
    charger = context.charger
    if charger.isolation == ISOLATION_FAULT:
        return "EVSE_Malfunction"
    if wanted == STOP or context.stopping:
        return "EVSE_Shutdown"
    if charger.isolation == ISOLATION_MEASURING:
        return "EVSE_IsolationMonitoringActive"
    return "EVSE_Ready" if charger.isolation in (ISOLATION_VALID, ISOLATION_WARNING) else "EVSE_NotReady"
