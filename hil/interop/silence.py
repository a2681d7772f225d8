"""Vehicles that fall silent in each state of a session, in virtual time: how long the charger waits, and how it ends.

One board and one vehicle after the other: each goes on to the state, says nothing more until the charger closes, is
unplugged, and a good one takes its place and charges.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from gridkeel.v2g.iso2 import states_text
from hil.interop.refusal_row import CHARGED
from hil.interop.unplugged import UNPLUGGED_S
from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Body, Contract
from hil.scripted_vehicle.scripts import Session
from hil.scripted_vehicle.vehicle import Connect, Do, HangUp, Listen, Rest, Script, Step, VirtualVehicle

LISTEN_S = 65.0  # the longest the standard lets a charger wait is 60 s
SETUP_S, SEQUENCE_S = 20.0, 60.0  # up to the answer to SessionSetupReq in all, then for each request
SETTLE_S = 1.5
PRE_CHARGES = 12
CABLE_CHECKS = 200

Turn = Generator[Step, Any, bool]


@dataclass
class Silence:
    """One state, and what came of a vehicle that fell silent in it.

    after_s: None where the charger never closed the connection; closed_us: when it did, of the run.  until_us: up to
    when that vehicle was there, next_us: and the next one.  next_vehicle: CHARGED, or what else.
    """

    state: str
    reached: bool = False
    after_s: float | None = None
    closed_us: int = 0
    until_us: int = 0
    next_us: int = 0
    next_vehicle: str = ""


@dataclass(frozen=True)
class Path:
    """The way to a state: secured, by contract or not, and the turns of a session up to it."""

    state: str
    turns: tuple[Callable[[Session], Turn], ...]
    secured: bool = False

    @property
    def wait_s(self) -> float:
        """How long the standard has the charger wait there."""
        return SETUP_S if self.state in ("protocol", "setup") else SEQUENCE_S


@dataclass
class Silences:
    """The states of one connector and their outcome, filled while the script runs."""

    paths: tuple[Path, ...]
    charge: tuple[Callable[[Session], Turn], ...]
    rows: list[Silence] = field(default_factory=list)

    def script(self, vehicle: VirtualVehicle) -> Script:
        """Go through all paths."""
        yield Rest(until_s=2.0)
        for path in self.paths:
            row = Silence(path.state)
            self.rows.append(row)
            yield from _plug_in()
            yield from self._fall_silent(vehicle, path, row)
            row.until_us = vehicle.now_us
            yield from _pull_out()
            yield from _plug_in()
            row.next_vehicle = yield from self._next_vehicle()
            row.next_us = vehicle.now_us
            yield from _pull_out()

    def _fall_silent(self, vehicle: VirtualVehicle, path: Path, row: Silence) -> Generator[Step, Any, None]:
        yield Connect(path.secured)
        session = Session()
        row.reached = True
        for turn in path.turns:
            row.reached = row.reached and (yield from turn(session))
        began_us = vehicle.now_us
        if row.reached and (yield Listen(LISTEN_S)):
            row.after_s, row.closed_us = (vehicle.now_us - began_us) / 1e6, vehicle.now_us
        else:
            yield HangUp()
        yield Do("communicate")  # whatever it does with S2, it gets nothing
        yield Rest(SETTLE_S)

    def _next_vehicle(self) -> Generator[Step, Any, str]:
        yield Connect(False)
        session = Session()
        for turn in self.charge:
            if not (yield from turn(session)):
                yield HangUp()
                return f"ended with {session.last.get('ResponseCode', 'nothing')}"
        yield HangUp()
        return CHARGED


def _plug_in() -> Generator[Step, Any, None]:
    yield Do("plug")
    yield Do("want")
    yield Rest(SETTLE_S)


def _pull_out() -> Generator[Step, Any, None]:
    yield Do("silence")
    yield Do("unplug")
    yield Rest(UNPLUGGED_S)


# --- turns of a session


def _agree(session: Session) -> Turn:
    return session.agree()


def _turn(name: str, body: Body) -> Callable[[Session], Turn]:
    def turn(session: Session) -> Turn:
        answered = yield from session.ask(name, body)
        return answered and session.last["ResponseCode"].startswith("OK")

    return turn


def _close_s2(turn: Callable[[Session], Turn]) -> Callable[[Session], Turn]:
    def closing(session: Session) -> Turn:
        yield Do("communicate")
        return (yield from turn(session))

    return closing


def _until(name: str, body: Body, done: Callable[[Body], bool], most: int) -> Callable[[Session], Turn]:
    ask = _turn(name, body)

    def turn(session: Session) -> Turn:
        for _ in range(most):
            if not (yield from ask(session)):
                return False
            if done(session.last):
                return True
        return False

    return turn


def _signed(contract: Contract) -> Callable[[Session], Turn]:
    def turn(session: Session) -> Turn:
        signed = messages.authorization(session.last["GenChallenge"], contract.key)
        answered = yield from session.ask("AuthorizationReq", *signed)
        return answered and session.last["ResponseCode"].startswith("OK")

    return turn


def _finished(last: Body) -> bool:
    finished: bool = last["EVSEProcessing"] == "Finished"
    return finished


def _near(last: Body) -> bool:
    present = last["EVSEPresentVoltage"]
    return abs(present["Value"] * 10 ** present["Multiplier"] - messages.DC_V) <= 20


_SETUP = _turn("SessionSetupReq", {"EVCCID": messages.EVCC_ID})
_DISCOVERY = _turn("ServiceDiscoveryReq", {})
_EXTERNAL = _turn("PaymentServiceSelectionReq", messages.selection(messages.EXTERNAL))
_FREE = _turn("AuthorizationReq", {})
_STOP = _turn("SessionStopReq", {"ChargingSession": "Terminate"})

_AC_TURNS = (
    ("protocol", _agree),
    ("setup", _SETUP),
    ("discovery", _DISCOVERY),
    ("selection", _EXTERNAL),
    ("authorization", _FREE),
    ("charge_parameter", _turn("ChargeParameterDiscoveryReq", messages.charge_parameter())),
    ("power_delivery", _close_s2(_turn("PowerDeliveryReq", messages.delivery("Start")))),
    ("charging_status", _turn("ChargingStatusReq", {})),
    ("charging", _turn("PowerDeliveryReq", messages.delivery("Stop"))),
    ("stopped_ac", _STOP),
)
_DC_TURNS = (
    *_AC_TURNS[:5],
    ("charge_parameter", _turn("ChargeParameterDiscoveryReq", messages.dc_charge_parameter())),
    (
        "cable_check",
        _close_s2(_until("CableCheckReq", messages.dc_status(), _finished, CABLE_CHECKS)),
    ),
    ("pre_charge", _turn("PreChargeReq", messages.pre_charge())),
    ("pre_charging", _until("PreChargeReq", messages.pre_charge(), _near, PRE_CHARGES)),
    ("", _turn("PowerDeliveryReq", messages.delivery("Start", dc=True))),
    ("current_demand", _turn("CurrentDemandReq", messages.demand())),
    ("demanding", _turn("PowerDeliveryReq", messages.delivery("Stop", dc=True))),
    ("stopped_dc", _STOP),
)
_DC_ONLY = ("cable_check", "pre_charge", "pre_charging", "current_demand", "demanding", "stopped_dc")


def _paths(turns: tuple[Any, ...], wanted: tuple[str, ...] | None = None) -> tuple[Path, ...]:
    """Return the path to each named state: every turn before it."""
    before = tuple(turn for _name, turn in turns)
    named = [(at, name) for at, (name, _turn_) in enumerate(turns) if name and (wanted is None or name in wanted)]
    return tuple(Path(name, before[:at]) for at, name in named)


def _paying(contract: Contract, service: bool) -> tuple[Callable[[Session], Turn], ...]:
    chosen = messages.selection(messages.CONTRACT)
    if service:
        chosen["SelectedServiceList"]["SelectedService"].append({"ServiceID": 2, "ParameterSetID": 1})
    return (_agree, _SETUP, _DISCOVERY, _turn("PaymentServiceSelectionReq", chosen))


def ac(contract: Contract) -> Silences:
    """Every state of an AC connector but the receipt's."""
    by_contract = (
        Path("contract", _paying(contract, service=False), secured=True),
        Path("certificate", _paying(contract, service=True), secured=True),
    )
    return Silences(_paths(_AC_TURNS) + by_contract, tuple(turn for _name, turn in _AC_TURNS))


