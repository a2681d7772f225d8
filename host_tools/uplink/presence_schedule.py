"""The controllers one uplink speaks for, and whose presence is to be published next.  Pure state."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from host_tools.contract.topics import level
from host_tools.uplink.birth import Birth

EXPIRY_S = 300  # of every `online`; one that nobody renews vanishes from the broker
RENEW_S = 120.0
UPLINK = ""  # stands for the uplink itself among the devices that are due


@dataclass
class Member:
    """One controller.  birth: of its live link, None while it is not reached; reason: why not."""

    device: str
    birth: Birth | None = None
    boot: int | None = None
    reason: str = "no link"
    birth_due: bool = False
    marked: bool = False  # in the queue file as one whose status says online


class PresenceSchedule:
    """Devices whose presence is due, in the order of docs/mqtt.md: nothing is queued, so nothing can be dropped."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self._due: dict[str, None] = {}
        self._renewals: deque[tuple[float, str]] = deque()
        self._renew_at_s: dict[str, float] = {}
        self._unsubscribed: dict[str, None] = {}
        self._by_level: dict[str, str] = {}

    def attach(self, birth: Birth) -> None:
        """A controller's link is up."""
        member = self.add(birth.device)
        member.birth, member.boot, member.birth_due = birth, birth.boot, True
        self._due[birth.device] = None

    def regroup(self, device: str, group: int) -> None:
        """A controller's group is known, or another one: its birth says it."""
        member = self.members.get(device)
        if member is None or member.birth is None or member.birth.group == group:
            return
        member.birth = replace(member.birth, group=group)
        member.birth_due = True
        self._due[device] = None

    def detach(self, device: str, reason: str) -> None:
        """A controller's link is down."""
        member = self.add(device)
        member.birth, member.reason = None, reason
        self._due[device] = None

    def forget(self, device: str) -> None:
        """Speak for a device no more."""
        self.members.pop(device, None)
        self._due.pop(device, None)
        self._unsubscribed.pop(device, None)
        self._by_level.pop(level(device), None)

    def connected(self) -> None:
        """Everything is to be said on a new connection: who is offline, the uplink itself, who is online."""
        self._due.clear()
        self._renewals.clear()
        self._unsubscribed = dict.fromkeys(self.members)
        for member in self.members.values():
            member.birth_due = member.birth is not None
        offline = [member.device for member in self.members.values() if member.birth is None]
        online = [member.device for member in self.members.values() if member.birth is not None]
        self._due.update(dict.fromkeys([*offline, UPLINK, *online]))

    def next_due(self) -> str | None:
        """Return the device, or UPLINK, that is due next; it stays due until `said`."""
        return next(iter(self._due), None)

    def said(self, device: str, now_s: float) -> None:
        """What there was to say of a device has been said; an `online` is due again in time."""
        self._due.pop(device, None)
        if self._is_online(device):
            self._renew_at_s[device] = now_s + RENEW_S
            self._renewals.append((now_s + RENEW_S, device))

    def say_again(self, device: str) -> None:
        """Make a device due, behind all that are."""
        self._due.pop(device, None)
        self._due[device] = None

    def renew(self, now_s: float) -> None:
        """Make due what is to be renewed."""
        while self._renewals and self._renewals[0][0] <= now_s:
            due_s, device = self._renewals.popleft()
            if self._is_online(device) and self._renew_at_s.get(device) == due_s:
                self._due[device] = None

    def take_unsubscribed(self, limit: int) -> list[str]:
        """Return up to `limit` devices whose topics are to be subscribed to; they count as subscribed."""
        found = list(self._unsubscribed)[:limit]
        for device in found:
            del self._unsubscribed[device]
        return found

    def is_subscribed(self, device: str) -> bool:
        """Return whether a device's commands are subscribed to, or nobody waits for that."""
        return device not in self._unsubscribed

    def of_level(self, name: str) -> Member | None:
        """Return the member whose topics have this level."""
        device = self._by_level.get(name)
        return None if device is None else self.members[device]

    def unmarked(self) -> list[Member]:
        """Return those about to be said online that the queue file does not know of."""
        found = (self.members[device] for device in self._due if device != UPLINK)
        return [member for member in found if member.birth is not None and not member.marked]

    def add(self, device: str) -> Member:
        """Return the member of that name, new where there is none."""
        member = self.members.get(device)
        if member is None:
            member = self.members[device] = Member(device)
            self._unsubscribed[device] = None
            self._by_level[level(device)] = device
        return member

    def _is_online(self, device: str) -> bool:
        return device == UPLINK or device in self.members and self.members[device].birth is not None
