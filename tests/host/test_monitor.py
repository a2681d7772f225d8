"""The monitor: what it makes of messages, sound, missing and hostile; and as a user sees it."""

from __future__ import annotations

import io
import json
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mqtt_peers import Controller, Listener, UplinkProcess, eventually
from rich.console import Console, Group
from rich.text import Text

from host_tools.contract import topics
from host_tools.errors import MissingError, ToolError
from host_tools.monitor.app import LiveScreen, Monitor, print_changes, print_lines, print_once, snapshot, watch
from host_tools.monitor.fleet import DEVICES_MAX, Fleet
from host_tools.monitor.keys import split
from host_tools.monitor.table import head_of, lines_of, sparkline, table_of
from host_tools.monitor.view import View
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.operator.presence import Presence
from host_tools.operator.request import retire
from host_tools.screen import Screen

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["boot", "sequence", "freq_uhz", "delivered_w", "soc_pct_x100", "state", "fault", "status", "loop_gap_max_us"]
)


def telemetry(sequence: int, **changes) -> bytes:
    record = {
        "boot": 1,
        "sequence": sequence,
        "freq_uhz": 49_990_000,
        "state": "run",
        "delivered_w": -1500,
        "fault": "none",
    }
    return json.dumps({**record, **changes}).encode()


