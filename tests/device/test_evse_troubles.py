"""What forbids power at the outlet: each fault by itself, told while it stands and no longer."""

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
    """Return the faults of the outlet that are told now, by name."""
    faults = Faults()
    station.outlet.note(faults)
    return [name for name in NAMES if faults.is_active(getattr(errors, name))]


def test_all_is_well():
    station = charging()
    assert not troubles.stands(station.outlet) and told(station) == []


def test_each_trouble_forbids_power_and_is_told_by_its_name():
    def error(outlet):
        outlet.pilot.fault = errors.PILOT_ERROR

    def diode(outlet):
        outlet.pilot.fault = errors.PILOT_DIODE

    def welded(outlet):
        outlet.contactor.state = contactor.WELDED

    def stuck(outlet):
        outlet.contactor.state = contactor.STUCK

    def rcd(outlet):
        outlet.levels[ports.RCD] = 1

    def isolation(outlet):
        outlet.dc.isolation = dc.FAULT

    for place, trouble in enumerate((error, diode, welded, stuck, rcd, isolation)):
        station = charging()
        trouble(station.outlet)
        assert troubles.stands(station.outlet), NAMES[place]
        assert told(station) == [NAMES[place]]


def test_a_missing_diode_opens_the_contacts_and_stays_told_until_the_vehicle_is_gone():
    station = charging()
    outlet = station.outlet
    station.diode = False
    station.run(300)
    station.diode = True
    station.run(300)
    assert not outlet.contactor.order and not outlet.ready
    assert told(station) == ["PILOT_DIODE"]
    station.vehicle("A").run()
    assert told(station) == []


def test_a_fault_that_ended_is_taken_back():
    station = charging()
    outlet = station.outlet
    faults = Faults()
    outlet.levels[ports.RCD] = 1
    outlet.note(faults)
    assert faults.is_active(errors.RCD_TRIPPED)
    outlet.levels[ports.RCD] = 0
    outlet.note(faults)
    assert not faults.is_active(errors.RCD_TRIPPED)


def test_ventilation_is_wanted_where_there_is_none_and_forbids_nothing_else():
    station = Station(evse=1, ventilation=0)
    station.vehicle("D").run()
    assert station.outlet.pilot.state == pilot.D
    assert not troubles.stands(station.outlet) and told(station) == ["VENTILATION_WANTED"]
    station = Station(evse=1, ventilation=1)
    station.vehicle("D").run()
    assert told(station) == []


def test_an_isolation_fault_ends_the_power_of_a_dc_outlet():
    station = in_session(connector=1)
    station.outlet.dc.isolation = dc.FAULT
    station.run(20)
    assert not station.outlet.ready and not station.outlet.contactor.order
