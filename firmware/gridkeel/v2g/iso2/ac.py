"""ChargingStatus: the AC charge loop."""

from gridkeel.v2g.iso2 import codes, metering, responses, states, stop
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.iso2.values import physical


def charging_status(context: Context, _body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer ChargingStatusReq: the current the EV may draw follows what the charger offers."""
    stop.insist(context)
    response = responses.make(states.CHARGING_STATUS_REQ, context, codes.OK)
    response["EVSEMaxCurrent"] = physical(context.charger.offered_current_a, "A")
    return (states.RECEIPT if metering.put(context, response) else states.DONE), response
