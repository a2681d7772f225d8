"""A car whose connection was lost comes again over another: what it must say, and what becomes of its session."""

from evcc import _BUFFER, EVCC_ID, Bench, Car, offer
from reaching import reach

from gridkeel.errors import ExiError
from gridkeel.v2g import exi, grammars, sap, v2gtp
from gridkeel.v2g.claim import Claim
from gridkeel.v2g.iso2 import states

WASM_GROUP = 1
STRANGER = b"\x02\x00\x00\x00\x06\x66"
JOINED = "OK_OldSessionJoined"
NEW = "OK_NewSessionEstablished"


def framed(schema, name, value):
    end = exi.encode(schema, name, value, _BUFFER, 0)
    frame = bytearray(v2gtp.HEADER_BYTES + end)
    v2gtp.header(frame, v2gtp.EXI, end)
    frame[v2gtp.HEADER_BYTES :] = _BUFFER[:end]
    return bytes(frame)


def protocols(offers=None):
    return framed(grammars.sap(), sap.REQUEST, {"AppProtocol": offers or [offer(1, 1)]})


def setup(session_id, evcc_id=EVCC_ID):
    body = {"SessionSetupReq": {"EVCCID": evcc_id}}
    return framed(grammars.iso2(), "V2G_Message", {"Header": {"SessionID": session_id}, "Body": body})


def heard(data, pieces=1000):
    """Return a claim that heard data in pieces of so many bytes."""
    claim = Claim()
    for first in range(0, len(data), pieces):
        part = data[first : first + pieces]
        assert claim.receiver.put(part, len(part))
        for _ in claim.steps():
            pass
    return claim


def refused(data):
    try:
        heard(data)
    except ExiError:
        return True
    return False


def test_it_is_heard_whole_or_in_pieces_and_answered_once():
    for pieces in (1, 7, 1000):
        claim = heard(protocols() + setup(b"\x01" * 8), pieces)
        assert (claim.evcc_id, claim.session_id) == (EVCC_ID, b"\x01" * 8)
        answer = bytes(claim.out[: claim.end])
        assert v2gtp.check(answer, len(answer), v2gtp.EXI) == len(answer) - v2gtp.HEADER_BYTES
        name, value = exi.decode(grammars.sap(), answer, v2gtp.HEADER_BYTES, len(answer))
        assert name == sap.RESPONSE and value["ResponseCode"] == sap.OK


def test_half_of_it_is_no_claim():
    assert heard(protocols()).evcc_id is None
    assert heard(protocols() + setup(bytes(8))[:-1]).evcc_id is None
    assert heard(b"").end == 0


def test_what_begins_no_session_is_refused():
    stop = {"Header": {"SessionID": bytes(8)}, "Body": {"SessionStopReq": {"ChargingSession": "Terminate"}}}
    bare = {"Header": {"SessionID": bytes(8)}, "Body": {}}
    answer = framed(grammars.sap(), sap.RESPONSE, {"ResponseCode": sap.OK, "SchemaID": 1})
    for data in (
        b"GET / HTTP/1.1\r\n\r\n",
        answer,
        setup(bytes(8)),
        protocols() + protocols(),
        protocols() + framed(grammars.iso2(), "V2G_Message", stop),
        protocols() + framed(grammars.iso2(), "V2G_Message", bare),
        protocols() + framed(grammars.iso2(), "DigestValue", bytes(32)),  # documents, of a simple type
        protocols() + framed(grammars.iso2(), "KeyName", "Body"),
        protocols([offer(1, 1, "urn:din:70121:2012:MsgDef")]),
    ):
        assert refused(data), data


def test_more_than_there_is_room_for_is_refused():
    claim = Claim()
    assert not claim.receiver.put(bytes(600), 600)


