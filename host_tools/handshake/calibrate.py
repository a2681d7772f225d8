"""Calibration: the units of work of the board `virtual` and of an EV, measured on this machine now."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from host_tools.errors import ToolError
from host_tools.handshake import costs, samples, tables
from host_tools.handshake.costs import Board, Vehicle
from host_tools.micropython.interpreter import argv

HEAP_BYTES = 2 * 1024 * 1024
TIMEOUT_S = 120
CONNECTIONS = 40
ECHOES = 1000
ECHO_BYTES = 50
# The control loop's part of the processor: a block of 10 ms is worked on for less than one.
SHARE = 0.08
_HERE = Path(__file__).parent
_FIRMWARE = _HERE.parents[1] / "firmware"
_SUITE = "ECDHE-ECDSA-AES128-SHA256"


def both() -> tuple[Board, Vehicle]:
    """Measure the virtual board and an EV whose TLS is this Python's.  Errors: MissingError, ToolError."""
    vehicle = Vehicle(_library(), "measured here: OpenSSL under Python")
    with tempfile.TemporaryDirectory(prefix="gridkeel-model-") as name:
        folder = Path(name)
        samples.write(folder)
        units_us = guest(folder)
        context = _vehicle_context(folder / "issuer")
        with _echo_server(folder / "device") as (port, pid):
            handshake_us = _handshake_us(port, pid, context)
            units_us["hop"] = _hop_us(port, context)
    # The server's part of a bare handshake is shared out among its operations.
    verify_us = handshake_us / sum(count * tables.TLS_PARTS[what] for what, count in tables.TLS.board.items())
    cipher_byte_us = units_us["cipher_1024"] / 1024
    source = "measured here: MicroPython's unix port, best of several"
    return costs.board(units_us, verify_us, cipher_byte_us, SHARE, source), vehicle


def guest(folder: Path) -> dict[str, float]:
    """Return the us of each unit on MicroPython."""
    command = argv(_HERE / "guest.py", (str(_FIRMWARE), str(folder), "time"), heap_bytes=HEAP_BYTES)
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise ToolError(f"the model's units do not run on MicroPython: {(done.stdout + done.stderr)[-600:].strip()}")
    return json.loads(done.stdout)


def _library() -> dict[str, float]:
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public, digest = key.public_key(), ec.ECDSA(hashes.SHA256())
    signature = key.sign(b"model", digest)
    return {
        "keygen": best_us(lambda: ec.generate_private_key(ec.SECP256R1())),
        "ecdh": best_us(lambda: key.exchange(ec.ECDH(), other.public_key())),
        "sign": best_us(lambda: key.sign(b"model", digest)),
        "verify": best_us(lambda: public.verify(signature, b"model", digest)),
    }


def best_us(work: Callable[[], object], repeats: int = 100) -> float:
    """Return the us of one call, the best of all."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1e6


@contextlib.contextmanager
def _echo_server(folder: Path) -> Iterator[tuple[int, int]]:
    """Yield the port and the process of a TLS server on MicroPython."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = argv(_HERE / "echo_guest.py", (str(port), str(folder)), heap_bytes=HEAP_BYTES)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            if said.strip() != "listening":
                raise ToolError(
                    f"the model's TLS server does not start: {(said + process.stdout.read())[-600:].strip()}"
                )
            yield port, process.pid
        finally:
            process.kill()


def _handshake_us(port: int, pid: int, context: ssl.SSLContext) -> float:
    """Return what one handshake costs the server: its processor's time, the best wall time where nobody counts that."""
    counter = Path(f"/proc/{pid}/schedstat")
    before = _spent_ns(counter)
    took = []
    for _ in range(CONNECTIONS):
        start = time.perf_counter()
        with _connect(port, context):
            took.append(time.perf_counter() - start)
    if before is None:
        return min(took) * 1e6
    after = _spent_ns(counter)
    return ((after or before) - before) / 1e3 / CONNECTIONS


def _spent_ns(counter: Path) -> int | None:
    try:
        return int(counter.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


@contextlib.contextmanager
def _connect(port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as plain,
        context.wrap_socket(plain) as secured,
    ):
        yield secured


def _vehicle_context(root: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=root.read_bytes())
    context.check_hostname = False  # an EV checks none
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SUITE)
    return context


def _hop_us(port: int, context: ssl.SSLContext) -> float:
    """Return the us of a small message there and back, the best of many."""
    with _connect(port, context) as secured:
        return min(_echo(secured) for _ in range(ECHOES)) * 1e6


def _echo(secured: ssl.SSLSocket) -> float:
    start = time.perf_counter()
    secured.sendall(bytes(ECHO_BYTES))
    if not secured.recv(ECHO_BYTES):
        raise ToolError("the model's TLS server closed the connection")
    return time.perf_counter() - start
