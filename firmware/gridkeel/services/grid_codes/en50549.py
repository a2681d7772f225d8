"""EN 50549 (VDE): limited frequency-sensitive modes with trips and enter service, and each mode alone."""

from gridkeel.services.grid_codes.form import DroopProfile, GridCode, line

_SOURCE = "Beckhoff TF8360 defaults (EN 50549, VDE)"


class En50549(GridCode):
    """EN 50549, LFSM-O and LFSM-U."""

    name = "en50549"
    nominal_hz = 50

    droop_over = line(200, 2500)
    droop_under = line(200, 2500)
    droop_response_ms = 2000
    droop_frozen_base = True
    droop_source = _SOURCE
    droop_open = "response time, reference power"

    over_frequency_trips = ((51500, 200),)
    under_frequency_trips = ((47500, 200),)
    over_voltage_trips = ((1150, 200),)
    under_voltage_trips = ((850, 1500),)
    loss_of_mains = ((500, 0),)
    no_estimate_ms = 300
    block_low_pct = 0
    block_high_pct = 0
    rocof_ride_mhz_s = 2000
    return_low_mhz = 49900
    return_high_mhz = 50100
    return_delay_ms = 600000
    enter_ramp_s = 600
    trip_source = _SOURCE
    trip_open = "all trips, ROCOF ride-through, ramp"

    return_volt_pct = 85
    return_high_pct = 110
    volt_var_curve = ()
    volt_var_response_ms = 0
    voltage_source = "none; volt-var by the parameters volt_var_*"
    voltage_open = "voltage window"


class Lfsm(DroopProfile):
    """Both limited frequency-sensitive modes."""

    name = "en50549-lfsm"
    nominal_hz = 50
    droop_over: tuple = En50549.droop_over
    droop_under: tuple = En50549.droop_under
    droop_response_ms = En50549.droop_response_ms
    droop_frozen_base = True
    droop_source = _SOURCE
    droop_open = En50549.droop_open


class LfsmOver(Lfsm):
    """Limited frequency-sensitive mode at over-frequency."""

    name = "en50549-lfsm-o"
    droop_under = ()


class LfsmUnder(Lfsm):
    """Limited frequency-sensitive mode at under-frequency."""

    name = "en50549-lfsm-u"
    droop_over = ()


class Fsm(Lfsm):
    """Frequency-sensitive mode."""

    name = "en50549-fsm"
    droop_over = line(10, 2500)
    droop_under = line(10, 2500)
    droop_frozen_base = False
    droop_open = "response time"
