"""SessionStop, and the safe end that every session comes to."""

from gridkeel.v2g import codes, responses, setup, states


def answer(context, body, _header):
    """Answer SessionStopReq; Pause keeps the id and the terms, where there are some, for the rest of the stay."""
    kind = body["ChargingSession"]
    if kind == "Pause" and context.energy_mode:
        context.paused = setup.Paused(context)
    end(context, False)
    context.tell("session", "paused" if kind == "Pause" else "stopped", "", 0)
    return states.DONE, responses.make("SessionStopRes", context, codes.OK)


def end(context, broken):
    """Leave the charger without a session: no consent, no targets, contactor told to open."""
    context.charger.allow(False)
    context.charger.session(False, broken)
    context.started = False
