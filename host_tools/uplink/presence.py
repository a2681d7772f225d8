"""Presence at the broker: births and statuses of the controllers, the uplink's own, other uplinks' statuses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from host_tools.contract import topics
from host_tools.contract.online import document_of, said
from host_tools.mqtt.session import Session
from host_tools.uplink import birth as life
from host_tools.uplink.inflight import Inflight
from host_tools.uplink.presence_schedule import EXPIRY_S, UPLINK, Member, PresenceSchedule
from host_tools.uplink.store import Store

_AT_ONCE = 32  # devices in one SUBSCRIBE
_FILTERS_SIZE = 200  # bytes of one device's filters, at most
# Retain As Published: a command that its sender retains is known by the flag, however it comes.
_COMMANDS = SubscribeOptions(
    qos=1, noLocal=True, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
)
_STATUSES = SubscribeOptions(qos=1, noLocal=True)
_READ = (topics.COMMAND, topics.STATUS)
_EXPIRING = Properties(PacketTypes.PUBLISH)
_EXPIRING.MessageExpiryInterval = EXPIRY_S


class Presence:
    """Presence that one uplink publishes, its own and that of its controllers.

    say_once: takes a line for the user, said once.  wake: is set when there is something new to say.
    """

    def __init__(
        self,
        name: str,
        run: str,
        store: Store,
        say_once: Callable[[str], None],
        detail: Callable[[str], None],
        wake: asyncio.Event,
    ) -> None:
        self._name = name
        self._run = run
        self._store = store
        self._say_once = say_once
        self._detail = detail
        self._wake = wake
        self._schedule = PresenceSchedule()
        self._leave: list[str] = []
        self._unmark: list[str] = []
        self._stopping = False
        self.announced = False  # the broker has had this uplink's own presence

    async def load(self) -> None:
        """Begin with the controllers that an earlier run left behind as online."""
        for device in await self._store.served():
            self._schedule.add(device).marked = True

    @property
    def due(self) -> bool:
        return self._schedule.next_due() is not None

    def attach(self, birth: life.Birth) -> None:
        """A controller's link is up."""
        self._schedule.attach(birth)
        self._wake.set()

    def regroup(self, device: str, group: int) -> None:
        """A controller's group is known, or another one."""
        self._schedule.regroup(device, group)
        self._wake.set()

    def detach(self, device: str, reason: str) -> None:
        """A controller's link is down."""
        self._schedule.detach(device, reason)
        self._wake.set()

    def stop(self) -> None:
        """Say goodbye for every controller, and then for the uplink."""
        self._stopping = True
        for member in list(self._schedule.members.values()):
            if member.birth is not None:
                self._schedule.detach(member.device, "uplink stopped")
        self._schedule.say_again(UPLINK)
        self._wake.set()

    def connected(self) -> None:
        """A new connection: everything is to be said on it."""
        self._leave.clear()
        self._schedule.connected()
        if self._stopping:
            self._schedule.say_again(UPLINK)

    def member_of(self, name: str) -> Member | None:
        """Return the controller whose topics have this level."""
        return self._schedule.of_level(name)

    async def subscribe(self, session: Session) -> None:
        """Listen to the commands of new controllers, and to what others say of them.  Errors: MqttError."""
        limit = _AT_ONCE
        if session.limits.packet_maximum is not None:
            limit = max(1, min(limit, session.limits.packet_maximum // _FILTERS_SIZE))
        while devices := self._schedule.take_unsubscribed(limit):
            filters = [
                pair
                for device in devices
                for pair in (
                    (topics.topic(device, topics.COMMAND), _COMMANDS),
                    (topics.topic(device, topics.STATUS), _STATUSES),
                )
            ]
            codes = await session.subscribe(filters)
            for (name, options), code in zip(filters, codes, strict=False):
                if isinstance(code, ReasonCode) and code.is_failure:
                    line = (
                        f"broker {session.name} does not let this uplink read {name} ({code}): check its access rules"
                    )
                    (self._say_once if options is _COMMANDS else self._detail)(line)
        if self._leave:
            leave, self._leave = self._leave, []
            with contextlib.suppress(aiomqtt.MqttCodeError):
                await session.unsubscribe([topics.topic(device, leaf) for device in leave for leaf in _READ])

    async def send(self, inflight: Inflight, now_s: float) -> None:
        """Say what is due, as far as there is room.  Errors: MqttError; ToolError, as of Queue."""
        self._schedule.renew(now_s)
        await self._mark()
        while (device := self._schedule.next_due()) is not None and inflight.has_room:
            if not self._schedule.is_subscribed(device):
                return  # it came while this was under way: nobody is announced whose commands would be lost
            if device == UPLINK:
                self._send_own(inflight)
            elif self._send_birth(inflight, self._schedule.members[device]):
                continue  # the status stays due: it has a place of its own in the window
            else:
                self._send_status(inflight, self._schedule.members[device])
            self._schedule.said(device, now_s)

    def take_status(self, member: Member, payload: bytes) -> None:
        """See what somebody else says of a controller: it was retired, or another uplink serves it."""
        if not payload:
            if member.birth is None:
                self._forget(member)
            return
        document = document_of(payload)
        theirs = None if document is None else said(document)
        if theirs is None or theirs.uplink in (topics.level(self._name), None):
            return
        if member.birth is None:
            if theirs.online:
                self._forget(member)
        elif theirs.online:
            self._say_once(f"controller {member.device!a} is on uplink {theirs.uplink!a} too: give each its own id")
        else:
            self._schedule.say_again(member.device)
            self._wake.set()

    async def flush(self) -> None:
        """Note in the queue file whom nobody has to take back any more."""
        if self._unmark:
            unmark, self._unmark = self._unmark, []
            await self._store.mark_served((), unmark)

    async def _mark(self) -> None:
        """Note in the queue file who is about to be said online, in case this process cannot take it back."""
        new = self._schedule.unmarked()
        if new:
            for member in new:
                member.marked = True
            await self._store.mark_served([member.device for member in new])

    def _send_own(self, inflight: Inflight) -> None:
        state, reason = (life.OFFLINE, "uplink stopped") if self._stopping else (life.ONLINE, "")
        payload = life.presence(self._name, state, run=self._run, reason=reason)
        self._publish(inflight, topics.presence(self._name), payload, expiring=not self._stopping)

    def _send_birth(self, inflight: Inflight, member: Member) -> bool:
        """Send a birth that is due; return False where none is."""
        if member.birth is None or not member.birth_due:
            return False
        member.birth_due = False
        topic = topics.topic(member.device, topics.BIRTH)
        payload = member.birth.payload()
        if not inflight.fits(topic, payload):
            payload = member.birth.without_table().payload()
            self._say_once(
                f"broker {inflight.session.name} takes packets of {inflight.limits.packet_maximum} bytes at most: birth"
                " messages go without their table"
                + (": nobody can read --compact records" if member.birth.compact else "")
            )
        self._publish(inflight, topic, payload)
        return True

    def _send_status(self, inflight: Inflight, member: Member) -> None:
        state, reason = (life.OFFLINE, member.reason) if member.birth is None else (life.ONLINE, "")
        payload = life.status(member.device, state, uplink=self._name, run=self._run, boot=member.boot, reason=reason)
        topic = topics.topic(member.device, topics.STATUS)
        self._publish(inflight, topic, payload, expiring=member.birth is not None, member=member)

    def _publish(
        self, inflight: Inflight, topic: str, payload: bytes, *, expiring: bool = False, member: Member | None = None
    ) -> None:
        landed = partial(self._landed, inflight, topic, member)
        inflight.send(topic, payload, landed, retain=True, properties=_EXPIRING if expiring else None)

    def _landed(self, inflight: Inflight, topic: str, member: Member | None, reason: ReasonCode | None) -> None:
        if reason is None:
            return
        if reason.is_failure:
            inflight.refused(topic)
            return
        inflight.taken(topic)
        self.announced = self.announced or topic == topics.presence(self._name)
        if member is not None and member.birth is None and member.marked:
            member.marked = False
            self._unmark.append(member.device)

    def _forget(self, member: Member) -> None:
        self._detail(f"controller {member.device!a} is left alone: it was retired, or has another uplink")
        self._unmark.append(member.device)
        self._leave.append(member.device)
        self._schedule.forget(member.device)
        self._wake.set()
