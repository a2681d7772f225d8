"""Peers of the uplink for tests: a controller behind a pty (the firmware's own link), and the uplink as a process."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from gridkeel import params
from gridkeel.link import backend, frames, message_ids, messages
from gridkeel.link.device import DeviceLink
from gridkeel.link.download import OPEN, Download
from gridkeel.update import refusals, statuses
from host_tools.mqtt.address import Broker
from host_tools.mqtt.counter import CountingSubscriber

PRESENCE = "gridkeel/v2/$uplink/test/status"
ROOT = Path(__file__).resolve().parents[2]

_ROW = {message: fields for message, _name, fields in messages.TABLE}
_OK = messages.names_of("RESULTS").index("ok")
_GROUP = params.index("group")
_RUN_UPLINK = """
import sys, typer
from command_line.uplink import command
from host_tools.errors import ToolError
try:
    typer.run(command)
except ToolError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
"""


class Controller(threading.Thread):
    """A DeviceLink behind a pty.  It produces until `quiet`; results: what commands are answered, by message id."""

    def __init__(self, device: str = "gk-test", boot: int = 7, per_s: float = 200.0, group: int | None = None) -> None:
        super().__init__(daemon=True)
        self._group = group  # its parameter, None where it does not answer with one
        self.commands: deque[tuple[int, tuple]] = deque(maxlen=1000)
        self.executed: Counter[int] = Counter()
        self.questions: deque[tuple[str, bytes]] = deque()
        self.results: dict[int, int | None] = {}
        self.backend = backend.Backend()
        self.link = DeviceLink(device.encode(), boot, 4096, self.backend)
        self.download = Download()  # what is offered is taken, and then `end_update` says how it ends
        self.taken = bytearray()
        self.end_update: int | None = refusals.NONE
        self.verdict = (statuses.INSTALLED, refusals.NONE)  # what it reports once it has judged the image
        self.offers = 0
        self.link.attach(self.download)
        self._offered = 0
        self._reports: deque[tuple[int, int]] = deque()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._period_s = 1.0 / per_s
        self._quiet = threading.Event()
        self._silent = threading.Event()
        self._over = threading.Event()
        self._paused = threading.Event()

    def __enter__(self) -> Controller:
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._over.set()
        self.join()
        os.close(self._master)
        os.close(self._slave)

    def quiet(self) -> int:
        """Stop producing, and answering the uplink's own commands; return how many records there are in all."""
        self._quiet.set()
        assert self._silent.wait(30)
        return self.link.produced

    def pause(self, paused: bool) -> None:
        """Neither read nor write meanwhile."""
        if paused:
            self._paused.set()
        else:
            self._paused.clear()

    def write_raw(self, data: bytes) -> None:
        """Put bytes on the line that are no frames."""
        self._write(data)

    def ask(self, kind: str, data: bytes) -> None:
        """Put a question to whoever is behind the host; `backend` shows how it ended."""
        self.questions.append((kind, data))
        while self.questions:
            time.sleep(0.001)

    def run(self) -> None:
        out = bytearray(4096)
        next_s = time.monotonic()
        while not self._over.is_set():
            if self._paused.is_set():
                time.sleep(0.01)
                continue
            readable, _, _ = select.select([self._master], [], [], 0.005)
            now_ms = int(time.monotonic() * 1000) & 0x3FFFFFFF
            if readable:
                data = os.read(self._master, 4096)
                self.link.receive(data, len(data), now_ms)
            self._obey()
            self._take_offer(now_ms)
            if self.questions:
                self.backend.ask(*self.questions[0], bytearray(frames.EXCHANGE_MAX), now_ms)
                self.questions.popleft()
            while time.monotonic() >= next_s:
                next_s += self._period_s
                if not self._quiet.is_set():
                    self._produce(now_ms)
            if self._quiet.is_set():
                self._silent.set()
            if self.link.deadline(now_ms) == 0:
                self.link.on_deadline(now_ms)
            count = self.link.data_to_send(out, now_ms)
            if count:
                self._write(bytes(out[:count]))

    def _produce(self, now_ms: int) -> None:
        self.link.post(message_ids.TELEMETRY, (now_ms, 50_012_000, *[1] * (len(_ROW[message_ids.TELEMETRY]) - 2)))

    def _take_offer(self, now_ms: int) -> None:
        """Take what comes of a stream from where it was left; its first bytes again, as the device's installer does."""
        while self._reports:
            self.link.post(message_ids.UPDATE, (now_ms, *self._reports.popleft()))
        download = self.download
        if download.number != self._offered:
            self._offered = download.number
            self.offers += bool(self._offered)
            if self._offered and self.taken:
                download.skip_to(len(self.taken), now_ms)
        waiting = bytes(download.waiting())
        if waiting:
            self.taken += waiting
            download.use(len(waiting), now_ms)
        whole = download.state == OPEN and download.used == download.size
        if whole and self.end_update is not None:
            download.close(self.end_update, now_ms)
            if self.end_update == refusals.NONE:
                self.post_update(*self.verdict)

    def post_update(self, status: int, code: int = refusals.NONE) -> None:
        """Report how an update stands."""
        self._reports.append((status, code))

    def _obey(self) -> None:
        command = self.link.next_command()
        if command is not None:
            message, values = command
            self.executed[message] += 1
            own = message in (message_ids.TIME, message_ids.PARAM_GET)  # the uplink's, nobody's command
            if not own:
                self.commands.append((message, values))
            result = self.results.get(message, _OK)
            if message == message_ids.PARAM_SET and values[1] == _GROUP and result == _OK:
                self._group = values[2]
            if message == message_ids.PARAM_GET and values[1] == _GROUP and self._group is not None:
                self.link.post(message_ids.PARAMETER, (0, *values, self._group))
                return
            if result is not None and not (own and self._quiet.is_set()):  # an answer would be one record more
                self.link.answer(values[0], result)

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._master, data)
        except BlockingIOError:
            return  # nobody reads the line: what does not fit is lost on it


