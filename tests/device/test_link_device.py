"""The device's end of the link against a host made of bare frames."""

from struct import pack, unpack_from

from link_peer import BOOT, SESSION, Peer

from gridkeel.errors import ProtocolError
from gridkeel.link import frames, message_ids, messages, table
from gridkeel.link.device import DeviceLink

WASM_GROUP = 1  # each builds the message table, and nothing is collected there


def _hello(body):
    return unpack_from(frames.HELLO_HEAD, body)


def _sequences(records):
    return [sequence for sequence, _held, _message in records]


def _refused(function, *arguments):
    try:
        function(*arguments)
    except ProtocolError:
        return True
    return False


def test_only_a_hello_a_second_goes_out_before_a_host_opens():
    peer = Peer()
    peer.post(3)
    (hello,) = peer.bodies(0)
    text = table.text()
    assert _hello(hello) == (frames.HELLO, 1, BOOT, 0, table.table_hash(text), len(text), 1, 4, 0)
    assert hello[28:33] == b"\x04gk-7"
    assert peer.bodies(500) == []
    assert peer.link.deadline(500) == 500
    peer.link.on_deadline(999)
    assert peer.bodies(999) == []
    peer.link.on_deadline(1000)
    assert len(peer.bodies(1000)) == 1


def test_query_is_answered_at_once_whatever_its_version():
    peer = Peer()
    peer.bodies(0)
    peer.send(bytes([frames.QUERY, 9, 1, 2, 3]))
    assert peer.link.deadline(0) == 0
    assert peer.bodies(0)[0][0] == frames.HELLO


def test_open_names_boot_and_version_or_is_ignored():
    peer = Peer()
    peer.post()
    peer.open(boot=BOOT ^ 1)
    peer.open(session=0)
    peer.send(pack(frames.OPEN_LAYOUT, frames.OPEN, 2, SESSION, BOOT, 0))
    assert peer.link.ignored == 3
    assert not peer.link.connected(0)
    assert peer.records() == []
    peer.open()
    assert peer.link.connected(0)
    bodies = peer.bodies()
    assert _hello(bodies[0])[3] == SESSION
    assert bodies[1][0] == frames.RECORD


def test_window_acks_and_the_layout_of_a_record():
    peer = Peer(64)
    peer.post(40)
    peer.open()
    bodies = peer.bodies()
    assert unpack_from(frames.RECORD_HEAD, bodies[1]) == (frames.RECORD, message_ids.FAULT_EVENT, 1, 0)
    assert unpack_from("<IBBi", bodies[1], 8) == (5, 50, 1, -7)
    assert len(bodies) == 1 + frames.WINDOW
    assert peer.records() == []
    peer.ack(5)
    assert peer.records() == [(n, n - 6, message_ids.FAULT_EVENT) for n in range(17, 22)]
    peer.ack(21)
    assert _sequences(peer.records()) == list(range(22, 38))
    peer.ack(3)  # an old acknowledgement changes nothing
    assert peer.records() == []
    assert (peer.link.produced, peer.link.acked, peer.link.dropped) == (40, 21, 0)


def test_an_acknowledgement_of_what_never_went_out_is_ignored():
    peer = Peer()
    peer.post(3)
    peer.open()
    peer.records()
    peer.ack(4)
    peer.ack(0xFFFFFFFF)
    peer.ack(2, session=SESSION + 1)
    assert peer.link.ignored == 3
    assert peer.link.acked == 0


def test_retransmission_doubles_to_its_bound_and_starts_anew_on_progress():
    peer = Peer()
    peer.post(2)
    peer.open()
    assert _sequences(peer.records(0)) == [1, 2]
    now = 0
    for wait in (250, 500, 1000, 2000, 4000, 4000):
        peer.ack(0, now)  # the host lives, but has nothing to acknowledge
        peer.link.on_deadline(now + wait - 1)
        assert _sequences(peer.records(now + wait - 1)) == []
        now += wait
        peer.link.on_deadline(now)
        assert _sequences(peer.records(now)) == [1, 2]
    peer.ack(1, now)
    peer.link.on_deadline(now + 250)
    assert _sequences(peer.records(now + 250)) == [2]


