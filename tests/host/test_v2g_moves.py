"""Every move of the state table is made by some session, and no session makes another."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from gridkeel.v2g import state_table
from gridkeel.v2g.iso2 import session, states, states_text

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "device"))

RECEIPTS = {"iso15118_receipt": 1}


def stops(made: Any) -> None:
    session_states = made.session_states
    for state in session_states.REACH:
        if "SessionStopReq" in states_text.allowed(state):
            session_states.reach(state).ask("SessionStopReq", {"ChargingSession": "Terminate"})


def services(made: Any) -> None:
    made.session_states.reach(states.SELECTION).ask("ServiceDetailReq", {"ServiceID": 1})
    car = made.session_states.reach(states.AUTHORIZATION)
    car.bench.outlet.authorized = 0
    car.ask("AuthorizationReq", {})


def with_a_contract(made: Any, dc: bool) -> None:
    """Charge with receipts, from the first round on."""
    operator = made.provisioning.OPERATOR
    key, chain = operator.contract()
    bench = made.contracts.bench_for(operator, dc=dc, changes=RECEIPTS)
    car = made.contracts.ContractCar(bench, key, chain, "DC_extended" if dc else "AC_single_phase_core")
    car.to_charging()
    for _ in range(2):
        shown = car.charge(1)["MeterInfo"]
        body = {"Id": "id1", "SessionID": car.session_id, "SAScheduleTupleID": 1, "MeterInfo": shown}
        car.ask_signed("MeteringReceiptReq", body)
    car.stop()


def certificates(made: Any) -> None:
    for name in ("installation", "update", ""):
        _bench, car = made.provisioning.at_the_service()
        if name:
            car.ask_signed(f"Certificate{name.capitalize()}Req", getattr(made.provisioning, name)())
        else:
            car.ask("PaymentDetailsReq", car.details())


def negotiations(made: Any, dc: bool) -> None:
    """Renegotiate while energy flows, again before it starts anew, start; then stop before a start, and after."""
    evcc = made.evcc

    def fresh() -> Any:
        return evcc.Car(evcc.Bench(dc=dc), "DC_extended" if dc else "AC_single_phase_core")

    def agree(car: Any) -> None:
        car.ask("ChargeParameterDiscoveryReq", car.request("ChargeParameterDiscoveryReq"))
        if dc:
            car.cable_check()
            car.pre_charge()

    car = fresh()
    car.to_charging()
    car.charge(2)
    for _ in range(2):
        car.ask("PowerDeliveryReq", evcc.delivery("Renegotiate", car))
        agree(car)
    car.ask("PowerDeliveryReq", car.request("PowerDeliveryReq"))
    car.charge(2)
    car.stop()
    car = fresh()
    car.to_power_delivery()
    car.ask("PowerDeliveryReq", evcc.delivery("Stop", car))


class Made:
    """The modules of the device tests that the sessions are made with."""

    evcc: Any = importlib.import_module("evcc")
    session_states: Any = importlib.import_module("session_states")
    contracts: Any = importlib.import_module("contracts")
    provisioning: Any = importlib.import_module("provisioning")


def test_the_sessions_make_every_move_of_the_table(monkeypatch: Any) -> None:
    seen: set[tuple[int, int, int, int]] = set()

    def go(one: Any, request: int, condition: int) -> None:
        before = one.state
        original(one, request, condition)
        seen.add((before, request, condition, one.state))

    original = session.Session._go
    monkeypatch.setattr(session.Session, "_go", go)
    stops(Made)
    services(Made)
    certificates(Made)
    for dc in (False, True):
        with_a_contract(Made, dc)
        negotiations(Made, dc)
    rows = states.ROWS
    table = {tuple(rows[at : at + 4]) for at in range(0, len(rows), state_table.ROW_BYTES)}
    assert {states_text.REQUESTS[row[1]] for row in table - seen} == set(), sorted(table - seen)
    assert seen <= table
