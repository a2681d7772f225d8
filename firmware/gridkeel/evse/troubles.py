"""What forbids power at the outlet, and how it is told."""

from gridkeel import TYPE_CHECKING, errors
from gridkeel.evse import contactor, dc, pilot, ports

if TYPE_CHECKING:
    from gridkeel.evse.outlet import Outlet
    from gridkeel.faults import Faults


def stands(outlet: "Outlet") -> bool:
    """Return whether something at the outlet forbids power."""
    return bool(
        outlet.pilot.fault
        or outlet.contactor.state >= contactor.WELDED
        or outlet.levels[ports.RCD]
        or outlet.dc.isolation == dc.FAULT
    )


def note(outlet: "Outlet", faults: "Faults", told: bool) -> bool:
    """Tell the faults of an outlet; told: what this returned last. Costs little while all is well."""
    unventilated = outlet.pilot.state == pilot.D and not outlet.takes
    trouble = stands(outlet) or unventilated
    if not trouble and not told:
        return False
    fault = outlet.pilot.fault
    faults.set(errors.PILOT_ERROR, fault == errors.PILOT_ERROR, outlet.levels[ports.HIGH_MV])
    faults.set(errors.PILOT_DIODE, fault == errors.PILOT_DIODE, outlet.levels[ports.LOW_MV])
    faults.set(errors.CONTACTOR_WELDED, outlet.contactor.state == contactor.WELDED)
    faults.set(errors.CONTACTOR_STUCK, outlet.contactor.state == contactor.STUCK)
    faults.set(errors.RCD_TRIPPED, outlet.levels[ports.RCD])
    faults.set(errors.ISOLATION_FAULT, outlet.dc.isolation == dc.FAULT)
    faults.set(errors.VENTILATION_WANTED, unventilated)
    return bool(trouble)