def test_full_ring_gives_the_oldest_up_and_counts_it():
    peer = Peer(16)
    peer.open()
    peer.records()
    peer.post(20)
    assert (peer.link.produced, peer.link.dropped) == (20, 4)
    records = peer.records()
    assert records[0] == (5, 0, message_ids.FAULT_EVENT)
    assert records[-1] == (20, 15, message_ids.FAULT_EVENT)
    peer.post(3)  # 5, 6 and 7 go while they are in flight
    assert peer.records() == [
        (21, 13, message_ids.FAULT_EVENT),
        (22, 14, message_ids.FAULT_EVENT),
        (23, 15, message_ids.FAULT_EVENT),
    ]
    peer.ack(23)
    assert (peer.link.acked, peer.link.dropped) == (16, 7)
    assert peer.link.produced == peer.link.acked + peer.link.dropped


def test_silence_closes_and_the_same_session_resumes_from_the_last_acknowledged():
    peer = Peer()
    peer.link.set_silence_ms(1000)
    peer.post(4)
    peer.open()
    peer.records()
    peer.ack(2, 100)
    assert peer.link.connected(1099)
    assert not peer.link.connected(1100)
    peer.link.on_deadline(1100)
    peer.post()
    (hello,) = peer.bodies(1100)
    assert _hello(hello)[3] == 0
    assert _hello(hello)[6:9] == (3, 6, 0)
    peer.open(1200)
    assert _sequences(peer.records(1200)) == [3, 4, 5]


def test_a_repeated_open_of_the_open_session_sends_nothing_twice():
    peer = Peer()
    peer.post(2)
    peer.open()
    assert _sequences(peer.records()) == [1, 2]
    peer.open()
    assert _sequences(peer.records()) == []
    peer.open(session=SESSION + 1, acked=1)
    assert _sequences(peer.records()) == [2]


def test_ticks_that_wrap_do_not_disturb_the_timers():
    peer = Peer()
    start = 0x3FFFFFFF - 100
    peer.post()
    peer.open(start)
    peer.records(start)
    assert peer.link.deadline(start) == 250
    peer.link.on_deadline(149)
    assert _sequences(peer.records(149)) == [1]
    assert peer.link.connected(149)


def test_a_command_is_executed_and_answered_once():
    peer = Peer()
    peer.open()
    row = pack("<HiI", 700, -1500, 60000)
    peer.command(message_ids.SETPOINT, row)
    peer.command(message_ids.SETPOINT, row)
    assert peer.link.next_command() == (message_ids.SETPOINT, (700, -1500, 60000))
    assert peer.link.next_command() is None
    peer.command(message_ids.SETPOINT, row)
    assert peer.link.next_command() is None
    peer.link.uptime_ms = 12345
    peer.link.answer(700, 3)
    peer.link.answer(700, 0)
    peer.command(message_ids.SETPOINT, row)
    bodies = peer.bodies()
    assert [body[1] for body in bodies[1:]] == [message_ids.RESULT]
    assert unpack_from("<IHB", bodies[1], 8) == (12345, 700, 3)
    assert peer.link.next_command() is None


def test_a_parameter_record_is_an_answer_too():
    peer = Peer()
    peer.open()
    row = pack("<HB", 9, 6)
    peer.command(message_ids.PARAM_GET, row)
    assert peer.link.next_command() == (message_ids.PARAM_GET, (9, 6))
    peer.link.post(message_ids.PARAMETER, [1, 9, 6, 480])
    peer.link.post(message_ids.PARAMETER, [1, 9, 6, 480])
    peer.link.answer(9, 0)
    peer.link.post(message_ids.PARAMETER, [1, 0, 6, 500])  # no command: sent unasked
    assert [message for _sequence, _held, message in peer.records()] == [message_ids.PARAMETER] * 2


