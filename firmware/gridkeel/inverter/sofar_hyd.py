"""SOFAR HYD 5...20K-3PH, hybrid inverters, in passive mode.

Source: SOFARSOLAR, "Modbus-G3 Protocol", V1.38, January 2025: every register below; "Remote Control Description for
SOFARSOLAR Hybrid Inverter", 02, 2022-07-01: mode, timeout and set-points again, with example frames. docs/inverter.md
lists what confirms each register and what is open. RS-485, 9600 Bd without parity unless set otherwise, functions 3
and 16, the high register first, exception 7 for a busy device.

In passive mode the device keeps the battery's power between two set-points, positive charging: both are the power
commanded, and the grid power it would aim for in between has no say. Once no frame, read or write, has reached it for
the timeout it takes the timeout's action, of which 0 is standby. So the set-point outlives a write that is refused as
long as the polls go on.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.inverter.register_map import HOLD, INTO, LIFETIME, S16, S32, SET_POINT, U16, RegisterMap, device

if TYPE_CHECKING:
    from gridkeel.inverter.interface import InverterDriver
    from gridkeel.params import Parameters

_SP = 0x5350  # how serial numbers of these begin
_PASSIVE = 3
_STANDBY = 0
_MOST_W = 20000

MAP = RegisterMap(
    "SOFAR",
    "HYD-3PH",
    (0x0445, 7, ((0, 0xFFFF, _SP),)),
    (
        ((HOLD, 0x1110, U16, _PASSIVE),),
        ((LIFETIME, 0x1184, U16, 1000, 1, 0xFFFF), (HOLD, 0x1185, U16, _STANDBY)),
    ),
    (
        (HOLD, 0x1187, S32, 0),
        (SET_POINT, 0x1189, S32, 1, 1, INTO, -_MOST_W, _MOST_W),
        (SET_POINT, 0x118B, S32, 1, 1, INTO, -_MOST_W, _MOST_W),
    ),
    (0x0606, 3, S16, 10, 1, INTO),
    (0x0608, 4, U16, 100, 1, INTO),
    (0x0404, 5, U16, 1, 1, INTO),
)


def driver(parameters: "Parameters") -> "InverterDriver":
    """Return the driver of the family, searching."""
    return device.driver(parameters, MAP)