def rendered(fleet: Fleet, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    rows = View().rows(fleet, 100.0, 1000)
    console.print(Group(*lines_of(rows, 100.0, width)), soft_wrap=True)
    shown = console.file.getvalue()
    console.print(table_of(rows, 100.0))
    return shown


def test_figures_show_with_their_units():
    fleet = Fleet()
    fleet.take("gridkeel/v2/a/status", b'{"status": "online"}', 99.0)
    fleet.take("gridkeel/v2/a/telemetry", telemetry(1, soc_pct_x100=6250, loop_gap_max_us=1500), 99.0)
    text = rendered(fleet)
    for figure in ("online", "run", "49.9900", "-10.0", "-1500", "62.5", "1.50", "1.0"):
        assert figure in text, (figure, text)
    document = fleet.controllers["a"].document(100.0)
    assert (document["deviation_mhz"], document["soc_pct"], document["age_s"]) == (-10.0, 62.5, 1.0)


def test_unknown_missing_and_negative_figures_are_no_figures():
    fleet = Fleet()
    fleet.take("gridkeel/v2/a/telemetry", telemetry(1, soc_pct_x100=-1, delivered_w=None, extra=[1, {}]), 0.0)
    controller = fleet.controllers["a"]
    assert (controller.soc_pct, controller.delivered_w, controller.online) == (None, None, None)


def test_duplicate_messages_count_once():
    fleet = Fleet()
    for sequence in (1, 2, 2, 1, 5, 4, 5):
        fleet.take("gridkeel/v2/a/telemetry", telemetry(sequence), 0.0)
    assert (fleet.controllers["a"].messages, fleet.doubled) == (4, 3)


def test_sixty_hertz_is_nominal_too():
    fleet = Fleet()
    fleet.take("gridkeel/v2/a/telemetry", telemetry(1, freq_uhz=59_950_000), 0.0)
    assert fleet.controllers["a"].deviation_mhz == -50.0


def test_no_device_is_left_out_in_silence():
    fleet = Fleet(devices_max=100)
    for number in range(150):
        for _twice in range(2):
            fleet.take(f"gridkeel/v2/d{number}/status", b'{"status": "online"}', 0.0)
    assert len(fleet.controllers) == 100 and "d0" in fleet.controllers
    assert len(fleet.unseen) == 50
    assert "50 over the limit of devices and not shown" in head_of(fleet.totals(0.0), "b", fleet, "").plain
    assert DEVICES_MAX >= 100_000


def status(uplink: str | None, word: str = "online", **more: str) -> bytes:
    return json.dumps({"status": word, "reason": "why not", **({"uplink": uplink} if uplink else {}), **more}).encode()


def presence(word: str, **more: str) -> bytes:
    return json.dumps({"uplink": "up 1", "status": word, **more}).encode()


UPLINK = topics.presence("up 1")


@pytest.mark.parametrize(
    ("messages", "online"),
    [
        ([("s", status("up 1"))], False),
        ([("s", status("up 1")), ("u", presence("online"))], True),
        ([("u", presence("online")), ("s", status("up 1"))], True),
        ([("u", presence("online")), ("s", status("up 1")), ("u", presence("offline"))], False),
        ([("u", presence("online")), ("s", status("up 1")), ("u", b"")], False),
        ([("u", presence("online")), ("s", status("up 1")), ("u", b"[1")], False),
        ([("u", presence("online")), ("s", status("up 1", "offline"))], False),
        ([("u", presence("online")), ("s", status("another"))], False),
        ([("u", presence("offline")), ("s", status(None))], True),
        ([("s", status(None, "offline"))], False),
        ([("u", presence("online")), ("s", status("up 1", "perhaps"))], None),
        ([("u", presence("online", run="1")), ("s", status("up 1", run="1"))], True),
        ([("u", presence("online", run="2")), ("s", status("up 1", run="1"))], False),
        (
            [("s", status("up 1", run="1")), ("u", presence("online", run="1")), ("u", presence("online", run="2"))],
            False,
        ),
        ([("u", presence("online")), ("s", status("up 1", run="1"))], False),
        ([("u", presence("online", run="2")), ("s", status("up 1"))], True),
    ],
)
def test_online_takes_the_status_and_the_presence_of_its_uplink(messages, online):
    fleet = Fleet()
    for kind, payload in messages:
        fleet.take(UPLINK if kind == "u" else "gridkeel/v2/a/status", payload, 0.0)
    assert fleet.controllers["a"].online is online
    operator = Presence("a")
    for kind, payload in messages:
        operator.take(UPLINK if kind == "u" else "gridkeel/v2/a/status", payload)
    assert operator.online is online
    assert operator.words.startswith({True: "it is online", False: "it is offline", None: "its status"}[online])


def test_an_uplink_that_goes_takes_all_its_controllers_along():
    fleet = Fleet()
    fleet.take(UPLINK, presence("online"), 0.0)
    for number in range(1000):
        fleet.take(f"gridkeel/v2/d{number}/status", status("up 1"), 0.0)
    assert fleet.totals(0.0).online == 1000
    fleet.take(UPLINK, presence("offline"), 1.0)
    assert (fleet.totals(1.0).online, fleet.totals(1.0).offline) == (0, 1000)
    assert "uplink up%201 is gone" in fleet.events[-1].words
    fleet.take(UPLINK, presence("online", run="2"), 2.0)
    fleet.take("gridkeel/v2/d1/status", status("up 1", run="2"), 2.0)
    fleet.take(UPLINK, presence("online", run="3"), 3.0)
    assert "uplink up%201 was started anew, or another has its name" in fleet.events[-1].words


def test_retained_statuses_that_come_first_are_no_events():
    fleet = Fleet()
    fleet.take("gridkeel/v2/a/status", status("up 1"), 0.0)
    fleet.take(UPLINK, presence("online"), 0.0)
    assert list(fleet.events) == []
    fleet.take("gridkeel/v2/a/status", status("up 1", "offline"), 0.0)
    assert fleet.events[-1].words == "offline: why not"


def test_a_retired_device_is_forgotten():
    fleet = Fleet()
    fleet.take("gridkeel/v2/a/birth", b'{"boot": 1}', 0.0)
    fleet.take("gridkeel/v2/a/status", status("up 1"), 0.0)
    fleet.take("gridkeel/v2/a/birth", b"", 0.0)
    assert "a" in fleet.controllers
    fleet.take("gridkeel/v2/a/status", b"", 0.0)
    assert fleet.controllers == {} and fleet.malformed == 0
    fleet.take(UPLINK, presence("offline"), 0.0)


def test_uplinks_that_change_their_name_take_no_room():
    fleet = Fleet()
    for number in range(2000):
        fleet.take("gridkeel/v2/a/status", status(f"up-{number}"), 0.0)
    assert len(fleet._served) == 1


def event(sequence: int, fault: str, active: bool) -> bytes:
    return json.dumps({"boot": 1, "sequence": sequence, "fault": fault, "active": active, "value": 7}).encode()


def test_faults_and_events_are_shown_first():
    fleet = Fleet()
    for name in "abc":
        fleet.take(f"gridkeel/v2/{name}/telemetry", telemetry(1), 99.0)
        fleet.take(f"gridkeel/v2/{name}/status", status(None), 99.0)
    fleet.take("gridkeel/v2/b/fault_event", event(2, "mains_lost", True), 99.0)
    fleet.take("gridkeel/v2/c/fault_event", event(2, "soc_unknown", True), 99.0)
    fleet.take("gridkeel/v2/c/fault_event", event(3, "inverter_silent", True), 99.0)
    assert fleet.totals(99.0).faulted == 2
    assert [one.device for one in View().rows(fleet, 99.0, 10)] == ["b", "c", "a"]
    assert [found.words for found in fleet.events][0] == "mains_lost began, value 7"
    assert "inverter_silent" in rendered(fleet)
    fleet.take("gridkeel/v2/b/fault_event", event(3, "mains_lost", False), 99.0)
    assert fleet.totals(99.0).faulted == 1
    assert fleet.events[-1].words == "mains_lost ended"


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, "fault off old d1 d2 d3"),
        ({"sort": "power"}, "fault off old d3 d2 d1"),
        ({"sort": "power", "reverse": True}, "fault off old d1 d2 d3"),
        ({"sort": "name", "reverse": True}, "fault off old d3 d2 d1"),
        ({"only": "faulted"}, "fault"),
        ({"only": "offline"}, "off"),
        ({"only": "stale"}, "old"),
        ({"only": "fine"}, "d1 d2 d3"),
        ({"words": "D2"}, "d2"),
        ({"words": "offline"}, "off"),
        ({"words": "mains_lost run"}, "fault"),
        ({"words": "nothing"}, ""),
    ],
)
def test_rows_are_sorted_and_filtered(settings, wanted):
    fleet = Fleet()
    for number, name in enumerate(("d1", "d2", "d3", "old", "off", "fault"), start=1):
        fault = "mains_lost" if name == "fault" else "none"
        record = telemetry(1, delivered_w=-100 * number, fault=fault)
        fleet.take(f"gridkeel/v2/{name}/telemetry", record, 90.0 if name == "old" else 99.0)
        fleet.take(f"gridkeel/v2/{name}/status", status(None, "offline" if name == "off" else "online"), 99.0)
    assert " ".join(one.device for one in View(**settings).rows(fleet, 100.0, 10)) == wanted


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort", ["power", "frequency", "soc", "age", "state", "limiter"])
def test_rows_without_a_figure_are_sorted_last(sort, reverse):
    fleet = Fleet()
    fleet.take("gridkeel/v2/a/status", status(None), 0.0)
    fleet.take("gridkeel/v2/b/telemetry", telemetry(1, limiter="droop", soc_pct_x100=5000), 0.0)
    fleet.take("gridkeel/v2/b/status", status(None), 0.0)
    rows = View(sort=sort, reverse=reverse).rows(fleet, 0.0, 10)
    assert [one.device for one in rows] == ["b", "a"]


