"""CableCheck, PreCharge, CurrentDemand, WeldingDetection: DC, from the isolation test to the open contactor."""

from gridkeel import ticks
from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import codes, metering, responses, states, status, stop
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.iso2.parameters import NO_ERROR, take_status
from gridkeel.v2g.iso2.values import number, physical

_PRE_CHARGE_A = 2  # IEC 61851-23: no more flows before the EV closes its contactors


def cable_check(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer CableCheckReq: Ongoing while the isolation is measured, 38 s at most."""
    charger = context.charger
    take_status(context, body["DC_EVStatus"])
    if context.since_ms is None:
        context.since_ms = context.now_ms
        charger.allow(True)
        if charger.isolation != status.ISOLATION_VALID or not context.started:
            charger.cable_check(True)
    if charger.isolation == status.ISOLATION_FAULT:
        raise RefusedError(codes.FAILED, journal.ISOLATION_FAULT)
    if not charger.ready or charger.stop_asked:
        raise RefusedError(codes.FAILED, journal.CHARGER_NOT_READY)
    response = responses.make(states.CABLE_CHECK_REQ, context, codes.OK)
    if charger.isolation in (status.ISOLATION_VALID, status.ISOLATION_WARNING):
        return states.DONE, response
    if ticks.diff(context.now_ms, context.since_ms) >= states.CABLE_CHECK_PERFORMANCE_MS:
        raise RefusedError(codes.FAILED, journal.ISOLATION_TIMEOUT)
    response["EVSEProcessing"] = "Ongoing"
    return states.ONGOING, response


def pre_charge(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer PreChargeReq: the connector is brought to the EV's voltage; the EV decides when it is near enough."""
    take_status(context, body["DC_EVStatus"])
    max_v, max_a = _most(context)
    target_v, target_a = _target(context, body, max_v, min(max_a, _PRE_CHARGE_A))
    context.charger.precharge(target_v, target_a)
    return states.DONE, responses.make(states.PRE_CHARGE_REQ, context, codes.OK)


def current_demand(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer CurrentDemandReq: the requested voltage and current go to the charger, what it allows comes back."""
    stop.insist(context)
    charger = context.charger
    _bound(context, body)
    max_v, max_a = _most(context)
    target_v, target_a = _target(context, body, max_v, max_a)
    _follow(context, body["DC_EVStatus"], target_v, target_a)
    offered_a = charger.max_current_a
    if target_v > 0:
        offered_a = min(offered_a, charger.offered_w / target_v)
    most_w = context.limits[0]
    most_w = charger.offered_w if most_w is None else min(charger.offered_w, most_w)
    response = responses.make(states.CURRENT_DEMAND_REQ, context, codes.OK)
    response["EVSECurrentLimitAchieved"] = target_a >= max_a
    response["EVSEVoltageLimitAchieved"] = target_v >= max_v
    response["EVSEPowerLimitAchieved"] = target_v * target_a >= most_w
    response["EVSEMaximumVoltageLimit"] = physical(context.parameters.dc_voltage_max_v, "V")
    response["EVSEMaximumCurrentLimit"] = physical(offered_a, "A")
    response["EVSEMaximumPowerLimit"] = physical(charger.offered_w, "W")
    return (states.RECEIPT if metering.put(context, response) else states.DONE), response


def welding_detection(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer WeldingDetectionReq: the EV watches the voltage at the connector fall."""
    context.charger.set_vehicle_soc(body["DC_EVStatus"]["EVRESSSOC"])
    return states.DONE, responses.make(states.WELDING_DETECTION_REQ, context, codes.OK)


def _follow(context: Context, ev_status, target_v, target_a):
    # An EV with an error has no more current from this message on, and is asked to stop: it ends the session itself,
    # with its contactors tested, and is refused only where it does not (stop.insist).
    charger = context.charger
    charger.set_vehicle_soc(ev_status["EVRESSSOC"])
    error = ev_status["EVErrorCode"]
    if error != NO_ERROR and not context.failed:
        context.failed = True
        context.log(journal.KIND_DELIVERY, journal.EV_ERROR, journal.ev_error(error), 0)
    if context.failed:
        charger.dc_stop()
    else:
        charger.dc_target(target_v, target_a)


def _bound(context: Context, body: dict):
    """Take limits sent in the charge loop: they hold from this message on, and pass none that the EV sent first."""
    reported = (
        number(body, "EVMaximumPowerLimit", "W", None, codes.FAILED),
        number(body, "EVMaximumVoltageLimit", "V", None, codes.FAILED),
        number(body, "EVMaximumCurrentLimit", "A", None, codes.FAILED),
    )
    now = list(context.limits)
    for k in range(3):
        if reported[k] is not None:
            first = context.first_limits[k]
            now[k] = max(0, reported[k] if first is None else min(first, reported[k]))
    if now != context.limits:
        context.limits = now
        context.charger.set_vehicle_limits(now[0], now[1], now[2], None, None)


def _most(context: Context):
    """Return the most voltage and current: the smaller of what connector and EV take."""
    charger = context.charger
    _most_w, max_v, max_a = context.limits
    return min(context.parameters.dc_voltage_max_v, max_v), min(charger.max_current_a, max_a)


def _target(context: Context, body: dict, max_v, max_a):
    """Return target voltage and current, no more than these; what is cut is logged once a session."""
    target_v = number(body, "EVTargetVoltage", "V", None, codes.FAILED)
    target_a = number(body, "EVTargetCurrent", "A", None, codes.FAILED)
    if target_v < 0 or target_a < 0:
        raise RefusedError(codes.FAILED, journal.TARGET_OUT_OF_RANGE)
    _note(context, journal.EV_TARGET_VOLTAGE, target_v, max_v)
    _note(context, journal.EV_TARGET_CURRENT, target_a, max_a)
    return min(target_v, max_v), min(target_a, max_a)


def _note(context: Context, which, target, most):
    if target > most and context.first(which):
        context.log(journal.KIND_DELIVERY, journal.TARGET_OUT_OF_RANGE, which, int(target))
