"""The peer's programs as processes in a namespace: the vehicle (EVCC) and, for comparison, its charger (SECC)."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hil.interop.modes import Mode
from hil.interop.namespaces import CHARGER_INTERFACE, VEHICLE_INTERFACE
from host_tools import peer
from host_tools.errors import MissingError, ToolError

Event = dict[str, Any]

_EVCC = Path(__file__).with_name("peer_vehicle.py")
_READY_S = 20.0
# An EVCC lives for one session: Java's second compiler costs it more than it gives back, on a small machine most.
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_SDP_PORT_HEX = f"{15118:04X}"


def check_java() -> None:
    """Errors: MissingError where there is no Java: the peer's EXI codec runs on it."""
    if shutil.which("java") is None:
        raise MissingError(
            "no `java` here: the vehicle's EXI codec needs it; install OpenJDK (openjdk-17-jre-headless)"
        )


class PeerVehicle:
    """The peer's EVCC under hil/interop/peer_vehicle.py.  Errors: MissingError without Java or the peer.

    pauses: its session ends with a pause.  resumes: the id of a session that it joins again, "" for a new one.
    """

    def __init__(
        self, mode: Mode, namespace: str, pki: Path, folder: Path, *, pauses: bool = False, resumes: str = ""
    ) -> None:
        check_java()
        config = folder / f"vehicle-{mode.name}.json"
        config.write_text(json.dumps(mode.vehicle_config()))
        self._log = folder / "vehicle.log"
        self._events: queue.Queue[Event | None] = queue.Queue()
        with self._log.open("wb") as log:
            self._process = _start(
                namespace,
                [str(peer.python()), "-I", str(_EVCC), str(config)],
                {
                    "NETWORK_INTERFACE": VEHICLE_INTERFACE,
                    "PKI_PATH": f"{pki}/",
                    "VEHICLE_PAUSES": "1" if pauses else "",
                    "VEHICLE_RESUMES": resumes,
                    "JDK_JAVA_OPTIONS": _SHORT_LIVED,
                },
                folder,
                subprocess.PIPE,
                log,
            )
        self._reader = threading.Thread(target=self._read, name="vehicle", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def events(self, within_s: float) -> Iterator[Event]:
        """Yield what the vehicle reports until it ends or the time is over; the last is "ended" or "timeout" then."""
        due_s = time.monotonic() + within_s
        while True:
            try:
                event = self._events.get(timeout=max(0.0, due_s - time.monotonic()))
            except queue.Empty:
                yield {"event": "timeout", "reason": f"nothing more within {within_s:g} s"}
                return
            if event is None:
                yield {"event": "ended", "reason": f"the vehicle's process ended: {self.log_tail()}"}
                return
            yield event

    def log_tail(self, n: int = 600) -> str:
        """Return the last lines of the vehicle's log."""
        return self._log.read_text(errors="replace")[-n:].strip() or "it logged nothing"

    def close(self) -> None:
        """End it: it never does so by itself after a failure."""
        _end(self._process)
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()


@contextlib.contextmanager
def peer_charger(contract: bool, namespace: str, pki: Path, folder: Path) -> Iterator[None]:
    """Run the peer's own SECC; contract: it offers Plug & Charge too.  Errors: ToolError where it does not start."""
    check_java()
    settings = {
        "NETWORK_INTERFACE": CHARGER_INTERFACE,
        "PKI_PATH": f"{pki}/",
        "PROTOCOLS": "ISO_15118_2",
        "AUTH_MODES": "EIM,PNC" if contract else "EIM",
    }
    log_path = folder / "peer-charger.log"
    with log_path.open("wb") as log:
        process = _start(namespace, [str(peer.python()), "-I", "-m", "iso15118.secc.main"], settings, folder, log, log)
    try:
        _wait_for(lambda: _listens(process.pid), process, log_path)
        yield
    finally:
        _end(process)


def _start(
    namespace: str, command: list[str], settings: Mapping[str, str], folder: Path, out: Any, log: Any
) -> subprocess.Popen[bytes]:
    # What the peer prints costs its time: it is set to log as little as it can.
    quiet = {"LOG_LEVEL": "WARNING", "MESSAGE_LOG_JSON": "False", "MESSAGE_LOG_EXI": "False"}
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, *command],
        cwd=folder,
        env={**os.environ, **quiet, **settings},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=log,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    due_s = time.monotonic() + _READY_S
    while not ready():
        if process.poll() is not None or time.monotonic() > due_s:
            raise ToolError(f"the peer's charger does not start: {log.read_text(errors='replace')[-600:].strip()}")
        time.sleep(0.05)


def _listens(pid: int) -> bool:
    try:
        sockets = Path(f"/proc/{pid}/net/udp6").read_text()
    except OSError:  # ended meanwhile
        return False
    return any(line.split()[1].endswith(f":{_SDP_PORT_HEX}") for line in sockets.splitlines()[1:])
