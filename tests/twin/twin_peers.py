"""The twin as a process, a publisher of records, and what a twin that nobody disturbed makes of the same records."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import paho.mqtt.client as mqtt
from twin_records import Message

from twin.engine.packs import Packs
from twin.engine.shard import layout
from twin.engine.worker import Worker
from twin.intake.parser import Parser
from twin.store.opening import opened
from twin.store.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
_RUN = "from command_line.main import main; main()"


class TwinProcess:
    """`gridkeel twin run` as a process of its own; `lines` is what it said."""

    def __init__(self, url: str, store: str, *options: str, cores: set[int] | None = None) -> None:
        words = ["twin", "run", "--broker", url, "--store", store, *options]
        self.lines: list[str] = []
        self.begun_s = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if cores:
            os.sched_setaffinity(self.process.pid, cores)
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in iter(self.process.stdout.readline, ""):
            with self._said:
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()

    def wait_for(self, words: str, timeout_s: float = 60.0) -> float:
        """Return how long after its start it said so."""
        with self._said:
            found = self._said.wait_for(lambda: any(words in line for line in self.lines), timeout_s)
        assert found, f"never said {words!r}: {self.lines}"
        return time.monotonic() - self.begun_s

    def kill(self) -> None:
        """SIGKILL: it can do nothing about it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def terminate(self, timeout_s: float = 30.0) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout_s)
        self._reader.join()
        return code

    def __enter__(self) -> TwinProcess:
        return self

    def __exit__(self, *_details: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.kill()


class Publisher(threading.Thread):
    """Publishes messages at QoS 1, at most `per_s` a second; `left` is how many the broker has not acknowledged."""

    def __init__(self, port: int, messages: Sequence[Message], per_s: float = 1e9) -> None:
        super().__init__(daemon=True)
        self._messages = messages
        self._per_s = per_s
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(500)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def run(self) -> None:
        begun_s = time.monotonic()
        pending = []
        for number, (topic, payload) in enumerate(self._messages):
            while number > (time.monotonic() - begun_s) * self._per_s:
                time.sleep(0.002)
            pending.append(self._client.publish(topic, payload, 1))
            if len(pending) >= 2000:
                pending.pop(0).wait_for_publish(60)
        for info in pending:
            info.wait_for_publish(60)
        self._client.disconnect()
        self._client.loop_stop()


def undisturbed(messages: Sequence[Message], folder: Path, packs: Packs | None = None) -> dict[str, bytes]:
    """Return the states of a twin that had all records once, in this process."""
    parser = Parser()
    with SqliteStore(folder / "undisturbed.db", layout()) as store:
        worker = Worker(store, packs or Packs())
        for first in range(0, len(messages), 1000):
            for topic, payload in messages[first : first + 1000]:
                parser.take(topic, payload, time.time())
            worker.work(parser.batch(), time.time())
        return {name: data for name, data, _heard in store.load()}


def states(store: str) -> dict[str, bytes]:
    """Return what a store has, also while its twin writes it."""
    with opened(store, layout(), read_only=True) as kept:
        return {name: data for name, data, _heard in kept.load()}
