"""Meter readings in the charge loops, and the receipts an EV signs for them."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g import journal, signatures
from gridkeel.v2g.iso2 import codes, modes, responses, states, status
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context

if TYPE_CHECKING:
    from collections.abc import Generator


def put(context: Context, response: dict) -> bool:
    """Put MeterInfo into a response of a charge loop; return whether a receipt is asked for.

    Receipts are asked for where parameter iso15118_receipt says so, and only in a session with a contract: nobody else
    has a key to sign with.
    """
    info = status.meter(context)
    if info is None:
        return False
    response["MeterInfo"] = info
    wanted = bool(context.parameters.iso15118_receipt) and context.payment == modes.CONTRACT
    response["ReceiptRequired"] = wanted
    context.meter_sent = info
    return wanted


def receipt(context: Context, body: dict, header: dict) -> "Generator[None, None, tuple[int, dict]]":
    """Answer MeteringReceiptReq (a generator): the EV's signature over the very figures it was sent."""
    if body["SessionID"] != context.session_id or body["MeterInfo"] != context.meter_sent:
        raise RefusedError(codes.METERING_SIGNATURE, journal.RECEIPT_MISMATCH)
    checked = yield from signatures.check(context, header, "MeteringReceiptReq", body, context.contract_key)
    if checked != journal.OK:
        raise RefusedError(codes.METERING_SIGNATURE, checked)
    response = responses.make(states.METERING_RECEIPT_REQ, context, codes.OK)
    return states.DONE, response
