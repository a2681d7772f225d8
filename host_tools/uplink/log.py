"""The uplink's log: whole lines with the time of day, from whatever thread; a reader that stalls stops nobody."""

from __future__ import annotations

import datetime
import queue
import sys
import threading
from typing import TextIO

_WAITING_MAX = 1000  # lines; more than a stalled terminal or pipe will ever catch up with
_LAST_S = 2.0


class Log:
    """`say` writes a line, `detail` one that is for `verbose` alone.  stream: standard output where None."""

    def __init__(self, verbose: bool = False, stream: TextIO | None = None) -> None:
        self._verbose = verbose
        self._stream = stream or sys.stdout
        self._lines: queue.Queue[str | None] = queue.Queue(_WAITING_MAX)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="gridkeel-log", daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Write a line; where too many wait to be read, it is dropped and counted."""
        stamp = datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
        try:
            self._lines.put_nowait(f"{stamp} {line}\n")
        except queue.Full:
            self._dropped += 1

    def detail(self, line: str) -> None:
        """Write a line where the log is verbose."""
        if self._verbose:
            self.say(line)

    def close(self) -> None:
        """Wait for the last line to be read, for a while."""
        try:
            self._lines.put(None, timeout=_LAST_S)
        except queue.Full:
            return
        self._thread.join(_LAST_S)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            try:
                if dropped:
                    self._stream.write(f"({dropped} lines were dropped here: nobody read them)\n")
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):
                return  # whoever listened is gone; the uplink goes on
