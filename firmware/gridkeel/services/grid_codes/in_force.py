"""Figures in force of the chosen grid code, or of the droop and trip profiles and the single parameters.

A code's figures take heap once they are chosen; the others stay in flash, as text of packed.py.
"""

from gridkeel import TYPE_CHECKING, errors
from gridkeel.services.grid_codes import packed

if TYPE_CHECKING:
    from gridkeel.params import Parameters

_FIRST = 2  # places in a row of packed.py, after name and nominal_hz: the four of droop or the eight of the trips
_CODE_TRIP = 6  # a grid code's row has the four of droop, the eight of the trips and four of the voltage
_CODE_VOLTAGE = 14
_ROCOF_RIDE = 3
_FULL = 10000
_CUSTOM_FAULTS = (errors.MAINS_LOST, errors.SAMPLES_LOST, errors.UNDER_FREQUENCY, errors.OVER_FREQUENCY)


class GridSettings:
    """Settings that the grid services follow, filled by `take` at each change of the parameters.

    droop_over, droop_under, volt_var_curve   points of a curve as curve.share_of takes them
    trip_table    0: the single parameters, else another number for each table: a change starts every clock over
    trip_faults, trip_limits, trip_clocks_ms   one entry a trip: the fault's code says which quantity on which side,
                                               mHz for a frequency, 0.1 % of nominal_v for a voltage
    The others have the names and the meaning of form.py's fields.
    """

    def __init__(self) -> None:
        self.droop_over: tuple = ()
        self.droop_under: tuple = ()
        self.droop_response_ms = 0
        self.droop_frozen_base = 0
        self.trip_table = 0
        self.trip_faults: tuple = ()
        self.trip_limits: tuple = ()
        self.trip_clocks_ms: tuple = ()
        self.block_low_pct = 0
        self.block_high_pct = 0
        self.return_low_mhz = 0
        self.return_high_mhz = 0
        self.return_delay_ms = 0
        self.enter_ramp_s = 0
        self.return_volt_pct = 0
        self.return_high_pct = 0
        self.volt_var_curve: tuple = ()
        self.volt_var_response_ms = 0

    def take(self, p: "Parameters") -> None:
        """Fill in what parameters that fit together choose.  Allocates: not part of the control path."""
        code = _row(packed.CODES, p.grid_code) if p.grid_code else ()
        if code:
            self._take_droop(code, _FIRST)
        elif p.droop_profile:
            self._take_droop(_row(packed.DROOPS, p.droop_profile), _FIRST)
        else:
            self.droop_over = self.droop_under = _line(p.droop_deadband_mhz, p.droop_span_mhz)
            self.droop_response_ms = p.droop_response_ms
            self.droop_frozen_base = p.droop_frozen_base
        self.trip_table = p.trip_profile or -p.grid_code
        if code:
            self._take_trips(code, _CODE_TRIP)
        elif p.trip_profile:
            self._take_trips(_row(packed.TRIPS, p.trip_profile), _FIRST)
        else:
            self._take_custom_trips(p)
        self._take_voltage(p, code)

    def _take_droop(self, row, at):
        self.droop_over = _numbers(row[at])
        self.droop_under = _numbers(row[at + 1])
        self.droop_response_ms = int(row[at + 2])
        self.droop_frozen_base = int(row[at + 3])

    def _take_trips(self, row, at):
        trips = _numbers(row[at])
        self.trip_faults = _every_third(trips, 0)
        self.trip_limits = _every_third(trips, 1)
        self.trip_clocks_ms = _every_third(trips, 2)
        self.block_low_pct = int(row[at + 1])
        self.block_high_pct = int(row[at + 2])
        self.return_low_mhz = int(row[at + 4])
        self.return_high_mhz = int(row[at + 5])
        self.return_delay_ms = int(row[at + 6])
        self.enter_ramp_s = int(row[at + 7])

    def _take_custom_trips(self, p):
        clock_ms = p.trip_frequency_ms
        self.trip_faults = _CUSTOM_FAULTS
        self.trip_limits = (p.mains_loss_pct * 10, 0, p.trip_under_mhz, p.trip_over_mhz)
        self.trip_clocks_ms = (0, clock_ms, clock_ms, clock_ms)
        self.block_low_pct = self.block_high_pct = 0
        self.return_low_mhz = p.return_low_mhz
        self.return_high_mhz = p.return_high_mhz
        self.return_delay_ms = p.return_delay_ms
        self.enter_ramp_s = p.enter_ramp_s

    def _take_voltage(self, p, code):
        self.return_volt_pct = int(code[_CODE_VOLTAGE]) if code else p.return_volt_pct
        self.return_high_pct = int(code[_CODE_VOLTAGE + 1]) if code else p.return_high_pct
        curve = _numbers(code[_CODE_VOLTAGE + 2]) if code else ()
        if curve:
            self.volt_var_curve = curve
            self.volt_var_response_ms = int(code[_CODE_VOLTAGE + 3])
        else:
            self.volt_var_curve = _line(p.volt_var_deadband_permille, p.volt_var_span_permille)
            self.volt_var_response_ms = p.volt_var_response_ms


def last(parameter: str) -> int:
    """Return the largest value of the parameter that chooses from a list."""
    return _table(parameter).count(b"\n")


def nominal(parameter: str, number: int) -> "tuple[str, int]":
    """Return (name, nominal_hz) of an entry from 1."""
    row = _row(_table(parameter), number)
    return row[0].decode(), int(row[1])


def rocof_ride_mhz_s(parameter: str, number: int) -> int:
    """Return the rate of change that a trip profile or a grid code rides through."""
    at = _CODE_TRIP if parameter == "grid_code" else _FIRST
    return int(_row(_table(parameter), number)[at + _ROCOF_RIDE])


def _table(parameter):
    if parameter == "grid_code":
        return packed.CODES
    return packed.DROOPS if parameter == "droop_profile" else packed.TRIPS


def _row(table, number):
    """Return the fields of an entry from 1, as bytes."""
    at = 0
    for _ in range(number - 1):
        at = table.find(b"\n", at) + 1
    return table[at : table.find(b"\n", at)].split(b" ")


def _numbers(field):
    """Return the tuple of a field of numbers; "-" has none."""
    return () if field == b"-" else tuple([int(number) for number in field.split(b",")])


def _every_third(numbers, at):
    return tuple([numbers[k] for k in range(at, len(numbers), 3)])


def _line(edge, span):
    return (edge, 0, edge + span, _FULL)
