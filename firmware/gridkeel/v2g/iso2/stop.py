"""SessionStop, and the safe end that every session comes to."""

from gridkeel import ticks
from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import codes, responses, states, status
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context

_PATIENCE_MS = 5000  # beyond the notice an EV was given: for a message or two that were under way


def answer(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer SessionStopReq; Pause keeps the id and the terms, where there are some, for the rest of the stay."""
    kind = body["ChargingSession"]
    if kind == "Pause" and context.energy_mode:
        context.pause()
    end(context, False)
    context.log(journal.KIND_SESSION, journal.PAUSED if kind == "Pause" else journal.STOPPED, journal.OTHER, 0)
    return states.DONE, responses.make(states.SESSION_STOP_REQ, context, codes.OK)


def insist(context: Context) -> None:
    """In a charge loop: an EV that charges on long after it was told to stop is refused."""
    if status.notification(context) != status.STOP:
        context.stop_since_ms = None
    elif context.stop_since_ms is None:
        context.stop_since_ms = context.now_ms
    elif (
        ticks.diff(context.now_ms, context.stop_since_ms) >= context.parameters.iso15118_notice_s * 1000 + _PATIENCE_MS
    ):
        raise RefusedError(codes.FAILED, journal.EV_DOES_NOT_STOP)


def end(context: Context, broken: bool) -> None:
    """Leave the charger without a session: no consent, no targets, contactor told to open."""
    context.charger.allow(False)
    context.charger.session(False, broken)
    context.started = False
