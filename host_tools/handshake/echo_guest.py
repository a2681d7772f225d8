"""Runs on MicroPython: a TLS server through asyncio, as the runtime has it, that sends back what it gets.

Arguments: a port; a folder with secc_key.der, secc_0.der, secc_1.der, secc_2.der.
"""

import asyncio
import ssl
import sys

PORT, PKI = int(sys.argv[1]), sys.argv[2]


def read(name):
    with open(PKI + "/" + name, "rb") as file:
        return file.read()


async def echo(reader, writer):
    try:
        while True:
            data = await reader.read(4096)
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the client left
    writer.close()
    await writer.wait_closed()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for number in range(3):
        context.load_cert_chain(read("secc_%d.der" % number), read("secc_key.der"))
    await asyncio.start_server(echo, "127.0.0.1", PORT, ssl=context)
    print("listening")
    while True:
        await asyncio.sleep(1)


asyncio.run(main())
