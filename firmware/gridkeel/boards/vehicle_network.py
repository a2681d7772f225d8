"""The vehicle's network on the unix port: discovery over UDP, one listener for TCP and one for TLS.

GRIDKEEL_V2G_INTERFACE is this end's link-local address with its zone, "fe80::1%eth1". Whatever is opened here is
bound to that interface, so no other network of the machine is served.
"""

import os
import socket

from gridkeel.boards import tls_connection
from gridkeel.boards.plain_connection import PlainConnection, readable

PORT_LOW = 49152  # ISO 15118-2 wants a dynamic port; a car may refuse any other
PORTS = 65536 - PORT_LOW
SDP_PORT = 15118
SDP_GROUP = "ff02::1"
BACKLOG = 2
PORT_TRIES = 16

_SO_BINDTODEVICE = 25
_IPPROTO_IPV6 = 41
_IPV6_JOIN_GROUP = 20
_ADDRESS_AT = 8  # of a sockaddr_in6: family, port, flow, then 16 bytes of address and the index of the interface
_INDEX_AT = 24
_SOCKADDR_BYTES = 28


class VehicleNetwork:
    """Sockets of one interface; address: 16 bytes.  tcp_port, tls_port: 0 where that listener is not open.

    zoned: the address with its zone.  plain: whether cars may come without TLS.  security: tls_connection.Security,
    None where there is no TLS.
    """

    def __init__(self, zoned, plain, security):
        self._zoned = zoned
        self._device = zoned[zoned.find("%") + 1 :].encode()
        raw = self._sockaddr(zoned, 0, socket.SOCK_STREAM)
        self.address = bytes(raw[_ADDRESS_AT : _ADDRESS_AT + 16])
        self._index = bytes(raw[_INDEX_AT:_SOCKADDR_BYTES])
        self._security = security
        self._sdp = self._open_discovery()
        self._peer = None
        self._tcp = self._tls = None
        self.tcp_port = self.tls_port = 0
        if plain:
            self._tcp, self.tcp_port = self._listen()
        if security:
            self._tls, self.tls_port = self._listen()

    async def sdp_request(self, buffer):
        """Wait for a datagram of a car and return its length; what buffer has no room for is cut off."""
        await readable(self._sdp)
        data, self._peer = self._sdp.recvfrom(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def sdp_answer(self, buffer, n):
        """Send n bytes to the car that asked last."""
        self._sdp.sendto(memoryview(buffer)[:n], self._peer)

    async def accept(self, secured):
        """Wait for a connection on the TLS listener (secured) or the TCP one and return it."""
        listener = self._tls if secured else self._tcp
        while True:
            await readable(listener)
            try:
                accepted, _peer = listener.accept()
            except OSError:  # the car gave up between the two lines
                continue
            if secured:
                return tls_connection.TlsConnection(accepted, self._security)
            return PlainConnection(accepted)

    def _open_discovery(self):
        discovery = self._socket(socket.SOCK_DGRAM)
        discovery.bind(self._sockaddr("::", SDP_PORT, socket.SOCK_DGRAM))
        group = socket.inet_pton(socket.AF_INET6, SDP_GROUP) + self._index
        discovery.setsockopt(_IPPROTO_IPV6, _IPV6_JOIN_GROUP, group)
        return discovery

    def _listen(self):
        listener = self._socket(socket.SOCK_STREAM)
        for _ in range(PORT_TRIES):
            port = PORT_LOW + int.from_bytes(os.urandom(2), "big") % PORTS
            try:
                listener.bind(self._sockaddr(self._zoned, port, socket.SOCK_STREAM))
            except OSError:  # somebody else's: draw again
                continue
            listener.listen(BACKLOG)
            return listener, port
        raise OSError("no free port from %d on at %s" % (PORT_LOW, self._zoned))

    def _socket(self, kind):
        made = socket.socket(socket.AF_INET6, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, _SO_BINDTODEVICE, self._device)
        made.setblocking(False)
        return made

    def _sockaddr(self, host, port, kind):
        return socket.getaddrinfo(host, port, socket.AF_INET6, kind)[0][-1]


def from_environment(pki, plain, secured):
    """Return the network GRIDKEEL_V2G_INTERFACE names, None where it names none.  Errors: OSError.

    pki: gridkeel.boards.pki.Pki.  plain, secured: whether cars may come without TLS, and with it; the latter needs a
    certificate in the folder.
    """
    zoned = os.getenv("GRIDKEEL_V2G_INTERFACE")
    if not zoned:
        return None
    return VehicleNetwork(zoned, plain, tls_connection.Security(pki) if secured and pki.chain else None)
