"""Commands from the broker and their results to it: every command that is carried out has its result sent.

No more commands are taken than results can be sent of.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from host_tools.mqtt.session import Session
from host_tools.uplink.command import Command, Result, command_of
from host_tools.uplink.events import EventQueue
from host_tools.uplink.inflight import Inflight
from host_tools.uplink.presence_schedule import Member

INBOUND = 64  # commands the broker may send ahead of our acknowledgement
_WAITING_MAX = 512  # results; with so many, commands are not acknowledged, and the broker holds the next ones back
# Where nothing holds the sender back (QoS 0, or a broker that sends on without acknowledgements, as rumqttd does) so
# many results may wait, some 20 MB; what comes beyond is neither carried out nor answered, and counted.
_WAITING_MOST = 20_000


class Results:
    """Results that wait for the broker.

    events: takes the commands.  say_once: takes a line for the user, said once.  wake: is set when a result waits.
    """

    def __init__(self, events: EventQueue, say_once: Callable[[str], None], wake: asyncio.Event) -> None:
        self.unanswered = 0  # commands whose result nobody gets
        self._events = events
        self._say_once = say_once
        self._wake = wake
        self._waiting: deque[Result] = deque()
        self._flying = 0
        self._session: Session | None = None
        self._unacknowledged: deque[aiomqtt.Message] = deque()
        self._holds_back = True  # the broker, as far as our acknowledgements want it to

    def due(self, inflight: Inflight) -> bool:
        """Return whether there is something to send that may be sent: records have a share of the window too."""
        return bool(self._waiting) and self._flying < max(1, 3 * inflight.session.credit // 4)

    @property
    def settled(self) -> bool:
        return not self._waiting and not self._flying

    def connected(self, session: Session) -> None:
        """Begin anew on a connection."""
        self._session = session
        self._holds_back = True
        self._unacknowledged.clear()

    def take(self, member: Member, message: aiomqtt.Message) -> None:
        """Take a command as it comes from the broker."""
        command = command_of(member.device, message, time.monotonic())
        if len(self._waiting) >= _WAITING_MOST:
            self._lose(command)
        else:
            self._events.put_nowait(command)

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Acknowledge a message, now or once the results have got away; in the order in which they came."""
        self._unacknowledged.append(message)
        if len(self._unacknowledged) > INBOUND:
            self._holds_back = False
        self._release()

    def add(self, result: Result) -> None:
        """Send what became of a command to who sent it."""
        self._waiting.append(result)
        self._wake.set()

    def send(self, inflight: Inflight) -> None:
        """Send what waits, as far as there is room.  Errors: MqttError."""
        while self.due(inflight) and inflight.has_room:
            result = self._waiting.popleft()
            topic, payload, properties = result.published()
            if not inflight.fits(topic, payload, properties):
                topic, payload, properties = result.shortened().published()
            self._flying += 1
            if not inflight.send(topic, payload, partial(self._landed, result), properties=properties):
                self._flying -= 1
                self._lose(result.command)

    def abandon(self) -> None:
        """Count what nobody will get any more: the uplink ends."""
        while self._waiting:
            self._lose(self._waiting.popleft().command)

    def _landed(self, result: Result, reason: ReasonCode | None) -> None:
        self._flying -= 1
        if reason is None:
            self._waiting.appendleft(result)  # again on the next connection, doubled at worst
        elif reason.is_failure:
            other = result.sent_to_own_topic()
            if other is None:
                self._lose(result.command)
            else:
                self.add(other)
        self._release()

    def _release(self) -> None:
        while self._unacknowledged and self._session is not None:
            if self._holds_back and len(self._waiting) >= _WAITING_MAX:
                return
            self._session.acknowledge(self._unacknowledged.popleft())

    def _lose(self, command: Command) -> None:
        self.unanswered += 1
        self._say_once(f"commands of {command.device!a} or others go without an answer: the count is `unanswered`")
