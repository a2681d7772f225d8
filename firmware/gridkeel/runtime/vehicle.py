"""The car's side of the runtime: discovery, one connection at a time, its session in slices beside the control loop."""

import asyncio

from gridkeel import ticks
from gridkeel.crypto import crl, x509
from gridkeel.errors import CertificateError
from gridkeel.runtime.handshake import Report
from gridkeel.v2g import sdp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.secc import Secc

SDP_BUFFER = 64
READ_BYTES = 512  # the session puts the pieces together
WATCH_MS = 10  # how often a session is looked at whose time may be over, also where nothing wakes it
TURN_US = 1000  # small slices run in one turn up to this; one slice more, even with a collection in it, keeps to 5 ms
ROOM_TRIES = 10
LINGER_MS = 5000  # the time a car has to close a connection whose session is over


def make(app, backend=None):
    """Return the Vehicle of a controller, None where the board has no network for cars.

    app: gridkeel.runtime.app.App.  Errors: OSError where the network cannot be opened.
    """
    board = app.board
    parameters = app.parameters
    pki = board.load_pki(parameters.v2g_mutual == 1)
    network = board.vehicle_network(pki, parameters.v2g_tls != sdp.TLS_ONLY, parameters.v2g_tls != sdp.TCP_ONLY)
    if network is None:
        return None
    secc = Secc(app.controller.charger, _credentials(pki), parameters, app.clock, board.random, backend)
    report = Report(board, app.link, app.health)
    return Vehicle(board, app.controller.charger, network, secc, parameters.v2g_tls, report, app.pump_link)


def _credentials(pki):
    lists = []
    try:
        for data in pki.crls:
            lists.append(_finish(crl.parse(data)))
    except CertificateError as error:
        # Who was revoked is not known then: no contract is taken, and the car is not offered to pay by one.
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
    """Serves the cars of one network.

    board: ticks_ms(), ticks_us().  charger: its `digital` says whether a car may ask for the address.
    network: gridkeel.boards.vehicle_network.VehicleNetwork.  policy: parameter v2g_tls.  ask(now_ms): sends to the host
    what a session has for it.
    """

    def __init__(self, board, charger, network, secc, policy, report, ask):
        self._board = board
        self._charger = charger
        self._network = network
        self._secc = secc
        self._policy = policy
        self._report = report
        self._ask = ask
        self._connection = None
        self._next = None
        self._lingers = False
        self._gone = False
        self._arrived = asyncio.Event()
        self._wake = asyncio.Event()
        self._in = bytearray(READ_BYTES)
        if not network.tls_port:
            if policy == sdp.TLS_ONLY:
                print("gridkeel: v2g_tls asks for TLS, and /pki holds no certificate: no car is served")
            else:
                self._policy = sdp.TCP_ONLY

    def watch(self, supervisor):
        """Hand the tasks over."""
        supervisor.watch("car", self._cars)
        if self._network.tcp_port:
            supervisor.watch("tcp", self._listen_tcp)
        if self._network.tls_port:
            supervisor.watch("tls", self._listen_tls)
        if self._network.tcp_port or self._network.tls_port:
            supervisor.watch("discovery", self._discover)

    def news(self):
        """Look at once whether what the session waits for has come: a block passed, or the host answered."""
        if self._secc.waiting:
            self._wake.set()

    # --- who comes

    async def _discover(self):
        network = self._network
        request = bytearray(SDP_BUFFER)
        response = bytearray(sdp.RESPONSE_BYTES)
        while True:
            n = await network.sdp_request(request)
            if self._charger.plugged and self._charger.digital:
                ports = (network.tcp_port, network.tls_port)
                n = sdp.answer(request, n, response, network.address, ports[0], ports[1], self._policy)
                if n:
                    network.sdp_answer(response, n)

    async def _listen_tcp(self):
        await self._listen(False)

    async def _listen_tls(self):
        await self._listen(True)

    async def _listen(self, secured):
        while True:
            connection = await self._network.accept(secured)
            if await self._has_room():
                self._next = connection
                self._arrived.set()
                self._wake.set()
            else:
                # One outlet has one car.
                self._report.log("turned_away", "tls" if secured else "tcp", "", 0)
                connection.close()

    async def _has_room(self):
        # The car before it may have hung up already, and nobody has looked yet.
        for _ in range(ROOM_TRIES):
            if self._next is None and (self._connection is None or self._lingers):
                return True
            await asyncio.sleep_ms(WATCH_MS)
        return False

    async def _cars(self):
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            self._connection, self._next = self._next, None
            try:
                await self._serve(self._connection)
            finally:
                self._connection.close()
                self._connection = None
                self._lingers = False

    # --- one connection

    async def _serve(self, connection):
        report = self._report
        report.begin(connection)
        if await self._agree(connection):
            self._gone = False
            self._wake.clear()
            self._secc.connected(connection.secured, self._board.ticks_ms())
            helpers = (asyncio.create_task(self._read(connection)), asyncio.create_task(self._tick()))
            try:
                await self._converse(connection)
            finally:
                self._secc.disconnected(self._board.ticks_ms())
                self._tell()
                report.end(connection)
                for helper in helpers:
                    helper.cancel()
        else:
            report.end(connection)

    async def _agree(self, connection):
        if not connection.secured:
            return True
        begun_us = self._board.ticks_us()
        sound = await connection.handshake()
        self._report.agreed(ticks.diff(self._board.ticks_us(), begun_us), sound)
        return sound

    async def _read(self, connection):
        data = self._in
        while not self._gone:
            n = await connection.readinto(data)
            if n:
                self._report.asked()
                self._secc.receive(data, n, self._board.ticks_ms())
            else:
                self._gone = True
            self._wake.set()
            if self._secc.asked:
                await asyncio.sleep_ms(0)  # the answer goes first; whether more has come can wait

    async def _tick(self):
        while True:
            await asyncio.sleep_ms(WATCH_MS)
            self._wake.set()

    async def _converse(self, connection):
        secc = self._secc
        while not self._gone:
            await self._wake.wait()
            self._wake.clear()
            secc.on_deadline(self._board.ticks_ms())
            await self._work()
            n = secc.data_to_send(secc.out, self._board.ticks_ms())
            if n:
                if not await connection.write(secc.out, n):
                    return
                self._report.answered(secc.request)
            self._tell()
            if secc.closing:
                if n:
                    await self._linger()
                return

    async def _work(self):
        board = self._board
        more = True
        while more:
            more = self._turn()
            if more:
                await asyncio.sleep_ms(board.slice_ms)  # the control loop may have a block waiting
        if self._secc.waiting:
            self._ask(board.ticks_ms())

    def _turn(self):
        """Do slices for up to TURN_US and one more; return whether there is more to do."""
        board, secc = self._board, self._secc
        begun_us = board.ticks_us()
        more = secc.work(board.ticks_ms())
        # Where a slice is charged a stated time it has a turn of its own.
        while more and not board.slice_ms and ticks.diff(board.ticks_us(), begun_us) < TURN_US:
            more = secc.work(board.ticks_ms())
        self._report.worked(begun_us)
        return more

    async def _linger(self):
        # Closed at once, the response that still travels could be lost to the car; a new car need not wait for it.
        begun_ms = self._board.ticks_ms()
        self._lingers = True
        self._secc.disconnected(begun_ms)
        while not (self._gone or self._next) and ticks.diff(self._board.ticks_ms(), begun_ms) < LINGER_MS:
            await self._wake.wait()
            self._wake.clear()

    def _tell(self):
        while True:
            event = self._secc.take_event()
            if event is None:
                return
            self._report.event(event)
