"""mosquitto, from Debian, as the broker of the system tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from mqtt_peers import free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def required(program: str) -> str:
    """Return where a program of the package is; skip the test where it is not, fail where nothing may be skipped."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        reason = f"{program} is not installed: apt-get install mosquitto"
        if os.environ.get("GRIDKEEL_NO_SKIPS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def is_installed() -> bool:
    return shutil.which("mosquitto", path=_PATH) is not None


class Mosquitto:
    """One broker on a free loopback port; `stop` and `start` bring it back on the same one with what it had stored.

    A queue per subscriber is unbounded here: a test counts every message, and the default of 1,000 drops the rest.
    """

    def __init__(self, folder: Path, *options: str, anonymous: bool = True) -> None:
        self._program = required("mosquitto")
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._log = folder / "mosquitto.log"
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'true' if anonymous else 'false'}",
            f"persistence true\npersistence_location {folder}/",
            "user root" if os.geteuid() == 0 else "",
            "max_queued_messages 0",
            *options,
        ]
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"mqtts://localhost:{self.port}"

    def start(self) -> Mosquitto:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([self._program, "-c", str(self._config)], stdout=log, stderr=log)
        end_s = time.monotonic() + 20
        while time.monotonic() < end_s and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise AssertionError(f"mosquitto did not start: {self._log.read_text()}")

    def stop(self) -> None:
        """SIGTERM: it writes what it holds for its subscribers to its disk."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def reload(self) -> None:
        """SIGHUP: it reads its access rules again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def __enter__(self) -> Mosquitto:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()
