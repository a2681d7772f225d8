"""The second RS-485 adapter of a check, on this machine: hears what the board sends, and answers."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import serial

from host_tools.errors import MissingError

BAUD = 115200  # modbus_baud's default
READ_S = 1.0
SOON_S = 0.5  # the board is asked to listen meanwhile


class Adapter:
    """A serial port at the rate and parity of the board's line (8E1)."""

    def __init__(self, port: str) -> None:
        try:
            self._serial = serial.Serial(port, BAUD, parity=serial.PARITY_EVEN, timeout=READ_S)
        except serial.SerialException as error:
            raise MissingError(f"{port}: {error}") from None

    def __enter__(self) -> Adapter:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._serial.close()

    def read(self, n: int) -> bytes:
        """Return what came, up to n octets."""
        return bytes(self._serial.read(n))

    def write_soon(self, data: bytes) -> None:
        """Send after a moment, from a thread of its own."""

        def send() -> None:
            time.sleep(SOON_S)
            self._serial.write(data)
            self._serial.flush()

        threading.Thread(target=send, daemon=True).start()
