"""A vehicle's TLS connection, as ISO 15118-2 asks for it: TLS 1.2, its cipher suites alone, the charger's whole chain.

mbedTLS works on a stream of this file instead of the socket, for three reasons: the end of a handshake shows in the
records, what travels is counted, and the records of one message leave in one write (a record holds 4,096 bytes here,
and there are vehicles that take one read for one message).
"""

import asyncio
import io

import tls

from gridkeel import TYPE_CHECKING
from gridkeel.boards.plain_connection import drop, readable, set_up, write_all

if TYPE_CHECKING:
    from socket import socket

    from gridkeel.boards.pki import Pki
    from gridkeel.protocols import Buffer, WritableBuffer

# In the order of preference. A build without static ECDH, which is the rule, offers the first alone.
SUITES = ("TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256", "TLS-ECDH-ECDSA-WITH-AES-128-CBC-SHA256")
HANDSHAKE_MS = 10000  # a vehicle that takes longer is given up
CORK_BYTES = 6 * 1024 + 512  # the longest frame and the overhead of its records

# MicroPython imports it where it is first named: now, and not with the first vehicle.
_wait_for_ms = asyncio.wait_for_ms

_CLOSE = 4  # ioctl of MicroPython's streams
_CHANGE_CIPHER_SPEC = 20
_HANDSHAKE = 22


class Security:
    """What every TLS connection of a board shares; held: the records of one message, of the one vehicle that is served.

    pki: gridkeel.boards.pki.Pki.  With pki.mutual a vehicle must show a certificate of one of the roots.
    Errors: OSError where a key or certificate is none, or the build lacks the suite.
    """

    def __init__(self, pki: "Pki") -> None:
        self.held = bytearray(CORK_BYTES)
        self.context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
        offered = self.context.get_ciphers()
        suites = [suite for suite in SUITES if suite in offered]
        if SUITES[0] not in suites:
            raise OSError("this build's TLS lacks %s" % SUITES[0])
        self.context.set_ciphers(suites)
        # Each call appends: the vehicle gets leaf, sub-CA 2 and sub-CA 1, which is what it needs to reach its root.
        for certificate in pki.chain:
            self.context.load_cert_chain(certificate, pki.key)
        if pki.mutual:
            self.context.verify_mode = tls.CERT_REQUIRED
            for root in pki.client_roots:
                self.context.load_verify_locations(root)


class _Records(io.IOBase):
    """The stream under TLS: counts, watches the handshake, and holds records back while corked."""

    def __init__(self, accepted, held):
        self._socket = accepted
        self.held = held
        self.bytes_in = 0
        self.bytes_out = 0
        self.finished = False
        self.closed = False
        self._held_n = 0
        self._corked = False
        self._changed = False

    def readinto(self, buffer):
        n = self._socket.readinto(buffer)
        self.bytes_in += n or 0
        return n

    def write(self, record):
        if record[0] == _CHANGE_CIPHER_SPEC:
            self._changed = True
        elif self._changed and record[0] == _HANDSHAKE:
            self.finished = True  # the charger's Finished, the last of a full handshake
        if self._corked:
            return self._hold(record)
        n = self._socket.write(record)
        self.bytes_out += n or 0
        return n

    def ioctl(self, request, _argument):
        if request == _CLOSE:
            self.closed = True
            drop(self._socket)
            return 0
        return -1

    def cork(self):
        """Hold back the records of one message."""
        self._corked = True
        self._held_n = 0

    def uncork(self):
        """Hold nothing back from now on; return how many bytes stand in `held`, the caller's to send."""
        self._corked = False
        return self._held_n

    def sent(self, n):
        """Count n bytes of `held` that are out."""
        self.bytes_out += n

    def _hold(self, record):
        n = len(record)
        if self._held_n + n > CORK_BYTES:
            raise OSError("a message of more than %d bytes" % CORK_BYTES)
        self.held[self._held_n : self._held_n + n] = record
        self._held_n += n
        return n


class TlsConnection:
    """One accepted socket under TLS.  secured: True."""

    secured = True

    def __init__(self, accepted: "socket", security: Security) -> None:
        set_up(accepted)
        self._socket = accepted
        self._records = _Records(accepted, security.held)
        self._tls = security.context.wrap_socket(self._records, server_side=True, do_handshake_on_connect=False)
        self._early = 0  # bytes that came with the end of the handshake
        self._early_data = bytearray(64)

    @property
    def bytes_in(self) -> int:
        """Bytes received, records and all."""
        return self._records.bytes_in

    @property
    def bytes_out(self) -> int:
        """Bytes sent, records and all."""
        return self._records.bytes_out

    async def handshake(self) -> bool:
        """Agree on keys; return False where that fails or takes over HANDSHAKE_MS."""
        try:
            await _wait_for_ms(self._shake(), HANDSHAKE_MS)
        except (OSError, asyncio.TimeoutError):
            return False
        return True

    async def _shake(self):
        while not self._records.finished:
            await readable(self._socket)
            n = self._tls.readinto(self._early_data)
            if n == 0:
                raise OSError("the vehicle closed the connection")
            self._early = n or 0

    async def readinto(self, buffer: "WritableBuffer") -> int:
        """Wait for bytes and return how many came, 0 where the connection is over."""
        if self._early:
            n, self._early = self._early, 0
            buffer[:n] = self._early_data[:n]
            return n
        while True:
            # mbedTLS may hold a record that no poll of the socket would tell of: it is asked first.
            try:
                n = self._tls.readinto(buffer)
            except OSError:
                return 0
            if n is not None:
                return n
            await readable(self._socket)

    async def write(self, buffer: "Buffer", n: int) -> bool:
        """Hand over n bytes, all their records in one piece; return False where the connection is over."""
        records = self._records
        records.cork()
        sound = self._encrypt(memoryview(buffer)[:n])
        held_n = records.uncork()
        if not sound or not await write_all(self._socket, records.held, held_n):
            return False
        records.sent(held_n)
        return True

    def _encrypt(self, view):
        done = 0
        try:
            while done < len(view):
                taken = self._tls.write(view[done:])
                if not taken:
                    return False
                done += taken
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End the connection."""
        drop(self._tls)
        if not self._records.closed:  # after a failed handshake mbedTLS leaves its stream open
            drop(self._socket)
