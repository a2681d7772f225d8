"""A connection at its edges: what comes too late, too early, from the one before, or while an answer is made."""

from evcc import EVCC_ID, UNIX_S, Bench, Car, ClosedError, charge_parameter, delivery
from reaching import reach

from gridkeel import ticks
from gridkeel.v2g import exi, grammars, sap, v2gtp
from gridkeel.v2g.iso2 import states

WASM_GROUP = 1
_OUT = bytearray(v2gtp.FRAME_MAX_BYTES)


def sent(bench, ms=50):
    """Return how many bytes the charger sends in so many ms."""
    total = 0
    for _ in range(ms // 5):
        bench.run(5)
        total += bench.secc.data_to_send(_OUT, bench.now_ms)
    return total


def closed(bench, reason):
    try:
        bench.answer()
    except ClosedError:
        assert bench.kinds("closed")[-1][1] == reason, bench.events
        return
    raise AssertionError("answered")


def test_nothing_is_answered_after_the_last_answer():
    car = reach(states.DISCOVERY)
    car.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    car.send("ServiceDiscoveryReq", {})
    assert sent(car.bench) == 0


def test_a_request_that_came_with_the_last_one_is_not_answered():
    car = reach(states.DISCOVERY)
    car.send("SessionStopReq", {"ChargingSession": "Terminate"})
    car.send("ServiceDiscoveryReq", {})
    car.receive("SessionStopReq")
    assert sent(car.bench) == 0
    assert not car.bench.kinds("refused")


def test_a_defect_leaves_the_charger_safe_and_is_not_swallowed():
    car = reach(states.CHARGING)
    bench = car.bench
    assert bench.outlet.contactor_closed
    bench.outlet.offered_w = None
    car.send("ChargingStatusReq", {})
    try:
        bench.run(20)
        raise AssertionError("swallowed")
    except TypeError:
        pass
    bench.outlet.offered_w = 7360
    assert bench.secc.closing and bench.kinds("closed")[0][1] == "internal_error"
    assert not bench.outlet.allowed and not bench.outlet.in_session
    bench.run(200)
    assert not bench.outlet.contactor_closed


def test_the_sequence_clock_runs_from_the_answer_to_the_millisecond():
    car = Car(Bench())
    bench = car.bench
    car.to_power_delivery()
    bench.outlet.wants_power = True
    car.ask("PowerDeliveryReq", delivery("Start", car))  # the contactor takes its 80 ms
    bench.now_ms = ticks.add(bench.now_ms, states.SEQUENCE_TIMEOUT_MS - 1)
    bench._step()
    assert not bench.secc.closing
    bench.now_ms = ticks.add(bench.now_ms, 1)
    bench._step()
    assert bench.secc.closing


def test_an_answer_under_way_is_not_timed_out():
    car = Car(Bench())
    bench = car.bench
    car.to_power_delivery()
    bench.run(states.SEQUENCE_TIMEOUT_MS - 50)
    bench.outlet.wants_power = True
    car.ask("PowerDeliveryReq", delivery("Start", car))
    assert bench.outlet.contactor_closed


def test_the_plug_is_pulled_while_the_contactor_is_waited_for():
    car = Car(Bench())
    bench = car.bench
    car.to_power_delivery()
    bench.outlet.stuck_open = bench.outlet.wants_power = True
    car.send("PowerDeliveryReq", delivery("Start", car))
    bench.run(50)
    assert bench.outlet.allowed
    bench.outlet.unplug()
    assert sent(bench, 4000) == 0
    assert bench.secc.closing and not bench.outlet.allowed
    assert bench.kinds("closed")[0][1] == "unplugged"


def test_time_passes_with_the_work_itself():
    car = Car(Bench())
    bench = car.bench
    car.to_power_delivery()
    car.send("PowerDeliveryReq", delivery("Start", car))
    for _ in range(40):
        bench.now_ms = ticks.add(bench.now_ms, 50)
        while bench.secc.work(bench.now_ms):
            pass
    assert bench.secc.data_to_send(_OUT, bench.now_ms)
    assert bench.kinds("refused")[0][2] == "FAILED_PowerDeliveryNotApplied"


def test_the_deadline_is_what_is_left_of_the_time_for_the_next_request():
    bench = Bench()
    secc = bench.secc
    assert secc.deadline(bench.now_ms) == states.SETUP_TIMEOUT_MS
    bench.run(700)
    assert secc.deadline(bench.now_ms) == states.SETUP_TIMEOUT_MS - 700
    Car(bench).setup()
    assert secc.deadline(bench.now_ms) == states.SEQUENCE_TIMEOUT_MS
    end_ms = ticks.add(bench.now_ms, states.SEQUENCE_TIMEOUT_MS)
    assert secc.deadline(ticks.add(end_ms, -1)) == 1
    assert secc.deadline(end_ms) == secc.deadline(ticks.add(end_ms, 5)) == 0
    secc.on_deadline(ticks.add(end_ms, -1))
    assert not secc.closing
    secc.on_deadline(end_ms)
    assert secc.closing and secc.deadline(end_ms) == -1
    bench.disconnect()
    assert secc.deadline(bench.now_ms) == -1


def test_the_deadline_is_now_where_the_ev_was_unplugged():
    bench = Bench()
    bench.outlet.unplug()
    assert bench.secc.deadline(bench.now_ms) == 0
    bench.secc.on_deadline(bench.now_ms)
    assert bench.secc.closing and bench.secc.deadline(bench.now_ms) == -1


def test_an_answer_in_the_making_has_no_deadline_but_one_that_waits_is_looked_after():
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    car.send("PowerDeliveryReq", delivery("Start", car))
    assert bench.secc.deadline(bench.now_ms) == -1
    while bench.secc.work(bench.now_ms):
        pass
    assert bench.secc.waiting and 0 < bench.secc.deadline(bench.now_ms) <= 100


def test_who_leaves_before_a_session_began_has_broken_nothing():
    for state, broken in ((states.PROTOCOL, False), (states.SETUP, False), (states.DISCOVERY, True)):
        bench = reach(state).bench
        bench.disconnect()
        assert bench.outlet.broken is broken, state
        assert not bench.outlet.in_session


def test_who_leaves_while_charging_has_broken_the_talk_off():
    bench = reach(states.CHARGING).bench
    assert bench.outlet.in_session
    bench.disconnect()
    assert bench.outlet.broken and not bench.outlet.allowed
    assert [event[1] for event in bench.kinds("session")][-1] == "ended"


def test_a_refusal_is_no_broken_talk():
    car = reach(states.DISCOVERY)
    car.ask("AuthorizationReq", {}, "FAILED_SequenceError")
    assert not car.bench.outlet.broken and not car.bench.outlet.in_session
    car.bench.disconnect()
    assert not car.bench.outlet.broken
    assert len([event for event in car.bench.kinds("session") if event[1] == "ended"]) == 1


def test_other_roots_are_no_messages():
    bench = Bench()
    end = exi.encode(grammars.sap(), sap.RESPONSE, {"ResponseCode": sap.OK, "SchemaID": 1}, _OUT, 0)
    bench.send_frame(_OUT[:end])
    closed(bench, "message_invalid")
    car = reach(states.SETUP)
    end = exi.encode(grammars.iso2(), "SessionSetupReq", {"EVCCID": EVCC_ID}, _OUT, 0)
    car.bench.send_frame(_OUT[:end])
    closed(car.bench, "message_invalid")


def test_half_a_message_does_not_reach_the_next_connection():
    bench = Bench()
    bench.send(b"\x01\xfe\x80\x01\x00\x00\x00\x20" + bytes(9))
    bench.disconnect()
    bench.connect()
    Car(bench).setup()


def test_a_new_connection_begins_from_nothing():
    car = Car(Bench(secured=True))
    bench = car.bench
    context = bench.secc._context
    car.to_charging()
    context.contract_key, context.challenge = b"key", b"challenge"
    context.negotiated = context.certificate_service = context.failed = True
    bench.disconnect()
    bench.secured = False
    bench.connect()
    assert context.session_id == bytes(8) and not context.secured
    assert (context.joined, context.payment, context.energy_mode) == (None, "", "")
    assert (context.contract_key, context.challenge, context.offer) == (None, b"", ())
    assert not (context.negotiated or context.started or context.stopping or context.failed)
    assert not context.certificate_service and context.meter_sent is None and context.since_ms is None


def test_no_id_is_told_before_there_is_a_session():
    car = reach(states.POWER_DELIVERY)
    bench = car.bench
    car.ask("SessionStopReq", {"ChargingSession": "Pause"})
    bench.disconnect()
    bench.connect()
    thief = Car(bench)
    thief.negotiate()
    thief.send("ServiceDiscoveryReq", {})
    data = bench.answer()
    _name, message = exi.decode(grammars.iso2(), data, 0, len(data))
    assert message["Body"]["ServiceDiscoveryRes"]["ResponseCode"] == "FAILED_SequenceError"
    assert message["Header"]["SessionID"] == bytes(8)


def test_an_answer_in_its_time_is_not_late():
    bench = Bench()
    car = Car(bench)
    setup = car.setup()
    assert setup["EVSETimeStamp"] == UNIX_S
    car.send("ServiceDiscoveryReq", {})
    bench.now_ms += 1500
    car.receive("ServiceDiscoveryReq")
    assert not bench.kinds("late")


def test_every_request_needs_the_session_s_id():
    for name, state in (("PowerDeliveryReq", states.CHARGING), ("SessionStopReq", states.CHARGE_PARAMETER)):
        car = reach(state)
        outlet = car.bench.outlet
        car.session_id = bytes(car.session_id[:-1]) + bytes((car.session_id[-1] ^ 1,))
        body = delivery("Stop", car) if name == "PowerDeliveryReq" else {"ChargingSession": "Pause"}
        car.ask(name, body, "FAILED_UnknownSession")
        assert car.bench.secc.closing and not outlet.allowed
        assert car.bench.secc._context.paused is None


def test_a_refusal_tells_the_car_to_stop():
    car = Car(Bench())
    car.to_authorized()
    body = charge_parameter(car)
    body["AC_EVChargeParameter"]["EVMaxVoltage"]["Unit"] = "A"
    answer = car.ask("ChargeParameterDiscoveryReq", body, "FAILED_WrongChargeParameter")
    told = answer["AC_EVSEChargeParameter"]["AC_EVSEStatus"]
    assert told["EVSENotification"] == "StopCharging" and told["NotificationMaxDelay"] == 0


def test_no_session_begins_where_the_duty_is_not_5_percent():
    bench = Bench()
    bench.outlet.may_begin = False
    car = Car(bench)
    car.setup("FAILED")
    assert bench.outlet.asks == 1 and not bench.outlet.in_session
    bench.disconnect()
    bench.outlet.may_begin = True
    bench.connect()
    Car(bench).setup()
    assert bench.outlet.asks == 1 and bench.outlet.in_session


def test_a_connection_that_takes_another_s_place_begins_from_nothing():
    for left in (lambda secc, now_ms: None, lambda secc, now_ms: secc.disconnected(now_ms)):
        car = reach(states.DISCOVERY)
        bench = car.bench
        secc = bench.secc
        car.send("ServiceDiscoveryReq", {})
        bench.run(10)  # the answer is made and not taken
        left(secc, bench.now_ms)
        secc.connected(True, bench.now_ms)
        assert secc.data_to_send(_OUT, bench.now_ms) == 0
        again = Car(bench)
        again.setup()
        again.send("ServiceDiscoveryReq", {})
        assert secc.asked  # the answer is under way
        left(secc, bench.now_ms)
        secc.connected(True, bench.now_ms)
        assert not secc.asked and not secc.work(bench.now_ms)
        bench.send(b"GET / HTTP/1.1\r\n")
        assert secc.closing
        left(secc, bench.now_ms)
        secc.connected(True, bench.now_ms)
        assert not secc.closing
        Car(bench).setup()


def test_what_is_gone_takes_nothing_and_says_nothing():
    car = reach(states.DISCOVERY)
    bench = car.bench
    secc = bench.secc
    car.send("ServiceDiscoveryReq", {})
    bench.run(10)
    bench.disconnect()
    assert secc.data_to_send(_OUT, bench.now_ms) == 0
    car.send("ServiceDiscoveryReq", {})
    assert not secc.asked and not secc.work(bench.now_ms)
    secc.on_deadline(ticks.add(bench.now_ms, 1000000))
    assert not bench.kinds("closed") and not secc.closing
    bench.connect()
    bench.send(b"GET / HTTP/1.1\r\n")
    secc.on_deadline(ticks.add(bench.now_ms, 1000000))
    assert len(bench.kinds("closed")) == 1
    bench.disconnect()
    assert not secc.closing
    car = reach(states.DISCOVERY)
    car.send("ServiceDiscoveryReq", {})
    assert car.bench.secc.asked
    car.bench.disconnect()
    assert not car.bench.secc.asked


def test_bytes_that_come_while_an_answer_waits_do_not_begin_it_anew():
    car = Car(Bench())
    bench = car.bench
    car.to_power_delivery()
    begun_ms = bench.now_ms
    car.send("PowerDeliveryReq", delivery("Start", car))
    for _ in range(states.PILOT_TIMEOUT_MS // 100 - 1):
        bench.run(100)
        bench.send(b"\x01")
    assert car.receive("PowerDeliveryReq")["ResponseCode"] == "FAILED_PowerDeliveryNotApplied"
    assert ticks.diff(bench.now_ms, begun_ms) < states.PILOT_TIMEOUT_MS + 50


def test_the_request_is_named_and_an_answer_after_one_that_waited_does_not_wait():
    car = Car(Bench())
    bench = car.bench
    car.to_charging()
    assert bench.secc.request == states.POWER_DELIVERY_REQ
    car.send("ChargingStatusReq", {})
    assert bench.secc.deadline(bench.now_ms) == -1 and not bench.secc.waiting


def test_a_message_without_a_request_is_refused():
    car = reach(states.DISCOVERY)
    message = {"Header": {"SessionID": car.session_id}, "Body": {}}
    end = exi.encode(grammars.iso2(), "V2G_Message", message, _OUT, 0)
    car.bench.send_frame(_OUT[:end])
    closed(car.bench, "not_a_request")
