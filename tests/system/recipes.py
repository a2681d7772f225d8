"""The command blocks of the pages, run as they are: each line a process of its own, `&` the ones that stay."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
UP_S = 120.0  # until a line that stays has printed something: a Python with all its imports, on a busy machine
LINE_S = 300.0
ENDED_S = 30.0


def lines_of(page: str, heading: str) -> list[str]:
    """Return the lines of the one ```sh block under a heading of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = section.split("```sh\n")[1:]
    assert len(blocks) == 1, f"{page}, {heading}: {len(blocks)} blocks"
    return [line for line in blocks[0].split("```", 1)[0].splitlines() if line.strip()]


def _stays(line: str) -> bool:
    return line.split(" #", 1)[0].rstrip().endswith("&")


class Recipe:
    """Runs lines in a folder that looks like the checkout; namespace: a network of its own, None for the machine's."""

    def __init__(self, folder: Path, namespace: str | None) -> None:
        self.folder = folder
        self.said: dict[str, str] = {}
        self._namespace = namespace
        self._exports: list[str] = []
        self._staying: list[tuple[str, subprocess.Popen[bytes], Path]] = []
        for name in (".venv", "docs"):
            (folder / name).symlink_to(ROOT / name)

    def run(self, line: str) -> None:
        """Run one line as its page says; a line that fails fails the test with all that was said."""
        if line.startswith("export "):
            self._exports.append(line)
        elif _stays(line):
            self._start(line)
        else:
            self._finish(line)

    def command(self, line: str) -> list[str]:
        """Return what runs a line."""
        inside = ["ip", "netns", "exec", self._namespace] if self._namespace else []
        return [*inside, "bash", "-c", "\n".join([*self._exports, line])]

    def _finish(self, line: str) -> None:
        log = self.folder / "line.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.command(line),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            ended = str(process.wait(LINE_S))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            ended = f"nothing within {LINE_S:g} s"
        self.said[line] = log.read_text(errors="replace")
        assert ended == "0", f"`{line}` ended with {ended}:\n{self.said[line][-6000:]}\n{self.report()}"

    def _start(self, line: str) -> None:
        log = self.folder / f"line-{len(self._staying)}.log"
        with log.open("wb") as out:
            # Its own session, and `exec` in the place of `&`: its process is the command's, and can be ended alone.
            process = subprocess.Popen(
                self.command("exec " + line.split(" #", 1)[0].rstrip().removesuffix("&")),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._staying.append((line, process, log))
        end_s = time.monotonic() + UP_S
        while not log.stat().st_size:
            assert process.poll() is None and time.monotonic() < end_s, f"`{line}` does not come up\n{self.report()}"
            time.sleep(0.05)

    def report(self) -> str:
        """Say what the lines that stay have printed."""
        return "\n".join(
            f"--- {line}\n{log.read_text(errors='replace')[-3000:]}" for line, _process, log in self._staying
        )

    def close(self) -> list[int]:
        """End what stays, the last first, as Ctrl-C does; return the exit codes."""
        codes = []
        for _line, process, _log in reversed(self._staying):
            process.send_signal(signal.SIGINT)
            try:
                codes.append(process.wait(ENDED_S))
            except subprocess.TimeoutExpired:
                process.kill()
                codes.append(process.wait())
        return codes


class Observer:
    """Everything on the broker, as mosquitto_sub hears it: (topic's last level, payload) in their order."""

    def __init__(self, recipe: Recipe) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._process = subprocess.Popen(
            recipe.command("exec mosquitto_sub -V 5 -q 1 -t 'gridkeel/v2/#' -F '%t %p'"),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            topic, payload = line.split(" ", 1)
            self.heard.append((topic.rsplit("/", 1)[-1], json.loads(payload)))

    def of(self, leaf: str) -> list[dict[str, Any]]:
        """Return what came on one leaf so far."""
        return [payload for heard, payload in list(self.heard) if heard == leaf]

    def wait_for(self, leaf: str, good: Callable[[dict[str, Any]], bool], within_s: float) -> dict[str, Any]:
        """Return the first payload of a leaf that is good."""
        end_s = time.monotonic() + within_s
        while True:
            found = next(filter(good, self.of(leaf)), None)
            if found is not None:
                return found
            assert time.monotonic() < end_s, f"no such {leaf}; the last: {self.of(leaf)[-1:]}"
            time.sleep(0.1)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()


@contextlib.contextmanager
def busy_loops(count: int = 2) -> Iterator[None]:
    """So many programs that do nothing but compute."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextlib.contextmanager
def own_network(name: str) -> Iterator[str | None]:
    """A network namespace with its loopback up, for root; for others the machine's own network (None)."""
    if os.geteuid() != 0:
        yield None
        return
    namespace = f"gridkeel-{os.getpid()}-{name}-recipe"
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        subprocess.run(["ip", "-n", namespace, "link", "set", "lo", "up"], check=True)
        yield namespace
    finally:
        subprocess.run(["ip", "netns", "del", namespace], check=True)
