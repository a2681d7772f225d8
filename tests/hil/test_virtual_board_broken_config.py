"""The real firmware on a flash whose configuration broke: up, safe, reachable, told; and a power cut at each write."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import serial
from virtual_board_helpers import HANG_S

from certs import v2g
from gridkeel import params
from gridkeel.errors_text import config_reason
from gridkeel.link import ids
from hil.interop.record_book import RecordBook
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.connector_port import ConnectorPort
from hil.virtual_board.flash import CONFIG, GOOD, IDENTITY, make_flash, parameters_of, put_pki, refusal_of
from hil.virtual_board.mains_feed import MainsFeed
from host_tools.link import events
from host_tools.link.host import COMMAND_TIMEOUT_S, HostLink
from host_tools.link.readable import readable
from host_tools.micropython.interpreter import argv

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
ANY = params.WHICH_MAX
BASELINE = params.index("baseline_w")
GOOD_VALUES = {"baseline_w": 1234, "start_delay_ms": 0, "return_delay_ms": 1000, "samples_stale_ms": 1000}

pytestmark = pytest.mark.timeout(280)


class Bench(RecordBook):
    """A board on a flash of its own, with mains and a host at its link."""

    def __init__(self, board: VirtualBoard) -> None:
        super().__init__()
        self.board = board
        self._link = HostLink()
        self._answers: dict[int, events.Answered] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _pump(self) -> None:
        with serial.Serial(self.board.host, 460800, timeout=0.01) as port:
            while not self._stop.is_set():
                with suppress(serial.SerialException):  # the interpreter behind it is starting again
                    data = port.read(4096)
                    with self._lock:
                        self._link.receive(data, time.monotonic())
                        self._link.on_deadline(time.monotonic())
                        self._follow()
                        out = self._link.data_to_send()
                    port.write(out)

    def _follow(self) -> None:
        for event in self._link.events():
            if isinstance(event, events.Record):
                self._link.acknowledge(event.sequence, event.boot_id)
                self.note(readable(event, self._link.dictionary))
            elif isinstance(event, events.Answered):
                self._answers[event.command_id] = event

    def restart(self) -> int:
        """Press the reset button; return a mark before what the new life tells."""
        mark, boots = self.mark(), self.board.status.boots
        self.board.reset()
        while self.board.status.boots == boots:
            time.sleep(0.01)
        return mark

    def ask(self, message: str, **values: int | str) -> str:
        with self._lock:
            number = self._link.command(message, COMMAND_TIMEOUT_S, **values)
        end_s = time.monotonic() + HANG_S
        while number not in self._answers:
            assert time.monotonic() < end_s, f"no answer to {message}"
            time.sleep(0.01)
        answer = self._answers[number]
        assert answer.error is None, answer.error
        return ids.RESULTS[answer.values["result"]]


@contextmanager
def bench_on(flash: Path, environment: dict[str, str] | None = None) -> Iterator[Bench]:
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    with (
        MainsFeed(wave.block, 4800, 10) as mains,
        VirtualBoard(flash, mains=mains.address, environment=environment, rom=True) as board,
    ):
        bench = Bench(board)
        try:
            yield bench
        finally:
            bench.close()


def put(path: Path, content: bytes | None | str) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if content == "directory":
        path.mkdir()
        (path / "inside").write_text("1")
    elif content is not None:
        assert isinstance(content, bytes)
        path.write_bytes(content)


GARBAGE = bytes(range(256)) * 4096
BROKEN = (
    (b"", params.NOT_JSON, ANY),
    (b'{"baseline_w": 15', params.NOT_JSON, ANY),
    (b"\xff" * 100, params.NOT_JSON, ANY),
    (b'{"basline_w": 1500}', params.NOT_A_PARAMETER, 1),
    (b'{"baseline_w": 60000}', params.OUT_OF_LIMITS, BASELINE),
    (b'{"baseline_w": "1500"}', params.NOT_AN_INTEGER, BASELINE),
    (b'{"baseline_w": 1500, "baseline_w": 1}', params.TWICE, BASELINE),
    (b'{"nominal_hz": 55}', params.AT_ODDS, params.index("nominal_hz")),
    (b'{"evse": 1}', params.NO_PILOT, params.index("evse")),
    (b"[" * 8000, params.NOT_JSON, ANY),
    (GARBAGE, params.TOO_LONG, ANY),
    ("directory", params.UNREADABLE, ANY),
    (None, params.MISSING, ANY),
)


def test_a_broken_configuration_is_reported_over_the_link_and_corrected_over_it(tmp_path: Path) -> None:
    flash = make_flash(tmp_path / "flash", GOOD_VALUES, "gk-broken")
    good = (flash / CONFIG).read_bytes()
    (flash / GOOD).write_bytes(good)
    with bench_on(flash) as bench:
        bench.wait_for("telemetry", 0, HANG_S, lambda record: record["state"] == "run")
        for content, reason, which in BROKEN:
            put(flash / CONFIG, content)
            mark = bench.restart()
            event = bench.wait_for("fault_event", mark, HANG_S, lambda event: event["fault"] == "config_invalid")
            assert event["device"] == "gk-broken"
            assert event["active"] is True
            assert event["value"] == reason << 8 | which, content
            assert event["reason"] == config_reason(reason << 8 | which)
            record = bench.wait_for("telemetry", mark, HANG_S, lambda record: record["fault"] == "config_invalid")
            assert (record["state"], record["limiter"], record["permitted_w"]) == ("safe", "mode_safe", 0)
            bench.wait_for("telemetry", mark, HANG_S, lambda record: 49_000_000 < record["freq_uhz"] < 51_000_000)
            assert not bench.board.energised
            assert bench.ask("mode", mode="auto") == "refused"
            if reason != params.NO_PILOT:  # a host gives the pilot that is asked for
                assert parameters_of(flash) == GOOD_VALUES, "the host's plants follow the same rule"
            assert (flash / GOOD).read_bytes() == good
            # Any parameter that is stored mends it; power waits for the word.
            mark = bench.mark()
            assert bench.ask("param_set", index="modbus_unit", value=7) == "ok"
            bench.wait_for(
                "fault_event", mark, HANG_S, lambda event: event["fault"] == "config_invalid" and not event["active"]
            )
            assert not bench.board.energised
            assert json.loads((flash / CONFIG).read_text())["baseline_w"] == 1234
            assert bench.ask("mode", mode="auto") == "ok"
            bench.wait_for("telemetry", mark, HANG_S, lambda record: record["state"] == "run")
        mark = bench.restart()
        bench.wait_for("telemetry", mark, HANG_S, lambda record: record["state"] == "run")


def test_a_configuration_that_ran_is_kept(tmp_path: Path) -> None:
    flash = make_flash(tmp_path / "flash", GOOD_VALUES, "gk-good")
    with bench_on(flash) as bench:
        bench.wait_for("telemetry", 0, HANG_S, lambda record: record["state"] == "run")
        end_s = time.monotonic() + 2 * HANG_S
        while not (flash / GOOD).exists():
            assert time.monotonic() < end_s, "no config.good.json"
            time.sleep(0.05)
        assert params.Parameters(params.parse((flash / GOOD).read_bytes())).values() == (
            params.Parameters(GOOD_VALUES).values()
        )


@pytest.mark.parametrize("given", [b"a name", b"x" * 40, b"depot/7", b"+", b"\xff\x00\n\xfe", "directory"])
def test_an_identity_that_is_none_never_kills_a_board(tmp_path: Path, given: bytes | str) -> None:
    flash = make_flash(tmp_path / "flash", GOOD_VALUES)
    put(flash / IDENTITY, given)
    with bench_on(flash) as bench:
        event = bench.wait_for("fault_event", 0, HANG_S, lambda event: event["fault"] == "config_invalid")
        assert event["value"] >> 8 == params.DEVICE_ID
        assert event["device"] == bench.board.device_id
        assert ids.device_id(event["device"].encode()).decode() == event["device"]


@pytest.mark.parametrize("broken", ["secc_key.der", "secc_0.der", "network"])
def test_unusable_keys_or_network_leave_a_controller_that_reports_it(tmp_path: Path, broken: str) -> None:
    device = tmp_path / "device"
    v2g.export_device(v2g.make(tmp_path / "pki"), device)
    if broken != "network":
        (device / broken).write_bytes(b"no DER")
    interface = "fe80::1%nosuch0" if broken == "network" else "::1%lo"
    flash = make_flash(tmp_path / "flash", {**GOOD_VALUES, "evse": 2}, "gk-keys")
    put_pki(flash, device)
    with ConnectorPort() as connector:
        environment = {"GRIDKEEL_CONNECTOR": connector.address, "GRIDKEEL_V2G_INTERFACE": interface}
        with bench_on(flash, environment) as bench:
            event = bench.wait_for("fault_event", 0, HANG_S, lambda event: event["fault"] == "config_invalid")
            assert event["value"] >> 8 == params.NO_VEHICLES
            bench.wait_for("telemetry", 0, HANG_S, lambda record: record["state"] == "safe")
            assert bench.ask("param_set", index="modbus_unit", value=7) == "ok"
            assert bench.ask("mode", mode="auto") == "refused", "a parameter does not mend it"


# --- power cuts, on the file system of a board's flash

POWER_CUTS = """\
import os, sys, vfs
sys.path.insert(0, %r)
from gridkeel import params
from gridkeel.boards.flash import Flash
from gridkeel.runtime.config import GOOD, Config


