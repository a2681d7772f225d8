"""Session ids: new ones that nobody can have, and a paused one that is joined once, on its own terms."""

from evcc import Bench, Car, charge_parameter
from session_states import ANCHOR, Backend

from gridkeel.v2g.credentials import Credentials

WASM_GROUP = 1


def paused(bench, mode="AC_single_phase_core"):
    car = Car(bench, mode)
    car.to_offer()
    car.ask("SessionStopReq", {"ChargingSession": "Pause"})
    bench.disconnect()
    bench.connect()
    return car


class Script:
    """A random source that gives what it is told to, then what another gives."""

    def __init__(self, values, after):
        self.values = list(values)
        self._after = after

    def __call__(self, n):
        return self.values.pop(0) if self.values else self._after(n)


def test_ids_that_will_not_do():
    bench = Bench()
    context = bench.secc._context
    car = Car(bench)
    car.session_id = asked = b"ABCDEFGH"
    last = b"IJKLMNOP"
    context.last_id = last
    context.random = Script((bytes(8), asked, last), context.random)
    car.setup()
    assert car.session_id not in (bytes(8), asked, last) and context.random.values == []


def test_an_id_is_not_used_twice_in_a_row():
    bench = Bench()
    car = Car(bench)
    car.setup()
    used = car.session_id
    bench.disconnect()
    bench.connect()
    context = bench.secc._context
    context.random = Script((used,), context.random)
    car = Car(bench)
    car.setup()
    assert car.session_id != used


def test_the_charger_knows_of_the_session():
    bench = Bench()
    assert not bench.outlet.in_session
    Car(bench).setup()
    assert bench.outlet.in_session


def test_an_id_is_joined_once():
    bench = Bench()
    car = paused(bench)
    car.setup("OK_OldSessionJoined")
    car.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    bench.disconnect()
    bench.connect()
    car.setup("OK_NewSessionEstablished")


def test_an_id_is_not_joined_after_a_connection_that_broke():
    bench = Bench()
    car = paused(bench)
    car.setup("OK_OldSessionJoined")
    bench.disconnect()
    bench.connect()
    car.setup("OK_NewSessionEstablished")


def test_whoever_joins_keeps_to_mode_and_payment():
    bench = Bench(secured=True, credentials=Credentials(mo_roots=[ANCHOR]), backend=Backend())
    bench.outlet.three_phase = True
    car = paused(bench)
    car.setup("OK_OldSessionJoined")
    found = car.ask("ServiceDiscoveryReq", {})
    assert found["PaymentOptionList"] == {"PaymentOption": ["ExternalPayment"]} and "ServiceList" not in found
    modes = found["ChargeService"]["SupportedEnergyTransferMode"]["EnergyTransferMode"]
    assert modes == ["AC_single_phase_core"]
    car.ask("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"))
    car.ask("AuthorizationReq", {})
    car.mode = "AC_three_phase_core"
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car), "FAILED_WrongEnergyTransferMode")


def test_another_payment_is_not_taken_in_a_joined_session():
    bench = Bench(secured=True, credentials=Credentials(mo_roots=[ANCHOR]))
    car = paused(bench)
    car.setup("OK_OldSessionJoined")
    car.ask("ServiceDiscoveryReq", {})
    car.payment = "Contract"
    car.ask("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"), "FAILED_PaymentSelectionInvalid")


def test_a_pause_is_an_end_in_order():
    bench = Bench()
    car = Car(bench)
    car.to_offer()
    car.ask("SessionStopReq", {"ChargingSession": "Pause"})
    assert not bench.outlet.broken and not bench.outlet.in_session
    bench.disconnect()
    assert not bench.outlet.broken
