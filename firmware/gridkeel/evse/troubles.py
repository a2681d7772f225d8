"""Faults at the connector that forbid power, and their report."""

from gridkeel import TYPE_CHECKING, errors
from gridkeel.evse import contactor, dc, ports

if TYPE_CHECKING:
    from gridkeel.evse.connector import Connector
    from gridkeel.faults import Faults


def forbids(connector: "Connector") -> bool:
    """Return whether something at the connector forbids power."""
    return (
        connector.pilot.fault != errors.NO_FAULT
        or connector.contactor.state >= contactor.WELDED
        or connector.levels[ports.RCD] != 0
        or connector.dc.isolation == dc.FAULT
    )


def report(connector: "Connector", faults: "Faults", unventilated: bool) -> None:
    """Set the faults of a connector; unventilated: the vehicle wants ventilation, and there is none."""
    fault = connector.pilot.fault
    faults.set(errors.PILOT_ERROR, fault == errors.PILOT_ERROR, connector.levels[ports.HIGH_MV])
    faults.set(errors.PILOT_DIODE, fault == errors.PILOT_DIODE, connector.levels[ports.LOW_MV])
    faults.set(errors.CONTACTOR_WELDED, connector.contactor.state == contactor.WELDED)
    faults.set(errors.CONTACTOR_STUCK, connector.contactor.state == contactor.STUCK)
    faults.set(errors.RCD_TRIPPED, connector.levels[ports.RCD])
    faults.set(errors.ISOLATION_FAULT, connector.dc.isolation == dc.FAULT)
    faults.set(errors.VENTILATION_WANTED, unventilated)