class Chip:
    # A flash whose power goes at its n-th write or erasure: that one leaves the first bytes of what it was to do.
    BLOCK = 512

    def __init__(self, data, left=-1, torn=0):
        self.data = bytearray(data)
        self.left = left
        self.torn = torn
        self.dead = False

    def _work(self, at, data):
        if self.left == 0:
            begun = min(self.torn, len(data))
            self.data[at : at + begun] = data[:begun]
            self.die()
        if self.dead:
            raise OSError(5)
        self.data[at : at + len(data)] = data
        self.left -= 1

    def die(self):
        self.left = -1
        self.dead = True

    def readblocks(self, number, buffer, offset=0):
        if self.dead:
            raise OSError(5)
        at = number * self.BLOCK + offset
        for i in range(len(buffer)):
            buffer[i] = self.data[at + i]

    def writeblocks(self, number, buffer, offset=0):
        self._work(number * self.BLOCK + offset, buffer)

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // self.BLOCK
        if op == 5:
            return self.BLOCK
        if op == 6:
            self._work(arg * self.BLOCK, ERASED)
        return 0


ERASED = b"\\xff" * Chip.BLOCK


class Board(Flash):
    connector = None

    def check(self, parameters):
        pass


def mount(chip):
    lives.append(vfs.VfsLfs2(chip))
    vfs.mount(lives[-1], "/flash")
    os.chdir("/flash")


