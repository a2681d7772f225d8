"""Octets behind an EXI document: a bounded number ends no session, is logged once, and touches no signature."""

from evcc import EVCC_ID, ClosedError, Evcc, Evse, offer
from exi_schemas import schema
from exi_vectors import VECTORS
from session_states import tailed
from small_heap import share

from gridkeel.errors import ExiError
from gridkeel.v2g import exi, grammars, sap
from gridkeel.v2g.exi import bounds

MOST = bounds.TRAILING_BYTES
WASM_GROUP = 1
# As an EV sent it (DIN 70121): one octet behind the document.
FROM_AN_EV = bytes.fromhex("809a02004080c1014181c210b800")


def refused(work):
    try:
        work()
    except ExiError as error:
        return "behind the end" in str(error)
    return False


def test_a_frame_that_an_ev_was_seen_to_send_is_read():
    name, value = exi.decode(schema("din"), FROM_AN_EV, 0, len(FROM_AN_EV))
    assert (name, value["Header"]["SessionID"]) == ("V2G_Message", bytes(range(1, 9)))
    assert value["Body"] == {"ContractAuthenticationReq": {}}


def test_every_document_is_read_with_every_number_of_octets_behind_it():
    documents = [vector for vector in VECTORS if vector[1] == "document"]
    for table, _form, root, value, body in share(documents, 3):
        body = bytes.fromhex(body)
        for octet in share((0, 1, 0x80, 0xFF), 2):
            for count in range(MOST + 1):
                data = body + bytes((octet,)) * count
                assert exi.decode(schema(table), data, 0, len(data)) == (root, value), (root, octet, count)
            for count in (MOST + 1, MOST + 2, 8, 64):
                data = body + bytes((octet,)) * count
                assert refused(lambda data=data, table=table: exi.decode(schema(table), data, 0, len(data)))


def test_a_signature_covers_no_octet_behind_the_document():
    out = bytearray(100)
    end = exi.encode_fragment(grammars.iso2(), "EVReady", True, out, 0)
    assert exi.decode_fragment(grammars.iso2(), out, 0, end) == ("EVReady", True)
    for count in range(1, MOST + 2):
        assert refused(lambda count=count: exi.decode_fragment(grammars.iso2(), out, 0, end + count))


def test_a_session_with_octets_behind_every_message_charges():
    for mode in share(("AC_single_phase_core", "DC_extended"), 1):
        for tail in share((b"\0", b"\0" * MOST, b"\xff", b"\x80\x98\x02\x00"), 1):
            evse = Evse(dc=mode.startswith("DC"))
            ev = tailed(evse, tail, Evcc, mode)
            ev.to_charging()
            ev.charge(3)
            ev.stop()
            events = evse.kinds("trailing")
            assert events == [("trailing", sap.REQUEST, "", len(tail))]


def test_trailing_octets_are_logged_once_a_connection():
    evse = Evse()
    ev = Evcc(evse)
    ev.negotiate()
    tailed(evse, b"\0\0")
    ev.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, "OK_NewSessionEstablished")
    ev.ask("ServiceDiscoveryReq", {})
    assert evse.kinds("trailing") == [("trailing", "SessionSetupReq", "", 2)]
    evse.events.clear()
    evse.disconnect()
    evse.connect()
    Evcc(evse).setup()
    assert evse.kinds("trailing") == [("trailing", sap.REQUEST, "", 2)]


def test_a_session_without_them_logs_nothing():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_charging()
    ev.charge(1)
    ev.stop()
    assert not evse.kinds("trailing")


def test_more_than_the_bound_is_no_message():
    for first in share((True, False), 1):
        evse = Evse()
        ev = Evcc(evse)
        if not first:
            ev.setup()
        tailed(evse, bytes(MOST + 1))
        try:
            ev.negotiate([offer(1, 1)]) if first else ev.ask("ServiceDiscoveryReq", {})
            raise AssertionError("answered")
        except ClosedError:
            assert evse.kinds("closed")[-1][1] == "message_invalid"
        assert not evse.charger.allowed
