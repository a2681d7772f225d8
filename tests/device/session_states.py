"""How a session comes to each of its states: state, kind of outlet, and the steps of the car."""

from evcc import Bench, Car, delivery
from small_heap import COLLECTED

from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.iso2 import modes, states

ANCHOR = b"any anchor makes a contract possible"


class Backend:
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


def tailed(bench, tail, kind=Car, *details):
    """Return a car of `kind` whose bench puts `tail` behind each frame's document."""
    send_frame = bench.send_frame
    bench.send_frame = lambda payload: send_frame(bytes(payload) + tail)
    return kind(bench, *details)


def _discovery(car):
    car.setup()


def _selection(car):
    car.setup()
    car.ask("ServiceDiscoveryReq", {})


def _contract(car):
    _selection(car)
    car.payment = modes.CONTRACT
    car.ask("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"))


def _certificate(car):
    _selection(car)
    body = {"SelectedPaymentOption": modes.CONTRACT}
    body["SelectedServiceList"] = {"SelectedService": [{"ServiceID": 1}, {"ServiceID": 2}]}
    car.ask("PaymentServiceSelectionReq", body)


def _authorization(car):
    _selection(car)
    car.ask("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"))


def _pre_charge(car):
    car.to_offer()
    car.cable_check()


def _charging(car):
    car.to_charging()
    car.charge(1)


def _receipt(car):
    car.to_charging()
    car.bench.secc._context.payment = modes.CONTRACT  # a receipt is asked for in sessions with a contract
    assert car.charge(1)["ReceiptRequired"] is True


def _stopped(car):
    _charging(car)
    car.ask("PowerDeliveryReq", delivery("Stop", car))


REACH = {
    # state: DC, how
    states.PROTOCOL: (False, lambda car: None),
    states.SETUP: (False, lambda car: car.negotiate()),
    states.DISCOVERY: (False, _discovery),
    states.SELECTION: (False, _selection),
    states.CONTRACT: (False, _contract),
    states.CERTIFICATE: (False, _certificate),
    states.AUTHORIZATION: (False, _authorization),
    states.CHARGE_PARAMETER: (False, lambda car: car.to_authorized()),
    states.POWER_DELIVERY: (False, lambda car: car.to_offer()),
    states.CHARGING_STATUS: (False, lambda car: car.to_charging()),
    states.CHARGING: (False, _charging),
    states.RECEIPT_AC: (False, _receipt),
    states.CABLE_CHECK: (True, lambda car: car.to_offer()),
    states.PRE_CHARGE: (True, _pre_charge),
    states.PRE_CHARGING: (True, lambda car: car.to_power_delivery()),
    states.CURRENT_DEMAND: (True, lambda car: car.to_charging()),
    states.DEMANDING: (True, _charging),
    states.RECEIPT_DC: (True, _receipt),
    states.STOPPED_AC: (False, _stopped),
    states.STOPPED_DC: (True, _stopped),
}


def reach(state):
    """Return a car whose session is in that state."""
    dc, steps = REACH[state]
    bench = Bench(
        dc=dc,
        secured=True,
        credentials=Credentials(mo_roots=[ANCHOR]),
        backend=Backend(),
        changes={"iso15118_receipt": 1},
    )
    car = Car(bench, "DC_extended" if dc else "AC_single_phase_core")
    steps(car)
    assert bench.secc._session.state == state, (bench.secc._session.state, state)
    return car


def ended_safely(bench):
    """The charger's end of a session that went wrong, and another car that charges right after it."""
    assert bench.secc.closing
    bench.outlet.wants_power = False
    bench.run(200)
    outlet = bench.outlet
    assert not outlet.in_session and not outlet.allowed and not outlet.contactor_closed and outlet.target == (0, 0)
    bench.disconnect()
    bench.secured = False
    bench.connect()
    car = Car(bench, "DC_extended" if outlet.dc else "AC_single_phase_core")
    if COLLECTED:
        car.to_charging()
        car.charge(2)
        car.stop()
    else:
        car.to_offer()
    bench.run(200)
    bench.disconnect()
