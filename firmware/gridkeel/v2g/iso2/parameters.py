"""ChargeParameterDiscovery: the EV's limits in, the charger's limits and the schedule out."""

from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import codes, modes, responses, schedules, states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.iso2.values import number

NO_ERROR = "NO_ERROR"


def answer(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer ChargeParameterDiscoveryReq, first or in a renegotiation."""
    mode = body["RequestedEnergyTransferMode"]
    _check_mode(context, mode)
    name = "DC_EVChargeParameter" if modes.is_dc(mode) else "AC_EVChargeParameter"
    asked = body.get(name)
    if asked is None:
        raise RefusedError(codes.WRONG_CHARGE_PARAMETER, journal.MODE_LIMITS_MISSING)
    context.is_dc = modes.is_dc(mode)
    context.energy_mode = mode
    departure_s = min(asked.get("DepartureTime", 0), schedules.START_MAX_S) or None
    (_take_dc if context.is_dc else _take_ac)(context, asked, departure_s)
    context.schedule_number = context.charger.schedule_number
    limit = body.get("MaxEntriesSAScheduleTuple")
    schedules.make(context, departure_s, schedules.ENTRIES_UNASKED if limit is None else limit)
    context.negotiated = True
    response = responses.make(states.CHARGE_PARAMETER_REQ, context, codes.OK)
    response["SAScheduleList"] = {"SAScheduleTuple": [schedules.tuple_of(context)]}
    return (states.DC if context.is_dc else states.AC), response


def _check_mode(context: Context, mode: str):
    if mode not in modes.energy_modes(context):
        raise RefusedError(codes.WRONG_MODE, journal.MODE_NOT_OFFERED)
    if context.energy_mode and mode != context.energy_mode:
        raise RefusedError(codes.WRONG_MODE, journal.MODE_CHANGED)


def _take_ac(context: Context, asked, departure_s):
    charger = context.charger
    max_v = number(asked, "EVMaxVoltage", "V")
    max_a = number(asked, "EVMaxCurrent", "A")
    min_a = number(asked, "EVMinCurrent", "A")
    energy_wh = number(asked, "EAmount", "Wh")
    if max_v < context.parameters.nominal_v or not 0 <= min_a <= max_a or max_a <= 0 or energy_wh < 0:
        raise RefusedError(codes.WRONG_CHARGE_PARAMETER, journal.AC_LIMITS_INVALID)
    if min_a > charger.max_current_a:
        raise RefusedError(codes.WRONG_CHARGE_PARAMETER, journal.MIN_CURRENT_TOO_HIGH)
    phases = 3 if context.energy_mode == modes.AC_THREE else 1
    max_w = int(max_a * context.parameters.nominal_v * phases)
    charger.set_vehicle_limits(max_w, max_v, max_a, departure_s, energy_wh)


def _take_dc(context: Context, asked, departure_s):
    charger = context.charger
    take_status(context, asked["DC_EVStatus"])
    max_v = number(asked, "EVMaximumVoltageLimit", "V")
    max_a = number(asked, "EVMaximumCurrentLimit", "A")
    max_w = number(asked, "EVMaximumPowerLimit", "W")
    energy_wh = number(asked, "EVEnergyRequest", "Wh")
    below_zero = max_w is not None and max_w <= 0 or energy_wh is not None and energy_wh < 0
    if max_v < context.parameters.dc_voltage_min_v or max_a <= 0 or below_zero:
        raise RefusedError(codes.WRONG_CHARGE_PARAMETER, journal.DC_LIMITS_INVALID)
    charger.set_vehicle_limits(max_w, max_v, max_a, departure_s, energy_wh)
    context.first_limits = (max_w, max_v, max_a)
    context.limits = [max_w, max_v, max_a]
    context.failed = False  # an error that the EV told before is over


def take_status(context: Context, ev_status: dict) -> None:
    """Take DC_EVStatus: the state of charge goes to the charger, an error of the EV ends the session."""
    context.charger.set_vehicle_soc(ev_status["EVRESSSOC"])
    if ev_status["EVErrorCode"] != NO_ERROR:
        raise RefusedError(codes.FAILED, journal.EV_ERROR)
