"""A session's consent and a fault: what the fault opened stays open until the session asks for it again."""

from charger_setup import ChargerStation
from connector_setup import Station, charging

from gridkeel.evse import dc, ports


def trip(bench, tripped):
    bench.connector.levels[ports.RCD] = int(tripped)
    bench.run(50)


def supply(bench, lost):
    bench.supply = not lost
    bench.run(50)


def delivering(**changes):
    """A station whose session has its contactor closed."""
    bench = ChargerStation(**changes).ready()
    bench.charger.allow(True)
    bench.run()
    assert bench.charger.contactor_closed and bench.charger.ready
    return bench


def test_a_fault_takes_the_consent_and_its_end_does_not_give_it_back():
    for fault in (trip, supply):
        bench = delivering()
        fault(bench, True)
        assert not bench.charger.contactor_closed and not bench.charger.allowed
        fault(bench, False)
        bench.run(5000)
        assert bench.connector.ready and not bench.charger.ready
        assert bench.charger.contactor_open and not bench.charger.allowed
        assert bench.connector.charge_w == 0


def test_a_fault_of_one_block_takes_it_too():
    bench = delivering()
    bench.connector.levels[ports.RCD] = 1
    bench.run(10)
    bench.connector.levels[ports.RCD] = 0
    bench.run(1000)
    assert bench.charger.contactor_open and not bench.charger.ready


def test_a_consent_given_again_closes_again():
    bench = delivering()
    trip(bench, True)
    trip(bench, False)
    bench.charger.allow(True)
    bench.run()
    assert bench.charger.contactor_closed and bench.charger.ready


def test_a_consent_given_while_the_fault_stands_lapses_as_well():
    bench = delivering()
    trip(bench, True)
    bench.charger.allow(True)
    bench.run(10)
    trip(bench, False)
    bench.run(1000)
    assert not bench.charger.allowed and bench.charger.contactor_open


def test_without_a_consent_nothing_lapses():
    bench = ChargerStation().ready()
    trip(bench, True)
    assert not bench.charger.ready
    trip(bench, False)
    assert bench.charger.ready and bench.charger.contactor_open


def test_the_next_session_and_the_next_vehicle_begin_without_it():
    bench = delivering()
    trip(bench, True)
    trip(bench, False)
    bench.charger.session(False)
    assert bench.charger.ready
    bench = delivering()
    trip(bench, True)
    trip(bench, False)
    bench.vehicle("A").run()
    bench.vehicle("B").run()
    assert bench.charger.ready


def test_a_car_that_pauses_in_b_keeps_it():
    bench = delivering()
    bench.vehicle("B").run()
    assert bench.charger.contactor_open and bench.charger.allowed
    bench.vehicle("C").run()
    assert bench.charger.contactor_closed


def test_a_dc_connector_is_off_with_it():
    bench = delivering(connector=1)
    bench.charger.dc_target(400, 10)
    bench.run(10)
    assert bench.connector.orders[ports.DC_MODE] == ports.DC_SUPPLY
    trip(bench, True)
    trip(bench, False)
    assert bench.connector.orders[ports.DC_MODE] == ports.DC_OFF and bench.connector.dc.isolation != dc.FAULT


def test_basic_charging_resumes_once_the_fault_is_gone():
    for station in (charging(), Station(evse=2, hlc_wait_s=5).vehicle("C").run(10000)):
        assert station.connector.contactor.closed
        for fault in (trip, supply):
            fault(station, True)
            assert not station.connector.contactor.closed
            fault(station, False)
            station.ms_until(lambda connector=station.connector: connector.contactor.closed)
            station.run(50)
            assert station.connector.contactor.closed and station.connector.charge_w > 0