def leave(chip):
    # A file that the dead life left open is closed by the collector some time, and finds its own file system and a
    # flash that does nothing any more.
    chip.die()
    os.chdir("/")
    try:
        vfs.umount("/flash")
    except OSError:
        pass
    data, chip.data = chip.data, b""
    return data


lives = []


def store(board, config, value):
    stored = config.set("baseline_w", value)  # config.json
    config.follow(True, 0)
    config.follow(True, 20000)  # config.good.json
    return stored


board = Board(b"virtual")
chip = Chip(ERASED * 40)
vfs.VfsLfs2.mkfs(chip)
mount(chip)
assert store(board, Config(board), 1000)
start = leave(chip)
cuts = before = after = 0
for torn in (0, 1, 100):
    n = 0
    while True:
        chip = Chip(start, n, torn)
        mount(chip)
        config = Config(board)
        assert config.code == 0 and config.parameters.baseline_w == 1000
        stored = store(board, config, 2000)
        whole = not chip.dead
        chip = Chip(leave(chip))
        mount(chip)
        again = Config(board)
        assert again.code == 0, (torn, n, again.code)
        value = again.parameters.baseline_w
        assert value in (1000, 2000), (torn, n, value)
        assert value == 2000 or not stored, (torn, n, "stored, and not there")
        good = params.parse(board.load(GOOD, params.CONFIG_BYTES))
        assert good["baseline_w"] == 1000 or value == 2000, (torn, n, "good before it was stored")
        assert store(board, again, 3000), (torn, n, "the flash takes no more")
        leave(chip)
        before += value == 1000
        after += value == 2000
        cuts += 1
        if whole:
            break
        n += 1
print(cuts, before, after)
"""


def test_a_power_cut_at_any_write_leaves_the_old_configuration_or_the_new(tmp_path: Path) -> None:
    script = tmp_path / "cuts.py"
    script.write_text(POWER_CUTS % str(FIRMWARE))
    done = subprocess.run(argv(script, heap_bytes=32 * 1024 * 1024), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    cuts, before, after = map(int, done.stdout.split()[-3:])
    assert cuts > 30 and before > 5 and after > 5


def test_the_host_reads_no_more_of_it_than_a_board_does(tmp_path: Path) -> None:
    flash = make_flash(tmp_path / "flash", GOOD_VALUES)
    (flash / GOOD).write_bytes((flash / CONFIG).read_bytes())
    with (flash / CONFIG).open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    try:
        assert parameters_of(flash) == GOOD_VALUES
        assert "more than" in refusal_of(flash)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
