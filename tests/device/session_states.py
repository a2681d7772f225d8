"""How a session comes to each of its states: state, kind of connector, and the steps of the EV."""

from evcc import Evcc, Evse, delivery
from small_heap import COLLECTED

from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.iso2 import modes, states

ANCHOR = b"any anchor makes a contract possible"


class SilentBackend:
    """A backend that answers nothing."""

    def __init__(self):
        self.answer = None
        self.failed = False
        self.asked = []

    def ask(self, kind, question, room, now_ms):
        self.asked.append((kind, bytes(question)))

    def lose(self):
        pass

    def step(self, now_ms):
        pass


def tailed(evse, tail, kind=Evcc, *details):
    """Return an EV of `kind` whose EVSE receives `tail` behind each frame's document."""
    send_frame = evse.send_frame
    evse.send_frame = lambda payload: send_frame(bytes(payload) + tail)
    return kind(evse, *details)


def _discovery(ev):
    ev.setup()


def _selection(ev):
    ev.setup()
    ev.ask("ServiceDiscoveryReq", {})


def _contract(ev):
    _selection(ev)
    ev.payment = modes.CONTRACT
    ev.ask("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"))


def _certificate(ev):
    _selection(ev)
    body = {"SelectedPaymentOption": modes.CONTRACT}
    body["SelectedServiceList"] = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2}]}
    ev.ask("PaymentServiceSelectionReq", body)


def _authorization(ev):
    _selection(ev)
    ev.ask("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"))


def _pre_charge(ev):
    ev.to_offer()
    ev.cable_check()


def _charging(ev):
    ev.to_charging()
    ev.charge(1)


def _receipt(ev):
    ev.to_charging()
    ev.evse.secc._context.payment = modes.CONTRACT  # a receipt is asked for in sessions with a contract
    assert ev.charge(1)["ReceiptRequired"] is True


def _stopped(ev):
    _charging(ev)
    ev.ask("PowerDeliveryReq", delivery("Stop", ev))


REACH = {
    # state: DC, how
    states.PROTOCOL: (False, lambda ev: None),
    states.SETUP: (False, lambda ev: ev.negotiate()),
    states.DISCOVERY: (False, _discovery),
    states.SELECTION: (False, _selection),
    states.CONTRACT: (False, _contract),
    states.CERTIFICATE: (False, _certificate),
    states.AUTHORIZATION: (False, _authorization),
    states.CHARGE_PARAMETER: (False, lambda ev: ev.to_authorized()),
    states.POWER_DELIVERY: (False, lambda ev: ev.to_offer()),
    states.CHARGING_STATUS: (False, lambda ev: ev.to_charging()),
    states.CHARGING: (False, _charging),
    states.RECEIPT_AC: (False, _receipt),
    states.CABLE_CHECK: (True, lambda ev: ev.to_offer()),
    states.PRE_CHARGE: (True, _pre_charge),
    states.PRE_CHARGING: (True, lambda ev: ev.to_power_delivery()),
    states.CURRENT_DEMAND: (True, lambda ev: ev.to_charging()),
    states.DEMANDING: (True, _charging),
    states.RECEIPT_DC: (True, _receipt),
    states.STOPPED_AC: (False, _stopped),
    states.STOPPED_DC: (True, _stopped),
}


def reach(state):
    """Return an EV whose session is in that state."""
    dc, steps = REACH[state]
    evse = Evse(
        dc=dc,
        secured=True,
        credentials=Credentials(mo_roots=[ANCHOR]),
        backend=SilentBackend(),
        changes={"iso15118_receipt": 1},
    )
    ev = Evcc(evse, "DC_extended" if dc else "AC_single_phase_core")
    steps(ev)
    assert evse.secc._session.state == state, (evse.secc._session.state, state)
    return ev


def ended_safely(evse):
    """The charger's end of a session that went wrong, and another EV that charges right after it."""
    assert evse.secc.closing
    evse.charger.wants_power = False
    evse.run(200)
    charger = evse.charger
    assert not charger.in_session and not charger.allowed and not charger.contactor_closed and charger.target == (0, 0)
    evse.disconnect()
    evse.secured = False
    evse.connect()
    ev = Evcc(evse, "DC_extended" if charger.dc else "AC_single_phase_core")
    if COLLECTED:
        ev.to_charging()
        ev.charge(2)
        ev.stop()
    else:
        ev.to_offer()
    evse.run(200)
    evse.disconnect()
