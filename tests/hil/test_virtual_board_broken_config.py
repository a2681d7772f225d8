"""The real firmware on a flash whose configuration broke: safe, reachable, reported; and a power cut at each write."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from linked_board import LinkedBoard
from virtual_board_helpers import HANG_S

from certs import v2g
from gridkeel import params
from gridkeel.errors_text import config_reason
from gridkeel.link import ids
from hil.plants.trace import Trace
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.connector_port import ConnectorPort
from hil.virtual_board.flash import CONFIG, GOOD, IDENTITY, make_flash, parameters_of, put_pki, refusal_of
from hil.virtual_board.mains_feed import MainsFeed
from host_tools.micropython.interpreter import argv

TESTS = Path(__file__).resolve().parents[1]
FIRMWARE = TESTS.parent / "firmware"
ANY = params.WHICH_MAX
BASELINE = params.index("baseline_w")
GOOD_VALUES = {"baseline_w": 1234, "start_delay_ms": 0, "return_delay_ms": 1000, "samples_stale_ms": 1000}

pytestmark = pytest.mark.timeout(280)


@contextmanager
def setup_on(flash: Path, environment: dict[str, str] | None = None) -> Iterator[LinkedBoard]:
    wave = PointOnWave(WaveformConfig(), Trace.from_points([(0.0, 50.0)]))
    with (
        MainsFeed(wave.block, 4800, 10) as mains,
        VirtualBoard(flash, mains=mains.address, environment=environment, rom=True) as board,
    ):
        setup = LinkedBoard(board)
        try:
            yield setup
        finally:
            setup.close()


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
    with setup_on(flash) as setup:
        setup.wait_for("telemetry", 0, HANG_S, lambda record: record["state"] == "run")
        for content, reason, which in BROKEN:
            put(flash / CONFIG, content)
            mark = setup.restart()
            event = setup.wait_for("fault_event", mark, HANG_S, lambda event: event["fault"] == "config_invalid")
            assert event["device"] == "gk-broken"
            assert event["active"] is True
            assert event["value"] == reason << 8 | which, content
            assert event["reason"] == config_reason(reason << 8 | which)
            record = setup.wait_for("telemetry", mark, HANG_S, lambda record: record["fault"] == "config_invalid")
            assert (record["state"], record["limiter"], record["permitted_w"]) == ("safe", "mode_safe", 0)
            setup.wait_for("telemetry", mark, HANG_S, lambda record: 49_000_000 < record["freq_uhz"] < 51_000_000)
            assert not setup.board.energised
            assert setup.ask("mode", mode="auto") == "refused"
            if reason != params.NO_PILOT:  # a host gives the pilot that is asked for
                assert parameters_of(flash) == GOOD_VALUES, "the host's plants follow the same rule"
            assert (flash / GOOD).read_bytes() == good
            # Any parameter that is stored mends it; power waits for the word.
            mark = setup.mark()
            assert setup.ask("param_set", index="modbus_unit", value=7) == "ok"
            setup.wait_for(
                "fault_event", mark, HANG_S, lambda event: event["fault"] == "config_invalid" and not event["active"]
            )
            assert not setup.board.energised
            assert json.loads((flash / CONFIG).read_text())["baseline_w"] == 1234
            assert setup.ask("mode", mode="auto") == "ok"
            setup.wait_for("telemetry", mark, HANG_S, lambda record: record["state"] == "run")
        mark = setup.restart()
        setup.wait_for("telemetry", mark, HANG_S, lambda record: record["state"] == "run")


def test_a_configuration_that_ran_is_kept(tmp_path: Path) -> None:
    flash = make_flash(tmp_path / "flash", GOOD_VALUES, "gk-good")
    with setup_on(flash) as setup:
        setup.wait_for("telemetry", 0, HANG_S, lambda record: record["state"] == "run")
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
    with setup_on(flash) as setup:
        event = setup.wait_for("fault_event", 0, HANG_S, lambda event: event["fault"] == "config_invalid")
        assert event["value"] >> 8 == params.DEVICE_ID
        assert event["device"] == setup.board.device_id
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
        with setup_on(flash, environment) as setup:
            event = setup.wait_for("fault_event", 0, HANG_S, lambda event: event["fault"] == "config_invalid")
            assert event["value"] >> 8 == params.NO_VEHICLES
            setup.wait_for("telemetry", 0, HANG_S, lambda record: record["state"] == "safe")
            assert setup.ask("param_set", index="modbus_unit", value=7) == "ok"
            assert setup.ask("mode", mode="auto") == "refused", "a parameter does not mend it"


# --- power cuts, on the file system of a board's flash


def test_a_power_cut_at_any_write_leaves_the_old_configuration_or_the_new() -> None:
    """A sample; python tests/power_cuts/run.py Parameters makes all of them."""
    places = (str(TESTS / "device"), str(FIRMWARE))
    command = argv(TESTS / "power_cuts" / "config_guest.py", ("1", "20", "8", *places), heap_bytes=64 * 1024 * 1024)
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert int(done.stdout.splitlines()[-1]) > 25


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
