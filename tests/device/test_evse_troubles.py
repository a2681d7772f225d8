"""What forbids power at the connector: each fault by itself, told while it stands and no longer."""

from evse_station import Station, charging, in_session

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


def told(station):
    """Return the faults of the connector that are told now, by name."""
    faults = Faults()
    station.connector.report(faults)
    return [name for name in NAMES if faults.is_active(getattr(errors, name))]


def test_all_is_well():
    station = charging()
    assert not troubles.forbids(station.connector) and told(station) == []


def test_each_trouble_forbids_power_and_is_told_by_its_name():
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
        station = charging()
        trouble(station.connector)
        assert troubles.forbids(station.connector), NAMES[place]
        assert told(station) == [NAMES[place]]


def test_a_pilot_fault_is_reported_with_the_level_that_shows_it():
    for fault, level in ((errors.PILOT_ERROR, ports.HIGH_MV), (errors.PILOT_DIODE, ports.LOW_MV)):
        station = charging()
        station.connector.pilot.fault = fault
        station.connector.levels[level] = 4321
        faults = Faults()
        station.connector.report(faults)
        assert faults.take() == (fault, 1, 4321)


def test_a_missing_diode_opens_the_contacts_and_stays_told_until_the_vehicle_is_gone():
    station = charging()
    connector = station.connector
    station.diode = False
    station.run(300)
    station.diode = True
    station.run(300)
    assert not connector.contactor.order and not connector.ready
    assert told(station) == ["PILOT_DIODE"]
    station.vehicle("A").run()
    assert told(station) == []


def test_a_fault_that_ended_is_taken_back():
    station = charging()
    connector = station.connector
    faults = Faults()
    connector.levels[ports.RCD] = 1
    connector.report(faults)
    assert faults.is_active(errors.RCD_TRIPPED)
    connector.levels[ports.RCD] = 0
    connector.report(faults)
    assert not faults.is_active(errors.RCD_TRIPPED)


def test_ventilation_is_wanted_where_there_is_none_and_forbids_nothing_else():
    station = Station(evse=1, ventilation=0)
    station.vehicle("D").run()
    assert station.connector.pilot.state == pilot.D
    assert not troubles.forbids(station.connector) and told(station) == ["VENTILATION_WANTED"]
    station = Station(evse=1, ventilation=1)
    station.vehicle("D").run()
    assert told(station) == []


def test_an_isolation_fault_ends_the_power_of_a_dc_connector():
    station = in_session(connector=1)
    station.connector.dc.isolation = dc.FAULT
    station.run(20)
    assert not station.connector.ready and not station.connector.contactor.order
