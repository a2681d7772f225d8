"""Updates by MQTT: pieces at the broker, the command, a controller behind the uplink that takes what is offered."""

from __future__ import annotations

import json
import random
from pathlib import Path
from threading import Thread

import pytest
from mqtt_peers import Controller, Listener, UplinkProcess, eventually

from gridkeel.link import message_ids
from gridkeel.update import refusals, statuses
from host_tools.contract import releases, topics
from host_tools.contract.commands import CommandError, update_of
from host_tools.errors import ToolError
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.operator.releases import publish, withdraw
from host_tools.operator.request import Outcome, send

BASE = "gridkeel/v2/gk-test"
STREAM = random.Random(4).randbytes(3 * releases.PIECE_BYTES + 17)
NAME = releases.name_of(STREAM)


def test_the_pieces_of_a_release_make_it_again_and_no_others_do():
    messages = releases.messages(STREAM)
    assert [topics.split_release(topic) for topic, _ in messages] == [(NAME, n) for n in (1, 2, 3, 4, 0)]
    head = releases.read_head(NAME, messages[-1][1])
    parts = {number: payload for number, (_topic, payload) in enumerate(messages[:-1], 1)}
    assert all(len(parts[number]) == head.piece_bytes(number) for number in parts)
    assert releases.joined(head, parts) == STREAM
    with pytest.raises(ValueError, match="not those that its head announces"):
        releases.joined(head, {**parts, 2: parts[1]})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size": releases.MAX_BYTES + 1}, "1 to 2,097,152 bytes"),
        ({"size": True}, "no size"),
        ({"pieces": 100_000}, "in 100000 pieces"),
        ({"sha256": "0" * 64}, "another release"),
        ({"sha256": None}, "another release"),
    ],
)
def test_a_head_that_promises_what_no_release_is_is_refused(change: dict, reason: str):
    head = json.loads(releases.messages(STREAM)[-1][1])
    with pytest.raises(ValueError, match=reason):
        releases.read_head(NAME, json.dumps({**head, **change}).encode())


def test_an_update_names_one_release_and_nothing_else():
    assert update_of(b'{"update": {"release": "0123456789abcdef"}}') == "0123456789abcdef"
    assert update_of(b'{"mode": "safe"}') is None
    assert update_of(b'{"mode": "update"}') is None
    assert update_of(b'{"update"') is None
    for body in (
        "{}",
        '{"release": "../cmd"}',
        '{"release": 7}',
        '"0123456789abcdef"',
        '{"release": "0123456789ABCDEF"}',
    ):
        with pytest.raises(CommandError):
            update_of(b'{"update": %s}' % body.encode())


class Served:
    """A broker, an uplink, and the two controllers it serves."""

    def __init__(self, broker: EmbeddedBroker, listener: Listener, controllers: tuple[Controller, Controller]) -> None:
        self.broker = broker_at(broker.url)
        self.listener = listener
        self.controller, self.other = controllers

    def update(self, name: str = NAME, timeout_s: float = 20.0, device: str = "gk-test") -> Outcome:
        return send(self.broker, device, json.dumps({"update": {"release": name}}).encode(), timeout_s)


@pytest.fixture
def served(tmp_path: Path):
    with (
        EmbeddedBroker() as broker,
        Listener(broker_at(broker.url)) as listener,
        Controller(per_s=20.0) as controller,
        Controller("gk-other", per_s=20.0) as other,
        UplinkProcess(tmp_path / "q.db", broker.url, [controller.port, other.port]),
    ):
        for device in ("gk-test", "gk-other"):
            listener.wait(f"gridkeel/v2/{device}/status", lambda status: status["status"] == "online")
        yield Served(broker, listener, (controller, other))


def test_a_published_release_reaches_the_controller_whole_and_never_as_a_command(served: Served):
    publish(served.broker, STREAM)
    outcome = served.update()
    assert (outcome.result, outcome.reason) == ("ok", "")
    assert bytes(served.controller.taken) == STREAM
    assert set(served.controller.executed) <= {message_ids.TIME, message_ids.PARAM_GET}
    assert served.other.taken == b""


def test_what_is_not_at_the_broker_is_refused_by_name(served: Served):
    outcome = served.update()
    assert (outcome.result, outcome.status) == ("refused", "download_failed")
    assert f"release {NAME} is not at the broker" in outcome.reason
    publish(served.broker, STREAM)
    assert withdraw(served.broker, NAME) == 4
    assert served.update().result == "refused"
    with pytest.raises(ToolError, match="no release"):
        withdraw(served.broker, NAME)
    assert served.controller.offers == 0


def test_the_controllers_own_refusal_is_answered_in_its_words(served: Served):
    publish(served.broker, STREAM)
    served.controller.end_update = refusals.BAD_SIGNATURE
    outcome = served.update()
    assert (outcome.result, outcome.status) == ("refused", "invalid_signature")
    assert outcome.reason == "bad_signature: the signature does not hold"


def test_an_update_that_is_not_taken_delays_nobody_and_ends_with_its_lifetime(served: Served):
    publish(served.broker, STREAM)
    served.controller.end_update = None
    served.controller.post_update(statuses.DOWNLOAD_PAUSED)
    found: list[Outcome] = []
    asking = Thread(target=lambda: found.append(served.update(timeout_s=4.0)))
    asking.start()
    assert eventually(lambda: bytes(served.controller.taken) == STREAM)
    assert send(served.broker, "gk-test", b'{"mode": "safe"}', 10.0).ok, "commands to the same controller go on"
    assert served.update(timeout_s=3.0).result == "busy"
    assert served.update(device="gk-other").ok, "and so do the updates of others"
    asking.join()
    assert not found[0].ok


def test_a_release_is_offered_again_after_the_line_was_lost_and_goes_on_where_it_was(served: Served):
    publish(served.broker, STREAM)
    controller = served.controller
    controller.end_update = None
    found: list[Outcome] = []
    asking = Thread(target=lambda: found.append(served.update(timeout_s=60.0)))
    asking.start()
    assert eventually(lambda: bytes(controller.taken) == STREAM)
    controller.pause(True)
    served.listener.wait(f"{BASE}/status", lambda status: status["status"] == "offline")
    controller.end_update = refusals.NONE
    controller.pause(False)
    asking.join()
    assert found[0].ok, found
    assert bytes(controller.taken) == STREAM, "nothing was sent twice"


def test_the_record_of_an_update_is_there_for_who_asks_later(served: Served):
    served.controller.post_update(statuses.INSTALLED)
    served.listener.wait(f"{BASE}/update", lambda record: record["status"] == "installed")
    with Listener(served.broker) as late:
        assert late.wait(f"{BASE}/update")["status"] == "installed"
