"""The device's end of a question to the host, against a host made of bare frames."""

from binascii import crc32
from struct import pack, unpack_from

from link_peer import BOOT, SESSION, bodies_in
from noalloc import without_heap

from gridkeel.link import backend, frames, framing
from gridkeel.link.device import DeviceLink

WASM_GROUP = 1  # a link and the largest question and answer take a good part of that build's memory
KIND = backend.KINDS[1]
PART = frames.EXCHANGE_PART_MAX
WINDOW = frames.EXCHANGE_WINDOW * PART


def _bytes(n):
    data = bytearray(n)
    for i in range(n):
        data[i] = (i * 7 + (i >> 8)) & 0xFF
    return bytes(data)


class Host:
    """A device with a backend, and the frames between it and us."""

    def __init__(self, now_ms=0x3FFFFF00):
        self.now_ms = now_ms  # the tick wraps on the way
        self.session = SESSION
        self.backend = backend.Backend()
        self.link = DeviceLink(b"gk-7", BOOT, 16, self.backend)
        self.out = bytearray(4096)
        self.reader = framing.FrameReader()
        self.open()
        self.bodies()

    def open(self, session=SESSION):
        self.session = session
        self.send(pack(frames.OPEN_LAYOUT, frames.OPEN, frames.VERSION, session, BOOT, 0))

    def send(self, body):
        buf = bytearray(frames.FRAME_MAX)
        buf[: len(body)] = body
        wire = bytearray(frames.WIRE_MAX)
        self.link.receive(wire, framing.seal(buf, 0, len(body), wire, 0), self.now_ms)

    def bodies(self):
        """Return the frames of the exchange that go out now."""
        bodies = bodies_in(self.reader, self.out, self.link.data_to_send(self.out, self.now_ms))
        return [body for body in bodies if body[0] in (frames.ASK, frames.ASK_PART, frames.ANSWER_WANT)]

    def wait(self, ms):
        self.now_ms = (self.now_ms + ms) & 0x3FFFFFFF
        self.link.on_deadline(self.now_ms)

    def ask(self, data, room=frames.EXCHANGE_MAX):
        self.room = bytearray(room)
        self.backend.ask(KIND, data, self.room, self.now_ms)

    def want(self, number, offset, lost=0, session=0):
        self.send(pack(frames.ASK_WANT_LAYOUT, frames.ASK_WANT, session or self.session, number, offset, lost))

    def answer(self, number, data, result=0, crc=None):
        crc = crc32(data) if crc is None else crc
        self.send(pack(frames.ANSWER_LAYOUT, frames.ANSWER, self.session, number, result, len(data), crc))

    def part(self, number, data, offset):
        head = pack(frames.ANSWER_PART_HEAD, frames.ANSWER_PART, self.session, number, offset)
        self.send(head + data[offset : offset + PART])


def _offsets(bodies):
    return [unpack_from("<H", body, 3)[0] for body in bodies]


def _until_waiting(host, data):
    """Draw a question to its end; return its number."""
    host.ask(data)
    kind, number, which, size, crc = unpack_from(frames.ASK_LAYOUT, host.bodies()[0])
    assert (kind, which, size, crc) == (frames.ASK, 1, len(data), crc32(data))
    got = b""
    while len(got) < len(data):
        host.want(number, len(got))
        for body in host.bodies():
            assert body[0] == frames.ASK_PART and unpack_from("<HH", body, 1) == (number, len(got))
            got += body[5:]
    assert got == data
    host.want(number, len(got))
    assert host.bodies() == [] and host.backend.state == backend.WAITING
    return number


