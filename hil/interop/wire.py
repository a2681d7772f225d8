"""Traffic on a cable: how long a charger takes from a request's last byte to its answer's first, seen at its end.

The kernel stamps each packet, so that neither the vehicle's own time nor this process' is in it. Under TLS only records
of application data count; what they hold nobody needs to know.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from gridkeel.v2g import v2gtp
from hil.interop.namespaces import CHARGER_INTERFACE, inside

_ALL_PROTOCOLS = 0x0003  # ETH_P_ALL: a socket for IPv6 alone would not see what leaves
_IPV6 = 0x86DD
_OUTGOING = 4  # PACKET_OUTGOING
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("=qq")
_PACKET_BYTES = 65536
_ANCILLARY_BYTES = 64
_LATE_S = 0.5
_PATIENCE_S = 0.1  # how soon the thread sees that it is to end

_IPV6_HEADER = 40
_TCP = 6
_RECORD_HEADER = 5
_APPLICATION_DATA = 23


class Stream:
    """One direction of a connection; knows which of its bytes are messages.  plain: no TLS, None until a byte came."""

    def __init__(self) -> None:
        self.plain: bool | None = None
        self._head = b""  # of a TLS record, as far as it came
        self._kind = 0
        self._left = 0  # bytes of the record to come

    def has_message(self, data: bytes) -> bool:
        """Take what came next; return whether any of it belongs to a message."""
        if self.plain is None:
            self.plain = data[0] == v2gtp.VERSION
        if self.plain:
            return True
        found = False
        while data:
            data = data[self._take_head(data) :] if not self._left else data
            found = found or (self._left > 0 and self._kind == _APPLICATION_DATA)
            taken = min(self._left, len(data))
            self._left -= taken
            data = data[taken:]
        return found

    def _take_head(self, data: bytes) -> int:
        n = min(_RECORD_HEADER - len(self._head), len(data))
        self._head += data[:n]
        if len(self._head) == _RECORD_HEADER:
            self._kind, self._left = self._head[0], int.from_bytes(self._head[3:], "big")
            self._head = b""
        return n


@dataclass
class Conversation:
    """One TCP connection as turns: a request's packets, then the answer's.  waits_s: of each turn that has both."""

    waits_s: list[float] = field(default_factory=list)
    _vehicle: Stream = field(default_factory=Stream)
    _charger: Stream = field(default_factory=Stream)
    _asked_s: float | None = None

    def take(self, from_vehicle: bool, data: bytes, at_s: float) -> None:
        """Take the payload of a packet."""
        if not (self._vehicle if from_vehicle else self._charger).has_message(data):
            return
        if from_vehicle:
            self._asked_s = at_s
        elif self._asked_s is not None:
            self.waits_s.append(at_s - self._asked_s)
            self._asked_s = None


def tcp_payload(packet: bytes, from_vehicle: bool) -> tuple[int, bytes] | None:
    """Return (the vehicle's port, payload) of an IPv6 packet, None where it is not TCP or carries nothing."""
    if len(packet) < _IPV6_HEADER + 20 or packet[6] != _TCP:
        return None
    size = int.from_bytes(packet[4:6], "big")
    segment = packet[_IPV6_HEADER : _IPV6_HEADER + size]
    payload = segment[(segment[12] >> 4) * 4 :]
    port = int.from_bytes(segment[0:2] if from_vehicle else segment[2:4], "big")
    return (port, payload) if payload else None


class Tap:
    """Listens at the charger's end of a cable; one for all its connections, in the order they began."""

    def __init__(self) -> None:
        self._conversations: dict[int, Conversation] = {}
        self._arrived = threading.Condition()

    def take(self, packet: bytes, from_vehicle: bool, at_s: float) -> None:
        """Take a packet as the kernel had it."""
        found = tcp_payload(packet, from_vehicle)
        if found:
            with self._arrived:
                self._conversations.setdefault(found[0], Conversation()).take(from_vehicle, found[1], at_s)
                self._arrived.notify_all()

    def waits_ms(self, count: int) -> list[float]:
        """Return what each answer took since this was asked last, in the order of the requests.

        count: how many the vehicle reported; the packets of the last one may still be on their way to here.
        """
        with self._arrived:
            self._arrived.wait_for(
                lambda: sum(len(each.waits_s) for each in self._conversations.values()) >= count, _LATE_S
            )
            found = [wait_s * 1e3 for each in self._conversations.values() for wait_s in each.waits_s]
            self._conversations.clear()
        return found


@contextlib.contextmanager
def tapped(namespace: str) -> Iterator[Tap]:
    """Listen on the charger's interface of a namespace."""
    tap = Tap()
    with inside(namespace), contextlib.ExitStack() as stack:
        opened = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL_PROTOCOLS)))
        opened.bind((CHARGER_INTERFACE, _ALL_PROTOCOLS))
        opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        opened.settimeout(_PATIENCE_S)
        stop = threading.Event()
        thread = threading.Thread(target=_listen, args=(opened, tap, stop), name="tap", daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(stop.set)
        kept = stack.pop_all()
    with kept:
        yield tap


def _listen(opened: socket.socket, tap: Tap, stop: threading.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            packet, ancillary, _flags, address = opened.recvmsg(_PACKET_BYTES, _ANCILLARY_BYTES)
            if address[1] == _IPV6:
                tap.take(packet, address[2] != _OUTGOING, _stamp_s(ancillary))


def _stamp_s(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return seconds + nanoseconds / 1e9
    raise OSError(f"the kernel of {os.uname().release} stamps no packets")