def board_of(count: int, height: int = 30) -> tuple[LiveScreen, Console]:
    monitor = Monitor(broker_at("mqtt://127.0.0.1:1"), threading.Event())
    for number in range(count):
        monitor.fleet.take(f"gridkeel/v2/d{number:06}/telemetry", telemetry(1), 0.0)
    console = Console(file=io.StringIO(), width=120, height=height, force_terminal=True, color_system=None)
    return LiveScreen(monitor, View(), console, threading.Event()), console


def drawn(board: LiveScreen, console: Console) -> list[str]:
    console.file = io.StringIO()
    console.print(board.picture(1.0))
    return console.file.getvalue().splitlines()


def test_keys_scroll_sort_and_filter():
    board, console = board_of(1000)
    assert any("d000000" in line for line in drawn(board, console))
    for key, shown in (("end", "d000999"), ("home", "d000000"), ("page down", "d000024"), ("up", "d000023")):
        board.keyboard.press(key, 24)
        lines = drawn(board, console)
        assert any(line.startswith(shown) for line in lines), (key, lines)
    for key in "/d00051":
        board.keyboard.press(key, 24)
    lines = drawn(board, console)
    assert any("rows 1 to 10 of 10" in line and "filter: d00051_" in line for line in lines), lines
    board.keyboard.press("\x1b", 24)
    board.keyboard.press("r", 24)
    assert any(line.startswith("d000999") for line in drawn(board, console))
    board.keyboard.press("f", 24)
    assert any("rows 0 to 0 of 0" in line and "showing faulted" in line for line in drawn(board, console))
    board.keyboard.press("q", 24)
    assert board._stop.is_set()


@pytest.mark.parametrize("height", [8, 12, 24, 60])
def test_the_screen_is_never_taller_than_the_terminal(height):
    board, console = board_of(200, height)
    assert len(drawn(board, console)) <= height


def test_what_a_redraw_costs_does_not_grow_with_the_fleet(monkeypatch):
    """Counted, not timed: a redraw looks at the rows it shows, and orders all of them now and then only."""
    board, console = board_of(5000)
    drawn(board, console)
    made = []
    monkeypatch.setattr("host_tools.monitor.table._row", lambda one, now_s: made.append(one) or [Text("x")] * 15)
    monkeypatch.setattr(View, "_order", lambda *_all: pytest.fail("ordered again at once"))
    for _again in range(3):
        drawn(board, console)
    assert len(made) <= 3 * 30


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"q", ["q"]),
        (b"\x1b[A\x1b[B", ["up", "down"]),
        (b"\x1b[5~x", ["page up", "x"]),
        (b"\x1b", ["\x1b"]),
        (b"\x1b[99;1u", []),
        ("é\n".encode(), ["é", "\n"]),
        (b"\xff", ["\ufffd"]),
        (b"", []),
    ],
)
def test_key_codes_of_a_terminal_are_read(data, keys):
    assert list(split(data)) == keys


