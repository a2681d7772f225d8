"""The battery record: counters, means, and no value where there is none."""

from connector_setup import in_session

from gridkeel import limits
from gridkeel.battery import Battery
from gridkeel.evse import ports
from gridkeel.inverter.reading import AGE_UNKNOWN
from gridkeel.link import messages

LONG = -0x80000000
SHORT = -0x8000
NAMES = [name for name, _code, _unit in messages.fields_of(11)]


class BatterySetup:
    """A controller's figures, set by hand; a DC connector where one is given."""

    def __init__(self, connector=None, parameters=None):
        self.connector = connector
        self.inverter = self
        self.power_w = limits.UNKNOWN
        self.soc_pct_x100 = -1
        self.age_ms = 0
        self.dc_mv = self.dc_ma = 0
        self.direct_age_ms = AGE_UNKNOWN
        self.parameters = parameters or self
        self.soc_stale_ms = 10000
        self.now = 0
        self.battery = Battery(self)

    def soc_age(self, _now_ms):
        return self.age_ms

    def direct_age(self, _now_ms):
        return self.direct_age_ms

    def run(self, ms, **values):
        for name in values:
            setattr(self, name, values[name])
        for _ in range(ms // 100):
            self.battery.count(self.now)
            self.now += 100
        return self

    def record(self):
        values = self.battery.record(77, self.now)
        return {NAMES[i]: values[i] for i in range(len(NAMES))}


def dc_charging():
    setup = in_session(connector=1)
    setup.run(500)
    assert setup.connector.contactor.closed
    return setup, BatterySetup(setup.connector, setup.connector._p)


def test_the_record_has_a_value_for_each_field_of_its_row():
    assert len(BatterySetup().battery.record(0, 0)) == len(NAMES)


def test_energy_is_counted_each_way_and_never_falls():
    setup = BatterySetup().run(3600000 // 4 + 100, power_w=8000).run(1800000, power_w=-6000)
    record = setup.record()
    assert abs(record["energy_in_wh"] - 2000) <= 1
    assert abs(record["energy_out_wh"] - 3000) <= 1
    assert record["charge_in_mah"] == record["charge_out_mah"] == 0


def test_the_power_is_the_mean_since_the_last_record():
    setup = BatterySetup().run(1000, power_w=1000).run(3000, power_w=3000)
    assert setup.record()["delivered_w"] == 2500
    setup.run(1000, power_w=-400)
    assert setup.record()["delivered_w"] == -400


def test_a_power_that_is_not_measured_is_no_power_and_counts_nothing():
    setup = BatterySetup().run(10000, power_w=limits.UNKNOWN)
    record = setup.record()
    assert record["delivered_w"] == LONG
    assert record["energy_in_wh"] == record["energy_out_wh"] == 0
    setup.run(1000, power_w=500).run(9000, power_w=limits.UNKNOWN)
    assert setup.record()["delivered_w"] == 500


def test_the_state_of_charge_names_its_source():
    setup = BatterySetup()
    assert (setup.record()["soc_pct_x100"], setup.record()["soc_source"]) == (SHORT, 0)
    setup.soc_pct_x100 = 4321
    assert (setup.record()["soc_pct_x100"], setup.record()["soc_source"]) == (4321, 1)
    setup.age_ms = 10001
    assert (setup.record()["soc_pct_x100"], setup.record()["soc_source"]) == (SHORT, 0)


def test_the_state_of_charge_of_the_vehicle_goes_before_that_of_the_inverter():
    connector, setup = dc_charging()
    setup.soc_pct_x100 = 4321
    connector.connector.demand.charge(55.5)
    assert (setup.record()["soc_pct_x100"], setup.record()["soc_source"]) == (5550, 2)


def test_a_connector_without_direct_current_has_none():
    record = BatterySetup().run(1000, power_w=2000).record()
    assert record["dc_voltage_mv"] == record["dc_current_ma"] == LONG


def test_direct_current_is_what_the_connector_measures_while_its_contactor_is_closed():
    connector, setup = dc_charging()
    levels = connector.connector.levels
    levels[ports.DC_MV] = 400000
    levels[ports.DC_MA] = 10000
    setup.run(1800100, power_w=4000)
    record = setup.record()
    assert (record["dc_voltage_mv"], record["dc_current_ma"]) == (400000, 10000)
    assert abs(record["charge_in_mah"] - 5000) <= 1
    assert record["charge_out_mah"] == 0
    levels[ports.DC_MA] = -5000
    setup.run(720000)
    assert abs(setup.record()["charge_out_mah"] - 1000) <= 1
    connector.vehicle("B").run(500)
    assert not connector.connector.contactor.closed
    setup.run(1000)
    assert setup.record()["dc_current_ma"] == LONG


def test_without_a_dc_connector_it_is_what_the_inverter_measures_at_its_battery():
    setup = BatterySetup().run(1000, power_w=2000, dc_mv=400000, dc_ma=-4500, direct_age_ms=500)
    record = setup.record()
    assert (record["dc_voltage_mv"], record["dc_current_ma"]) == (400000, -4500)
    setup.run(1000, direct_age_ms=10001)
    assert setup.record()["dc_current_ma"] == LONG


def test_no_source_tells_the_temperature_of_the_battery():
    record = BatterySetup().record()
    assert (record["battery_temperature_c_x10"], record["temperature_source"]) == (SHORT, 0)


def test_another_vehicle_has_another_stay_and_its_own_identity():
    connector, setup = dc_charging()
    first = setup.record()
    assert first["session"] == 1
    assert first["vehicle_id"] == 0
    connector.connector.identify(1234)
    assert setup.record()["vehicle_id"] == 1234
    connector.vehicle("A").run(4000)
    assert (setup.record()["session"], setup.record()["vehicle_id"]) == (0, 0)
    connector.vehicle("B").run(500)
    assert (setup.record()["session"], setup.record()["vehicle_id"]) == (2, 0)
