"""Refusals before there is a session: everything about TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator

from hil.interop.raw_vehicle import ClosedError, RawVehicle
from hil.interop.refusal import ENDED, Act, Refusal
from hil.interop.setup import Setup

TLS_REQUIRED = (("iso15118_tls", 2),)
PATIENCE_S = 15.0  # the charger gives a handshake 10 s
READ_BYTES = 8192
_SERVER_HELLO_DONE = b"\x0e\x00\x00\x00"
PROTOCOL_VERSION, HANDSHAKE_FAILURE = "alert: protocol version", "alert: handshake failure"  # RFC 5246, 7.2.2


def _handshake(change: Callable[[ssl.SSLContext], None]) -> Act:
    @contextlib.contextmanager
    def act(setup: Setup) -> Iterator[str]:
        context = setup.link.context()
        change(context)
        with setup.link.connect(setup.link.discover(True)) as plain:
            yield _shake(setup, plain, context)

    return act


def _shake(setup: Setup, plain: socket.socket, context: ssl.SSLContext) -> str:
    try:
        with setup.link.secure(plain, context):
            return "the handshake was done"
    except ssl.SSLError as error:
        return _alert(error)
    except ConnectionError:
        return ENDED


def _alert(error: ssl.SSLError) -> str:
    """Return the charger's alert; what this vehicle's own TLS finds wrong is no refusal."""
    _before, alert, what = (error.reason or "").partition("ALERT_")
    return f"alert: {what.replace('_', ' ').lower()}" if alert else f"this vehicle's own {error.reason}"


def _only(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
        context.minimum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")

    return change


def _other_suite(context: ssl.SSLContext) -> None:
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")


@contextlib.contextmanager
def _plain_where_tls_is_required(setup: Setup) -> Iterator[str]:
    address = setup.link.discover(False)
    with setup.link.connect(address) as plain:
        try:
            yield RawVehicle(plain).agree() if address.secured else "SDP offered plain TCP"
        except ClosedError:
            yield ENDED


@contextlib.contextmanager
def _says_nothing(setup: Setup) -> Iterator[str]:
    with setup.link.connect(setup.link.discover(True)) as plain:
        yield _until_closed(plain)


@contextlib.contextmanager
def _stops_halfway(setup: Setup) -> Iterator[str]:
    with _halfway(setup) as plain:
        yield _until_closed(plain)


@contextlib.contextmanager
def _hangs_up_halfway(setup: Setup) -> Iterator[str]:
    with _halfway(setup):
        pass
    yield ENDED


@contextlib.contextmanager
def _halfway(setup: Setup) -> Iterator[socket.socket]:
    """Yield a connection on which the charger has said ServerHelloDone and waits for the vehicle's keys."""
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = setup.link.context().wrap_bio(received, to_send)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with setup.link.connect(setup.link.discover(True)) as plain:
        plain.sendall(to_send.read())
        flight = b""
        while not flight.endswith(_SERVER_HELLO_DONE):
            part = plain.recv(READ_BYTES)
            if not part:
                raise ClosedError
            flight += part
        yield plain


def _until_closed(plain: socket.socket) -> str:
    plain.settimeout(PATIENCE_S)
    try:
        while part := plain.recv(READ_BYTES):
            if part[0] != 21:  # TLS may send an alert before it goes
                return "something came"
    except ConnectionError:
        pass
    return ENDED


def _row(name: str, act: Act, code: str = ENDED, waits: bool = False) -> Refusal:
    return Refusal(name, act, code, "tls_failed", "tls", waits=waits)


ROWS = (
    _row("TLS 1.0", _handshake(_only(ssl.TLSVersion.TLSv1)), PROTOCOL_VERSION),
    _row("TLS 1.1", _handshake(_only(ssl.TLSVersion.TLSv1_1)), PROTOCOL_VERSION),
    # Its hello says 1.2 to whoever does not know better, and has no suite of 1.2 in it.
    _row("TLS 1.3 alone", _handshake(_only(ssl.TLSVersion.TLSv1_3)), HANDSHAKE_FAILURE),
    _row("wrong cipher", _handshake(_other_suite), HANDSHAKE_FAILURE),
    Refusal(
        "tls_required",
        _plain_where_tls_is_required,
        ENDED,
        "tls_failed",
        "tls",
        changes=TLS_REQUIRED,
    ),
    _row("silence before the TLS handshake", _says_nothing, waits=True),
    _row("silence in the middle of the TLS handshake", _stops_halfway, waits=True),
    _row("hang-up in the middle of the TLS handshake", _hangs_up_halfway),
)