def test_names_cannot_send_control_codes_to_the_terminal():
    fleet = Fleet()
    fleet.take("gridkeel/v2/\x1b[2J[red]/status", b'{"status": "online"}', 0.0)
    fleet.take("gridkeel/v2/a/telemetry", telemetry(1, state="\x1b[31mx", fault="[blink]" * 20), 0.0)
    text = rendered(fleet)
    assert "\x1b" not in text
    assert "[red]" in text


@given(st.binary(max_size=200) | st.dictionaries(_KEYS, _JSON).map(lambda d: json.dumps(d).encode()), st.text())
def test_hostile_messages_change_nothing_but_counts(payload: bytes, device: str):
    fleet = Fleet()
    for leaf in ("telemetry", "fault_event", "status", "birth", "cmd", "else"):
        fleet.take(f"gridkeel/v2/{device}/{leaf}", payload, 0.0)
        fleet.take(f"gridkeel/v2/dev/{leaf}", payload, 0.0)
    rendered(fleet, 80)
    for controller in fleet.controllers.values():
        json.dumps(controller.document(0.0))


def test_huge_and_deep_payloads_are_malformed():
    fleet = Fleet()
    for payload in (b"[" * 60_000, b" " * 70_000 + b"{}", b"1" * 5000, b'{"boot": 1e999}', b"\xff"):
        fleet.take("gridkeel/v2/a/telemetry", payload, 0.0)
    assert (fleet.malformed, len(fleet.controllers)) == (5, 0)


@given(st.lists(st.floats(-1e12, 1e12), max_size=30))
def test_a_sparkline_has_a_bar_a_value(values: list[float]):
    assert len(sparkline(values)) == len(values)


def test_a_narrow_terminal_keeps_what_matters():
    fleet = Fleet()
    fleet.take("gridkeel/v2/gk-test/telemetry", telemetry(1), 99.0)
    lines = rendered(fleet, 80).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert any("gk-test" in line and "-10.0" in line and "-1500" in line for line in lines)


def test_every_way_to_watch_on_a_real_broker(tmp_path):
    with (
        EmbeddedBroker() as broker,
        Controller() as controller,
        UplinkProcess(tmp_path / "q.db", broker.url, [controller.port]) as uplink,
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
        screen = Screen()
        screen.console = Console(file=io.StringIO(), width=80, soft_wrap=True)
        print_once(at, View(), threading.Event(), screen, 1.0)
        assert "gk-test" in screen.console.file.getvalue() and "1 online" in screen.console.file.getvalue()
        document = snapshot(at, threading.Event(), 1.0)
        assert document["totals"]["online"] == 1 and document["controllers"][0]["freq_hz"] == 50.012

        changes, over = [], threading.Event()
        reading = threading.Thread(target=print_changes, args=(at, over, changes.append))
        reading.start()
        assert eventually(lambda: any("1 controller: 1 online" in line for line in changes))
        live = Console(file=io.StringIO(), width=200, height=40, force_terminal=True)
        watching = threading.Thread(target=watch, args=(at, View(), over, live))
        watching.start()
        assert eventually(lambda: "50.0120" in live.file.getvalue())
        uplink.kill()
        assert eventually(lambda: any("gk-test: offline: uplink" in line for line in changes)), changes
        broker.stop()
        assert eventually(lambda: "cannot be reached" in live.file.getvalue())
        over.set()
        watching.join()
        reading.join()


def test_stop_ends_the_wait_for_a_broker_that_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stop = threading.Event()
        threading.Timer(0.5, stop.set).start()
        document = snapshot(broker_at(f"mqtt://127.0.0.1:{silent.getsockname()[1]}"), stop, 1.0)
    assert document["controllers"] == []


def test_a_missing_broker_is_one_line():
    with pytest.raises(MissingError, match="127.0.0.1:1 cannot be reached"):
        snapshot(broker_at("mqtt://127.0.0.1:1"), threading.Event(), 1.0)


def test_forgetting_takes_what_the_broker_keeps_and_leaves_what_is_online(tmp_path):
    with EmbeddedBroker() as broker, Controller() as controller, Listener(broker_at(broker.url)) as listener:
        at = broker_at(broker.url)
        with UplinkProcess(tmp_path / "q.db", broker.url, [controller.port]) as uplink:
            listener.wait("gridkeel/v2/gk-test/status", lambda document: document["status"] == "online")
            with pytest.raises(ToolError, match="gk-test is online"):
                retire(at, "gk-test")
            assert uplink.terminate() == 0
        retire(at, "gk-test")
        assert snapshot(at, threading.Event(), 0.5)["controllers"] == []
        with pytest.raises(ToolError, match="no controller of this name"):
            retire(at, "gk-test")
