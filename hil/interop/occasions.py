"""What the operator does in the middle of a session."""

from __future__ import annotations

from dataclasses import dataclass

from gridkeel import params

Orders = tuple[tuple[str, dict[str, int | str]], ...]


@dataclass(frozen=True)
class Occasion:
    """After the count-th such response, these messages of the link are sent to the controller."""

    response: str
    count: int
    orders: Orders


_PLAN, _PRICES = 1, 6
# A dear hour from now on and a cheap one after it: not what the car was told in its schedule.
OTHER_PRICES = Occasion(
    "ChargingStatusRes",
    2,
    (
        (
            "plan",
            {
                "plan": _PLAN,
                "slot_s": 3600,
                "slots": _PRICES,
                "start_in_s": 0,
                "charge_to": 500,
                "discharge_from": 2000,
            },
        ),
        ("plan_prices", {"plan": _PLAN, "first": 0, **{f"price_{k}": 300 if k % 2 else 900 for k in range(_PRICES)}}),
    ),
)
_RECEIPT = params.index("v2g_receipt")
RECEIPTS = Occasion("SessionSetupRes", 1, (("param_set", {"index": _RECEIPT, "value": 1}),))
# The peer's car asks its vehicle whether to go on only where no receipt is wanted: without this it would never end.
NO_MORE_RECEIPTS = Occasion("MeteringReceiptRes", 3, (("param_set", {"index": _RECEIPT, "value": 0}),))
