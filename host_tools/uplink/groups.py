"""Groups of controllers: who belongs to which, their commands from the broker, and what became of those.

One publish reaches all members. Results are counted and not sent: a thousand answers to one message would be a flood.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from host_tools.contract import topics
from host_tools.contract.commands import CommandError, check_for_group
from host_tools.mqtt.session import Session
from host_tools.uplink.command import Result, command_of
from host_tools.uplink.events import EventQueue

_COMMANDS = SubscribeOptions(
    qos=1, noLocal=True, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
)


class Groups:
    """results: how often each came of a group's command, one for every member and command.

    events: takes the commands.  say_once: takes a line for the user, said once.
    """

    def __init__(self, events: EventQueue, say_once: Callable[[str], None]) -> None:
        self.results: Counter[str] = Counter()
        self._events = events
        self._say_once = say_once
        self._group_of: dict[str, int] = {}
        self._subscribed: set[int] = set()

    def join(self, device: str, group: int) -> None:
        """A controller belongs to a group, 0 to none."""
        self._group_of.pop(device, None)
        if group:
            self._group_of[device] = group

    def leave(self, device: str) -> None:
        """A controller is not reached any more."""
        self._group_of.pop(device, None)

    def connected(self) -> None:
        """A new connection: nothing is subscribed to."""
        self._subscribed.clear()

    async def subscribe(self, session: Session) -> None:
        """Listen to the groups that have members, and to those alone.  Errors: MqttError."""
        wanted = set(self._group_of.values())
        for group in sorted(wanted - self._subscribed):
            codes = await session.subscribe([(topics.group(group), _COMMANDS)])
            if any(isinstance(code, ReasonCode) and code.is_failure for code in codes):
                name = topics.group(group)
                self._say_once(f"broker {session.name} does not let this uplink read {name}: check its access rules")
        for group in sorted(self._subscribed - wanted):
            await session.unsubscribe(topics.group(group))
        self._subscribed = wanted

    def take(self, group: int, message: aiomqtt.Message) -> None:
        """Take a command to a group: one event for each member."""
        payload = message.payload if isinstance(message.payload, bytes) else b""
        try:
            check_for_group(payload)
        except CommandError as error:
            self.results["refused"] += 1
            self._say_once(f"a command to group {group} is refused: {error}")
            return
        now_s = time.monotonic()
        for device, own in self._group_of.items():
            if own == group:
                self._events.put_nowait(command_of(device, message, now_s, to_group=True))

    def count(self, result: Result) -> None:
        """Count what became of a group's command at one controller."""
        self.results[result.result] += 1
        if not result.ok:
            self._say_once(
                f"controller {result.command.device!a}: a group's command is {result.result}: {result.reason}"
            )
