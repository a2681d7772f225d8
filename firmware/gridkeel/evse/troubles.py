"""Faults at the connector that forbid power, and their report."""

from gridkeel import TYPE_CHECKING, errors
from gridkeel.evse import contactor, dc, pilot, ports

if TYPE_CHECKING:
    from gridkeel.evse.connector import Connector
    from gridkeel.faults import Faults


def forbids(connector: "Connector") -> bool:
    """Return whether something at the connector forbids power."""
    return bool(
        connector.pilot.fault
        or connector.contactor.state >= contactor.WELDED
        or connector.levels[ports.RCD]
        or connector.dc.isolation == dc.FAULT
    )


def report(connector: "Connector", faults: "Faults", reported: bool) -> bool:
    """Set the faults of a connector; reported: what this returned last. Costs little while all is well."""
    unventilated = connector.pilot.state == pilot.D and not connector.takes
    trouble = unventilated or forbids(connector)
    if not trouble and not reported:
        return False
    fault = connector.pilot.fault
    faults.set(errors.PILOT_ERROR, fault == errors.PILOT_ERROR, connector.levels[ports.HIGH_MV])
    faults.set(errors.PILOT_DIODE, fault == errors.PILOT_DIODE, connector.levels[ports.LOW_MV])
    faults.set(errors.CONTACTOR_WELDED, connector.contactor.state == contactor.WELDED)
    faults.set(errors.CONTACTOR_STUCK, connector.contactor.state == contactor.STUCK)
    faults.set(errors.RCD_TRIPPED, connector.levels[ports.RCD])
    faults.set(errors.ISOLATION_FAULT, connector.dc.isolation == dc.FAULT)
    faults.set(errors.VENTILATION_WANTED, unventilated)
    return bool(trouble)
