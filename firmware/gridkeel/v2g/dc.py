"""CableCheck, PreCharge, CurrentDemand, WeldingDetection: DC, from the isolation test to the open contactor."""

from gridkeel import ticks
from gridkeel.v2g import codes, metering, responses, states, status, stop
from gridkeel.v2g.codes import RefusedError
from gridkeel.v2g.parameters import take_status
from gridkeel.v2g.values import number, physical

_PRE_CHARGE_A = 2  # IEC 61851-23: no more flows before the car closes its contactors


def cable_check(context, body, _header):
    """Answer CableCheckReq: Ongoing while the isolation is measured, 38 s at most."""
    charger = context.charger
    take_status(context, body["DC_EVStatus"])
    if context.since_ms is None:
        context.since_ms = context.now_ms
        charger.allow(True)
        if charger.isolation != status.ISOLATION_VALID or not context.started:
            charger.cable_check(True)
    if charger.isolation == status.ISOLATION_FAULT:
        raise RefusedError(codes.FAILED, "isolation fault")
    if not charger.ready or charger.stop_asked:
        raise RefusedError(codes.FAILED, "the charger is not ready to deliver")
    response = responses.make("CableCheckRes", context, codes.OK)
    if charger.isolation in (status.ISOLATION_VALID, status.ISOLATION_WARNING):
        return states.DONE, response
    if ticks.diff(context.now_ms, context.since_ms) >= states.CABLE_CHECK_PERFORMANCE_MS:
        raise RefusedError(codes.FAILED, "the isolation test does not end")
    response["EVSEProcessing"] = "Ongoing"
    return states.ONGOING, response


def pre_charge(context, body, _header):
    """Answer PreChargeReq: the outlet is brought to the car's voltage; the car decides when it is near enough."""
    take_status(context, body["DC_EVStatus"])
    target_v, target_a = _target(context, body)
    if target_a > _PRE_CHARGE_A:
        raise RefusedError(codes.FAILED, "too much current in pre-charge: %s A" % target_a)
    context.charger.precharge(target_v, target_a)
    return states.DONE, responses.make("PreChargeRes", context, codes.OK)


def current_demand(context, body, _header):
    """Answer CurrentDemandReq: the wish goes to the charger, what it may have of it comes back."""
    stop.insist(context)
    charger = context.charger
    take_status(context, body["DC_EVStatus"])
    target_v, target_a = _target(context, body)
    charger.dc_target(target_v, target_a)
    max_a = charger.max_current_a
    if target_v > 0:
        max_a = min(max_a, charger.offered_w / target_v)
    response = responses.make("CurrentDemandRes", context, codes.OK)
    response["EVSECurrentLimitAchieved"] = target_a >= charger.max_current_a
    response["EVSEVoltageLimitAchieved"] = target_v >= charger.max_voltage_v
    response["EVSEPowerLimitAchieved"] = target_v * target_a >= charger.offered_w
    response["EVSEMaximumVoltageLimit"] = physical(charger.max_voltage_v, "V")
    response["EVSEMaximumCurrentLimit"] = physical(max_a, "A")
    response["EVSEMaximumPowerLimit"] = physical(charger.offered_w, "W")
    return (states.RECEIPT if metering.put(context, response) else states.DONE), response


def welding_detection(context, body, _header):
    """Answer WeldingDetectionReq: the car watches the voltage at the outlet fall."""
    context.charger.set_vehicle_soc(body["DC_EVStatus"]["EVRESSSOC"])
    return states.DONE, responses.make("WeldingDetectionRes", context, codes.OK)


def _target(context, body):
    target_v = number(body, "EVTargetVoltage", "V", None, codes.FAILED)
    target_a = number(body, "EVTargetCurrent", "A", None, codes.FAILED)
    if not 0 <= target_v <= context.charger.max_voltage_v or target_a < 0:
        raise RefusedError(codes.FAILED, "a wish out of range: %s V, %s A" % (target_v, target_a))
    return target_v, target_a
