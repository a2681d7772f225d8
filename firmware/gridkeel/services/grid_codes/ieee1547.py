"""IEEE 1547-2018, Categories I to III, and the steeper droop of IEEE 1547.1 (characteristic 2)."""

from gridkeel.services.grid_codes.form import FULL, DroopProfile, GridCode, line

_DROOP_SOURCE = "IEEE 1547-2018 as quoted by the UL1741SB test code"


class Category1(GridCode):
    """IEEE 1547-2018, Category I."""

    name = "ieee1547-cat1"
    nominal_hz = 60

    droop_over = line(36, 3000)
    droop_under = line(36, 3000)
    droop_response_ms = 5000
    droop_frozen_base = True
    droop_source = _DROOP_SOURCE
    droop_open = ""

    over_frequency_trips = ((62000, 160), (61200, 300000))
    under_frequency_trips = ((58500, 300000), (56500, 160))
    over_voltage_trips = ((1200, 160), (1100, 2000))
    under_voltage_trips: tuple = ((700, 2000), (450, 160))
    loss_of_mains = ()
    no_estimate_ms = 660
    block_low_pct = 50
    block_high_pct = 0
    rocof_ride_mhz_s = 500
    return_low_mhz = 59500
    return_high_mhz = 60100
    return_delay_ms = 300000
    enter_ramp_s = 300
    trip_source = "IEEE 1547-2018, tables 11 to 13, 18 and 21, as quoted by the UL1741SB test code"
    trip_open = "momentary cessation, enter service"

    return_volt_pct = 92
    return_high_pct = 105
    volt_var_curve = ((20, 0), (80, FULL))
    volt_var_response_ms = 5000
    voltage_source = "IEEE 1547-2018, Category B, characteristic 1"
    voltage_open = "voltage window, volt-var"


class Category2(Category1):
    """IEEE 1547-2018, Category II."""

    name = "ieee1547-cat2"
    under_voltage_trips = ((700, 10000), (450, 160))
    rocof_ride_mhz_s = 2000


class Category3(Category1):
    """IEEE 1547-2018, Category III."""

    name = "ieee1547-cat3"
    over_voltage_trips = ((1200, 160), (1100, 13000))
    under_voltage_trips = ((880, 21000), (500, 2000))
    no_estimate_ms = 2500
    block_high_pct = 110
    rocof_ride_mhz_s = 3000


class Category1Characteristic2(DroopProfile):
    """IEEE 1547.1, characteristic 2 of Category I."""

    name = "ieee1547-cat1-char2"
    nominal_hz = 60
    droop_over = line(17, 1800)
    droop_under = line(17, 1800)
    droop_response_ms = 1000
    droop_frozen_base = True
    droop_source = _DROOP_SOURCE
    droop_open = ""


class Category2Characteristic2(Category1Characteristic2):
    """IEEE 1547.1, characteristic 2 of Category II."""

    name = "ieee1547-cat2-char2"


class Category3Characteristic2(Category1Characteristic2):
    """IEEE 1547.1, characteristic 2 of Category III."""

    name = "ieee1547-cat3-char2"
    droop_over = line(17, 1200)
    droop_under = line(17, 1200)
    droop_response_ms = 200