def test_only_its_own_words_over_its_own_transport_make_it_the_same_car():
    for secured in (False, True):
        car = Car(Bench(secured=secured))
        car.to_charging()
        secc, own = car.bench.secc, car.session_id
        for evcc_id, session_id, same in (
            (EVCC_ID, own, True),
            (EVCC_ID, b"\x01" * 8, False),
            (EVCC_ID, own[:7], False),
            (EVCC_ID, bytes(8), False),  # its pilot is in C: power flows
            (EVCC_ID, b"\x00", False),
            (STRANGER, own, False),
            (STRANGER, b"\x00", False),
            (b"", own, False),
        ):
            claim = Claim()
            claim.evcc_id, claim.session_id = evcc_id, session_id
            assert secc.same(claim, secured) is same, (evcc_id, session_id)
            assert not secc.same(claim, not secured)


def test_without_an_id_the_pilot_has_to_say_that_it_takes_no_power():
    car = Car(Bench())
    car.to_charging()
    car.bench.outlet.wants_power = False
    claim = Claim()
    claim.evcc_id, claim.session_id = EVCC_ID, b"\x00"
    assert car.bench.secc.same(claim, False)
    claim.evcc_id = STRANGER
    assert not car.bench.secc.same(claim, False)


def test_where_there_is_no_session_there_is_none_to_take():
    claim = Claim()
    claim.evcc_id, claim.session_id = b"", b""
    for state in (states.PROTOCOL, states.SETUP):
        bench = reach(state).bench
        assert not bench.secc.ongoing and not bench.secc.same(claim, False)
    car = reach(states.DISCOVERY)
    claim.evcc_id, claim.session_id = EVCC_ID, car.session_id
    assert car.bench.secc.same(claim, car.bench.secured)
    car.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    assert not car.bench.secc.same(claim, car.bench.secured)


def take_over(car, session_id):
    """Let a car take its session over, as the runtime does; return the code of its SessionSetup."""
    bench = car.bench
    claim = heard(protocols() + setup(session_id))
    bench.secc.release(bench.now_ms)
    assert not bench.outlet.broken
    bench.disconnect()
    bench.secc.connected(bench.secured, bench.now_ms, True)
    bench.secc.receive(claim.receiver.buffer, claim.receiver.end, bench.now_ms)
    return car.receive("SessionSetupReq")["ResponseCode"]


def test_its_session_is_joined_and_power_ends_until_it_is_agreed_anew():
    car = Car(Bench())
    car.to_charging()
    bench, own = car.bench, car.session_id
    assert bench.outlet.contactor_closed
    assert take_over(car, own) == JOINED
    assert car.session_id == own
    assert not bench.outlet.allowed and bench.outlet.in_session and not bench.outlet.broken
    bench.run(200)
    assert not bench.outlet.contactor_closed
    assert [event[2] for event in bench.kinds("session") if event[1] == "ended"] == ["ev_reconnected"]
    for name in ("ServiceDiscoveryReq", "PaymentServiceSelectionReq", "AuthorizationReq"):
        car.ask(name, car.request(name))
    car.ask("ChargeParameterDiscoveryReq", car.request("ChargeParameterDiscoveryReq"))
    car.ask("PowerDeliveryReq", car.request("PowerDeliveryReq"))
    assert bench.outlet.contactor_closed


def test_a_dc_car_is_taken_back_too():
    car = Car(Bench(dc=True), mode="DC_extended")
    car.to_charging()
    assert take_over(car, car.session_id) == JOINED
    assert car.bench.outlet.target == (0, 0) and not car.bench.outlet.allowed


def test_a_session_without_terms_begins_anew():
    car = Car(Bench())
    car.setup()
    old = car.session_id
    assert take_over(car, old) == NEW
    assert car.session_id != old


def test_a_car_that_asks_for_a_new_session_gets_one():
    car = Car(Bench())
    car.to_charging()
    old = car.session_id
    assert take_over(car, b"\x00") == NEW
    assert car.session_id != old


def test_what_was_lost_cannot_be_taken_twice():
    car = Car(Bench())
    car.to_charging()
    own = car.session_id
    assert take_over(car, own) == JOINED
    car.bench.disconnect()  # broken off this time
    car.bench.connect()
    car.session_id = own
    assert car.setup(NEW)["ResponseCode"] == NEW
