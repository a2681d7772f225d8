"""Actions of the operator in the middle of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OperatorAction:
    """After the count-th such response, these commands (docs/mqtt.md) are sent to the controller."""

    response: str
    count: int
    orders: tuple[dict[str, Any], ...]


# An expensive hour from now on and a cheap one after it: other prices than in the vehicle's schedule.
OTHER_PRICES = OperatorAction(
    "ChargingStatusRes",
    2,
    (
        {
            "plan": {
                "number": 1,
                "slot_s": 3600,
                "start_in_s": 0,
                "charge_to": 500,
                "discharge_from": 2000,
                "prices": [900, 300] * 3,
            }
        },
    ),
)
RECEIPTS = OperatorAction("SessionSetupRes", 1, ({"parameters": {"iso15118_receipt": 1}},))
# The peer's EVCC asks its vehicle whether to go on only where no receipt is wanted: without this it would never end.
NO_MORE_RECEIPTS = OperatorAction("MeteringReceiptRes", 3, ({"parameters": {"iso15118_receipt": 0}},))
