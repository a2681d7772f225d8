"""The serial port of a board that is to be flashed, found by the USB ids of its chip's family."""

from __future__ import annotations

from serial.tools import list_ports

from host_tools.errors import MissingError, ToolError

VENDORS = {"rp2": (0x2E8A,), "esp32": (0x303A, 0x10C4, 0x1A86), "stm32": (0xF055,)}


def found(family: str) -> list[str]:
    """Return the ports that may be such a board's console."""
    vendors = VENDORS.get(family, ())
    return sorted(port.device for port in list_ports.comports() if port.vid in vendors)


def only(family: str) -> str:
    """Return the one port that may be such a board's.  Errors: MissingError without any, ToolError with several."""
    ports = found(family)
    if not ports:
        raise MissingError(
            "no serial port looks like this board's; `gridkeel board ports` lists them, --port names one"
        )
    if len(ports) > 1:
        raise ToolError(f"{len(ports)} ports may be this board's, name one by --port: {', '.join(ports)}")
    return ports[0]