def _fetch(host, number, data):
    host.answer(number, data)
    at = 0
    while host.backend.answer is None:
        (want,) = host.bodies()
        assert unpack_from("<BHHB", want) == (frames.ANSWER_WANT, number, at, 0)
        for _ in range(min(frames.EXCHANGE_WINDOW // 2, (len(data) - at + PART - 1) // PART)):
            host.part(number, data, at)
            at = min(at + PART, len(data))
    assert unpack_from("<BHHB", host.bodies()[0]) == (frames.ANSWER_WANT, number, len(data), 0)


def test_the_largest_question_is_answered_and_another_one_after_it():
    host = Host()
    for size in (frames.EXCHANGE_MAX, 1):
        number = _until_waiting(host, _bytes(size))
        assert not host.backend.settled
        answer = _bytes(size + 3)[3:]
        _fetch(host, number, answer)
        assert host.backend.answer == answer and not host.backend.failed and host.backend.settled
        host.answer(number, answer)  # our last message was lost
        assert _offsets(host.bodies()) == [size]
        host.wait(60000)
        assert host.backend.answer == answer  # stays, though the host session is over
        host.open()


def test_parts_go_out_as_far_as_they_are_wanted_and_again_where_they_were_lost():
    host = Host()
    host.ask(_bytes(3000))
    host.bodies()
    host.want(1, 0)
    assert _offsets(host.bodies()) == list(range(0, WINDOW, PART))
    host.want(1, 2 * PART)  # a word of progress: nothing twice
    assert _offsets(host.bodies()) == [WINDOW, WINDOW + PART]
    host.want(1, 5 * PART, lost=1)
    assert _offsets(host.bodies()) == list(range(5 * PART, 5 * PART + WINDOW, PART))
    host.want(1, 3001)
    host.want(2, 7 * PART)
    host.want(1, 7 * PART, session=SESSION ^ 1)
    assert host.bodies() == []
    host.want(1, 6 * PART)
    assert _offsets(host.bodies()) == [5 * PART + WINDOW]


def test_a_question_is_offered_again_until_it_is_wanted_and_ends_with_its_lifetime():
    host = Host()
    host.ask(b"?")
    assert [body[0] for body in host.bodies()] == [frames.ASK]
    assert host.link.deadline(host.now_ms) == frames.EXCHANGE_REPEAT_MS
    host.wait(249)
    assert host.bodies() == []
    host.wait(1)
    assert [body[0] for body in host.bodies()] == [frames.ASK]
    for _ in range(frames.EXCHANGE_LIFETIME_MS // 250 - 2):
        host.wait(250)
        assert [body[0] for body in host.bodies()] == [frames.ASK]
        assert not host.backend.failed
    host.wait(250)
    assert host.backend.failed and host.backend.settled and host.bodies() == []
    host.answer(1, b"late")
    assert host.backend.answer is None and host.backend.failed


def test_lost_parts_of_the_answer_are_asked_for_once_at_the_gap_and_then_by_time():
    host = Host()
    number = _until_waiting(host, b"?")
    data = _bytes(1000)
    host.answer(number, data)
    host.bodies()
    for offset in (0, 2 * PART, 3 * PART):
        host.part(number, data, offset)
    assert [unpack_from("<HB", body, 3) for body in host.bodies()] == [(PART, 1)]
    host.part(number, data, 4 * PART)
    assert host.bodies() == []
    host.wait(250)
    assert [unpack_from("<HB", body, 3) for body in host.bodies()] == [(PART, 1)]
    for offset in range(PART, 1000, PART):
        host.part(number, data, offset)
    assert host.backend.answer == data


def test_an_answer_is_made_of_its_own_parts_alone():
    host = Host()
    number = _until_waiting(host, b"?")
    data = _bytes(2 * PART + 50)
    host.answer(number, data)
    assert _offsets(host.bodies()) == [0]
    host.part(number + 1, data[1:], 0)
    host.part(number, data, 0)
    host.part(number, data, 0)  # once more: neither new nor a gap
    host.part(number, data, PART)
    host.part(number, data + bytes(PART), 2 * PART)  # longer than was offered
    assert host.bodies() == [] and host.backend.answer is None
    host.part(number, data, 2 * PART)
    assert host.backend.answer == data


def test_a_negative_answer_is_none_whatever_length_it_declares():
    host = Host()
    host.answer(_until_waiting(host, b"?"), b"no", result=1)
    assert host.backend.failed and host.bodies() == []


def test_a_refusal_a_bad_answer_a_new_session_silence_or_giving_up_ends_a_question():
    endings = (
        lambda host, number: host.answer(number, b"", result=1),
        lambda host, number: host.answer(number, b""),
        lambda host, number: host.open(SESSION + 1),
        lambda host, number: host.wait(frames.SILENCE_MS),
        lambda host, number: (host.answer(number, b"abc", crc=7), host.part(number, b"abc", 0)),
        lambda host, number: host.answer(number, bytes(frames.EXCHANGE_MAX + 1)),
        lambda host, number: host.backend.lose(),
    )
    host = Host()
    for end in endings:
        host.open(host.session)
        number = _until_waiting(host, b"question")
        assert not host.backend.failed
        end(host, number)
        assert host.backend.failed and host.backend.answer is None
        assert host.backend.deadline(host.now_ms) == -1


def test_without_a_host_or_with_too_much_it_fails_at_once_and_works_again_later():
    host = Host()
    host.wait(frames.SILENCE_MS)
    host.bodies()
    host.ask(b"?")
    assert host.backend.failed and host.bodies() == []
    host.open()
    host.ask(bytes(frames.EXCHANGE_MAX + 1))
    assert host.backend.failed
    host.ask(b"")
    assert host.backend.failed
    number = _until_waiting(host, b"?")
    _fetch(host, number, b"!")
    assert host.backend.answer == b"!"


def test_a_new_question_ends_the_old_one():
    host = Host()
    first = _until_waiting(host, b"first")
    second = _until_waiting(host, b"second")
    assert second == first + 1
    host.answer(first, b"to the first")
    assert host.bodies() == [] and host.backend.state == backend.WAITING
    try:
        host.backend.ask("Letter", b"?", bytearray(1), host.now_ms)
        raise AssertionError("a kind that there is not")
    except ValueError:
        pass


def test_frames_of_another_size_and_a_link_without_a_backend():
    host = Host()
    host.ask(b"?")
    host.send(pack("<BIH", frames.ASK_WANT, SESSION, 1))
    host.send(pack(frames.ANSWER_PART_HEAD, frames.ANSWER_PART, SESSION, 1, 0))
    host.send(pack("<BIHB", frames.ANSWER, SESSION, 1, 0))
    host.send(pack("<BIB", frames.ANSWER, SESSION, 1))
    assert host.link.errors == 4
    host.link = DeviceLink(b"gk-7", BOOT, 16)
    host.open()
    host.want(1, 0)
    assert (host.link.errors, host.link.ignored) == (0, 1)


class Locked:
    """Calls with everything made before the heap is locked."""

    def __init__(self):
        self.host = Host(0)
        self.data = b""
        self.wire = bytearray(frames.WIRE_MAX)
        self.n = 0

    def take(self):
        self.host.link.receive(self.wire, self.n, self.host.now_ms)

    def give(self):
        self.host.link.data_to_send(self.host.out, self.host.now_ms)

    def pass_time(self):
        self.host.link.deadline(self.host.now_ms)
        self.host.link.on_deadline(self.host.now_ms)

    def feed(self, body):
        buf = bytearray(frames.FRAME_MAX)
        buf[: len(body)] = body
        self.n = framing.seal(buf, 0, len(body), self.wire, 0)
        without_heap(self.take)


def test_parts_take_no_memory():
    setup = Locked()
    host = setup.host
    host.ask(_bytes(1000))
    without_heap(setup.give)
    setup.feed(pack(frames.ASK_WANT_LAYOUT, frames.ASK_WANT, SESSION, 1, 0, 0))
    without_heap(setup.give)
    host.now_ms = 300
    without_heap(setup.pass_time)
    answer = _bytes(500)
    setup.feed(pack(frames.ANSWER_LAYOUT, frames.ANSWER, SESSION, 1, 0, 500, crc32(answer)))
    for offset in (0, PART, 3 * PART, 2 * PART):
        head = pack(frames.ANSWER_PART_HEAD, frames.ANSWER_PART, SESSION, 1, offset)
        setup.feed(head + answer[offset : offset + PART])
        without_heap(setup.give)
        without_heap(setup.pass_time)
    assert host.backend.state == backend.FETCHING


def test_an_answer_stays_within_its_room():
    host = Host()
    for size, fits in ((100, True), (101, False)):
        host.ask(b"?", room=100)
        (ask,) = host.bodies()
        number = unpack_from(frames.ASK_LAYOUT, ask)[1]
        host.answer(number, _bytes(size))
        host.part(number, _bytes(size), 0)
        assert host.backend.failed is not fits
        assert host.room == (_bytes(size) if fits else bytes(100))
        host.bodies()


def test_nothing_is_written_once_the_question_was_given_up():
    host = Host()
    number = _until_waiting(host, b"question")
    host.answer(number, _bytes(300))
    host.part(number, _bytes(300), 0)
    assert host.room[:PART] == _bytes(PART)
    host.backend.lose()
    host.part(number, _bytes(300), PART)
    assert host.room[PART : 2 * PART] == bytes(PART)


def test_a_repeated_answer_is_told_how_far_we_are():
    host = Host()
    number = _until_waiting(host, b"?")
    data = _bytes(3 * PART)
    host.answer(number, data)
    host.bodies()
    host.part(number, data, 0)
    host.answer(number, data)
    assert _offsets(host.bodies()) == [PART]
    host.part(number, data, PART)
    host.part(number, data, 2 * PART)
    assert host.backend.answer == data and host.link.errors == 0


def test_a_room_larger_than_an_exchange_takes_no_longer_answer():
    host = Host()
    host.ask(b"?", room=frames.EXCHANGE_MAX + 100)
    host.bodies()
    host.answer(1, bytes(frames.EXCHANGE_MAX + 1))
    assert host.backend.failed


def test_the_host_is_sent_back_where_parts_were_lost_and_only_there():
    host = Host()
    host.ask(b"?")
    host.bodies()
    host.wait(250)  # offered twice: nothing of an answer is lost by that
    host.bodies()
    data = _bytes(12 * PART)
    host.answer(1, data)
    assert [unpack_from("<HB", body, 3) for body in host.bodies()] == [(0, 0)]
    host.wait(250)
    assert [unpack_from("<HB", body, 3) for body in host.bodies()] == [(0, 1)]
    for at, expected in ((0, []), (2, [(1, 1)]), (1, []), (4, [(2, 1)]), (2, []), (3, [])):
        host.part(1, data, at * PART)
        assert [unpack_from("<HB", body, 3) for body in host.bodies()] == [(n * PART, lost) for n, lost in expected], at


def test_progress_is_said_each_half_window_and_after_a_silence():
    host = Host()
    number = _until_waiting(host, b"?")
    data = _bytes(20 * PART)
    host.answer(number, data)
    host.bodies()
    said = []
    for k in range(10):
        host.part(number, data, k * PART)
        said += [(k, offset) for offset in _offsets(host.bodies())]
    half = frames.EXCHANGE_WINDOW // 2
    assert said == [(half - 1, half * PART)]
    host.wait(240)
    host.part(number, data, 10 * PART)
    host.wait(240)
    assert host.bodies() == []
    host.wait(10)
    assert _offsets(host.bodies()) == [11 * PART]


def test_a_question_that_was_drawn_is_not_drawn_again():
    host = Host()
    number = _until_waiting(host, b"question")
    host.want(number, 0)
    assert host.bodies() == [] and host.backend.state == backend.WAITING


def test_what_is_wanted_first_and_further_on_is_what_goes_out():
    host = Host()
    host.ask(_bytes(3000))
    host.want(1, 0)  # before the offer went out: it needs none
    host.want(1, 8 * PART)
    host.wait(1)
    bodies = host.bodies()
    assert {body[0] for body in bodies} == {frames.ASK_PART}
    assert _offsets(bodies) == list(range(8 * PART, 8 * PART + WINDOW, PART))


def test_the_number_of_a_question_is_never_0():
    host = Host()
    host.backend._number = 0xFFFF
    host.ask(b"?")
    assert unpack_from(frames.ASK_LAYOUT, host.bodies()[0])[1] == 1


def test_a_frame_is_known_by_its_type_before_its_size():
    host = Host()
    number = _until_waiting(host, b"?")
    host.answer(number, b"five!")
    host.part(number, b"five!", 0)  # as long as the head of an answer
    assert host.backend.answer == b"five!"
    host.send(pack(frames.ASK_WANT_LAYOUT, frames.ASK_WANT, SESSION, number, 0, 0) + b"\x00")
    assert host.link.errors == 1


def test_a_host_that_only_draws_a_question_lives():
    host = Host()
    host.ask(_bytes(3000))
    host.wait(3000)
    host.want(1, 0)
    host.wait(frames.SILENCE_MS - 1)
    assert host.link.connected(host.now_ms)
