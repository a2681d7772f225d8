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
    ev = made.session_states.reach(states.AUTHORIZATION)
    ev.evse.charger.authorized = 0
    ev.ask("AuthorizationReq", {})


def with_a_contract(made: Any, dc: bool) -> None:
    """Charge with receipts, from the first round on."""
    operator = made.provisioning.OPERATOR
    key, chain = operator.contract()
    evse = made.contracts.evse_for(operator, dc=dc, changes=RECEIPTS)
    ev = made.contracts.ContractEvcc(evse, key, chain, "DC_extended" if dc else "AC_single_phase_core")
    ev.to_charging()
    for _ in range(2):
        shown = ev.charge(1)["MeterInfo"]
        body = {"Id": "id1", "SessionID": ev.session_id, "SAScheduleTupleID": 1, "MeterInfo": shown}
        ev.ask_signed("MeteringReceiptReq", body)
    ev.stop()


def certificates(made: Any) -> None:
    for name in ("installation", "update", ""):
        _bench, ev = made.provisioning.at_the_service()
        if name:
            ev.ask_signed(f"Certificate{name.capitalize()}Req", getattr(made.provisioning, name)())
        else:
            ev.ask("PaymentDetailsReq", ev.details())


def negotiations(made: Any, dc: bool) -> None:
    """Renegotiate while energy flows, again before it starts anew, start; then stop before a start, and after."""
    evcc = made.evcc

    def fresh() -> Any:
        return evcc.Evcc(evcc.Evse(dc=dc), "DC_extended" if dc else "AC_single_phase_core")

    def agree(ev: Any) -> None:
        ev.ask("ChargeParameterDiscoveryReq", ev.request("ChargeParameterDiscoveryReq"))
        if dc:
            ev.cable_check()
            ev.pre_charge()

    ev = fresh()
    ev.to_charging()
    ev.charge(2)
    for _ in range(2):
        ev.ask("PowerDeliveryReq", evcc.delivery("Renegotiate", ev))
        agree(ev)
    ev.ask("PowerDeliveryReq", ev.request("PowerDeliveryReq"))
    ev.charge(2)
    ev.stop()
    ev = fresh()
    ev.to_power_delivery()
    ev.ask("PowerDeliveryReq", evcc.delivery("Stop", ev))


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
