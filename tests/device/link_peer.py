"""A device and a host made of bare frames, for the tests of the link."""

from struct import pack, unpack_from

from gridkeel.link import frames, framing, message_ids
from gridkeel.link.device import DeviceLink

BOOT = 0xC0FFEE01
SESSION = 0x8899AABB
EVENT_ROW = [5, 50, 1, -7]


def bodies_in(reader, data, n):
    """Return the bodies of the frames that data[:n] completes."""
    found = []
    at = 0
    while at < n:
        at = reader.take(data, at, n)
        if reader.size:
            found.append(bytes(reader.body[: reader.size]))
    return found


class Peer:
    """A device and the frames that pass between it and us."""

    def __init__(self, slots=16):
        self.link = DeviceLink(b"gk-7", BOOT, slots)
        self.out = bytearray(4096)
        self.reader = framing.FrameReader()

    def send(self, body, now_ms=0):
        buf = bytearray(frames.FRAME_MAX)
        buf[: len(body)] = body
        wire = bytearray(frames.WIRE_MAX)
        n = framing.seal(buf, 0, len(body), wire, 0)
        self.link.receive(wire, n, now_ms)

    def open(self, now_ms=0, session=SESSION, boot=BOOT, acked=0):
        self.send(pack(frames.OPEN_LAYOUT, frames.OPEN, frames.VERSION, session, boot, acked), now_ms)

    def ack(self, sequence, now_ms=0, session=SESSION):
        self.send(pack(frames.ACK_LAYOUT, frames.ACK, session, sequence), now_ms)

    def command(self, message, row, now_ms=0, session=SESSION):
        self.send(pack(frames.COMMAND_HEAD, frames.COMMAND, session, message) + row, now_ms)

    def bodies(self, now_ms=0):
        return bodies_in(self.reader, self.out, self.link.data_to_send(self.out, now_ms))

    def records(self, now_ms=0):
        """Return [(sequence, held, message)] of the records that go out now."""
        heads = [unpack_from(frames.RECORD_HEAD, body) for body in self.bodies(now_ms) if body[0] == frames.RECORD]
        return [(sequence, held, message) for _kind, message, sequence, held in heads]

    def post(self, n=1):
        for _ in range(n):
            self.link.post(message_ids.FAULT_EVENT, EVENT_ROW)
