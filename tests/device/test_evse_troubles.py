"""Faults at the connector: each forbids power by itself, and is reported while it is active and no longer."""

from connector_setup import ConnectorSetup, charging, in_session

from gridkeel import errors
from gridkeel.evse import contactor, dc, pilot, ports, troubles
from gridkeel.faults import Faults

NAMES = (
    "PILOT_ERROR",
    "PILOT_DIODE",
    "CONTACTOR_WELDED",
    "CONTACTOR_STUCK",
    "RCD_TRIPPED",
    "ISOLATION_FAULT",
    "VENTILATION_WANTED",
)


def reported(setup):
    """Return the faults of the connector that are reported now, by name."""
    faults = Faults()
    setup.connector.report(faults)
    return [name for name in NAMES if faults.is_active(getattr(errors, name))]


def test_without_a_fault_power_is_allowed():
    setup = charging()
    assert not troubles.forbids(setup.connector) and reported(setup) == []


def test_each_fault_forbids_power_and_is_reported_by_its_name():
    def error(connector):
        connector.pilot.fault = errors.PILOT_ERROR

    def diode(connector):
        connector.pilot.fault = errors.PILOT_DIODE

    def welded(connector):
        connector.contactor.state = contactor.WELDED

    def stuck(connector):
        connector.contactor.state = contactor.STUCK

    def rcd(connector):
        connector.levels[ports.RCD] = 1

    def isolation(connector):
        connector.dc.isolation = dc.FAULT

    for place, trouble in enumerate((error, diode, welded, stuck, rcd, isolation)):
        setup = charging()
        trouble(setup.connector)
        assert troubles.forbids(setup.connector), NAMES[place]
        assert reported(setup) == [NAMES[place]]


def test_a_pilot_fault_is_reported_with_the_level_that_shows_it():
    for fault, level in ((errors.PILOT_ERROR, ports.HIGH_MV), (errors.PILOT_DIODE, ports.LOW_MV)):
        station = charging()
        station.connector.pilot.fault = fault
        station.connector.levels[level] = 4321
        faults = Faults()
        station.connector.report(faults)
        assert faults.take() == (fault, 1, 4321)


def test_a_missing_diode_opens_the_contactor_and_stays_active_until_the_vehicle_is_gone():
    setup = charging()
    connector = setup.connector
    setup.diode = False
    setup.run(300)
    setup.diode = True
    setup.run(300)
    assert not connector.contactor.order and not connector.ready
    assert reported(setup) == ["PILOT_DIODE"]
    setup.vehicle("A").run()
    assert reported(setup) == []


def test_a_fault_that_ended_is_taken_back():
    setup = charging()
    connector = setup.connector
    faults = Faults()
    connector.levels[ports.RCD] = 1
    connector.report(faults)
    assert faults.is_active(errors.RCD_TRIPPED)
    connector.levels[ports.RCD] = 0
    connector.report(faults)
    assert not faults.is_active(errors.RCD_TRIPPED)


def test_missing_ventilation_is_reported_and_forbids_nothing_else():
    setup = ConnectorSetup(evse=1, ventilation=0)
    setup.vehicle("D").run()
    assert setup.connector.pilot.state == pilot.D
    assert not troubles.forbids(setup.connector) and reported(setup) == ["VENTILATION_WANTED"]
    setup = ConnectorSetup(evse=1, ventilation=1)
    setup.vehicle("D").run()
    assert reported(setup) == []


def test_an_isolation_fault_ends_the_power_of_a_dc_connector():
    setup = in_session(connector=1)
    setup.connector.dc.isolation = dc.FAULT
    setup.run(20)
    assert not setup.connector.ready and not setup.connector.contactor.order
