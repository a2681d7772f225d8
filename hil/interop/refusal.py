"""One thing a charger must refuse: what the car does, what it must be told, and what the log must say.

The codes are written out here as the standard has them, not taken from the firmware, so that a wrong one there shows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hil.interop.raw_vehicle import ClosedError, RawCar
from hil.interop.setup import Stage
from hil.scripted_vehicle import messages
from host_tools.errors import ToolError

ENDED = ""  # the connection, without an answer
CLOSES_S = 1.0

Act = Callable[[Stage], contextlib.AbstractContextManager[str]]
Offence = Callable[[RawCar, Stage], str]


@dataclass(frozen=True)
class Refusal:
    """act does it and yields the answer, the connection still as the charger left it; code: what that must be.

    kind, word: the entry of the log that tells why, word its subject or detail.  changes: parameters other than usual.
    told_time: the clock was set.  charging: the contactor is closed before.  waits: for one of the charger's clocks.
    """

    name: str
    act: Act
    code: str
    kind: str
    word: str
    changes: tuple[tuple[str, int], ...] = ()
    told_time: bool = True
    charging: bool = False
    waits: bool = False


def talking(offence: Offence, secured: bool = True) -> Act:
    """Return the act of a car that connects as it should and then does this."""

    @contextlib.contextmanager
    def act(stage: Stage) -> Iterator[str]:
        with stage.link.car(secured) as car:
            yield _answer(offence, car, stage)

    return act


def charging(offence: Offence) -> Act:
    """Return the act of a car that charges, its contactor closed, and then does this."""

    @contextlib.contextmanager
    def act(stage: Stage) -> Iterator[str]:
        with stage.link.car() as car:
            _begin_to_charge(car, stage)
            yield _answer(offence, car, stage)

    return act


def _answer(offence: Offence, car: RawCar, stage: Stage) -> str:
    try:
        return offence(car, stage)
    except ClosedError:
        return ENDED


def _begin_to_charge(car: RawCar, stage: Stage) -> None:
    codes = [car.pay(None), car.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
    stage.charger.do("communicate")
    codes += [car.ask("PowerDeliveryReq", messages.delivery("Start")), car.ask("ChargingStatusReq")]
    if not all(code.startswith("OK") for code in codes):
        raise ToolError(f"the car that was to charge first could not: {' '.join(codes)}")
