"""MicroPython's raw REPL, without I/O: bytes of the console in and out, one script and what it printed."""

from __future__ import annotations

from collections.abc import Iterator

PROMPT = b">>> "
_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_TAKEN = b"OK"
_ENTER = b"\x01"
_END = b"\x04"


class RawRepl:
    """Runs one script on a console that has just started.

    banner: what came before the first prompt.  output, error: what the script printed, and its traceback if it has one.
    """

    def __init__(self, script: str) -> None:
        self.banner = ""
        self.output = ""
        self.error = ""
        self.done = False
        self._script = script.encode()
        self._pending = bytearray()
        self._out = bytearray()
        self._steps = self._run()
        self._awaited = next(self._steps)

    @property
    def heard(self) -> bytes:
        """What came since the last step was done: where a run stops, this is the last the chip said."""
        return bytes(self._pending)

    def receive(self, data: bytes) -> None:
        """Take bytes of the console."""
        self._pending += data
        while not self.done and self._awaited in self._pending:
            head, _, rest = bytes(self._pending).partition(self._awaited)
            self._pending = bytearray(rest)
            self._head = head.decode(errors="replace").replace("\r\n", "\n")
            self._awaited = next(self._steps, b"")
            self.done = not self._awaited

    def data_to_send(self) -> bytes:
        """Return the bytes for the console, once."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _run(self) -> Iterator[bytes]:
        yield PROMPT
        self.banner = self._head
        self._out += _ENTER
        yield _RAW
        self._out += self._script + _END
        yield _TAKEN
        yield _END
        self.output = self._head
        yield _END
        self.error = self._head
