"""Authorization: the EV signs its challenge, or somebody outside says yes."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g import journal, signatures
from gridkeel.v2g.iso2 import codes, modes, responses, states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context

if TYPE_CHECKING:
    from collections.abc import Generator

_WAITING = "Ongoing_WaitingForCustomerInteraction"  # [V2G2-854]: the EV's clock for Ongoing stands still meanwhile


def answer(context: Context, body: dict, header: dict) -> "Generator[None, None, tuple[int, dict]]":
    """Answer AuthorizationReq (a generator, for the signature)."""
    if context.payment == modes.CONTRACT:
        yield from _contract(context, body, header)
        return states.DONE, responses.make(states.AUTHORIZATION_REQ, context, codes.OK)
    return _external(context)


def _contract(context: Context, body: dict, header: dict):
    challenge, context.challenge = context.challenge, b""  # good for one try
    if not challenge or body.get("GenChallenge") != challenge:
        raise RefusedError(codes.CHALLENGE_INVALID, journal.CHALLENGE_MISMATCH)
    checked = yield from signatures.check(context, header, "AuthorizationReq", body, context.contract_key)
    if checked != journal.OK:
        raise RefusedError(codes.SIGNATURE_ERROR, checked)


def _external(context: Context):
    authorized = context.charger.authorized
    if authorized == context.REFUSED or context.charger.stop_asked:
        raise RefusedError(codes.FAILED, journal.NOT_AUTHORIZED)
    response = responses.make(states.AUTHORIZATION_REQ, context, codes.OK)
    if authorized == context.GRANTED:
        return states.DONE, response
    response["EVSEProcessing"] = _WAITING
    return states.ONGOING, response
