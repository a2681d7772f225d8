"""The uplink's log: whole lines with the time of day, from whatever thread."""

from __future__ import annotations

import datetime
import sys
import threading
from typing import TextIO


class Log:
    """`say` writes a line, `detail` one that is for `verbose` alone.  stream: standard output where None."""

    def __init__(self, verbose: bool = False, stream: TextIO | None = None) -> None:
        self._verbose = verbose
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        stamp = datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
        with self._lock:
            self._stream.write(f"{stamp} {line}\n")
            self._stream.flush()

    def detail(self, line: str) -> None:
        if self._verbose:
            self.say(line)