def dc(_contract: Contract) -> Silences:
    """The states that only a DC connector has."""
    return Silences(_paths(_DC_TURNS, _DC_ONLY), tuple(turn for _name, turn in _DC_TURNS))


def _receipt(state: str, turns: tuple[Any, ...], contract: Contract, last: str) -> Silences:
    details = _turn("PaymentDetailsReq", contract.details())
    names = [name for name, _turn_ in turns]
    rest = tuple(turn for _name, turn in turns[names.index("authorization") + 1 : names.index(last) + 1])
    path = Path(state, (*_paying(contract, service=False), details, _signed(contract), *rest), secured=True)
    return Silences((path,), tuple(turn for _name, turn in turns))


def ac_receipt(contract: Contract) -> Silences:
    """The state that awaits a receipt at an AC connector (iso15118_receipt = 1)."""
    return _receipt("receipt_ac", _AC_TURNS, contract, "charging_status")


def dc_receipt(contract: Contract) -> Silences:
    """The state that awaits a receipt at a DC connector (iso15118_receipt = 1)."""
    return _receipt("receipt_dc", _DC_TURNS, contract, "current_demand")


RECEIPTS = {"iso15118_receipt": 1}
CONNECTORS: tuple[tuple[Callable[[Contract], Silences], dict[str, int], bool], ...] = (
    # what, parameters besides the connector's own, is it DC
    (ac, {}, False),
    (ac_receipt, RECEIPTS, False),
    (dc, {}, True),
    (dc_receipt, RECEIPTS, True),
)
# The contactor is closed in these: from PowerDelivery on, at a DC connector from the cable check on.
CLOSED_STATES = (
    *("charging_status", "charging", "receipt_ac"),
    *("pre_charge", "pre_charging", "current_demand", "demanding", "receipt_dc"),
)
EVERY_STATE = tuple(name for name in states_text.STATES if name != "ended")
