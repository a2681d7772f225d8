"""Meanings of the figures of a run: unit and meaning of each, for the tiles of the report."""

from __future__ import annotations

from hil.report.document import Tile
from hil.report.text import label_and_unit, number

# name: (unit, "" for a plain number; meaning)
FIGURES = {
    "max_error_mhz": ("mHz", "largest frequency error while mains voltage is present, outside transients"),
    "rms_error_mhz": ("mHz", "RMS frequency error while mains voltage is present, outside transients"),
    "max_error_all_mhz": ("mHz", "largest frequency error while mains voltage is present, transients included"),
    "end_error_mhz": ("mHz", "largest frequency error in the last 20 s"),
    "deadband_to_command_ms": ("ms", "frequency leaves the deadband to the first power command"),
    "deadband_to_command_worst_ms": ("ms", "frequency leaves the deadband to the first power command, the slowest"),
    "deadband_crossings": ("times", "the frequency left the deadband"),
    "collapse_at_s": ("s", "time of the run at which the first trip limit is passed"),
    "collapse_to_cease_ms": ("ms", "trip limit passed to contactor open and zero on the wire"),
    "step_to_full_command_ms": ("ms", "frequency step to the command with 90 % of the response"),
    "step_median_ms": ("ms", "frequency step to 90 % of the response, median of all steps"),
    "step_p99_ms": ("ms", "frequency step to 90 % of the response, 99th percentile"),
    "step_worst_ms": ("ms", "frequency step to 90 % of the response, the slowest step"),
    "steps_answered": ("steps", "answered by a command"),
    "end_power_w": ("W", "power at the end of the run"),
    "reversions": ("times", "the inverter fell back because commands stopped"),
    "end_var": ("var", "reactive power at the end of the run"),
    "most_var": ("var", "largest reactive power"),
    "least_var": ("var", "smallest reactive power"),
    "cabinet_max_c": ("°C", "largest temperature in the cabinet"),
    "power_in_outage_w": ("W", "largest power while a link or the samples were away"),
    "fault_to_cease_ms": ("ms", "fault begins to contactor open and zero on the wire"),
    "sample_clock_ppm": ("ppm", "error of the sample clock, as the controller learned it"),
    "end_temperature_c": ("°C", "temperature that the controller reports at the end"),
    "speed_ratio": ("×", "faster than real time, the whole run"),
    "board_speed_ratio": ("×", "faster than real time, the board's part"),
    "produced": ("records", "made by the controller"),
    "dropped": ("records", "dropped by the controller because its memory was full"),
    "delivered": ("records", "came out at the far side of the broker"),
    "doubled": ("records", "came out a second time"),
    "undelivered": ("records", "neither delivered nor counted as dropped"),
    "loop_gap_max_ms": ("ms", "longest time between two rounds of the control loop"),
    "step_max_ms": ("ms", "longest computing time of one control step"),
    "heap_free_min_kb": ("kB", "least free heap of the controller"),
    "bus_errors": ("frames", "damaged or unanswered on the RS-485 line"),
    "link_errors": ("frames", "damaged on the host link"),
    "commands": ("writes", "of power to the inverter"),
    "nadir_without_hz": ("Hz", "lowest frequency of the same grid without the chargers"),
    "nadir_with_hz": ("Hz", "lowest frequency with the chargers"),
    "nadir_gain_mhz": ("mHz", "by which the chargers raise the lowest frequency"),
    "handshake_ms": ("ms", "TLS handshake at the controller"),
    "contract_check_ms": ("ms", "check of the contract's certificates"),
    "signature_check_ms": ("ms", "check of the EV's signature"),
    "steps_in_handshake": ("steps", "came while the processor was at the TLS handshake"),
    "steps_in_check": ("steps", "came while the processor checked a contract"),
    "contract_accepted": ("of 1", "contracts accepted"),
    "power_at_s": ("s", "time of the run at which 500 W flow"),
    "ready_to_power_s": ("s", "vehicle ready (state C) to 500 W"),
    "leave_to_open_ms": ("ms", "pilot leaves C to open contacts, the slowest"),
    "power_while_not_ready_w": ("W", "largest power while the vehicle was not ready"),
    "open_to_zero_ms": ("ms", "coil released to zero on the wire"),
    "step_to_offer_ms": ("ms", "frequency step to the duty with 90 % of the change"),
    "energy_error_wh": ("Wh", "energy metered less energy delivered"),
}


def tile(name: str, value: float) -> Tile:
    """Return a figure's tile: its name in bench.json, spoken, and what it means where the table says so."""
    label, unit = label_and_unit(name)
    unit, meaning = FIGURES.get(name, (unit, ""))
    return Tile(number(value), unit, f"{label}: {meaning}" if meaning else label)
