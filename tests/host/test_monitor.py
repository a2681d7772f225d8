"""The monitor: what it makes of messages, sound, missing and hostile; and as a user sees it."""

from __future__ import annotations

import io
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mqtt_peers import Controller, UplinkProcess, eventually
from rich.console import Console

from host_tools.broker import EmbeddedBroker
from host_tools.errors import MissingError
from host_tools.monitor.app import print_lines, print_once, watch
from host_tools.monitor.fleet import Fleet
from host_tools.monitor.table import sparkline, table_of
from host_tools.uplink.address import broker_at

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["boot", "sequence", "freq_uhz", "power_w", "soc_pct_x100", "state", "fault", "status", "loop_gap_max_us"]
)


def telemetry(sequence: int, **changes) -> bytes:
    record = {
        "boot": 1,
        "sequence": sequence,
        "freq_uhz": 49_990_000,
        "state": "run",
        "power_w": -1500,
        "fault": "none",
    }
    return json.dumps({**record, **changes}).encode()


def rendered(fleet: Fleet, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table_of(fleet, 100.0, broker="b", width=width))
    return console.file.getvalue()


def test_figures_show_with_their_units():
    fleet = Fleet()
    fleet.take("gridkeel/v1/a/status", b'{"status": "online"}', 99.0)
    fleet.take("gridkeel/v1/a/telemetry", telemetry(1, soc_pct_x100=6250, loop_gap_max_us=1500), 99.0)
    text = rendered(fleet)
    for figure in ("online", "run", "49.9900", "-10.0", "-1500", "62.5", "1.50", "1.0"):
        assert figure in text, (figure, text)
    document = fleet.controllers["a"].document(100.0)
    assert (document["deviation_mhz"], document["soc_pct"], document["age_s"]) == (-10.0, 62.5, 1.0)


def test_unknown_missing_and_negative_figures_are_no_figures():
    fleet = Fleet()
    fleet.take("gridkeel/v1/a/telemetry", telemetry(1, soc_pct_x100=-1, power_w=None, extra=[1, {}]), 0.0)
    controller = fleet.controllers["a"]
    assert (controller.soc_pct, controller.power_w, controller.online) == (None, None, None)


def test_doubled_messages_count_once():
    fleet = Fleet()
    for sequence in (1, 2, 2, 1, 5, 4, 5):
        fleet.take("gridkeel/v1/a/telemetry", telemetry(sequence), 0.0)
    assert (fleet.controllers["a"].messages, fleet.doubled) == (4, 3)


def test_sixty_hertz_is_nominal_too():
    fleet = Fleet()
    fleet.take("gridkeel/v1/a/telemetry", telemetry(1, freq_uhz=59_950_000), 0.0)
    assert fleet.controllers["a"].deviation_mhz == -50.0


def test_devices_are_bounded():
    fleet = Fleet()
    for number in range(1500):
        fleet.take(f"gridkeel/v1/d{number}/status", b'{"status": "online"}', 0.0)
    assert len(fleet.controllers) == 1000
    assert "d1499" in fleet.controllers


def test_a_terminal_is_not_steered_by_names():
    fleet = Fleet()
    fleet.take("gridkeel/v1/\x1b[2J[red]/status", b'{"status": "online"}', 0.0)
    fleet.take("gridkeel/v1/a/telemetry", telemetry(1, state="\x1b[31mx", fault="[blink]" * 20), 0.0)
    text = rendered(fleet)
    assert "\x1b" not in text
    assert "[red]" in text


@given(st.binary(max_size=200) | st.dictionaries(_KEYS, _JSON).map(lambda d: json.dumps(d).encode()), st.text())
def test_hostile_messages_change_nothing_but_counts(payload: bytes, device: str):
    fleet = Fleet()
    for leaf in ("telemetry", "event", "status", "birth", "cmd", "else"):
        fleet.take(f"gridkeel/v1/{device}/{leaf}", payload, 0.0)
        fleet.take(f"gridkeel/v1/dev/{leaf}", payload, 0.0)
    rendered(fleet, 80)
    for controller in fleet.controllers.values():
        json.dumps(controller.document(0.0))


def test_huge_and_deep_payloads_are_malformed():
    fleet = Fleet()
    for payload in (b"[" * 60_000, b" " * 70_000 + b"{}", b"1" * 5000, b'{"boot": 1e999}', b"\xff"):
        fleet.take("gridkeel/v1/a/telemetry", payload, 0.0)
    assert (fleet.malformed, len(fleet.controllers)) == (5, 0)


@given(st.lists(st.floats(-1e12, 1e12), max_size=30))
def test_a_sparkline_has_a_bar_a_value(values: list[float]):
    assert len(sparkline(values)) == len(values)


def test_a_narrow_terminal_keeps_what_matters():
    fleet = Fleet()
    fleet.take("gridkeel/v1/gk-test/telemetry", telemetry(1), 99.0)
    lines = rendered(fleet, 80).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any("gk-test" in line and "-10.0" in line and "-1500" in line for line in lines)


def test_live_once_and_lines_on_a_real_broker(tmp_path):
    with (
        EmbeddedBroker() as broker,
        Controller() as controller,
        UplinkProcess(tmp_path / "q.db", broker.url, [controller.port]),
    ):
        at = broker_at(broker.url)
        stop, lines = threading.Event(), []

        def keep(line: str) -> None:
            lines.append(json.loads(line))
            if lines[-1]["freq_hz"] is not None:
                stop.set()

        print_lines(at, stop, keep)
        assert lines[-1]["device"] == "gk-test"
        assert lines[-1]["freq_hz"] == 50.012
        console = Console(file=io.StringIO(), width=200)
        print_once(at, threading.Event(), console, 1.0)
        assert "gk-test" in console.file.getvalue()

        live, over = Console(file=io.StringIO(), width=200, force_terminal=True), threading.Event()
        watching = threading.Thread(target=watch, args=(at, over, live))
        watching.start()
        assert eventually(lambda: "50.0120" in live.file.getvalue())
        broker.stop()
        assert eventually(lambda: "cannot be reached" in live.file.getvalue())
        over.set()
        watching.join()


def test_no_broker_is_one_line():
    with pytest.raises(MissingError, match="127.0.0.1:1 cannot be reached"):
        print_once(broker_at("mqtt://127.0.0.1:1"), threading.Event(), Console(file=io.StringIO()), 1.0)
