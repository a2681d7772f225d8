"""The vehicle's network on the unix port: discovery over UDP, one listener for TCP and one for TLS.

GRIDKEEL_V2G_INTERFACE is this end's link-local address with its zone, "fe80::1%eth1". Whatever is opened here is
bound to that interface, so no other network of the machine is served.
"""

import asyncio
import os
import socket

from gridkeel import TYPE_CHECKING
from gridkeel.boards import tls_connection
from gridkeel.boards.plain_connection import PlainConnection, drop, readable

if TYPE_CHECKING:
    from gridkeel.boards.pki import Pki
    from gridkeel.protocols import Buffer, Connection, WritableBuffer

PORT_LOW = 49152  # ISO 15118-2 wants a dynamic port; a vehicle may refuse any other
PORTS = 65536 - PORT_LOW
SDP_PORT = 15118
SDP_GROUP = "ff02::1"
BACKLOG = 2
PORT_TRIES = 16
LOOK_MS = 5000  # how often a socket on which nothing comes is looked after: a modem that was replugged raises no error
ERROR_MS = 100  # rest after an error of the network, so that one which stays does not keep the processor busy

_SO_BINDTODEVICE = 25
_IPPROTO_IPV6 = 41
_IPV6_JOIN_GROUP = 20
# MicroPython imports it where it is first named: now, and not with the first vehicle.
_wait_for_ms = asyncio.wait_for_ms

_PORT_AT = 2
_ADDRESS_AT = 8  # of a sockaddr_in6: family, port, flow, then 16 bytes of address and the index of the interface
_INDEX_AT = 24
_SOCKADDR_BYTES = 28
_MULTICAST = 0xFF  # first byte of such an address


