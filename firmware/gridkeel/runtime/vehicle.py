"""Vehicles served by the runtime: discovery, listeners, and one connection at a time (connection.py)."""

import asyncio

from gridkeel import TYPE_CHECKING, ticks
from gridkeel.crypto import crl, x509
from gridkeel.errors import CertificateError, ExiError
from gridkeel.runtime.connection import ServedConnection
from gridkeel.runtime.handshake import Report
from gridkeel.v2g import journal, sdp
from gridkeel.v2g.claim import Claim
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.secc import Secc

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridkeel.evse.charger import Charger
    from gridkeel.protocols import Board, CertificateBackend, Connection, VehicleNetwork
    from gridkeel.runtime.app import App
    from gridkeel.runtime.health import Heap
    from gridkeel.runtime.supervisor import Supervisor

SDP_BUFFER = 64
ROOM_TRIES = 10
ROOM_MS = 10  # between two of them
CLAIM_MS = 5000  # from a second connection to its SessionSetupReq
TOLD_MS = 1000  # between two entries of the log about requests that cannot be answered

_wait_for_ms = asyncio.wait_for_ms  # MicroPython imports it where it is first named: now, and not with the first EV


def make(app: "App", backend: "CertificateBackend | None" = None) -> "Vehicle | None":
    """Return the Vehicle of a controller, None where the board has no network for EVs.

    app: gridkeel.runtime.app.App.  Errors: OSError where the network cannot be opened.
    """
    board = app.board
    parameters = app.parameters
    pki = board.load_pki(parameters.iso15118_mutual_tls == 1)
    network = board.vehicle_network(
        pki, parameters.iso15118_tls != sdp.TLS_ONLY, parameters.iso15118_tls != sdp.TCP_ONLY
    )
    if network is None:
        return None
    secc = Secc(app.controller.charger, _credentials(pki), parameters, app.clock, board.random, backend)
    report = Report(board, app.link, app.health)
    return Vehicle(
        board, app.controller.charger, network, secc, parameters.iso15118_tls, report, app.heap, app.pump_link
    )


def _credentials(pki):
    lists = []
    try:
        for data in pki.crls:
            lists.append(_finish(crl.parse(data)))
    except CertificateError as error:
        # Who was revoked is not known then: no contract is taken, and the EV is not offered to pay by one.
        print("gridkeel: a revocation list in /pki cannot be read, Plug & Charge is off:", error)
        return Credentials()
    return Credentials(_readable(pki.v2g_roots), _readable(pki.mo_roots), lists)


def _readable(roots):
    found = []
    for data in roots:
        try:
            found.append(x509.parse(data))
        except CertificateError as error:
            print("gridkeel: a root in /pki cannot be read and is not trusted:", error)
    return found


def _finish(steps):
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


