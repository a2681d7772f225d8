"""Runs in MicroPython: a board's whole vehicle side on sockets that fail at a given call.

Arguments: folder with the board's /pki files, folder of the device tests.  Lines on standard input, each answered by
one line of JSON: "arm KIND METHOD ERRNO TIMES" (KIND: sdp, listener, connection, tls; a connection only fails where it
was accepted after that), "old" (those
accepted before fail too), "disarm", "state", "plug N", "want N", "sound MS" (from
which a service that ran so long has recovered).
"""

import asyncio
import json
import sys
import time

sys.path.append(sys.argv[2])

from fake_board import FakeBoard
from fake_charger import FakeCharger
from quiet_link import QuietLink

from gridkeel import errors
from gridkeel.boards import tls_connection, vehicle_network
from gridkeel.boards.pki import Pki
from gridkeel.clock import WallClock
from gridkeel.faults import Faults
from gridkeel.params import Parameters
from gridkeel.runtime import supervisor, vehicle
from gridkeel.runtime.handshake import Report
from gridkeel.runtime.health import Heap
from gridkeel.v2g import sdp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.secc import Secc

supervisor.ROUND_MS = 5
supervisor._SOUND_MS = 0  # each failure is as good as the first
_socket = vehicle_network.socket


class Arms:
    """Which call fails next, and how often."""

    kind = method = ""
    number = left = 0
    calls = hits = 0
    born = 0  # counts connections
    after = 0


class Failing:
    """A socket or a TLS stream whose calls may fail."""

    def __init__(self, real, kind):
        self.real = real
        self.kind = kind
        Arms.born += 1
        self.born = Arms.born

    def fail(self, method):
        if Arms.kind != self.kind or Arms.method != method:
            return
        Arms.calls += 1
        if Arms.left and (self.kind in ("sdp", "listener") or self.born > Arms.after):
            Arms.left -= 1
            Arms.hits += 1
            raise OSError(Arms.number)

    def accept(self):
        self.fail("accept")
        real, peer = self.real.accept()
        return Failing(real, "connection"), peer

    def recvfrom(self, n):
        self.fail("recvfrom")
        return self.real.recvfrom(n)

    def sendto(self, data, peer):
        self.fail("sendto")
        return self.real.sendto(data, peer)

    def readinto(self, buffer):
        self.fail("readinto")
        return self.real.readinto(buffer)

    def write(self, data):
        self.fail("write")
        return self.real.write(data)

    def close(self):
        try:
            self.fail("close")
        finally:
            self.real.close()

    def bind(self, address):
        self.fail("bind")
        self.real.bind(address)

    def listen(self, n):
        self.fail("listen")
        self.real.listen(n)

    def setblocking(self, on):
        self.fail("setblocking")
        self.real.setblocking(on)

    def setsockopt(self, *arguments):
        self.fail("setsockopt")
        self.real.setsockopt(*arguments)


class FailingModule:
    """Stands in for the module socket in the board's network."""

    def __getattr__(self, name):
        return getattr(_socket, name)

    def socket(self, family, kind):
        return Failing(_socket.socket(family, kind), "sdp" if kind == _socket.SOCK_DGRAM else "listener")


class FailingContext:
    """Stands in for the TLS context: its streams may fail."""

    def __init__(self, real):
        self.real = real

    def wrap_socket(self, stream, **options):
        return Failing(self.real.wrap_socket(stream, **options), "tls")


def _unwrapped(queue):
    return lambda self, opened: queue(self, getattr(opened, "real", opened))


asyncio.core.IOQueue.queue_read = _unwrapped(asyncio.core.IOQueue.queue_read)
asyncio.core.IOQueue.queue_write = _unwrapped(asyncio.core.IOQueue.queue_write)
vehicle_network.socket = FailingModule()


class Charger(FakeCharger):
    """A connector at 5 %, whatever comes; opened: how often its contactor did."""

    digital = True
    opened = 0

    def asked(self):
        raise AssertionError("the duty is 5 %")

    def step(self, now_ms):
        before = self.contactor_closed
        super().step(now_ms)
        if before and not self.contactor_closed:
            self.opened += 1


async def _control(charger, board):
    while True:
        charger.step(board.ticks_ms())
        await asyncio.sleep_ms(5)


def _state(board, charger, guard, faults):
    reported = []
    while True:
        change = faults.take()
        if change is None:
            break
        reported.append(change)
    return {
        "drops": board.drops,
        "opened": charger.opened,
        "closed": charger.contactor_closed,
        "restarts": guard.restarts,
        "reported": reported,
        "hits": Arms.hits,
        "calls": Arms.calls,
        "left": Arms.left,
        "fed": board.feeds,
    }


async def _orders(board, charger, guard, faults):
    lines = asyncio.StreamReader(sys.stdin.buffer)
    while True:
        words = (await lines.readline()).decode().split()
        if not words:
            raise SystemExit
        if words[0] == "arm":
            Arms.kind, Arms.method = words[1], words[2]
            Arms.number, Arms.left = int(words[3]), int(words[4])
            Arms.calls = Arms.hits = 0
            Arms.after = Arms.born
        elif words[0] == "old":
            Arms.after = 0
        elif words[0] == "sound":
            supervisor._SOUND_MS = int(words[1])
        elif words[0] == "disarm":
            Arms.left = 0
        elif words[0] == "plug":
            charger.plugged = words[1] == "1"
        elif words[0] == "want":
            charger.wants_power = words[1] == "1"
        print(json.dumps(_state(board, charger, guard, faults)))


async def _main():
    board, charger, faults, clock = FakeBoard(time.ticks_ms), Charger(), Faults(), WallClock()
    parameters = Parameters({"evse": 2, "iso15118_tls": sdp.AS_ASKED})
    clock.set(1_790_000_000, board.ticks_ms())
    network = vehicle_network.from_environment(Pki(False, sys.argv[1]), True, True)
    network._security.context = FailingContext(network._security.context)
    secc = Secc(charger, Credentials(), parameters, clock, board.random, None)
    quiet = QuietLink()
    evs = vehicle.Vehicle(
        board, charger, network, secc, sdp.AS_ASKED, Report(board, quiet, quiet), Heap(quiet), lambda _now_ms: None
    )
    guard = supervisor.Supervisor(board, faults, 2000)

    charger.three_phase = True

    async def control():
        await _control(charger, board)

    async def service():
        while True:
            guard.beat(board.ticks_ms())
            await asyncio.sleep_ms(10)

    async def orders():
        await _orders(board, charger, guard, faults)

    guard.watch("control", control, True)
    guard.watch("service", service, True)
    guard.watch("orders", orders)
    evs.watch(guard)
    print(json.dumps({"faults": [errors.TASK_STOPPED, errors.SERVICE_STOPPED]}))
    await guard.run()


tls_connection.HANDSHAKE_MS = 3000
asyncio.run(_main())
