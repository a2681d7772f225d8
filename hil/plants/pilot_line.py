"""The control pilot's circuit: a +-12 V source behind 1 kilohm, and the vehicle's diode and resistors to PE.

Levels follow from the circuit (IEC 61851-1, Annex A, component values), faults included: a short to PE beside the
vehicle, a diode that conducts both ways, a broken wire.
"""

from __future__ import annotations

SOURCE_V = 12.0
SOURCE_OHM = 1000.0
DIODE_V = 0.7
READY_OHM = 1300.0  # S2 puts it in parallel with CONNECTED_OHM: state C
VENTILATION_OHM = 270.0  # in its place: state D
CONNECTED_OHM = 2740.0
STEADY_PERMILLE = 1000


def parallel(*ohms: float) -> float:
    """Return the resistance of resistors side by side."""
    return 1.0 / sum(1.0 / ohm for ohm in ohms)


class PilotLine:
    """vehicle_ohm: the vehicle's resistors, None with no vehicle; short_ohm, has_diode, broken: faults."""

    def __init__(self) -> None:
        self.vehicle_ohm: float | None = None
        self.short_ohm: float | None = None
        self.has_diode = True
        self.broken = False

    def level_v(self, source_v: float) -> float:
        """Return the voltage at the EVSE's end while its source is at source_v."""
        if self.broken:
            return source_v
        free_v = self._divided(source_v, None, 0.0)
        if self.vehicle_ohm is None:
            return free_v
        if not self.has_diode:
            return self._divided(source_v, self.vehicle_ohm, 0.0)
        if free_v <= DIODE_V:
            return free_v  # the diode blocks
        return self._divided(source_v, self.vehicle_ohm, DIODE_V)

    def levels_mv(self, duty_permille: int) -> tuple[int, int]:
        """Return (highest, lowest) level in mV at a duty; a negative duty is a source that drives nothing."""
        if duty_permille < 0:
            return 0, 0
        high_mv, low_mv = round(1000 * self.level_v(SOURCE_V)), round(1000 * self.level_v(-SOURCE_V))
        if duty_permille >= STEADY_PERMILLE:
            return high_mv, high_mv
        return (low_mv, low_mv) if duty_permille == 0 else (high_mv, low_mv)

    def _divided(self, source_v: float, vehicle_ohm: float | None, behind_v: float) -> float:
        """Solve the node: the source's current is that of the short and that of the vehicle, which ends at behind_v."""
        siemens, amperes = 1.0 / SOURCE_OHM, source_v / SOURCE_OHM
        if self.short_ohm is not None:
            siemens += 1.0 / self.short_ohm
        if vehicle_ohm is not None:
            siemens += 1.0 / vehicle_ohm
            amperes += behind_v / vehicle_ohm
        return amperes / siemens
