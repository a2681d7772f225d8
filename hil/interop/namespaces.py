"""Two network namespaces and the cable between them: one end is the vehicle's, the other the charger's.

Nothing of it shows in the machine's own network. Needs root and iproute2.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

from host_tools.errors import MissingError

VEHICLE_INTERFACE = "vehicle0"
CHARGER_INTERFACE = "evse0"
_PREFIX = "gridkeel"
_FOLDER = Path("/run/netns")
_NEWNET = 0x40000000
_LINK_SCOPE = "20"  # as the kernel writes it in /proc/net/if_inet6
_TENTATIVE = 0x40
ADDRESS_S = 5.0
_numbers = itertools.count()


@dataclass(frozen=True)
class Cable:
    """Names of the two namespaces; in them VEHICLE_INTERFACE and CHARGER_INTERFACE have link-local addresses."""

    vehicle: str
    charger: str


def check_possible() -> None:
    """Errors: MissingError where this process cannot make network namespaces."""
    if shutil.which("ip") is None:
        raise MissingError("no `ip` here: a vehicle and a charger need network namespaces; install iproute2")
    if os.geteuid() != 0:
        raise MissingError("network namespaces for the vehicle and the charger need root: run it with sudo")


@contextlib.contextmanager
def cable() -> Iterator[Cable]:
    """Lay a cable between two fresh namespaces and take it away again, however the block ends.

    Errors: MissingError where that cannot be done here.
    """
    check_possible()
    sweep()
    with _orderly_end():
        yield from _laid()


def _laid() -> Iterator[Cable]:
    stem = f"{_PREFIX}-{os.getpid()}-{next(_numbers)}"
    ends = Cable(f"{stem}-vehicle", f"{stem}-evse")
    try:
        _lay(ends)
        yield ends
    finally:
        for name in (ends.vehicle, ends.charger):
            _remove(name)


@contextlib.contextmanager
def _orderly_end() -> Iterator[None]:
    """SIGTERM ends a program as Ctrl-C does, by way of its clean-up; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _lay(ends: Cable) -> None:
    for name in (ends.vehicle, ends.charger):
        _ip("netns", "add", name)
    pair = ("type", "veth", "peer", "name", CHARGER_INTERFACE, "netns", ends.charger)
    _ip("link", "add", VEHICLE_INTERFACE, "netns", ends.vehicle, *pair)
    for name, interface in ((ends.vehicle, VEHICLE_INTERFACE), (ends.charger, CHARGER_INTERFACE)):
        with inside(name):
            # Nobody else is on this cable: an address need not be proven unique for two seconds first.
            Path(f"/proc/sys/net/ipv6/conf/{interface}/accept_dad").write_text("0")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "set", interface, "up")
    for name, interface in ((ends.vehicle, VEHICLE_INTERFACE), (ends.charger, CHARGER_INTERFACE)):
        with inside(name):
            wait_for_address(interface)


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """This thread, and whatever it starts meanwhile, lives in namespace `name`."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as own, open(_FOLDER / name, "rb") as other:
        _set_namespace(libc, other.fileno())
        try:
            yield
        finally:
            _set_namespace(libc, own.fileno())


def _set_namespace(libc: ctypes.CDLL, fd: int) -> None:
    if libc.setns(fd, _NEWNET) != 0:
        number = ctypes.get_errno()
        raise MissingError(f"cannot enter a network namespace: {os.strerror(number)}")


def wait_for_address(interface: str, within_s: float = ADDRESS_S) -> str:
    """Return the usable link-local address of an interface with its zone, "fe80::1%eth0".

    Errors: MissingError where it has none, or does not get one in time.
    """
    due_s = time.monotonic() + within_s
    while True:
        address = _link_local(interface)
        if address:
            return address
        if time.monotonic() > due_s:
            raise MissingError(f"interface {interface} has no IPv6 link-local address (fe80::): is it there, and up?")
        time.sleep(0.01)


def _link_local(interface: str) -> str | None:
    for line in Path("/proc/thread-self/net/if_inet6").read_text().splitlines():
        digits, _index, _prefix, scope, flags, name = line.split()
        if name == interface and scope == _LINK_SCOPE and not int(flags, 16) & _TENTATIVE:
            return f"{IPv6Address(int(digits, 16))}%{interface}"
    return None


def sweep() -> None:
    """Take away what runs that were killed left behind: their namespaces, and the processes still in them."""
    if not _FOLDER.is_dir():
        return
    for path in _FOLDER.glob(f"{_PREFIX}-*-*-*"):
        owner = path.name.split("-")[1]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            _remove(path.name)


def _remove(name: str) -> None:
    if not (_FOLDER / name).exists():
        return
    try:
        for pid in map(int, _ip("netns", "pids", name).split()):
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        _ip("netns", "del", name)
    except MissingError:
        if (_FOLDER / name).exists():
            raise  # otherwise another run swept it away at the same time


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"`ip {' '.join(words)}` failed: {done.stderr.strip()}")
    return done.stdout
