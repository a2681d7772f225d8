"""SessionSetup: a new session, or the one that was paused."""

from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import codes, responses, states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context

NOBODY = bytes(8)


def answer(context: Context, body: dict, header: dict) -> "tuple[int, dict]":
    """Answer SessionSetupReq; a paused session is joined by its id, over the same transport, in the same stay."""
    if not context.charger.may_begin:  # it came by an address it knew: nothing is offered that power could follow
        context.charger.asked()
        raise RefusedError(codes.FAILED, journal.DUTY_NOT_5_PERCENT)
    asked = header["SessionID"]
    paused = context.paused
    context.paused = None
    joined = paused is not None and _same(context, paused, asked)
    if joined:
        context.joined = paused
        context.session_id = paused.session_id
        context.payment = paused.payment
        context.energy_mode = paused.energy_mode
        context.tuple_id = paused.tuple_id
    else:
        context.session_id = _new_id(context, asked)
    context.last_id = context.session_id
    context.evcc_id = body["EVCCID"]
    context.charger.set_vehicle_identity(context.evcc_id)
    context.charger.session(True)
    context.log(journal.KIND_SESSION, journal.JOINED if joined else journal.NEW, journal.OTHER, 0)
    response = responses.make(states.SESSION_SETUP_REQ, context, codes.OLD_SESSION if joined else codes.NEW_SESSION)
    unix_s = context.unix_s()
    if unix_s is not None:
        response["EVSETimeStamp"] = unix_s
    return states.DONE, response


def _same(context: Context, paused, asked):
    if asked != paused.session_id or context.secured != paused.secured:
        return False
    return paused.plug_number == context.charger.plug_number


def _new_id(context: Context, asked):
    while True:
        new = bytes(context.random(8))
        if new not in (NOBODY, asked, context.last_id):
            return new