class VehicleNetwork:
    """Sockets of one interface; address: 16 bytes.  tcp_port, tls_port: 0 where that listener is not open.

    zoned: the address with its zone.  plain: whether vehicles may connect without TLS.  security: None where there
    is no TLS.
    """

    def __init__(self, zoned: str, plain: bool, security: "tls_connection.Security | None") -> None:
        self._zoned = zoned
        self._device = zoned[zoned.find("%") + 1 :].encode()
        raw = self._sockaddr(zoned, 0, socket.SOCK_STREAM)
        self.address = bytes(raw[_ADDRESS_AT : _ADDRESS_AT + 16])
        self._index = b""  # of the interface, when the discovery's socket was opened
        self._security = security
        self._sdp = self._open_discovery()
        self._peer = None
        self._accepting: dict = {False: None, True: None}
        self.tcp_port = self.tls_port = 0
        if plain:
            self.tcp_port = self._listen(False, 0)
        if security:
            self.tls_port = self._listen(True, 0)

    async def sdp_request(self, buffer: "WritableBuffer") -> int:
        """Wait for a datagram of a vehicle and return its length; what buffer has no room for is cut off.

        Errors: OSError of the socket itself; the next call opens another.
        """
        if self._sdp is None:
            self._sdp = self._open_discovery()
        while True:
            try:
                await self._wait(self._sdp, self._index)
                data, peer = self._sdp.recvfrom(len(buffer))
            except OSError as error:
                if not _is_passed(error.errno):
                    self._drop()
                    raise
                await asyncio.sleep_ms(ERROR_MS)
                continue
            if sendable(peer):
                self._peer = peer
                buffer[: len(data)] = data
                return len(data)

    def sdp_answer(self, buffer: "Buffer", n: int) -> int:
        """Send n bytes to the vehicle that asked last; return 0, or the number of the error that its address caused.

        Errors: OSError of the socket itself; the next request is waited for on another.
        """
        try:
            self._sdp.sendto(memoryview(buffer)[:n], self._peer)
        except OSError as error:
            # An address can be wrong in many ways; these are the socket's own: ENXIO, EBADF, ENODEV, EPIPE, ENOTSOCK.
            if error.errno in (6, 9, 19, 32, 88):
                self._drop()
                raise
            return error.errno
        return 0

    async def accept(self, secured: bool) -> "Connection":
        """Wait for a connection on the TLS listener (secured) or the TCP one and return it.

        Errors: OSError of the listener itself; the next call opens another, on the same port where it is free.
        """
        if self._accepting[secured] is None:
            if secured:
                self.tls_port = self._listen(True, self.tls_port)
            else:
                self.tcp_port = self._listen(False, self.tcp_port)
        listener, index = self._accepting[secured]
        while True:
            try:
                await self._wait(listener, index)
                accepted, _peer = listener.accept()
            except OSError as error:
                if not _is_passed(error.errno):
                    self._accepting[secured] = None
                    drop(listener)
                    raise
                await asyncio.sleep_ms(ERROR_MS)
                continue
            try:
                return tls_connection.TlsConnection(accepted, self._security) if secured else PlainConnection(accepted)
            except (OSError, MemoryError):  # the vehicle gave up between the lines, or there is no room for its TLS
                drop(accepted)

    async def _wait(self, opened, index):
        """Wait for something to read.  Errors: OSError where the interface went, or came again as another."""
        while True:
            try:
                await _wait_for_ms(readable(opened), LOOK_MS)
                return
            except asyncio.TimeoutError:
                if self._look() != index:
                    raise OSError(19)  # ENODEV

    def _look(self):
        return bytes(self._sockaddr(self._zoned, 0, socket.SOCK_STREAM)[_INDEX_AT:_SOCKADDR_BYTES])

    def _open_discovery(self):
        self._index = self._look()
        discovery = self._socket(socket.SOCK_DGRAM)
        try:
            discovery.bind(self._sockaddr("::", SDP_PORT, socket.SOCK_DGRAM))
            group = socket.inet_pton(socket.AF_INET6, SDP_GROUP) + self._index
            discovery.setsockopt(_IPPROTO_IPV6, _IPV6_JOIN_GROUP, group)
        except OSError:
            drop(discovery)
            raise
        return discovery

    def _drop(self):
        drop(self._sdp)
        self._sdp = None

    def _listen(self, secured, port):
        """Open a listener and return its port; port: the one to try first, 0 for none."""
        listener = self._socket(socket.SOCK_STREAM)
        for _ in range(PORT_TRIES):
            port = port or PORT_LOW + int.from_bytes(os.urandom(2), "big") % PORTS
            try:
                listener.bind(self._sockaddr(self._zoned, port, socket.SOCK_STREAM))
                listener.listen(BACKLOG)
            except OSError:  # somebody else's: draw again
                port = 0
                continue
            self._accepting[secured] = (listener, self._look())
            return port
        drop(listener)
        raise OSError("no free port from %d on at %s" % (PORT_LOW, self._zoned))

    def _socket(self, kind):
        made = socket.socket(socket.AF_INET6, kind)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setsockopt(socket.SOL_SOCKET, _SO_BINDTODEVICE, self._device)
            made.setblocking(False)
        except OSError:
            drop(made)
            raise
        return made

    def _sockaddr(self, host, port, kind):
        return socket.getaddrinfo(host, port, socket.AF_INET6, kind)[0][-1]


def sendable(peer: bytes) -> bool:
    """Return whether a datagram's source is one that an answer can go to: a port, and the address of one device."""
    if peer[_PORT_AT] == 0 and peer[_PORT_AT + 1] == 0:
        return False
    return peer[_ADDRESS_AT] != _MULTICAST and any(peer[_ADDRESS_AT : _ADDRESS_AT + 16])


def _is_passed(number):
    """Return whether an error is a peer's, the network's or the moment's, by Linux' numbers, and not the socket's own.

    EPERM, EINTR, EAGAIN, ENOMEM, EACCES, ENFILE, EMFILE, ENONET, EPROTO, ENOPROTOOPT, EOPNOTSUPP, ENETDOWN to ENOBUFS,
    ETIMEDOUT to EHOSTUNREACH.
    """
    return number in (1, 4, 11, 12, 13, 23, 24, 64, 71, 92, 95, 100, 101, 102, 103, 104, 105, 110, 111, 112, 113)


def from_environment(pki: "Pki", plain: bool, secured: bool) -> "VehicleNetwork | None":
    """Return the network GRIDKEEL_V2G_INTERFACE names, None where it names none.  Errors: OSError.

    plain, secured: whether vehicles may connect without TLS, and with it; the latter needs a certificate in the folder.
    """
    zoned = os.getenv("GRIDKEEL_V2G_INTERFACE")
    if not zoned:
        return None
    return VehicleNetwork(zoned, plain, tls_connection.Security(pki) if secured and pki.chain else None)