def test_an_answer_that_fell_out_of_the_ring_is_posted_again_on_a_repeat():
    for message, row, answer in (
        (message_ids.PARAM_GET, pack("<HB", 9, 6), (message_ids.PARAMETER, "<IHBi", (77, 9, 6, -480))),
        (message_ids.MODE, pack("<HB", 9, 1), (message_ids.RESULT, "<IHB", (77, 9, 2))),
    ):
        peer = Peer(16)
        peer.open()
        peer.bodies()
        peer.command(message, row)
        peer.link.next_command()
        if answer[0] == message_ids.PARAMETER:
            peer.link.post(message_ids.PARAMETER, [1, 9, 6, -480])
        else:
            peer.link.answer(9, 2)
        peer.command(message, row)
        assert peer.link.produced == 1  # held still: it will go out by itself
        peer.post(16)
        assert peer.link.dropped == 1
        peer.link.uptime_ms = 77
        peer.command(message, row)
        peer.command(message, row)
        assert peer.link.produced == 18
        assert peer.link.next_command() is None
        body = peer.bodies(77)[-1]
        assert body[1] == answer[0]
        assert unpack_from(answer[1], body, 8) == answer[2]
        peer.ack(18, 77)
        peer.command(message, row, 77)
        assert peer.link.produced == 18  # the host has it: a late repeat asks for nothing


def test_an_unknown_command_is_rejected_with_an_error():
    peer = Peer()
    peer.open()
    peer.command(200, pack("<HI", 5, 1))
    peer.command(message_ids.MODE, pack("<HBB", 6, 1, 1))  # a row of another length
    peer.command(message_ids.TELEMETRY, pack("<HBB", 7, 1, 1))  # a record is no command
    peer.command(200, pack("<HI", 5, 1))
    assert peer.link.next_command() is None
    bodies = peer.bodies()[1:]
    unknown = messages.names_of("RESULTS").index("unknown")
    assert [unpack_from("<HB", body, 12) for body in bodies] == [(5, unknown), (6, unknown), (7, unknown)]


def test_a_new_session_drops_what_the_old_one_queued_and_its_late_answers():
    peer = Peer()
    peer.open()
    peer.command(message_ids.MODE, pack("<HB", 1, 0))
    peer.command(message_ids.MODE, pack("<HB", 2, 0))
    assert peer.link.next_command() == (message_ids.MODE, (1, 0))
    peer.open(session=SESSION + 1)
    assert peer.link.next_command() is None
    peer.command(message_ids.MODE, pack("<HB", 1, 1), session=SESSION + 1)
    peer.link.answer(1, 0)  # of the old session: goes to nobody
    assert peer.link.produced == 0
    assert peer.link.next_command() == (message_ids.MODE, (1, 1))
    peer.link.answer(1, 0)
    assert peer.link.produced == 1


def test_commands_wait_in_a_bounded_queue():
    peer = Peer()
    peer.open()
    for command_id in range(1, 21):
        peer.command(message_ids.MODE, pack("<HB", command_id, 0))
    assert peer.link.ignored == 4
    taken = []
    command = peer.link.next_command()
    while command is not None:
        taken.append(command[1][0])
        command = peer.link.next_command()
    assert taken == list(range(1, 17))


def test_commands_outside_a_session_and_without_id_are_counted():
    peer = Peer()
    peer.command(message_ids.MODE, pack("<HB", 3, 0))
    peer.open()
    peer.command(message_ids.MODE, pack("<HB", 3, 0), session=SESSION ^ 1)
    assert peer.link.ignored == 2
    peer.command(message_ids.MODE, pack("<HB", 0, 0))
    assert peer.link.errors == 1
    assert peer.link.next_command() is None


