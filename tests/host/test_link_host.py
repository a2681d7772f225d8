"""The host's end of the link against the device's own end, and against frames no sound device would send."""

from __future__ import annotations

from struct import pack

import pytest

from gridkeel import COMMIT, VERSION
from gridkeel.link import frames, message_ids, messages, packed, table
from gridkeel.link.device import DeviceLink
from host_tools.errors import ToolError
from host_tools.link import layouts
from host_tools.link.codec import decode_frame, encode_frame
from host_tools.link.events import Answered, Connected, Event, Gap, Lost, Record, Reset, Unusable
from host_tools.link.host import HostLink

FIRMWARE = f"{VERSION}+{COMMIT}"
EVENT_ROW = [5, 50, 1, -7]


class LinkPair:
    """A host and a device over a line without faults."""

    def __init__(self, host: HostLink, device: DeviceLink) -> None:
        self.host = host
        self.device = device
        self.now_ms = 0
        self.cut = False
        self.out = bytearray(1024)

    def run(self, ms: int) -> list[Event]:
        happened = []
        for _ in range(ms // 10):
            self.now_ms += 10
            self.device.on_deadline(self.now_ms)
            n = self.device.data_to_send(self.out, self.now_ms)
            self.host.receive(b"" if self.cut else bytes(self.out[:n]), self.now_ms / 1000)
            self.host.on_deadline(self.now_ms / 1000)
            happened += self.host.events()
            data = self.host.data_to_send()
            self.device.receive(data, len(data), self.now_ms)
        return happened


def link_pair(host: HostLink | None = None, boot: int = 1, slots: int = 16) -> LinkPair:
    return LinkPair(host or HostLink(), DeviceLink(b"gk-1", boot, slots))


def of_kind(happened: list[Event], kind: type) -> list:
    return [event for event in happened if isinstance(event, kind)]


def feed(host: HostLink, body: bytes, now_s: float = 1.0) -> list[Event]:
    host.receive(encode_frame(body), now_s)
    host.on_deadline(now_s)
    return host.events()


def sent(host: HostLink) -> list[bytes]:
    return [body for run in host.data_to_send().split(b"\0") if run and (body := decode_frame(run)) is not None]


def hello(boot: int = 1, session: int = 0, oldest: int = 1, following: int = 1, version: int = frames.VERSION) -> bytes:
    text = table.text()
    head = pack(
        frames.HELLO_HEAD, frames.HELLO, version, boot, session, table.table_hash(text), len(text), oldest, following, 0
    )
    return head + b"\x04gk-1\x050.2.0"


def record(sequence: int, held: int, message: int, payload: bytes) -> bytes:
    return pack(frames.RECORD_HEAD, frames.RECORD, message, sequence, held) + payload


def test_connects_and_hands_records_out_until_they_are_acknowledged() -> None:
    pair = link_pair()
    pair.device.post(message_ids.FAULT_EVENT, EVENT_ROW)
    happened = pair.run(100)
    assert happened == [
        Connected("gk-1", 1, FIRMWARE, True),
        Record("gk-1", 1, 1, "fault_event", {"uptime_ms": 5, "fault": 50, "active": 1, "value": -7}),
    ]
    assert pair.run(2000) == []
    assert pair.device.acked == 0
    assert pair.host.repeats > 0
    pair.host.acknowledge(1, boot_id=1)
    pair.run(20)
    assert pair.device.acked == 1


def test_only_what_was_handed_out_can_be_acknowledged() -> None:
    pair = link_pair()
    pair.run(100)
    with pytest.raises(ValueError, match="record 1 was not handed out"):
        pair.host.acknowledge(1)
    pair.host.acknowledge(1, boot_id=99)  # of a boot that is over: no harm


def test_a_new_host_resumes_behind_what_is_on_disk() -> None:
    pair = link_pair()
    for _ in range(5):
        pair.device.post(message_ids.FAULT_EVENT, EVENT_ROW)
    assert len(of_kind(pair.run(100), Record)) == 5
    pair.host = HostLink(lambda device, boot: {("gk-1", 1): 3}[device, boot])
    assert [event.sequence for event in of_kind(pair.run(1000), Record)] == [4, 5]
    assert pair.device.acked == 3
    pair.host = HostLink()
    assert [event.sequence for event in of_kind(pair.run(1000), Record)] == [4, 5]


def test_a_gap_is_told_from_a_record_alone() -> None:
    host = HostLink(lambda _device, _boot: 2)
    feed(host, hello(following=4))
    feed(host, hello(session=host.session, following=4))
    payload = bytes(8)
    assert feed(host, record(5, 3, message_ids.FAULT_EVENT, payload)) == []  # 2..5 are held: 3 is on its way
    assert host.ahead == 1
    happened = feed(host, record(6, 0, message_ids.FAULT_EVENT, payload))
    assert happened[0] == Gap("gk-1", 1, 3, 5)
    assert of_kind(happened, Record)[0].sequence == 6


def test_a_boot_id_used_twice_is_refused_rather_than_read_as_repeats() -> None:
    pair = link_pair(HostLink(lambda _device, _boot: 50))
    pair.device.post(message_ids.FAULT_EVENT, EVENT_ROW)
    (unusable,) = pair.run(8000)
    assert isinstance(unusable, Unusable)
    assert "boot id 1 was used before" in str(unusable.error)
    assert pair.device.acked == 0


def test_a_restarted_device_is_reported_and_its_new_records_follow() -> None:
    pair = link_pair()
    pair.device.post(message_ids.FAULT_EVENT, EVENT_ROW)
    pair.run(100)
    pair.host.acknowledge(1)
    session = pair.host.session
    pair.device = DeviceLink(b"gk-1", 2)
    pair.device.post(message_ids.FAULT_EVENT, EVENT_ROW)
    happened = pair.run(100)
    assert happened[0] == Reset("gk-1", 1, 2)
    assert happened[1] == Connected("gk-1", 2, FIRMWARE, True)
    assert (happened[2].boot_id, happened[2].sequence) == (2, 1)
    assert pair.host.session != session


def test_silence_and_a_closed_port_are_reported_once_and_survived() -> None:
    pair = link_pair()
    pair.run(100)
    pair.cut = True
    assert pair.run(8000) == [Lost("gk-1", 1)]
    pair.cut = False
    assert pair.run(2000) == [Connected("gk-1", 1, FIRMWARE, True)]
    pair.host.line_lost()
    assert pair.run(2000) == [Lost("gk-1", 1), Connected("gk-1", 1, FIRMWARE, True)]


def test_a_foreign_table_is_fetched_and_read(monkeypatch: pytest.MonkeyPatch) -> None:
    host = HostLink()
    with monkeypatch.context() as patch:
        extended = (("uptime_ms", "I", "ms"), ("mood", "B", "RESULTS"), ("level", "h", "0.1 %"))
        enums = [(unit, (*names, "brand_new") if unit == "RESULTS" else names) for unit, names in messages.ENUMS]
        patch.setattr(messages, "ENUMS", tuple(enums))
        patch.setattr(messages, "TABLE", (*messages.TABLE, (77, "novelty", extended)))
        patch.setattr(packed, "TEXT", table.text())
        patch.setattr(packed, "HASH", table.table_hash(packed.TEXT))
        patch.setattr(packed, "RECORDS", (*packed.RECORDS, (77, b"IBh", b"000")))
        pair = LinkPair(host, DeviceLink(b"gk-1", 1))
    pair.device.post(77, [9, 5, -3])
    happened = pair.run(4000)
    assert happened[0] == Connected("gk-1", 1, FIRMWARE, False)
    assert happened[1].message == "novelty"
    assert happened[1].values == {"uptime_ms": 9, "mood": 5, "level": -3}
    assert host.dictionary.enums["RESULTS"][5] == "brand_new"


def test_a_table_of_another_format_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    host = HostLink()
    with monkeypatch.context() as patch:
        patch.setattr(packed, "TEXT", b"gridkeel-table 9\n" + bytes(300).replace(b"\0", b"x"))
        patch.setattr(packed, "HASH", table.table_hash(packed.TEXT))
        device = DeviceLink(b"gk-1", 1)
    (unusable,) = LinkPair(host, device).run(4000)
    assert "update gridkeel on the host" in str(unusable.error)


def test_another_protocol_version_is_refused_with_the_way_out() -> None:
    host = HostLink()
    (newer,) = feed(host, hello(version=2))
    assert "link version 2" in str(newer.error)
    assert "update gridkeel on the host" in str(newer.error)
    assert feed(host, hello(version=2)) == []
    assert "update the firmware" in str(feed(HostLink(), hello(version=0))[0].error)


def test_commands_are_repeated_until_answered_and_end_once() -> None:
    pair = link_pair()
    pair.run(100)
    command_id = pair.host.command("mode", mode="safe")
    assert pair.run(1000) == []
    assert pair.device.next_command() == (message_ids.MODE, (command_id, 0))
    assert pair.device.next_command() is None
    pair.device.answer(command_id, 3)
    (got, answered) = pair.run(1000)
    assert isinstance(got, Record)
    assert answered == Answered(command_id, "result", got.values, None)
    assert got.values["result"] == 3


def test_a_command_nobody_answers_ends_with_an_error() -> None:
    host = HostLink()
    command_id = host.command("param_get", index="nominal_hz", timeout_s=3.0)
    pair = link_pair(host)
    (answered,) = of_kind(pair.run(4000), Answered)
    assert answered.command_id == command_id
    assert "no answer within 3 s" in str(answered.error)


def test_a_restart_ends_what_may_have_been_executed_and_keeps_the_rest() -> None:
    pair = link_pair()
    pair.run(100)
    ids = [pair.host.command("mode", mode=1) for _ in range(frames.COMMANDS_IN_FLIGHT + 2)]
    pair.run(20)
    pair.device = DeviceLink(b"gk-1", 2)
    answered = of_kind(pair.run(1000), Answered)
    assert [event.command_id for event in answered] == ids[: frames.COMMANDS_IN_FLIGHT]
    assert all("restarted" in str(event.error) for event in answered)
    assert [pair.device.next_command()[1][0] for _ in range(2)] == ids[-2:]


def test_a_result_of_an_earlier_session_answers_no_command() -> None:
    pair = link_pair(HostLink(first_command=40))
    pair.run(100)
    pair.host.command("mode", mode=1)
    pair.run(50)
    pair.host = HostLink(first_command=40)  # the same id again, by bad luck
    pair.device.next_command()
    pair.device.answer(40, 0)
    assert pair.device.produced == 1
    pair.out = bytearray(frames.WIRE_MAX)  # a frame at a time: the command is out before the old result comes in
    again = pair.host.command("mode", mode=0)
    assert again == 40
    assert of_kind(pair.run(2000), Answered) == []
    pair.device.next_command()
    pair.device.answer(40, 3)
    (answered,) = of_kind(pair.run(2000), Answered)
    assert answered.values["result"] == 3


@pytest.mark.parametrize(
    ("message", "values", "reason"),
    [
        ("dance", {}, "no message 'dance'; it has telemetry"),
        ("telemetry", {}, "is a record, not a command"),
        ("mode", {}, "mode takes command, mode"),
        ("mode", {"mode": "fast"}, "mode = 'fast' is not one of safe, auto"),
        ("mode", {"mode": 256}, r"mode = 256 is not an integer in 0\.\.255"),
        ("setpoint", {"power_w": 1.5, "lifetime_ms": 1}, r"power_w = 1\.5 is not an integer"),
    ],
)
def test_a_command_that_cannot_be_is_refused_before_it_is_queued(message: str, values: dict, reason: str) -> None:
    host = HostLink()
    with pytest.raises(ToolError, match=reason):
        host.command(message, **values)


def test_nonsense_in_sound_frames_is_counted_and_survived() -> None:
    host = HostLink()
    feed(host, hello())
    feed(host, hello(session=host.session))
    for body in (
        b"\x7f",
        bytes([frames.HELLO]),
        bytes([frames.HELLO, 1]) + b"\xff" * 60,
        bytes([frames.RECORD, 1]),
        record(9, 9, message_ids.FAULT_EVENT, bytes(10)),
        record(9000, 5000, message_ids.FAULT_EVENT, bytes(10)),
    ):
        assert feed(host, body) == []
    assert host.errors == 6
    happened = feed(host, record(1, 0, 99, b"??"))  # cannot be read, and must not block what follows
    assert happened == [Record("gk-1", 1, 1, "message_99", {})]
    assert host.errors == 7


def test_the_host_asks_at_once_and_again_every_second() -> None:
    host = HostLink()
    assert host.deadline() == 0.0
    host.on_deadline(50.0)
    assert sent(host) == [layouts.query()]
    assert host.deadline() == 51.0
    host.on_deadline(50.9)
    assert sent(host) == []
    host.on_deadline(51.0)
    assert sent(host) == [layouts.query()]
