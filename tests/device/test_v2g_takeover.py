"""An EV whose connection was lost comes again over another: what it must say, and what becomes of its session."""

from evcc import BUFFER, EVCC_ID, Evcc, Evse, offer
from session_states import reach

from gridkeel.errors import ExiError
from gridkeel.v2g import exi, grammars, sap, v2gtp
from gridkeel.v2g.claim import Claim
from gridkeel.v2g.iso2 import states

WASM_GROUP = 1
STRANGER = b"\x02\x00\x00\x00\x06\x66"
JOINED = "OK_OldSessionJoined"
NEW = "OK_NewSessionEstablished"


def framed(schema, name, value):
    end = exi.encode(schema, name, value, BUFFER, 0)
    frame = bytearray(v2gtp.HEADER_BYTES + end)
    v2gtp.header(frame, v2gtp.EXI, end)
    frame[v2gtp.HEADER_BYTES :] = BUFFER[:end]
    return bytes(frame)


def protocols(offers=None):
    return framed(grammars.sap(), sap.REQUEST, {"AppProtocol": offers or [offer(1, 1)]})


def setup(session_id, evcc_id=EVCC_ID):
    body = {"SessionSetupReq": {"EVCCID": evcc_id}}
    return framed(grammars.iso2(), "V2G_Message", {"Header": {"SessionID": session_id}, "Body": body})


def heard(data, pieces=1000, answers=None):
    """Return a claim that heard data in pieces of so many bytes; its answers are appended to `answers`."""
    claim = Claim()
    for first in range(0, len(data), pieces):
        part = data[first : first + pieces]
        assert claim.receiver.put(part, len(part))
        for _ in claim.steps():
            pass
        if answers is not None and claim.end:
            answers.append(bytes(claim.out[: claim.end]))
    return claim


def refused(data):
    try:
        heard(data)
    except ExiError:
        return True
    return False


def test_a_claim_is_read_whole_or_in_pieces_and_answered_once():
    for pieces in (1, 7, 1000):
        answers = []
        claim = heard(protocols() + setup(b"\x01" * 8), pieces, answers)
        assert (claim.evcc_id, claim.session_id) == (EVCC_ID, b"\x01" * 8)
        (answer,) = answers
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


def test_only_its_own_ids_over_its_own_transport_make_it_the_same_ev():
    for secured in (False, True):
        ev = Evcc(Evse(secured=secured))
        ev.to_charging()
        secc, own = ev.evse.secc, ev.session_id
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
    ev = Evcc(Evse())
    ev.to_charging()
    ev.evse.charger.wants_power = False
    claim = Claim()
    claim.evcc_id, claim.session_id = EVCC_ID, b"\x00"
    assert ev.evse.secc.same(claim, False)
    claim.evcc_id = STRANGER
    assert not ev.evse.secc.same(claim, False)


def test_where_there_is_no_session_there_is_none_to_take():
    claim = Claim()
    claim.evcc_id, claim.session_id = b"", b""
    for state in (states.PROTOCOL, states.SETUP):
        evse = reach(state).evse
        assert not evse.secc.ongoing and not evse.secc.same(claim, False)
    ev = reach(states.DISCOVERY)
    claim.evcc_id, claim.session_id = EVCC_ID, ev.session_id
    assert ev.evse.secc.same(claim, ev.evse.secured)
    ev.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    assert not ev.evse.secc.same(claim, ev.evse.secured)


def take_over(ev, session_id):
    """Let an EV take its session over, as the runtime does; return the code of its SessionSetup."""
    evse = ev.evse
    claim = heard(protocols() + setup(session_id))
    evse.secc.release(evse.now_ms)
    assert not evse.charger.broken
    evse.disconnect()
    evse.secc.connected(evse.secured, evse.now_ms, True)
    evse.secc.receive(claim.receiver.buffer, claim.receiver.end, evse.now_ms)
    return ev.receive("SessionSetupReq")["ResponseCode"]


def test_a_session_taken_over_has_no_power_until_it_is_agreed_anew():
    ev = Evcc(Evse())
    ev.to_charging()
    evse, own = ev.evse, ev.session_id
    assert evse.charger.contactor_closed
    assert take_over(ev, own) == JOINED
    assert ev.session_id == own
    assert not evse.charger.allowed and evse.charger.in_session and not evse.charger.broken
    evse.run(200)
    assert not evse.charger.contactor_closed
    assert [event[2] for event in evse.kinds("session") if event[1] == "ended"] == ["ev_reconnected"]
    for name in ("ServiceDiscoveryReq", "PaymentServiceSelectionReq", "AuthorizationReq"):
        ev.ask(name, ev.request(name))
    ev.ask("ChargeParameterDiscoveryReq", ev.request("ChargeParameterDiscoveryReq"))
    ev.ask("PowerDeliveryReq", ev.request("PowerDeliveryReq"))
    assert evse.charger.contactor_closed


def test_a_dc_session_is_taken_over_too():
    ev = Evcc(Evse(dc=True), mode="DC_extended")
    ev.to_charging()
    assert take_over(ev, ev.session_id) == JOINED
    assert ev.evse.charger.target == (0, 0) and not ev.evse.charger.allowed


def test_a_session_without_terms_begins_anew():
    ev = Evcc(Evse())
    ev.setup()
    old = ev.session_id
    assert take_over(ev, old) == NEW
    assert ev.session_id != old


def test_an_ev_that_asks_for_a_new_session_gets_one():
    ev = Evcc(Evse())
    ev.to_charging()
    old = ev.session_id
    assert take_over(ev, b"\x00") == NEW
    assert ev.session_id != old


def test_what_was_lost_cannot_be_taken_twice():
    ev = Evcc(Evse())
    ev.to_charging()
    own = ev.session_id
    assert take_over(ev, own) == JOINED
    ev.evse.disconnect()  # broken off this time
    ev.evse.connect()
    ev.session_id = own
    assert ev.setup(NEW)["ResponseCode"] == NEW
