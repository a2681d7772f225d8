"""Every message in every state: what the table allows goes on, everything else is a sequence error and a safe end."""

from evcc import ClosedError
from session_states import REACH, ended_safely, reach
from small_heap import COLLECTED, share

from gridkeel.v2g.iso2 import response_codes, states, states_text

WASM_GROUP = 1


def test_the_table_has_every_request_and_leads_to_every_state():
    assert sorted(REACH) + [states.ENDED] == list(range(len(states_text.STATES)))
    moves = states_text.moves()
    assert {request for _state, request, _condition, _next in moves} == set(states_text.REQUESTS)
    assert {following for _state, _request, _condition, following in moves} | {states.PROTOCOL} == set(
        range(len(states_text.STATES))
    )


def test_every_response_has_its_codes():
    requests = [name for name in states_text.REQUESTS if name != "supportedAppProtocolReq"]
    assert {states.response_of(name) for name in requests} == set(response_codes.TABLE)
    assert response_codes.may_carry("PowerDeliveryRes", "FAILED_ContactorError")
    assert not response_codes.may_carry("SessionStopRes", "FAILED_ContactorError")


def test_an_ev_may_stop_wherever_the_table_allows_it():
    may_stop = [state for state in sorted(REACH) if "SessionStopReq" in states_text.allowed(state)]
    assert len(may_stop) == 12
    for state in share(may_stop, 2):
        for kind in share(("Pause", "Terminate"), 1):
            ev = reach(state)
            evse = ev.evse
            ev.ask("SessionStopReq", {"ChargingSession": kind})
            evse.charger.wants_power = False
            evse.run(200)
            assert evse.secc.closing and not evse.charger.in_session and not evse.charger.contactor_closed, state
            assert not evse.kinds("refused")


def _out_of_order(state):
    """Send each request that the state does not allow; each time a new session."""
    allowed = states_text.allowed(state) + ("supportedAppProtocolReq",)
    wrong = [name for name in sorted(states_text.REQUESTS) if name not in allowed]
    assert len(wrong) >= 13
    for tried, name in enumerate(share(wrong, 1 if REACH[state][0] else 2)):
        ev = reach(state)
        evse = ev.evse
        if state == states.PROTOCOL:
            ev.send(name, ev.request(name))
            try:
                evse.answer()
                raise AssertionError("an answer to %s before a protocol was agreed on" % name)
            except ClosedError:
                pass
        else:
            answer = ev.ask(name, ev.request(name), "FAILED_SequenceError")
            assert answer["ResponseCode"] == "FAILED_SequenceError"
            assert evse.kinds("refused") == [("refused", name, "FAILED_SequenceError", 0)]
        assert evse.secc.closing and not evse.charger.allowed
        if tried % 6 == 0:
            ended_safely(evse)


def _protocol_again(state):
    """The protocol handshake in the middle of a session is no message of the session."""
    if not COLLECTED and REACH[state][0]:
        return
    ev = reach(state)
    try:
        ev.negotiate()
        raise AssertionError("negotiated again")
    except ClosedError:
        pass
    assert ev.evse.secc.closing and not ev.evse.charger.allowed


def test_out_of_order_in_protocol():
    _out_of_order(states.PROTOCOL)


def test_out_of_order_in_setup():
    _out_of_order(states.SETUP)
    _protocol_again(states.SETUP)


def test_out_of_order_in_discovery():
    _out_of_order(states.DISCOVERY)
    _protocol_again(states.DISCOVERY)


def test_out_of_order_in_selection():
    _out_of_order(states.SELECTION)
    _protocol_again(states.SELECTION)


def test_out_of_order_in_contract():
    _out_of_order(states.CONTRACT)
    _protocol_again(states.CONTRACT)


def test_out_of_order_in_certificate():
    _out_of_order(states.CERTIFICATE)
    _protocol_again(states.CERTIFICATE)


def test_out_of_order_in_authorization():
    _out_of_order(states.AUTHORIZATION)
    _protocol_again(states.AUTHORIZATION)


def test_out_of_order_in_charge_parameter():
    _out_of_order(states.CHARGE_PARAMETER)
    _protocol_again(states.CHARGE_PARAMETER)


def test_out_of_order_in_power_delivery():
    _out_of_order(states.POWER_DELIVERY)
    _protocol_again(states.POWER_DELIVERY)


def test_out_of_order_in_charging_status():
    _out_of_order(states.CHARGING_STATUS)
    _protocol_again(states.CHARGING_STATUS)


def test_out_of_order_in_charging():
    _out_of_order(states.CHARGING)
    _protocol_again(states.CHARGING)


def test_out_of_order_in_receipt_ac():
    _out_of_order(states.RECEIPT_AC)
    _protocol_again(states.RECEIPT_AC)


def test_out_of_order_in_cable_check():
    _out_of_order(states.CABLE_CHECK)
    _protocol_again(states.CABLE_CHECK)


def test_out_of_order_in_pre_charge():
    _out_of_order(states.PRE_CHARGE)
    _protocol_again(states.PRE_CHARGE)


def test_out_of_order_in_pre_charging():
    _out_of_order(states.PRE_CHARGING)
    _protocol_again(states.PRE_CHARGING)


def test_out_of_order_in_current_demand():
    _out_of_order(states.CURRENT_DEMAND)
    _protocol_again(states.CURRENT_DEMAND)


def test_out_of_order_in_demanding():
    _out_of_order(states.DEMANDING)
    _protocol_again(states.DEMANDING)


def test_out_of_order_in_receipt_dc():
    _out_of_order(states.RECEIPT_DC)
    _protocol_again(states.RECEIPT_DC)


def test_out_of_order_in_stopped_ac():
    _out_of_order(states.STOPPED_AC)
    _protocol_again(states.STOPPED_AC)


def test_out_of_order_in_stopped_dc():
    _out_of_order(states.STOPPED_DC)
    _protocol_again(states.STOPPED_DC)
