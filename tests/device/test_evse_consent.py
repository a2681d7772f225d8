"""A session's consent and a fault: what the fault opened stays open until the session asks for it again."""

from charger_setup import ChargerSetup
from connector_setup import ConnectorSetup, charging

from gridkeel.evse import dc, ports


def trip(setup, tripped):
    setup.connector.levels[ports.RCD] = int(tripped)
    setup.run(50)


def supply(setup, lost):
    setup.supply = not lost
    setup.run(50)


def delivering(**changes):
    """A connector whose session has its contactor closed."""
    setup = ChargerSetup(**changes).ready()
    setup.charger.allow(True)
    setup.run()
    assert setup.charger.contactor_closed and setup.charger.ready
    return setup


def test_a_fault_takes_the_consent_and_its_end_does_not_give_it_back():
    for fault in (trip, supply):
        setup = delivering()
        fault(setup, True)
        assert not setup.charger.contactor_closed and not setup.charger.allowed
        fault(setup, False)
        setup.run(5000)
        assert setup.connector.ready and not setup.charger.ready
        assert setup.charger.contactor_open and not setup.charger.allowed
        assert setup.connector.charge_w == 0


def test_a_fault_of_one_block_takes_the_consent_too():
    setup = delivering()
    setup.connector.levels[ports.RCD] = 1
    setup.run(10)
    setup.connector.levels[ports.RCD] = 0
    setup.run(1000)
    assert setup.charger.contactor_open and not setup.charger.ready


def test_a_consent_given_again_closes_again():
    setup = delivering()
    trip(setup, True)
    trip(setup, False)
    setup.charger.allow(True)
    setup.run()
    assert setup.charger.contactor_closed and setup.charger.ready


def test_a_consent_given_while_the_fault_is_active_lapses_as_well():
    setup = delivering()
    trip(setup, True)
    setup.charger.allow(True)
    setup.run(10)
    trip(setup, False)
    setup.run(1000)
    assert not setup.charger.allowed and setup.charger.contactor_open


def test_without_a_consent_nothing_lapses():
    setup = ChargerSetup().ready()
    trip(setup, True)
    assert not setup.charger.ready
    trip(setup, False)
    assert setup.charger.ready and setup.charger.contactor_open


def test_the_next_session_and_the_next_vehicle_begin_without_consent():
    setup = delivering()
    trip(setup, True)
    trip(setup, False)
    setup.charger.session(False)
    assert setup.charger.ready
    setup = delivering()
    trip(setup, True)
    trip(setup, False)
    setup.vehicle("A").run()
    setup.vehicle("B").run()
    assert setup.charger.ready


def test_an_ev_that_pauses_in_state_b_keeps_its_consent():
    setup = delivering()
    setup.vehicle("B").run()
    assert setup.charger.contactor_open and setup.charger.allowed
    setup.vehicle("C").run()
    assert setup.charger.contactor_closed


def test_a_dc_connector_is_off_once_the_consent_has_lapsed():
    setup = delivering(connector=1)
    setup.charger.dc_target(400, 10)
    setup.run(10)
    assert setup.connector.orders[ports.DC_MODE] == ports.DC_SUPPLY
    trip(setup, True)
    trip(setup, False)
    assert setup.connector.orders[ports.DC_MODE] == ports.DC_OFF and setup.connector.dc.isolation != dc.FAULT


def test_basic_charging_resumes_once_the_fault_is_gone():
    for setup in (charging(), ConnectorSetup(evse=2, hlc_wait_s=5).vehicle("C").run(10000)):
        assert setup.connector.contactor.closed()
        for fault in (trip, supply):
            fault(setup, True)
            assert not setup.connector.contactor.closed()
            fault(setup, False)
            setup.ms_until(lambda connector=setup.connector: connector.contactor.closed())
            setup.run(50)
            assert setup.connector.contactor.closed() and setup.connector.charge_w > 0