class SerialServer(threading.Thread):
    """Hands a serial port out on a TCP port, to one client after the other."""

    def __init__(self, port: str) -> None:
        super().__init__(daemon=True)
        self._serial = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self.url = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> SerialServer:
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self.join()
        os.close(self._serial)

    def hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError):  # the client was first
                client.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        while True:
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return
            with self._client as client:
                self._relay(client)

    def _relay(self, client: socket.socket) -> None:
        while True:
            readable, _, _ = select.select([client.fileno(), self._serial], [], [])
            try:
                if self._serial in readable:
                    client.sendall(os.read(self._serial, 4096))
                if client.fileno() in readable:
                    data = client.recv(4096)
                    if not data:
                        return
                    os.write(self._serial, data)
            except OSError:
                return


class UplinkProcess:
    """`gridkeel uplink` as a process of its own, its lines without their time stamps.  name: at the broker."""

    def __init__(self, queue: Path, url: str, ports: list[str], *options: str, name: str = "test") -> None:
        named = [part for port in ports for part in ("--port", port)]
        self.lines: list[str] = []
        self.raw_lines: list[str] = []
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _RUN_UPLINK,
                *named,
                *("--broker", url, "--queue", str(queue), "--name", name),
                *options,
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in iter(self._process.stdout.readline, ""):
            self.raw_lines.append(line.rstrip("\n"))
            self.lines.append(_unstamped(self.raw_lines[-1]))

    def __enter__(self) -> UplinkProcess:
        return self

    def __exit__(self, *_details: object) -> None:
        self.kill()

    def kill(self) -> None:
        """SIGKILL: no goodbye of any kind."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def wait(self, timeout_s: float = 30.0) -> int:
        code = self._process.wait(timeout_s)
        self._reader.join()
        return code

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the process for a while, so that something else comes first."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self.wait()


def _unstamped(line: str) -> str:
    """Return a log line without its time of day; one that has none (an error at the end) as it is."""
    stamp, _, rest = line.partition(" ")
    try:
        datetime.datetime.fromisoformat(stamp)
    except ValueError:
        return line
    return rest


class Listener:
    """Everything under gridkeel/v2, kept by topic; for waiting until something is there."""

    def __init__(self, broker: Broker) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._changed = threading.Condition()
        self._counter = CountingSubscriber(broker, on_message=self._take)

    def __enter__(self) -> Listener:
        self._counter.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._counter.stop()

    def _take(self, topic: str, payload: bytes) -> None:
        with self._changed:
            self.messages.append((topic, payload))
            self._changed.notify_all()

    def of(self, topic: str) -> list[dict]:
        return [json.loads(payload) for name, payload in self.messages if name == topic]

    def wait(self, topic: str, fits=lambda _document: True, timeout_s: float = 20.0) -> dict:
        """Return the last document of a topic that fits."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: [document for document in self.of(topic) if fits(document)], timeout_s
            )
        assert found, f"nothing that fits on {topic}; there was {self.of(topic)[-5:]}"
        return found[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(holds, timeout_s: float = 20.0) -> bool:
    """Return True once `holds()`; False where it never did."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        if holds():
            return True
        time.sleep(0.02)
    return bool(holds())
