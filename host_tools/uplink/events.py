"""The events by which the uplink's parts talk, and the one queue in which they wait; dispatcher.py carries them.

controller to broker:  ControllerUp, ControllerDown, GroupKnown; RecordsReady, RecordsStored
broker to controller:  Command, and its Result back
broker to controller:  ReleaseFetched, for the update commands that wait for it
controller to backend: DeviceRequest, and its Reply back

`line` is the number of a serial line, its place among the ports that the uplink was given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from host_tools.uplink.birth import Birth
from host_tools.uplink.command import Command, Result


@dataclass(frozen=True)
class ControllerUp:
    """A controller's link is open."""

    line: int
    birth: Birth


@dataclass(frozen=True)
class ControllerDown:
    """A controller's link has ended.  reason: as its status will say it."""

    line: int
    device: str
    reason: str


@dataclass(frozen=True)
class GroupKnown:
    """A controller's parameter `group` was read, or set."""

    device: str
    group: int


@dataclass(frozen=True)
class RecordsReady:
    """Records came on a line and wait for the disk."""

    line: int


@dataclass(frozen=True)
class RecordsStored:
    """Records went to the disk: the broker may have them."""


@dataclass(frozen=True)
class DeviceRequest:
    """A controller's question to the backend.  number: of the link; unix_s: when, UTC in seconds since 1970."""

    line: int
    boot: int
    number: int
    kind: str
    data: bytes
    unix_s: float


@dataclass(frozen=True)
class Reply:
    """The backend's answer to a DeviceRequest; data None: there is no answer."""

    request: DeviceRequest
    data: bytes | None


@dataclass(frozen=True)
class ReleaseFetched:
    """A release of firmware has come from the broker; data None: it has not, for this reason."""

    name: str
    data: bytes | None
    reason: str = ""


Backend = Callable[[str, bytes, float], bytes | None]
"""Takes the kind, the bytes and the time of day (UTC, s since 1970) of a controller's question; None: no answer."""

Event = (
    ControllerUp
    | ControllerDown
    | GroupKnown
    | RecordsReady
    | RecordsStored
    | Command
    | Result
    | DeviceRequest
    | Reply
    | ReleaseFetched
)
EventQueue = asyncio.Queue[Event]
