"""Commands: what is let through to the link, what is refused with a reason, and all the way to a device and back."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import aiomqtt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mqtt_peers import Controller, Listener, UplinkProcess, eventually
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gridkeel import params
from gridkeel.link import message_ids, messages
from host_tools.contract.commands import MAX_BYTES, CommandError, Row, parse
from host_tools.link.dictionary import Dictionary
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.mqtt.session import Session

BASE = "gridkeel/v2/gk-test"
OURS = Dictionary.ours()

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
_ALMOST = st.fixed_dictionaries(
    {},
    optional={
        "setpoint": st.fixed_dictionaries({}, optional={"power_w": _JSON, "lifetime_s": _JSON, "x": _JSON}) | _JSON,
        "parameters": st.dictionaries(st.sampled_from(params.NAMES) | st.text(max_size=8), _JSON, max_size=3) | _JSON,
        "mode": st.sampled_from(["safe", "auto", "SAFE"]) | _JSON,
    },
).map(lambda document: json.dumps(document).encode())


def test_commands_become_rows():
    assert parse(b'{"setpoint": {"power_w": -2500, "lifetime_s": 1.5}}', OURS) == [
        Row("setpoint", {"power_w": -2500, "lifetime_ms": 1500}, "setpoint")
    ]
    assert parse(b'{"parameters": {"baseline_w": 100, "v2g_enable": 0}}', OURS) == [
        Row("param_set", {"index": "baseline_w", "value": 100}, "baseline_w"),
        Row("param_set", {"index": "v2g_enable", "value": 0}, "v2g_enable"),
    ]
    assert parse(b'{"mode": "safe"}', OURS) == [Row("mode", {"mode": "safe"}, "mode")]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{}", "one of setpoint, mode, departure"),
        (b'{"mode": "safe", "setpoint": {}}', "one of setpoint"),
        (b'{"reboot": 1}', "unknown command 'reboot'"),
        (b'{"mode": "on"}', "none of safe, auto"),
        (b'{"mode": {}}', "none of safe, auto"),
        (b'{"mode": "safe", "mode": "auto"}', "occurs twice"),
        (b'{"setpoint": {"power_w": 1}}', "exactly power_w, lifetime_s"),
        (b'{"setpoint": {"power_w": 1.5, "lifetime_s": 1}}', "power_w = 1.5 is not an integer"),
        (b'{"setpoint": {"power_w": true, "lifetime_s": 1}}', "is not an integer"),
        (b'{"setpoint": {"power_w": 50001, "lifetime_s": 1}}', "outside -50000..50000 W"),
        (b'{"setpoint": {"power_w": 1, "lifetime_s": 0}}', "outside 0.001..86400 s"),
        (b'{"setpoint": {"power_w": 1, "lifetime_s": 1e999}}', "outside"),
        (b'{"setpoint": {"power_w": 1, "lifetime_s": NaN}}', "NaN is not JSON"),
        (b'{"parameters": {}}', "at least one"),
        (b'{"parameters": {"speed": 1}}', "unknown parameter 'speed'"),
        (b'{"parameters": {"baseline_w": 60000}}', "baseline_w = 60000 is outside -50000..50000 W"),
        (b'{"parameters": {"baseline_w": "1"}}', "is not an integer"),
        (b"[" * 4000, "nested too deeply"),
        (b" " * (MAX_BYTES + 1), "more than a command may have"),
    ],
)
def test_refusals_name_their_reason(payload: bytes, reason: str):
    with pytest.raises(CommandError) as refusal:
        parse(payload, OURS)
    assert reason in str(refusal.value)


@given(st.binary(max_size=300) | _JSON.map(lambda value: json.dumps(value).encode()) | _ALMOST)
def test_hostile_payloads_are_rows_within_limits_or_a_reason(payload: bytes):
    try:
        rows = parse(payload, OURS)
    except CommandError:
        return
    for row in rows:
        if row.message == "setpoint":
            assert -50_000 <= row.values["power_w"] <= 50_000
            assert 1 <= row.values["lifetime_ms"] <= 86_400_000
        elif row.message == "param_set":
            params.check(row.values["index"], row.values["value"])
        else:
            assert row.values["mode"] in messages.names_of("MODES")


class _Asker:
    """A client that sends commands and waits for the answers on its own response topic."""

    def __init__(self, session: Session, answers: asyncio.Queue[aiomqtt.Message]) -> None:
        self.session = session
        self._answers = answers
        self._number = 0

    async def ask(self, payload: bytes, *, expiry_s: int | None = None, retain: bool = False) -> dict:
        self._number += 1
        tag = b"tag-%d" % self._number
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = "answers/here"
        properties.CorrelationData = tag
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        await self.session.send(f"{BASE}/cmd", payload, properties=properties, retain=retain)
        message = await asyncio.wait_for(self._answers.get(), 20)
        assert message.properties.CorrelationData == tag
        return json.loads(message.payload)


def _asking(url: str, talk) -> None:
    async def run() -> None:
        answers: asyncio.Queue[aiomqtt.Message] = asyncio.Queue()
        async with Session(broker_at(url), "asker", on_message=answers.put_nowait) as session:
            await session.subscribe("answers/#", qos=1)
            await talk(_Asker(session, answers))

    asyncio.run(run())


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest):
    """A broker and a controller that the uplink serves and that takes commands; its parameter: records a second."""
    with (
        EmbeddedBroker() as broker,
        Listener(broker_at(broker.url)) as listener,
        Controller(per_s=getattr(request, "param", 200.0)) as controller,
        UplinkProcess(tmp_path / "q.db", broker.url, [controller.port]) as uplink,
    ):
        listener.wait(f"{BASE}/status", lambda status: status["status"] == "online")
        yield broker, controller, listener, uplink


def test_commands_reach_the_device_and_are_answered_after_its_result(served):
    broker, controller, listener, _uplink = served

    async def talk(asker: _Asker) -> None:
        assert await asker.ask(b'{"setpoint": {"power_w": 2500, "lifetime_s": 30}}') == {
            "device": "gk-test",
            "result": "ok",
        }
        assert await asker.ask(b'{"mode": "safe"}', expiry_s=60) == {"device": "gk-test", "result": "ok"}
        answer = await asker.ask(b'{"parameters": {"baseline_w": 1, "block_ms": 20}}')
        assert answer["parameters"] == {"baseline_w": "ok", "block_ms": "ok"}
        controller.results[message_ids.SETPOINT] = messages.names_of("RESULTS").index("out_of_range")
        answer = await asker.ask(b'{"setpoint": {"power_w": 2500, "lifetime_s": 30}}')
        assert answer["result"] == "out_of_range"
        assert "limits" in answer["reason"]

    _asking(broker.url, talk)
    # What is read after an `out_of_range`, to name the limit in force, is nobody's command.
    taken = [(message, values[1:]) for message, values in controller.commands if message != message_ids.PARAM_GET]
    assert taken == [
        (message_ids.SETPOINT, (2500, 30_000)),
        (message_ids.MODE, (messages.names_of("MODES").index("safe"),)),
        (message_ids.PARAM_SET, (params.index("baseline_w"), 1)),
        (message_ids.PARAM_SET, (params.index("block_ms"), 20)),
        (message_ids.SETPOINT, (2500, 30_000)),
    ]
    assert listener.wait(f"{BASE}/result", lambda record: record["result"] == "out_of_range")


def test_a_command_that_the_device_does_not_answer_in_time_has_the_result_no_answer(served):
    broker, controller, _listener, _uplink = served
    controller.results[message_ids.MODE] = None

    async def talk(asker: _Asker) -> None:
        answer = await asker.ask(b'{"mode": "auto"}', expiry_s=1)
        assert answer["result"] == "no_answer"
        assert "no answer within" in answer["reason"]

    _asking(broker.url, talk)


@settings(max_examples=1, deadline=None)
@given(st.lists(st.binary(max_size=200) | _ALMOST, min_size=150, max_size=150))
def test_hostile_payloads_are_each_answered_and_the_uplink_lives(payloads: list[bytes]):
    import tempfile

    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedBroker() as broker,
        Listener(broker_at(broker.url)) as listener,
        Controller() as controller,
        UplinkProcess(Path(folder) / "q.db", broker.url, [controller.port]) as uplink,
    ):
        listener.wait(f"{BASE}/status", lambda status: status["status"] == "online")

        async def talk(asker: _Asker) -> None:
            for payload in [*payloads, b"x" * 200_000, b"[" * 4096]:
                assert isinstance((await asker.ask(payload))["result"], str)
            assert (await asker.ask(b'{"mode": "auto"}'))["result"] == "ok"

        _asking(broker.url, talk)
        assert uplink.terminate() == 0
        assert not any("Traceback" in line for line in uplink.lines)


def test_hostile_properties_of_a_command_are_answered_or_ignored(served):
    broker, _controller, listener, uplink = served

    async def talk(asker: _Asker) -> None:
        for wanted in ("a/#", "$SYS/x", f"{BASE}/cmd", "gridkeel/v2/other/cmd", "x" * 600, "elsewhere"):
            properties = Properties(PacketTypes.PUBLISH)
            # paho refuses to name a wildcard: it gets a good topic, which is overwritten behind its back.
            properties.ResponseTopic = f"{BASE}/reply"
            object.__setattr__(properties, "ResponseTopic", wanted)
            properties.CorrelationData = b"c" * 60_000
            await asker.session.send(f"{BASE}/cmd", b"nonsense", properties=properties)
        assert (await asker.ask(b'{"mode": 5}'))["result"] == "refused"

    _asking(broker.url, talk)
    answers = listener.of(f"{BASE}/ack")
    assert [answer["reason"] for answer in answers] == ["more than 1024 bytes of correlation data"] * 5
    assert len([topic for topic, _payload in listener.messages if topic.endswith("/cmd")]) == 7
    assert len([line for line in uplink.lines if "broker" in line]) == 0


def test_a_command_without_a_response_topic_is_answered_on_ack(served):
    broker, _controller, listener, _uplink = served

    async def talk(asker: _Asker) -> None:
        await asker.session.send(f"{BASE}/cmd", b'{"mode": "auto"}')

    _asking(broker.url, talk)
    assert listener.wait(f"{BASE}/ack") == {"device": "gk-test", "result": "ok"}


def test_a_retained_command_is_not_repeated_at_the_next_start(tmp_path: Path):
    with EmbeddedBroker() as broker, Listener(broker_at(broker.url)) as listener, Controller() as controller:

        async def retain(asker: _Asker) -> None:
            await asker.session.send(f"{BASE}/cmd", b'{"mode": "safe"}', retain=True)

        _asking(broker.url, retain)
        with UplinkProcess(tmp_path / "q.db", broker.url, [controller.port]):
            listener.wait(f"{BASE}/status", lambda status: status["status"] == "online")
            listener.wait(f"{BASE}/telemetry", lambda record: record["sequence"] > 100)
        assert not controller.commands


@pytest.mark.parametrize("served", [10.0], indirect=True)
@pytest.mark.parametrize("burst", [3000])
def test_every_command_of_a_burst_is_answered_and_what_was_executed_is_reported_as_such(served, burst: int):
    broker, controller, _listener, uplink = served
    answers: Counter[str] = Counter()
    tags: set[bytes] = set()

    def take(message: aiomqtt.Message) -> None:
        answers[json.loads(message.payload)["result"]] += 1
        tags.add(message.properties.CorrelationData)

    async def talk() -> None:
        async with Session(broker_at(broker.url), "burst", on_message=take) as session:
            await session.subscribe("answers/#", qos=1)
            sent = []
            for number in range(burst):
                if len(sent) >= session.credit:
                    await sent.pop(0)
                properties = Properties(PacketTypes.PUBLISH)
                properties.ResponseTopic = "answers/here"
                properties.CorrelationData = number.to_bytes(4, "big")
                sent.append(session.send(f"{BASE}/cmd", b'{"mode": "auto"}', properties=properties))
            await asyncio.gather(*sent)
            for _ in range(600):
                if len(tags) == burst:
                    return
                await asyncio.sleep(0.05)

    asyncio.run(talk())
    assert len(tags) == burst, answers
    assert set(answers) <= {"ok", "busy", "no_answer"}
    assert answers["ok"] + answers["no_answer"] >= controller.executed[message_ids.MODE] > 0
    assert answers["ok"] >= 16
    assert not any("without an answer" in line for line in uplink.lines)


def test_what_is_open_at_the_end_is_answered_before_the_uplink_leaves(served):
    broker, controller, listener, uplink = served
    controller.results[message_ids.MODE] = None

    async def talk(asker: _Asker) -> None:
        await asker.session.send(f"{BASE}/cmd", b'{"mode": "auto"}')

    _asking(broker.url, talk)
    assert eventually(lambda: bool(controller.commands))
    assert uplink.terminate() == 0
    answer = listener.wait(f"{BASE}/ack")
    assert (answer["result"], answer["reason"]) == ("no_answer", "the uplink stopped before the controller answered")


def test_commands_of_the_grid_services_become_rows():
    assert parse(b'{"regulation": {"share_pct_x100": -2500}}', OURS) == [
        Row("regulation", {"share_pct_x100": -2500}, "regulation")
    ]
    demand = {"kind": "shift", "start_in_s": 5, "duration_s": 600, "depth_w": 2000, "recovery_s": 300}
    (row,) = parse(json.dumps({"demand_response": demand}).encode(), OURS)
    assert row.values == demand
    plan = {"number": 9, "slot_s": 900, "start_in_s": -60, "charge_to": 300, "discharge_from": 900}
    rows = parse(json.dumps({"plan": {**plan, "prices": list(range(100, 108))}}).encode(), OURS)
    assert [row.message for row in rows] == ["plan", "plan_prices", "plan_prices"]
    assert rows[0].values == {**plan, "slots": 8}
    assert rows[2].values["first"] == 6
    assert [rows[2].values[f"price_{k}"] for k in range(6)] == [106, 107, 0, 0, 0, 0]


def test_rows_of_commands_are_what_the_link_takes():
    fields = {name: {field[0] for field in row} - {"command"} for _id, name, row in messages.TABLE}
    for document in (
        {"regulation": {"share_pct_x100": 0}},
        {"departure": {"in_s": 1, "soc_pct_x100": 1}},
        {"access": "granted"},
        {"demand_response": {"kind": "shed", "start_in_s": 0, "duration_s": 1, "depth_w": 1, "recovery_s": 0}},
        {"plan": {"number": 0, "slot_s": 60, "start_in_s": 0, "charge_to": 0, "discharge_from": 1, "prices": [1]}},
    ):
        for row in parse(json.dumps(document).encode(), OURS):
            assert set(row.values) == fields[row.message]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"regulation": {}}, "exactly share_pct_x100"),
        ({"regulation": {"share_pct_x100": 10001}}, "outside -10000..10000"),
        ({"regulation": {"share_pct_x100": 10**400}}, "more than 20 digits"),
        ({"departure": {"in_s": 1.5, "soc_pct_x100": 0}}, "not an integer"),
        ({"access": "maybe"}, "none of waiting, granted, refused"),
        ({"access": {"access": "granted"}}, "none of waiting, granted, refused"),
        (
            {"demand_response": {"kind": "more", "start_in_s": 0, "duration_s": 1, "depth_w": 1, "recovery_s": 0}},
            "none of cancel, shed",
        ),
        (
            {"plan": {"number": 0, "slot_s": 60, "start_in_s": 0, "charge_to": 0, "discharge_from": 1, "prices": []}},
            "list of 1..96",
        ),
    ],
)
def test_commands_outside_their_limits_are_refused(document, reason: str):
    with pytest.raises(CommandError) as refusal:
        parse(json.dumps(document).encode(), OURS)
    assert reason in str(refusal.value)