def test_frames_of_unknown_type_and_wrong_size_are_counted():
    peer = Peer()
    peer.send(b"\x7f")
    peer.send(bytes([frames.ACK, 1, 2]))
    peer.send(bytes([frames.OPEN, 1]))
    peer.send(bytes([frames.HELLO]) + bytes(40))
    assert peer.link.errors == 4


def test_the_table_is_handed_out_in_parts():
    peer = Peer()
    peer.bodies()
    whole = table.text()
    at = 0
    while at < len(whole):
        peer.send(pack(frames.TABLE_GET_LAYOUT, frames.TABLE_GET, at))
        (part,) = peer.bodies()
        assert unpack_from(frames.TABLE_PART_HEAD, part) == (frames.TABLE_PART, at)
        text = part[3:]
        assert text and text == whole[at : at + len(text)]
        at += len(text)
    peer.send(pack(frames.TABLE_GET_LAYOUT, frames.TABLE_GET, at))
    assert peer.bodies() == []
    assert peer.link.ignored == 1


def test_values_out_of_range_are_clamped_and_counted_and_counts_saturate():
    peer = Peer()
    peer.open()
    fields = messages.fields_of(message_ids.TELEMETRY)
    names = [name for name, _code, _unit in fields]
    low, high, wide, count = [names.index(name) for name in ("freq_uhz", "delivered_w", "quality", "dropped")]
    row = [0] * len(fields)
    row[0] = -1
    row[low] = -(1 << 40)
    row[high] = 1 << 40
    row[wide] = 70000
    row[count] = 99999
    peer.link.post(message_ids.TELEMETRY, row)
    values = unpack_from(messages.format_of(fields), peer.bodies()[1], frames.RECORD_HEAD_SIZE)
    assert (values[0], values[low], values[high]) == (0, -0x80000000, 0x7FFFFFFF)
    assert values[wide] == 65535 and values[count] == 65535
    assert peer.link.clamped == 4  # the last one is a count, which saturates by right


def test_our_own_misuse_is_a_protocol_error():
    peer = Peer()
    assert _refused(peer.link.post, 99, [1])
    assert _refused(peer.link.post, message_ids.FAULT_EVENT, [1])
    assert _refused(peer.link.data_to_send, bytearray(frames.WIRE_MAX - 1), 0)
    assert _refused(peer.link.set_silence_ms, 0)
    assert _refused(DeviceLink, b"", 1)
    assert _refused(DeviceLink, b"x" * 25, 1)
    assert _refused(DeviceLink, b"a b", 1)
    assert _refused(DeviceLink, b"a", 1 << 32)
    assert _refused(DeviceLink, b"a", 1, 15)


def test_a_small_buffer_gets_whole_frames_only():
    peer = Peer()
    peer.out = bytearray(frames.WIRE_MAX)
    peer.post(3)
    peer.open()
    seen = []
    while peer.link.deadline(0) == 0:
        seen += [body[0] for body in peer.bodies()]
    assert seen == [frames.HELLO] + [frames.RECORD] * 3
    assert peer.reader.errors == 0


def test_time_without_records_in_flight_delays_no_retransmission():
    peer = Peer()
    peer.open(0)
    for now in (300, 600, 900):
        peer.link.on_deadline(now)
    peer.bodies(900)
    peer.post()
    assert _sequences(peer.records(900)) == [1]
    peer.link.on_deadline(900 + frames.RETRANSMIT_MS)
    assert _sequences(peer.records(900 + frames.RETRANSMIT_MS)) == [1]


def test_the_end_of_a_silent_session_is_said_at_once():
    peer = Peer()
    peer.open(0)
    peer.send(bytes([frames.QUERY, 1]), frames.SILENCE_MS - 500)
    assert _hello(peer.bodies(frames.SILENCE_MS - 500)[0])[3] == SESSION
    peer.link.on_deadline(frames.SILENCE_MS)
    assert _hello(peer.bodies(frames.SILENCE_MS)[0])[3] == 0
