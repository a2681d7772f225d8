"""The inverter at the end of the RS-485 line: what its drivers have in common, and the list of families.

Power is positive into the vehicle on this side of the drivers, and positive out of it (SunSpec's count) on the wire.
A family is a module of this package with a function `driver(parameters)` that returns an interface.InverterDriver.
"""

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.inverter.interface import InverterDriver
    from gridkeel.params import Parameters

SEARCHING = 0
READY = 1
DRIVING = 2
SILENT = 3
UNSUITED = 4
STATES = ("searching", "ready", "driving", "silent", "unsuited")

FAMILIES = ("sunspec.device", "sofar_hyd")  # parameter inverter_family is an index of it: appended, never moved


def make(parameters: "Parameters") -> "InverterDriver":
    """Return the driver of the family that inverter_family names; the others take no room in the heap.

    Imports it, so call it at start.  Errors: ProtocolError where the family's map is unsound.
    """
    name = "gridkeel.inverter." + FAMILIES[parameters.inverter_family]
    return __import__(name, None, None, ("driver",)).driver(parameters)
