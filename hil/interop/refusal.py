"""One thing a charger must refuse: what the vehicle does, which answer it must get, and what the log must say.

The codes are written out here as the standard has them, not taken from the firmware, so that a wrong one there shows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hil.interop.raw_vehicle import ClosedError, RawVehicle
from hil.interop.setup import Setup
from hil.scripted_vehicle import messages
from host_tools.errors import ToolError

ENDED = ""  # the connection, without an answer
CLOSES_S = 1.0

Act = Callable[[Setup], contextlib.AbstractContextManager[str]]
Offence = Callable[[RawVehicle, Setup], str]


@dataclass(frozen=True)
class Refusal:
    """act does it and yields the answer, the connection still as the charger left it; code: what that must be.

    kind, word: the entry of the log that says why, word its subject or detail.  changes: parameters other than usual.
    clock_set: the controller's clock was set.  charging: the contactor is closed before.
    waits: for one of the charger's clocks.
    """

    name: str
    act: Act
    code: str
    kind: str
    word: str
    changes: tuple[tuple[str, int], ...] = ()
    clock_set: bool = True
    charging: bool = False
    waits: bool = False


def talking(offence: Offence, secured: bool = True) -> Act:
    """Return the act of a vehicle that connects as it should and then does this."""

    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[str]:
        with setup.link.vehicle(secured) as vehicle:
            yield _answer(offence, vehicle, setup)

    return act


def charging(offence: Offence) -> Act:
    """Return the act of a vehicle that charges, its contactor closed, and then does this."""

    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[str]:
        with setup.link.vehicle() as vehicle:
            _begin_to_charge(vehicle, setup)
            yield _answer(offence, vehicle, setup)

    return act


def _answer(offence: Offence, vehicle: RawVehicle, setup: Setup) -> str:
    try:
        return offence(vehicle, setup)
    except ClosedError:
        return ENDED


def _begin_to_charge(vehicle: RawVehicle, setup: Setup) -> None:
    codes = [vehicle.pay(None), vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
    setup.charger.do("communicate")
    codes += [vehicle.ask("PowerDeliveryReq", messages.delivery("Start")), vehicle.ask("ChargingStatusReq")]
    if not all(code.startswith("OK") for code in codes):
        raise ToolError(f"the vehicle that was to charge first could not: {' '.join(codes)}")
