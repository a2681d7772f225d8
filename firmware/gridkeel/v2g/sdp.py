"""SDP: an EV asks the link for the charger's address, one UDP datagram each way (ISO 15118-2, 7.10.1)."""

import struct

from gridkeel.v2g import v2gtp

PORT = 15118
GROUP = "ff02::1"
TLS = 0x00
NO_TLS = 0x10
TCP = 0x00
RESPONSE_BYTES = v2gtp.HEADER_BYTES + 20
_REQUEST_BYTES = 2

# parameter iso15118_tls
TCP_ONLY = 0
AS_ASKED = 1
TLS_ONLY = 2


def answer(request: bytearray, n: int, out: bytearray, ip16: bytes, tcp_port: int, tls_port: int, policy: int) -> int:
    """Write the response to the request of n bytes into out; return its length, 0 where it is no valid request.

    ip16: the link-local address, 16 bytes.  policy: TCP_ONLY, AS_ASKED or TLS_ONLY; with the first and the last an EV
    that asked for the other is answered with what there is, and decides ([V2G2-626] ff.).
    """
    if v2gtp.check(request, n, v2gtp.SDP_REQUEST) != _REQUEST_BYTES:
        return 0
    security, transport = request[v2gtp.HEADER_BYTES], request[v2gtp.HEADER_BYTES + 1]
    if security not in (TLS, NO_TLS) or transport != TCP:
        return 0
    if policy == TCP_ONLY:
        security = NO_TLS
    elif policy == TLS_ONLY:
        security = TLS
    v2gtp.header(out, v2gtp.SDP_RESPONSE, RESPONSE_BYTES - v2gtp.HEADER_BYTES)
    port = tls_port if security == TLS else tcp_port
    struct.pack_into(">16sHBB", out, v2gtp.HEADER_BYTES, bytes(ip16), port, security, TCP)
    return RESPONSE_BYTES
