"""Helpers of the virtual board's tests: a small firmware of their own, mpremote as a program, waiting."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HANG_S = 30.0

FIRMWARE = {
    "boot.py": 'print("boot ran")\n',
    "main.py": """\
import asyncio

print("main ran")


async def main():
    while True:
        await asyncio.sleep_ms(20)


asyncio.run(main())
""",
    "gridkeel/__init__.py": "",
}


def make_firmware(directory: Path, **changes: str) -> Path:
    """Write the small firmware; changes: other text for a file, its dot left out (main_py="...")."""
    for name, text in FIRMWARE.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changes.get(name.replace(".", "_"), text))
    return directory


def mpremote(port: str, *arguments: str, timeout_s: float = HANG_S) -> str:
    """Run mpremote as a user does and return what it printed; a failure shows all it said."""
    command = [sys.executable, "-m", "mpremote", "connect", port, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"mpremote {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def wait_until(condition: Callable[[], object], what: str, hang_s: float = HANG_S) -> None:
    """Wait for a condition; the time is only a bound on a hang."""
    end_s = time.monotonic() + hang_s
    while not condition():
        assert time.monotonic() < end_s, f"never came: {what}"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs (one that only waits to be reaped does not)."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/stat").read_text()
        return status.rsplit(")", 1)[1].split()[0] != "Z"
    return False


class Terminal:
    """A human at the console: types bytes, waits for words."""

    def __init__(self, port: str) -> None:
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self.seen = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self._fd)

    def type(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._fd, data) :]

    def expect(self, pattern: bytes) -> bytes:
        """Return what came up to and with the pattern, and forget it."""
        end_s = time.monotonic() + HANG_S
        while True:
            match = re.search(pattern, self.seen, re.DOTALL)
            if match:
                found, self.seen = self.seen[: match.end()], self.seen[match.end() :]
                return found
            left_s = end_s - time.monotonic()
            assert left_s > 0, f"never came: {pattern!r}; seen {self.seen[-500:]!r}"
            if select.select([self._fd], [], [], left_s)[0]:
                self.seen += os.read(self._fd, 4096)
