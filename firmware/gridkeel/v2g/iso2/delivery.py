"""PowerDelivery: energy starts, stops, or its terms are negotiated again."""

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import codes, responses, schedules, states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.iso2.parameters import take_status
from gridkeel.v2g.waiting import WAIT

if TYPE_CHECKING:
    from collections.abc import Generator


def answer(context: Context, body: dict, _header: dict) -> "Generator[int | None, None, tuple[int, dict]]":
    """Answer PowerDeliveryReq (a generator: the contactor takes its time)."""
    if body["SAScheduleTupleID"] != context.tuple_id:
        raise RefusedError(codes.TARIFF_INVALID, journal.SCHEDULE_NOT_OFFERED)
    reported = body.get("DC_EVPowerDeliveryParameter")
    progress = body["ChargeProgress"]
    if reported is not None and progress != "Stop":
        take_status(context, reported["DC_EVStatus"])
    if progress == "Start":
        outcome = yield from _start(context, body)
    elif progress == "Stop":
        outcome = yield from _stop(context)
    else:
        outcome = _renegotiate(context)
    return outcome, responses.make(states.POWER_DELIVERY_REQ, context, codes.OK)


def _start(context: Context, body: dict):
    charger = context.charger
    if not context.negotiated:
        raise RefusedError(codes.SEQUENCE_ERROR, journal.ALREADY_STARTED)
    profile = schedules.check_profile(context, body.get("ChargingProfile"))
    if not charger.ready or charger.stop_asked:
        raise RefusedError(codes.NOT_APPLIED, journal.CHARGER_NOT_READY)
    if charger.welded:
        raise RefusedError(codes.CONTACTOR_ERROR, journal.CONTACTOR_WELDED)
    charger.set_charging_profile(profile)
    charger.allow(True)
    begun_ms = context.now_ms
    while not charger.contactor_closed:
        waited_ms = ticks.diff(context.now_ms, begun_ms)
        if charger.contactor_stuck:  # a fault, so not ready either
            raise RefusedError(codes.CONTACTOR_ERROR, journal.CONTACTOR_NOT_CLOSED)
        if not charger.ready:
            raise RefusedError(codes.NOT_APPLIED, journal.CHARGER_NOT_READY)
        if not charger.wants_power and waited_ms >= states.PILOT_TIMEOUT_MS:
            raise RefusedError(codes.NOT_APPLIED, journal.NO_STATE_C)
        if waited_ms >= states.CONTACTOR_MS:
            if charger.contactor_open:  # not ordered to close yet: it rests after many openings
                raise RefusedError(codes.NOT_APPLIED, journal.CONTACTOR_RESTING)
            raise RefusedError(codes.CONTACTOR_ERROR, journal.CONTACTOR_NOT_CLOSED)
        yield WAIT
    context.started = True
    context.negotiated = False
    context.log(journal.KIND_DELIVERY, journal.STARTED, journal.OTHER, ticks.diff(context.now_ms, begun_ms))
    return states.START


def _stop(context: Context):
    charger = context.charger
    if context.is_dc:
        charger.dc_stop()
    charger.allow(False)
    context.started = False
    context.stopping = True
    begun_ms = context.now_ms
    while not charger.contactor_open:
        if charger.welded or ticks.diff(context.now_ms, begun_ms) >= states.CONTACTOR_OPEN_MS:
            raise RefusedError(codes.CONTACTOR_ERROR, journal.CONTACTOR_NOT_OPEN)
        yield WAIT
    context.log(journal.KIND_DELIVERY, journal.STOPPED, journal.OTHER, ticks.diff(context.now_ms, begun_ms))
    return states.STOP


def _renegotiate(context: Context):
    if not context.started:
        raise RefusedError(codes.FAILED, journal.NOTHING_TO_RENEGOTIATE)
    charger = context.charger
    if not charger.allowed:  # a fault opened the contactor: what is agreed now begins anew, isolation test and all
        charger.allow(False)
        context.started = False
    if context.is_dc:
        charger.dc_stop()
    context.log(journal.KIND_DELIVERY, journal.RENEGOTIATION, journal.OTHER, 0)
    return states.RENEGOTIATE
