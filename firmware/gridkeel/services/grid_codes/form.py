"""The fields of a grid code, of a droop profile and of a trip profile.  No module of a device imports this.

A grid code is a class of named fields in the file of its source; `listed.py` gives it its number, and
`make generate` packs it for the device (`packed.py`) and prints it in docs/grid-services.md.

A figure that no public source confirmed is named in the `open` field of its part; "" where there is none. A code or
profile with any is never called conforming.
"""

FULL = 10000  # the whole rating, in 0.01 %


def line(deadband_mhz: int, span_mhz: int) -> tuple:
    """Return the curve of a straight line: nothing up to the deadband, the whole rating span_mhz past it.

    A droop k at a nominal frequency has the span k * nominal: 0.05 at 60 Hz is 3000 mHz.
    """
    return ((deadband_mhz, 0), (deadband_mhz + span_mhz, FULL))


class DroopProfile:
    """Power that answers a frequency deviation, and its response time.

    droop_over, droop_under   ((deviation in mHz, share of the rating in 0.01 %), ...), linear between the points,
                              nothing before the first, the last share after the last; () where that side is silent
    droop_response_ms         time to 90 % of a step, the open-loop response time; where a rule names the time to the
                              full response, half of it: a first-order lag is then at 99 %
    droop_frozen_base         True: the response adds to the pre-disturbance power, held from the moment the deadband
                              is left.  False: it adds to what the secondary levels ask while it lasts.
    """

    name: str
    nominal_hz: int
    droop_over: tuple
    droop_under: tuple
    droop_response_ms: int
    droop_frozen_base: bool
    droop_source: str
    droop_open: str


class TripProfile:
    """When power ceases, what is ridden through, and on what conditions service is entered.

    Times are clearing times, from the disturbance to the end of the power.

    over_frequency_trips, under_frequency_trips   ((mHz, ms), ...)
    over_voltage_trips, under_voltage_trips       ((0.1 % of nominal_v, ms), ...)
    loss_of_mains             the same, of the voltage of one cycle
    no_estimate_ms            patience with an estimate that cannot be used
    block_low_pct             under this share of nominal_v no power flows, and it comes back without delay: momentary
                              cessation.  0: there is none.
    block_high_pct            the same over this share; 0: there is none
    rocof_ride_mhz_s          rate of change to ride through: trip_rocof_mhz_s is rejected unless it is over it
    return_low_mhz, return_high_mhz, return_delay_ms, enter_ramp_s   conditions to enter service
    """

    name: str
    nominal_hz: int
    over_frequency_trips: tuple
    under_frequency_trips: tuple
    over_voltage_trips: tuple
    under_voltage_trips: tuple
    loss_of_mains: tuple
    no_estimate_ms: int
    block_low_pct: int
    block_high_pct: int
    rocof_ride_mhz_s: int
    return_low_mhz: int
    return_high_mhz: int
    return_delay_ms: int
    enter_ramp_s: int
    trip_source: str
    trip_open: str


class GridCode(DroopProfile, TripProfile):
    """All that a grid code asks of the grid services; a code's docstring is its title in the docs.

    return_volt_pct, return_high_pct   window of the voltage to enter service, share of nominal_v
    volt_var_curve            ((deviation in 0.1 % of nominal_v, share of reactive_max_var in 0.01 %), ...), the same
                              on both sides; () where the code says nothing: the parameters volt_var_* apply
    volt_var_response_ms      time to 90 % of a step
    """

    return_volt_pct: int
    return_high_pct: int
    volt_var_curve: tuple
    volt_var_response_ms: int
    voltage_source: str
    voltage_open: str