class Vehicle:
    """Serves the EVs of one network.

    board: ticks_ms(), ticks_us().  charger: gridkeel.evse.charger.Charger.
    network: gridkeel.boards.vehicle_network.VehicleNetwork.  policy: parameter iso15118_tls.
    ask(now_ms): sends to the host what a session has for it.
    """

    def __init__(
        self,
        board: "Board",
        charger: "Charger",
        network: "VehicleNetwork",
        secc: "Secc",
        policy: int,
        report: "Report",
        heap: "Heap",
        ask: "Callable[[int], None]",
    ) -> None:
        self._board = board
        self._charger = charger
        self._network = network
        self._secc = secc
        self._policy = policy
        self._report = report
        self._current = ServedConnection(board, charger, secc, report, heap, ask)
        self._busy = False
        # the claim of the connection in _next, None where nothing was heard on it yet
        self.granted: "Claim | None" = None
        self._next: "Connection | None" = None
        self._last_ms = 0
        self._arrived = asyncio.Event()
        if not network.tls_port:
            if policy == sdp.TLS_ONLY:
                print("gridkeel: iso15118_tls asks for TLS, and /pki holds no certificate: no EV is served")
            else:
                self._policy = sdp.TCP_ONLY

    def watch(self, supervisor: "Supervisor") -> None:
        """Hand the tasks over."""
        supervisor.watch("vehicle", self._serve_all)
        if self._network.tcp_port:
            supervisor.watch("tcp", self._listen_tcp)
        if self._network.tls_port:
            supervisor.watch("tls", self._listen_tls)
        if self._network.tcp_port or self._network.tls_port:
            supervisor.watch("discovery", self._discover)

    def notify(self) -> None:
        """Look at once whether what the session waits for has come: a block passed, or the host answered."""
        self._current.notify()

    # --- who comes

    async def _discover(self):
        network = self._network
        request = bytearray(SDP_BUFFER)
        response = bytearray(sdp.RESPONSE_BYTES)
        while True:
            n = await network.sdp_request(request)
            if not self._charger.plugged:
                continue
            ports = (network.tcp_port, network.tls_port)
            n = sdp.answer(request, n, response, network.address, ports[0], ports[1], self._policy)
            if not n:
                continue
            if not self._charger.digital:
                self._charger.asked()  # an EV repeats its request, and finds the duty at 5 % then
                continue
            number = network.sdp_answer(response, n)
            now_ms = self._board.ticks_ms()
            if number and ticks.diff(now_ms, self._last_ms) >= TOLD_MS:  # whoever sends such requests can send many
                self._last_ms = now_ms
                self._report.log(journal.KIND_TURNED_AWAY, journal.SDP, journal.OTHER, number)

    async def _listen_tcp(self):
        await self._listen(False)

    async def _listen_tls(self):
        await self._listen(True)

    async def _listen(self, secured):
        while True:
            connection = await self._network.accept(secured)
            taken = False
            try:
                taken = await self._enter(connection)
            finally:
                if not taken:
                    # One connector has one EV.
                    subject = journal.TLS if secured else journal.TCP
                    self._report.log(journal.KIND_TURNED_AWAY, subject, journal.OTHER, 0)
                    connection.close()

    async def _enter(self, connection):
        """Make a connection the next one served; return whether it may be."""
        served = self._current
        for _ in range(ROOM_TRIES):  # the EV before it may have hung up already, and nobody has looked yet
            if self._next is None and (served.connection is None or served.over):
                self._put(connection, None)
                return True
            await asyncio.sleep_ms(ROOM_MS)
        if self._next is not None or not served.silent:
            return False
        if not self._secc.ongoing:  # nothing is lost with the one before
            self._put(connection, None)
            return True
        return await self._same(connection)

    def _put(self, connection, claim):
        self._next = connection
        self.granted = claim
        self._arrived.set()
        self._current.look()

    async def _same(self, connection):
        """While another connection has a session: make this one the next if it turns out to be the same EV's."""
        if self._busy:
            return False
        self._busy = True
        served, before = self._current, self._current.connection
        claim = None
        heard = False
        try:
            claim = Claim()  # not reserved: an EV that finds no room for it tries again
            heard = await _wait_for_ms(self._read(connection, claim), CLAIM_MS)
        except (OSError, ExiError, MemoryError, asyncio.TimeoutError):
            pass
        finally:
            self._busy = False
        if not heard or self._next is not None:
            return False
        if served.connection is not None and not served.over:
            if served.connection is not before or not served.silent or not self._secc.same(claim, connection.secured):
                return False
            self._secc.release(self._board.ticks_ms())
        self._put(connection, claim)
        return True

    async def _read(self, connection, claim):
        if connection.secured and not await connection.handshake():
            return False
        while claim.evcc_id is None:
            n = await connection.readinto(self._current.data)
            if not n or not claim.receiver.put(self._current.data, n):
                return False
            for _ in claim.steps():
                await asyncio.sleep_ms(self._board.slice_ms)
            # Two TLS connections share one buffer of records: none may be written while one in it waits.
            if claim.end and (self._current.writing or not await connection.write(claim.out, claim.end)):
                return False
        return True

    # --- who is served

    async def _serve_all(self):
        while True:
            while self._next is None:
                await self._arrived.wait()
                self._arrived.clear()
            connection, self._next = self._next, None
            self._current.begin(connection)
            try:
                await self._serve(self.granted)
            finally:
                self._current.close()

    async def _serve(self, claim):
        served = self._current
        serving = asyncio.create_task(served.run(claim))
        try:
            while not serving.done():
                await served.rest()
                if served.on_deadline() or self._next is not None:
                    return  # whatever it waits for, unplugging, the clocks and the next EV do not
            await serving  # raises what it died of
        finally:
            while not serving.done():
                serving.cancel()
                await asyncio.sleep_ms(0)
