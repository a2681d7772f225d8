"""Runs in MicroPython: two TLS connections of one board, which hold the records of a message in one buffer.

The served connection wakes into a stalled write while a second one is heard.  Argument: folder of the device tests.
Prints one line of JSON.  Sockets are objects here, encryption is left out; all the rest is the board's own code.
"""

import asyncio
import io
import json
import sys

sys.path.append(sys.argv[1])

from evcc import BUFFER, EVCC_ID, offer
from fake_board import FakeBoard
from fake_charger import FakeCharger
from quiet_link import QuietLink
from repeatable_random import RepeatableRandom

from gridkeel.boards import tls_connection
from gridkeel.clock import WallClock
from gridkeel.params import Parameters
from gridkeel.runtime import vehicle
from gridkeel.runtime.handshake import Report
from gridkeel.runtime.health import Heap
from gridkeel.v2g import exi, grammars, sap, sdp, v2gtp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.secc import Secc

POLL = 3  # ioctl of MicroPython's streams
SILENT_MS = 2500  # long enough for the served vehicle to count as silent
SETTLE_MS = 50  # of real time, some rounds of the runtime


class Socket(io.IOBase):
    """Takes what is written, unless it is stalled."""

    def __init__(self):
        self.sent = b""
        self.stalled = False

    def write(self, data):
        if self.stalled:
            return None
        self.sent += bytes(data)
        return len(data)

    def ioctl(self, request, flags):
        return 0 if request != POLL or self.stalled else flags

    def close(self):
        pass


class Unencrypted:
    """In the place of mbedTLS: each write becomes one record."""

    def __init__(self, records):
        self._records = records

    def write(self, view):
        return self._records.write(view)

    def close(self):
        pass


class Connection(tls_connection.TlsConnection):
    """A board's TLS connection on such a socket; say(data): the vehicle sends."""

    def __init__(self, held):
        self.socket = self._socket = Socket()
        self._records = tls_connection._Records(self._socket, held)
        self._tls = Unencrypted(self._records)
        self._arrived = asyncio.Event()
        self._data = b""
        self.closed = False

    def say(self, data):
        self._data += data
        self._arrived.set()

    async def handshake(self):
        return True

    async def readinto(self, buffer):
        await self._arrived.wait()
        self._arrived.clear()
        n = len(self._data)
        buffer[:n], self._data = self._data, b""
        self._records.bytes_in += n
        return n

    def close(self):
        self.closed = True


class Network:
    """Hands out the connections that a test puts in."""

    tcp_port = 0
    tls_port = 1
    address = bytes(16)

    def __init__(self):
        self._next = []

    def put(self, connection):
        self._next.append(connection)

    async def accept(self, _secured):
        while not self._next:
            await asyncio.sleep_ms(1)
        return self._next.pop(0)

    async def sdp_request(self, _buffer):
        await asyncio.Event().wait()


class Tasks:
    """Starts what a supervisor would."""

    def watch(self, _name, task, _critical=False):
        asyncio.create_task(task())


def framed(schema, name, value):
    end = exi.encode(schema, name, value, BUFFER, 0)
    frame = bytearray(v2gtp.HEADER_BYTES + end)
    v2gtp.header(frame, v2gtp.EXI, end)
    frame[v2gtp.HEADER_BYTES :] = BUFFER[:end]
    return bytes(frame)


def request(name, body, session_id):
    return framed(grammars.iso2(), "V2G_Message", {"Header": {"SessionID": session_id}, "Body": {name: body}})


def response(sent):
    """Return session id and name of the response in one frame, "" where it is none."""
    try:
        _name, message = exi.decode(grammars.iso2(), sent, v2gtp.HEADER_BYTES, len(sent))
    except Exception as error:
        return b"", "%s: %s" % (type(error).__name__, error)
    return message["Header"]["SessionID"], list(message["Body"])[0]


async def settle():
    await asyncio.sleep_ms(SETTLE_MS)


async def main():
    now_ms = [1000]
    board = FakeBoard(lambda: now_ms[0])
    clock, quiet, network, held = WallClock(), QuietLink(), Network(), bytearray(1024)
    clock.set(1_790_000_000, board.ticks_ms())
    charger = FakeCharger()
    secc = Secc(
        charger, Credentials(), Parameters({"evse": 2, "iso15118_tls": sdp.TLS_ONLY}), clock, RepeatableRandom()
    )
    served = vehicle.Vehicle(
        board, charger, network, secc, sdp.TLS_ONLY, Report(board, quiet, quiet), Heap(quiet), lambda _now_ms: None
    )
    served.watch(Tasks())
    protocols = framed(grammars.sap(), sap.REQUEST, {"AppProtocol": [offer(1, 1)]})

    old = Connection(held)
    network.put(old)
    await settle()
    old.say(protocols)
    await settle()
    old.socket.sent = b""
    old.say(request("SessionSetupReq", {"EVCCID": EVCC_ID}, b"\x00"))
    await settle()
    session_id, setup = response(old.socket.sent)

    now_ms[0] += SILENT_MS
    new = Connection(held)
    network.put(new)
    while not served._busy:  # until it is heard
        await asyncio.sleep_ms(1)
    await settle()
    old.socket.sent = b""
    old.socket.stalled = True
    old.say(request("ServiceDiscoveryReq", {}, session_id))
    await settle()
    new.say(protocols)
    await settle()
    while_stalled = len(old.socket.sent)
    old.socket.stalled = False
    await settle()
    result = {
        "setup": setup,
        "while_stalled": while_stalled,
        "answer": response(old.socket.sent)[1],
        "second_was_sent": len(new.socket.sent),
        "second_closed": new.closed,
        "served_closed": old.closed,
    }
    print("RESULT", json.dumps(result))


asyncio.run(main())
