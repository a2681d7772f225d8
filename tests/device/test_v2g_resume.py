"""Session ids: new ones that nobody can have, and a paused one that is joined once, on its own terms."""

from evcc import Evcc, Evse, charge_parameter
from session_states import ANCHOR, SilentBackend

from gridkeel.v2g.credentials import Credentials

WASM_GROUP = 1


def paused(evse, mode="AC_single_phase_core"):
    ev = Evcc(evse, mode)
    ev.to_offer()
    ev.ask("SessionStopReq", {"ChargingSession": "Pause"})
    evse.disconnect()
    evse.connect()
    return ev


class Script:
    """A random source that gives the values of a list, then what another gives."""

    def __init__(self, values, after):
        self.values = list(values)
        self._after = after

    def __call__(self, n):
        return self.values.pop(0) if self.values else self._after(n)


def test_an_id_that_is_zero_the_last_one_or_asked_for_is_not_given():
    evse = Evse()
    context = evse.secc._context
    ev = Evcc(evse)
    ev.session_id = asked = b"ABCDEFGH"
    last = b"IJKLMNOP"
    context.last_id = last
    context.random = Script((bytes(8), asked, last), context.random)
    ev.setup()
    assert ev.session_id not in (bytes(8), asked, last) and context.random.values == []


def test_an_id_is_not_used_twice_in_a_row():
    evse = Evse()
    ev = Evcc(evse)
    ev.setup()
    used = ev.session_id
    evse.disconnect()
    evse.connect()
    context = evse.secc._context
    context.random = Script((used,), context.random)
    ev = Evcc(evse)
    ev.setup()
    assert ev.session_id != used


def test_the_charger_is_notified_of_the_session():
    evse = Evse()
    assert not evse.charger.in_session
    Evcc(evse).setup()
    assert evse.charger.in_session


def test_a_paused_session_is_joined_once():
    evse = Evse()
    ev = paused(evse)
    ev.setup("OK_OldSessionJoined")
    ev.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    evse.disconnect()
    evse.connect()
    ev.setup("OK_NewSessionEstablished")


def test_an_id_is_not_joined_after_a_connection_that_broke():
    evse = Evse()
    ev = paused(evse)
    ev.setup("OK_OldSessionJoined")
    evse.disconnect()
    evse.connect()
    ev.setup("OK_NewSessionEstablished")


def test_whoever_joins_keeps_to_mode_and_payment():
    evse = Evse(secured=True, credentials=Credentials(mo_roots=[ANCHOR]), backend=SilentBackend())
    evse.charger.three_phase = True
    ev = paused(evse)
    ev.setup("OK_OldSessionJoined")
    found = ev.ask("ServiceDiscoveryReq", {})
    assert found["PaymentOptionList"] == {"PaymentOption": ["ExternalPayment"]} and "ServiceList" not in found
    modes = found["ChargeService"]["SupportedEnergyTransferMode"]["EnergyTransferMode"]
    assert modes == ["AC_single_phase_core"]
    ev.ask("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"))
    ev.ask("AuthorizationReq", {})
    ev.mode = "AC_three_phase_core"
    ev.ask("ChargeParameterDiscoveryReq", charge_parameter(ev), "FAILED_WrongEnergyTransferMode")


def test_another_payment_is_not_taken_in_a_joined_session():
    evse = Evse(secured=True, credentials=Credentials(mo_roots=[ANCHOR]))
    ev = paused(evse)
    ev.setup("OK_OldSessionJoined")
    ev.ask("ServiceDiscoveryReq", {})
    ev.payment = "Contract"
    ev.ask("PaymentServiceSelectionReq", ev.request("PaymentServiceSelectionReq"), "FAILED_PaymentSelectionInvalid")


def test_a_pause_is_an_end_in_order():
    evse = Evse()
    ev = Evcc(evse)
    ev.to_offer()
    ev.ask("SessionStopReq", {"ChargingSession": "Pause"})
    assert not evse.charger.broken and not evse.charger.in_session
    evse.disconnect()
    assert not evse.charger.broken
