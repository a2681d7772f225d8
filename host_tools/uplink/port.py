"""Opening serial ports for an event loop: one file descriptor each that never blocks."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import socket
import termios
import threading
from urllib.parse import urlsplit

import serial

from host_tools.errors import MissingError, ToolError

BAUD = 115200
_RELAY_S = 0.05
_RELAY_BYTES = 4096
_WRITE_S = 2.0
_CONNECT_S = 5.0
_DEAD_PEER = (
    (socket.TCP_KEEPIDLE, 10),
    (socket.TCP_KEEPINTVL, 5),
    (socket.TCP_KEEPCNT, 3),
)
_OTHER_FILES = 64  # what a process needs beside its ports: queue, broker, certificates, libraries

PORT_ERRORS = (serial.SerialException, OSError, ValueError)
_REASONS = {
    errno.EAGAIN: "in use by another program",
    errno.EBUSY: "in use by another program",
    errno.EACCES: "no permission: add this user to the group of the port, often dialout",
    errno.ENOTTY: "it is no serial port",
}


def allow_open_files(ports: int) -> None:
    """Raise this process's limit of open files to what so many ports need.  Errors: ToolError where it may not."""
    needed = ports + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    wanted = needed if hard == resource.RLIM_INFINITY else max(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, OSError):
        raise ToolError(
            f"{ports} ports need {needed} open files, and the system allows this process {hard}: raise it"
            " (ulimit -Hn, or LimitNOFILE= of the systemd unit), or share the ports among several uplinks"
        ) from None


def open_port(url: str, baud: int) -> int:
    """Return a descriptor of a device path or any pyserial URL; it is the caller's to close.

    Errors: MissingError in one line.
    """
    try:
        if url.startswith("socket://"):
            return _tcp(url)
        if "://" in url:
            return _relayed(serial.serial_for_url(url, baud, timeout=_RELAY_S, write_timeout=_WRITE_S))
        with serial.Serial(url, baud, exclusive=True) as port:
            return _own_descriptor(port.fileno())
    except PORT_ERRORS as error:
        raise MissingError(f"port {url} cannot be opened: {reason(error)}") from None


def reason(error: BaseException) -> str:
    """Return why a port cannot be used, in a few words."""
    number = getattr(error, "errno", None)
    text = " ".join(str(error).split())
    if "Could not configure port" in text:  # pyserial's own words, without a number
        number = errno.ENOTTY
    if number:
        return _REASONS.get(number) or os.strerror(number)
    return text or type(error).__name__


def _own_descriptor(number: int) -> int:
    """Return a copy that outlives pyserial's object, which has four descriptors more; the lock is the file's."""
    own = os.dup(number)
    os.set_blocking(own, False)
    with contextlib.suppress(OSError):  # a line that knows no such thing
        fcntl.ioctl(own, termios.TIOCEXCL)  # programs that do not ask for the lock are refused too
    return own


def _tcp(url: str) -> int:
    parts = urlsplit(url)
    if not parts.hostname or parts.port is None:
        raise ValueError("want socket://HOST:PORT")
    connection = socket.create_connection((parts.hostname, parts.port), timeout=_CONNECT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A serial server that lost its power says nothing: then the connection is to end, and to be made again.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _DEAD_PEER:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
    connection.setblocking(False)
    return connection.detach()


def _relayed(port: serial.Serial) -> int:
    """Return one end of a socket pair; a thread moves bytes between the other and a port without a descriptor."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(_RELAY_S)
    ended = threading.Event()

    def inwards() -> None:
        with contextlib.suppress(*PORT_ERRORS):
            while not ended.is_set():
                if data := port.read(port.in_waiting or 1):
                    theirs.sendall(data)
        ended.set()

    def outwards() -> None:
        with contextlib.suppress(*PORT_ERRORS):
            while not ended.is_set():
                try:
                    data = theirs.recv(_RELAY_BYTES)
                except TimeoutError:
                    continue
                if not data:
                    break
                port.write(data)
        ended.set()
        reader.join()
        theirs.close()
        with contextlib.suppress(*PORT_ERRORS):
            port.close()

    reader = threading.Thread(target=inwards, name="gridkeel-relay-in", daemon=True)
    reader.start()
    threading.Thread(target=outwards, name="gridkeel-relay-out", daemon=True).start()
    ours.setblocking(False)
    return ours.detach()
