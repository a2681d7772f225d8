"""A connection at its edges: what comes too late, too early, from the one before, or while an answer is made."""

from evcc import EVCC_ID, UNIX_S, ClosedError, Evcc, Evse, charge_parameter, delivery
from session_states import reach

from gridkeel import ticks
from gridkeel.v2g import exi, grammars, sap, v2gtp
from gridkeel.v2g.iso2 import states

WASM_GROUP = 1
_OUT = bytearray(v2gtp.FRAME_MAX_BYTES)


def sent(evse, ms=50):
    """Return how many bytes the charger sends in so many ms."""
    total = 0
    for _ in range(ms // 5):
        evse.run(5)
        total += evse.secc.data_to_send(_OUT, evse.now_ms)
    return total


def closed(evse, reason):
    try:
        evse.answer()
    except ClosedError:
        assert evse.kinds("closed")[-1][1] == reason, evse.events
        return
    raise AssertionError("answered")


def test_nothing_is_answered_after_the_last_answer():
    ev = reach(states.DISCOVERY)
    ev.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    ev.send("ServiceDiscoveryReq", {})
    assert sent(ev.evse) == 0


def test_a_request_that_came_with_the_last_one_is_not_answered():
    ev = reach(states.DISCOVERY)
    ev.send("SessionStopReq", {"ChargingSession": "Terminate"})
    ev.send("ServiceDiscoveryReq", {})
    ev.receive("SessionStopReq")
    assert sent(ev.evse) == 0
    assert not ev.evse.kinds("refused")


def test_a_defect_leaves_the_charger_safe_and_is_not_swallowed():
    ev = reach(states.CHARGING)
    evse = ev.evse
    assert evse.charger.contactor_closed
    evse.charger.offered_w = None
    ev.send("ChargingStatusReq", {})
    try:
        evse.run(20)
        raise AssertionError("swallowed")
    except TypeError:
        pass
    evse.charger.offered_w = 7360
    assert evse.secc.closing and evse.kinds("closed")[0][1] == "internal_error"
    assert not evse.charger.allowed and not evse.charger.in_session
    evse.run(200)
    assert not evse.charger.contactor_closed


def test_the_sequence_clock_runs_from_the_answer_to_the_millisecond():
    ev = Evcc(Evse())
    evse = ev.evse
    ev.to_power_delivery()
    evse.charger.wants_power = True
    ev.ask("PowerDeliveryReq", delivery("Start", ev))  # the contactor takes its 80 ms
    evse.now_ms = ticks.add(evse.now_ms, states.SEQUENCE_TIMEOUT_MS - 1)
    evse._step()
    assert not evse.secc.closing
    evse.now_ms = ticks.add(evse.now_ms, 1)
    evse._step()
    assert evse.secc.closing


def test_an_answer_under_way_is_not_timed_out():
    ev = Evcc(Evse())
    evse = ev.evse
    ev.to_power_delivery()
    evse.run(states.SEQUENCE_TIMEOUT_MS - 50)
    evse.charger.wants_power = True
    ev.ask("PowerDeliveryReq", delivery("Start", ev))
    assert evse.charger.contactor_closed


def test_unplugging_while_the_contactor_is_waited_for_ends_the_session():
    ev = Evcc(Evse())
    evse = ev.evse
    ev.to_power_delivery()
    evse.charger.stuck_open = evse.charger.wants_power = True
    ev.send("PowerDeliveryReq", delivery("Start", ev))
    evse.run(50)
    assert evse.charger.allowed
    evse.charger.unplug()
    assert sent(evse, 4000) == 0
    assert evse.secc.closing and not evse.charger.allowed
    assert evse.kinds("closed")[0][1] == "unplugged"


def test_time_that_the_work_takes_counts():
    ev = Evcc(Evse())
    evse = ev.evse
    ev.to_power_delivery()
    ev.send("PowerDeliveryReq", delivery("Start", ev))
    for _ in range(40):
        evse.now_ms = ticks.add(evse.now_ms, 50)
        while evse.secc.work(evse.now_ms):
            pass
    assert evse.secc.data_to_send(_OUT, evse.now_ms)
    assert evse.kinds("refused")[0][2] == "FAILED_PowerDeliveryNotApplied"


def test_the_deadline_is_what_is_left_of_the_time_for_the_next_request():
    evse = Evse()
    secc = evse.secc
    assert secc.deadline(evse.now_ms) == states.SETUP_TIMEOUT_MS
    evse.run(700)
    assert secc.deadline(evse.now_ms) == states.SETUP_TIMEOUT_MS - 700
    Evcc(evse).setup()
    assert secc.deadline(evse.now_ms) == states.SEQUENCE_TIMEOUT_MS
    end_ms = ticks.add(evse.now_ms, states.SEQUENCE_TIMEOUT_MS)
    assert secc.deadline(ticks.add(end_ms, -1)) == 1
    assert secc.deadline(end_ms) == secc.deadline(ticks.add(end_ms, 5)) == 0
    secc.on_deadline(ticks.add(end_ms, -1))
    assert not secc.closing
    secc.on_deadline(end_ms)
    assert secc.closing and secc.deadline(end_ms) == -1
    evse.disconnect()
    assert secc.deadline(evse.now_ms) == -1


def test_the_deadline_is_now_where_the_ev_was_unplugged():
    evse = Evse()
    evse.charger.unplug()
    assert evse.secc.deadline(evse.now_ms) == 0
    evse.secc.on_deadline(evse.now_ms)
    assert evse.secc.closing and evse.secc.deadline(evse.now_ms) == -1


def test_an_answer_in_the_making_has_no_deadline_but_one_that_waits_is_looked_after():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_power_delivery()
    ev.send("PowerDeliveryReq", delivery("Start", ev))
    assert evse.secc.deadline(evse.now_ms) == -1
    while evse.secc.work(evse.now_ms):
        pass
    assert evse.secc.waiting and 0 < evse.secc.deadline(evse.now_ms) <= 100


def test_a_connection_closed_before_a_session_is_no_failure():
    for state, broken in ((states.PROTOCOL, False), (states.SETUP, False), (states.DISCOVERY, True)):
        evse = reach(state).evse
        evse.disconnect()
        assert evse.charger.broken is broken, state
        assert not evse.charger.in_session


def test_a_connection_closed_while_charging_is_a_failed_session():
    evse = reach(states.CHARGING).evse
    assert evse.charger.in_session
    evse.disconnect()
    assert evse.charger.broken and not evse.charger.allowed
    assert [event[1] for event in evse.kinds("session")][-1] == "ended"


def test_a_refusal_is_no_failed_session():
    ev = reach(states.DISCOVERY)
    ev.ask("AuthorizationReq", {}, "FAILED_SequenceError")
    assert not ev.evse.charger.broken and not ev.evse.charger.in_session
    ev.evse.disconnect()
    assert not ev.evse.charger.broken
    assert len([event for event in ev.evse.kinds("session") if event[1] == "ended"]) == 1


def test_documents_with_another_root_are_refused():
    evse = Evse()
    end = exi.encode(grammars.sap(), sap.RESPONSE, {"ResponseCode": sap.OK, "SchemaID": 1}, _OUT, 0)
    evse.send_frame(_OUT[:end])
    closed(evse, "message_invalid")
    ev = reach(states.SETUP)
    end = exi.encode(grammars.iso2(), "SessionSetupReq", {"EVCCID": EVCC_ID}, _OUT, 0)
    ev.evse.send_frame(_OUT[:end])
    closed(ev.evse, "message_invalid")


def test_half_a_message_does_not_reach_the_next_connection():
    evse = Evse()
    evse.send(b"\x01\xfe\x80\x01\x00\x00\x00\x20" + bytes(9))
    evse.disconnect()
    evse.connect()
    Evcc(evse).setup()


def test_a_new_connection_begins_from_nothing():
    ev = Evcc(Evse(secured=True))
    evse = ev.evse
    context = evse.secc._context
    ev.to_charging()
    context.contract_key, context.challenge = b"key", b"challenge"
    context.negotiated = context.certificate_service = context.failed = True
    evse.disconnect()
    evse.secured = False
    evse.connect()
    assert context.session_id == bytes(8) and not context.secured
    assert (context.joined, context.payment, context.energy_mode) == (None, "", "")
    assert (context.contract_key, context.challenge, context.offer) == (None, b"", ())
    assert not (context.negotiated or context.started or context.stopping or context.failed)
    assert not context.certificate_service and context.meter_sent is None and context.since_ms is None


def test_no_id_is_given_before_there_is_a_session():
    ev = reach(states.POWER_DELIVERY)
    evse = ev.evse
    ev.ask("SessionStopReq", {"ChargingSession": "Pause"})
    evse.disconnect()
    evse.connect()
    thief = Evcc(evse)
    thief.negotiate()
    thief.send("ServiceDiscoveryReq", {})
    data = evse.answer()
    _name, message = exi.decode(grammars.iso2(), data, 0, len(data))
    assert message["Body"]["ServiceDiscoveryRes"]["ResponseCode"] == "FAILED_SequenceError"
    assert message["Header"]["SessionID"] == bytes(8)


def test_an_answer_in_its_time_is_not_late():
    evse = Evse()
    ev = Evcc(evse)
    setup = ev.setup()
    assert setup["EVSETimeStamp"] == UNIX_S
    ev.send("ServiceDiscoveryReq", {})
    evse.now_ms += 1500
    ev.receive("ServiceDiscoveryReq")
    assert not evse.kinds("late")


def test_every_request_needs_the_session_s_id():
    for name, state in (("PowerDeliveryReq", states.CHARGING), ("SessionStopReq", states.CHARGE_PARAMETER)):
        ev = reach(state)
        charger = ev.evse.charger
        ev.session_id = bytes(ev.session_id[:-1]) + bytes((ev.session_id[-1] ^ 1,))
        body = delivery("Stop", ev) if name == "PowerDeliveryReq" else {"ChargingSession": "Pause"}
        ev.ask(name, body, "FAILED_UnknownSession")
        assert ev.evse.secc.closing and not charger.allowed
        assert ev.evse.secc._context.paused is None


def test_a_refusal_asks_the_ev_to_stop():
    ev = Evcc(Evse())
    ev.to_authorized()
    body = charge_parameter(ev)
    body["AC_EVChargeParameter"]["EVMaxVoltage"]["Unit"] = "A"
    answer = ev.ask("ChargeParameterDiscoveryReq", body, "FAILED_WrongChargeParameter")
    reported = answer["AC_EVSEChargeParameter"]["AC_EVSEStatus"]
    assert reported["EVSENotification"] == "StopCharging" and reported["NotificationMaxDelay"] == 0


def test_no_session_begins_where_the_duty_is_not_5_percent():
    evse = Evse()
    evse.charger.may_begin = False
    ev = Evcc(evse)
    ev.setup("FAILED")
    assert evse.charger.asks == 1 and not evse.charger.in_session
    evse.disconnect()
    evse.charger.may_begin = True
    evse.connect()
    Evcc(evse).setup()
    assert evse.charger.asks == 1 and evse.charger.in_session


def test_a_connection_that_takes_another_s_place_begins_from_nothing():
    for left in (lambda secc, now_ms: None, lambda secc, now_ms: secc.disconnected(now_ms)):
        ev = reach(states.DISCOVERY)
        evse = ev.evse
        secc = evse.secc
        ev.send("ServiceDiscoveryReq", {})
        evse.run(10)  # the answer is made and not taken
        left(secc, evse.now_ms)
        secc.connected(True, evse.now_ms)
        assert secc.data_to_send(_OUT, evse.now_ms) == 0
        again = Evcc(evse)
        again.setup()
        again.send("ServiceDiscoveryReq", {})
        assert secc.asked  # the answer is under way
        left(secc, evse.now_ms)
        secc.connected(True, evse.now_ms)
        assert not secc.asked and not secc.work(evse.now_ms)
        evse.send(b"GET / HTTP/1.1\r\n")
        assert secc.closing
        left(secc, evse.now_ms)
        secc.connected(True, evse.now_ms)
        assert not secc.closing
        Evcc(evse).setup()


def test_what_is_gone_takes_nothing_and_says_nothing():
    ev = reach(states.DISCOVERY)
    evse = ev.evse
    secc = evse.secc
    ev.send("ServiceDiscoveryReq", {})
    evse.run(10)
    evse.disconnect()
    assert secc.data_to_send(_OUT, evse.now_ms) == 0
    ev.send("ServiceDiscoveryReq", {})
    assert not secc.asked and not secc.work(evse.now_ms)
    secc.on_deadline(ticks.add(evse.now_ms, 1000000))
    assert not evse.kinds("closed") and not secc.closing
    evse.connect()
    evse.send(b"GET / HTTP/1.1\r\n")
    secc.on_deadline(ticks.add(evse.now_ms, 1000000))
    assert len(evse.kinds("closed")) == 1
    evse.disconnect()
    assert not secc.closing
    ev = reach(states.DISCOVERY)
    ev.send("ServiceDiscoveryReq", {})
    assert ev.evse.secc.asked
    ev.evse.disconnect()
    assert not ev.evse.secc.asked


def test_bytes_that_come_while_an_answer_waits_do_not_begin_it_anew():
    ev = Evcc(Evse())
    evse = ev.evse
    ev.to_power_delivery()
    begun_ms = evse.now_ms
    ev.send("PowerDeliveryReq", delivery("Start", ev))
    for _ in range(states.PILOT_TIMEOUT_MS // 100 - 1):
        evse.run(100)
        evse.send(b"\x01")
    assert ev.receive("PowerDeliveryReq")["ResponseCode"] == "FAILED_PowerDeliveryNotApplied"
    assert ticks.diff(evse.now_ms, begun_ms) < states.PILOT_TIMEOUT_MS + 50


def test_the_request_is_named_and_an_answer_after_one_that_waited_does_not_wait():
    ev = Evcc(Evse())
    evse = ev.evse
    ev.to_charging()
    assert evse.secc.request == states.POWER_DELIVERY_REQ
    ev.send("ChargingStatusReq", {})
    assert evse.secc.deadline(evse.now_ms) == -1 and not evse.secc.waiting


def test_a_message_without_a_request_is_refused():
    ev = reach(states.DISCOVERY)
    message = {"Header": {"SessionID": ev.session_id}, "Body": {}}
    end = exi.encode(grammars.iso2(), "V2G_Message", message, _OUT, 0)
    ev.evse.send_frame(_OUT[:end])
    closed(ev.evse, "not_a_request")
