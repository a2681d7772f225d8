"""The device's end of the link asks for no memory once it is made: heap_lock around every call of its loop."""

from struct import pack

from link_peer import BOOT, SESSION
from noalloc import without_heap

from gridkeel.link import frames, framing, message_ids, messages
from gridkeel.link.device import DeviceLink

LATE = 0x3FFFFF00  # close to the end of the tick: wide numbers, and the wrap on the way


class LinkSetup:
    """Everything a call needs, made before the heap is locked."""

    def __init__(self):
        self.link = DeviceLink(b"gk-1", BOOT, 16)
        self.out = bytearray(1024)
        self.n = 0
        self.now_ms = LATE
        names = [name for name, _code, _unit in messages.fields_of(message_ids.TELEMETRY)]
        self.row = [0] * len(names)
        self.freq = names.index("freq_uhz")
        self.count = names.index("dropped")
        self.row[self.freq] = 50_012_345
        self.row[names.index("delivered_w")] = -7400
        self.event = [1, 50, 1, -7]
        self.data = b""
        self.sent = 0

    def post(self):
        self.link.post(message_ids.TELEMETRY, self.row)
        self.link.post(message_ids.FAULT_EVENT, self.event)

    def send(self):
        self.sent = self.link.data_to_send(self.out, self.now_ms)

    def take(self):
        self.link.receive(self.data, self.n, self.now_ms)

    def wait(self):
        self.link.deadline(self.now_ms)
        self.link.on_deadline(self.now_ms)
        self.link.connected(self.now_ms)

    def answer(self):
        self.link.answer(300, 0)

    def feed(self, data):
        self.data = bytearray(data)
        self.n = len(data)
        without_heap(self.take)


def _frame(body):
    buf = bytearray(frames.FRAME_MAX)
    buf[: len(body)] = body
    out = bytearray(frames.WIRE_MAX)
    return bytes(out[: framing.seal(buf, 0, len(body), out, 0)])


def _open():
    return _frame(pack(frames.OPEN_LAYOUT, frames.OPEN, frames.VERSION, SESSION, BOOT, 0))


def _command(command_id):
    row = pack("<HiI", command_id, -1500, 60000)
    return _frame(pack(frames.COMMAND_HEAD, frames.COMMAND, SESSION, message_ids.SETPOINT) + row)


def test_posting_sending_and_waiting_allocate_nothing():
    setup = LinkSetup()
    setup.feed(_open())
    without_heap(setup.send)
    for _ in range(12):  # past a full ring, with a retransmission and the wrap of the tick on the way
        without_heap(setup.post)
        without_heap(setup.send)
        assert setup.sent > 0
        setup.now_ms = (setup.now_ms + 300) & 0x3FFFFFFF
        without_heap(setup.wait)
    assert setup.link.dropped == 8
    assert setup.link.connected(setup.now_ms)


def test_clamped_values_allocate_nothing():
    setup = LinkSetup()
    setup.row[0] = -5
    setup.row[setup.freq] = -(1 << 40)
    setup.row[setup.count] = 1 << 40
    without_heap(setup.post)
    assert setup.link.clamped == 2


def test_the_end_of_a_silent_session_allocates_nothing():
    setup = LinkSetup()
    setup.feed(_open())
    setup.now_ms = (setup.now_ms + 6000) & 0x3FFFFFFF
    without_heap(setup.wait)
    without_heap(setup.send)
    assert not setup.link.connected(setup.now_ms)


def test_acknowledgements_commands_and_answers_allocate_nothing():
    setup = LinkSetup()
    setup.feed(_frame(pack(frames.QUERY_LAYOUT, frames.QUERY, 1)) + _open())
    without_heap(setup.post)
    without_heap(setup.send)
    setup.feed(_frame(pack(frames.ACK_LAYOUT, frames.ACK, SESSION, 2)))
    assert setup.link.acked == 2
    setup.feed(_command(300) + _command(300))
    assert setup.link.next_command()[1] == (300, -1500, 60000)
    without_heap(setup.answer)
    setup.feed(_command(300))
    for _ in range(9):
        without_heap(setup.post)
    assert setup.link.dropped == 3
    setup.feed(_command(300))  # its answer was dropped, and is posted again
    assert setup.link.produced == 22
    without_heap(setup.send)


def test_handing_out_the_table_allocates_nothing():
    setup = LinkSetup()
    setup.feed(_frame(pack(frames.TABLE_GET_LAYOUT, frames.TABLE_GET, 112)))
    without_heap(setup.send)
    assert setup.sent > 112


def test_garbage_and_frames_that_do_not_apply_allocate_nothing():
    setup = LinkSetup()
    setup.feed(bytes(range(256)) + b"\x01" * 400 + b"\x00" + _frame(b"\x7fwhat"))
    setup.feed(_frame(pack(frames.ACK_LAYOUT, frames.ACK, SESSION ^ 1, 2)))
    setup.feed(_frame(pack(frames.OPEN_LAYOUT, frames.OPEN, 7, SESSION, 0xFFFFFFFF, 0)))
    assert (setup.link.errors, setup.link.ignored) == (2, 2)
    damaged = bytearray(_open())
    for i in range(len(damaged) - 1):
        damaged[i] ^= 0x55
        setup.feed(damaged)
    assert setup.link.errors > 10
