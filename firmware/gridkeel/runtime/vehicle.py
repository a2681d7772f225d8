"""The car's side of the runtime: discovery, one connection at a time, and its session in slices beside the control loop."""

import asyncio

from gridkeel import ticks
from gridkeel.v2g import sdp, v2gtp

SDP_BUFFER = 64
WATCH_MS = 10  # how often a session that waits for the charger, or for its time to be over, is looked at


class Vehicle:
    """Serves the cars of one network.

    board: ticks_ms().  network: gridkeel.boards.vehicle_network.VehicleNetwork.  secc: gridkeel.v2g.secc.Secc.
    policy: parameter v2g_tls.  report: gridkeel.runtime.handshake.Report, told what happens.
    """

    def __init__(self, board, network, secc, policy, report):
        self._board = board
        self._network = network
        self._secc = secc
        self._policy = policy if network.tls_port else sdp.TCP_ONLY
        self._report = report
        self._connection = None
        self._gone = False
        self._arrived = asyncio.Event()
        self._wake = asyncio.Event()
        self._in = bytearray(v2gtp.FRAME_MAX_BYTES)
        self._out = bytearray(v2gtp.FRAME_MAX_BYTES)

    def watch(self, supervisor):
        """Hand the tasks over."""
        supervisor.watch("discovery", self._discover)
        supervisor.watch("tcp", self._listen_tcp)
        if self._network.tls_port:
            supervisor.watch("tls", self._listen_tls)
        supervisor.watch("car", self._cars)

    async def _discover(self):
        network = self._network
        request = bytearray(SDP_BUFFER)
        response = bytearray(sdp.RESPONSE_BYTES)
        while True:
            n = await network.sdp_request(request)
            n = sdp.answer(request, n, response, network.address, network.tcp_port, network.tls_port, self._policy)
            if n:
                network.sdp_answer(response, n)

    async def _listen_tcp(self):
        await self._listen(False)

    async def _listen_tls(self):
        await self._listen(True)

    async def _listen(self, secured):
        while True:
            connection = await self._network.accept(secured)
            if self._connection is None and (secured or self._policy != sdp.TLS_ONLY):
                self._connection = connection
                self._arrived.set()
            else:
                # One outlet has one car, and where TLS is required nothing else is spoken.
                self._report.turned_away(secured)
                connection.close()

    async def _cars(self):
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            try:
                await self._serve(self._connection)
            finally:
                self._connection.close()
                self._connection = None

    async def _serve(self, connection):
        board = self._board
        report = self._report
        report.begin(connection, board.ticks_ms())
        if not await connection.handshake(board.ticks_ms):
            report.handshake_failed(board.ticks_ms())
            return
        report.secured(board.ticks_ms())
        self._gone = False
        self._wake.clear()
        self._secc.connected(connection.secured, board.ticks_ms())
        helpers = (asyncio.create_task(self._read(connection)), asyncio.create_task(self._tick()))
        try:
            await self._converse(connection)
        finally:
            for helper in helpers:
                helper.cancel()
            self._secc.disconnected(board.ticks_ms())
            self._tell()
            report.end(board.ticks_ms())

    async def _read(self, connection):
        data = self._in
        while True:
            n = await connection.readinto(data)
            if not n:
                self._gone = True
                self._wake.set()
                return
            self._secc.receive(data, n, self._board.ticks_ms())
            self._wake.set()

    async def _tick(self):
        while True:
            await asyncio.sleep_ms(WATCH_MS)
            self._wake.set()

    async def _converse(self, connection):
        board = self._board
        secc = self._secc
        while not self._gone:
            await self._wake.wait()
            self._wake.clear()
            if secc.deadline(board.ticks_ms()) == 0:
                secc.on_deadline(board.ticks_ms())
            while secc.work(board.ticks_ms()):
                await asyncio.sleep_ms(0)  # the control loop may have a block waiting
            n = secc.data_to_send(self._out, board.ticks_ms())
            while n:
                if not await connection.write(self._out, n):
                    return
                n = secc.data_to_send(self._out, board.ticks_ms())
            self._tell()
            if secc.closing:
                return

    def _tell(self):
        while True:
            event = self._secc.take_event()
            if event is None:
                return
            self._report.event(event, self._board.ticks_ms())
