"""Runs in MicroPython: the vehicle's network of a board, answering discovery and echoing what comes.

Arguments: folder with the board's /pki files, "mutual" or "".
"""

import asyncio
import sys

from gridkeel.boards import vehicle_network
from gridkeel.boards.pki import Pki
from gridkeel.v2g import sdp


async def _discovery(network):
    request = bytearray(64)
    response = bytearray(sdp.RESPONSE_BYTES)
    while True:
        n = await network.sdp_request(request)
        n = sdp.answer(request, n, response, network.address, network.tcp_port, network.tls_port, sdp.AS_ASKED)
        if n:
            network.sdp_answer(response, n)


async def _echo(network, secured):
    data = bytearray(6144)
    while True:
        connection = await network.accept(secured)
        agreed = not secured or await connection.handshake()
        while agreed:
            n = await connection.readinto(data)
            if not n or not await connection.write(data, n):
                break
        connection.close()


async def _main():
    network = vehicle_network.from_environment(Pki(sys.argv[2] == "mutual", sys.argv[1]), True, True)
    print("ports", network.tcp_port, network.tls_port)
    tasks = [asyncio.create_task(_echo(network, secured)) for secured in (False, True)]
    await _discovery(network)
    return tasks


asyncio.run(_main())
