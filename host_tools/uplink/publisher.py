"""The one connection of an uplink to its broker: made, kept, and shared by presence, results and records."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from host_tools.contract import topics
from host_tools.errors import ToolError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.broker_limits import BrokerLimits
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session, TakenOverError
from host_tools.uplink import birth as life
from host_tools.uplink import namesake
from host_tools.uplink.command import Result
from host_tools.uplink.events import EventQueue
from host_tools.uplink.groups import Groups
from host_tools.uplink.inflight import BROKER, Inflight
from host_tools.uplink.presence import Presence
from host_tools.uplink.problem_log import ProblemLog
from host_tools.uplink.records import Records
from host_tools.uplink.results import INBOUND, Results
from host_tools.uplink.store import Store

WINDOW = 64
RETRY_MAX_S = 30.0
_RETRY_FIRST_S = 0.5  # time for another uplink of this name to say that it is there
_STEADY_S = 10.0  # a connection that lasted this long was sound: the next pause begins small again
_GOODBYE_S = 3.0
_STOP_S = 5.0
_TICK_S = 0.1
_SAID_ONCE_MAX = 32  # different lines that are said once

_RETAIN_NOT_SUPPORTED = 0x9A
_QOS_NOT_SUPPORTED = 0x9B


class Publisher:
    """Publishes what a store holds until `stop`; all methods belong to one event loop, see PublisherThread for others.

    name: of this uplink; one at a time has it at a broker.  say: takes a line for the user.  detail: for --verbose.
    events: takes the commands to the controllers that were attached; `send_result` takes their results.
    """

    def __init__(
        self,
        store: Store,
        broker: Broker,
        events: EventQueue,
        *,
        name: str,
        window: int = WINDOW,
        retry_max_s: float = RETRY_MAX_S,
        say: Callable[[str], None] = print,
        detail: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.connections = 0
        self._broker = broker
        self._name = name
        self._window = window
        self._retry_max_s = retry_max_s
        self._say = say
        self._detail = detail
        self._problems = ProblemLog(say)
        self._wake = asyncio.Event()
        self._run = secrets.token_hex(4)
        self._presence = Presence(name, self._run, store, self._say_once, detail, self._wake)
        self._results = Results(events, self._say_once, self._wake)
        self._groups = Groups(events, self._say_once)
        self._records = Records(store, retry_max_s)
        self._stopping_since_s: float | None = None
        self._will_retain = True
        self._will_qos = 1
        self._said_once: set[str] = set()

    @property
    def published(self) -> int:
        """Records the broker has acknowledged."""
        return self._records.published

    @property
    def unanswered(self) -> int:
        """Commands whose result nobody gets."""
        return self._results.unanswered

    @property
    def group_results(self) -> dict[str, int]:
        """What became of commands to groups, one for every member and command."""
        return dict(self._groups.results)

    @property
    def problems(self) -> list[str]:
        return self._problems.lines

    async def run(self) -> None:
        """Publish until `stop`.  Errors: ToolError where the queue file is damaged, or the name is another uplink's."""
        await self._presence.load()
        connection = asyncio.create_task(self._stay_connected())
        try:
            while not connection.done():
                await asyncio.wait((connection,), timeout=_TICK_S)
                await self._flush()
                self._records.wake(time.monotonic())
                self._wake.set()
                if self._stopped_for(_STOP_S):
                    connection.cancel()
            if not connection.cancelled():
                connection.result()
        finally:
            connection.cancel()
            self._results.abandon()

    def stop(self) -> None:
        """Say goodbye and end `run`; records stay in the queue."""
        self._stopping_since_s = time.monotonic()
        self._presence.stop()

    def notice(self) -> None:
        """Look for new records in the store."""
        self._records.due = True
        self._wake.set()

    def attach(self, birth: life.Birth) -> None:
        """A controller's link is up: say so, and take its commands."""
        self._presence.attach(birth)

    def detach(self, device: str, reason: str) -> None:
        """A controller's link is down."""
        self._presence.detach(device, reason)
        self._groups.leave(device)
        self._wake.set()

    def join(self, device: str, group: int) -> None:
        """A controller belongs to a group, 0 to none: take that group's commands for it."""
        self._groups.join(device, group)
        self._presence.regroup(device, group)

    def send_result(self, result: Result) -> None:
        """Send what became of a command to who sent it; what became of a group's is counted."""
        if result.command.to_group:
            self._groups.count(result)
        else:
            self._results.add(result)

    def _stopped_for(self, seconds: float) -> bool:
        since_s = self._stopping_since_s
        return since_s is not None and time.monotonic() - since_s >= seconds

    async def _stay_connected(self) -> None:
        pause_s = _RETRY_FIRST_S
        while True:
            began_s = time.monotonic()
            try:
                await self._connected()
                return
            except TakenOverError as error:
                raise ToolError(
                    f"broker {self._broker.name}: the session {error}: another uplink has the name {self._name!r};"
                    " give each its own --name"
                ) from None
            except CONNECTION_ERRORS as error:
                if self._will_was_refused(error):
                    continue
                self._problems.begin(BROKER, why(self._broker, error))
            lasted = time.monotonic() - began_s > _STEADY_S
            pause_s = _RETRY_FIRST_S if lasted else min(pause_s * 2, self._retry_max_s)
            end_s = time.monotonic() + pause_s * random.uniform(0.7, 1.0)
            while (left_s := end_s - time.monotonic()) > 0:
                if self._stopping_since_s is not None:
                    return
                await asyncio.sleep(min(left_s, _TICK_S))

    def _will_was_refused(self, error: BaseException) -> bool:
        """Take back what a broker does not grant to a will; return True where that is worth another attempt."""
        code = getattr(error.rc, "value", 0) if isinstance(error, MqttConnectError) else 0
        if code == _RETAIN_NOT_SUPPORTED and self._will_retain:
            self._will_retain = False
            return True
        if code == _QOS_NOT_SUPPORTED and self._will_qos:
            self._will_qos = 0
            return True
        return False

    async def _connected(self) -> None:
        await self._look_for_namesake()
        will = aiomqtt.Will(
            topics.presence(self._name),
            life.presence(self._name, life.OFFLINE, run=self._run, reason="uplink lost"),
            qos=self._will_qos,
            retain=self._will_retain,
        )
        session = Session(
            self._broker,
            f"gridkeel-uplink-{topics.level(self._name)}",
            will=will,
            window=self._window,
            inbound=INBOUND,
            on_message=self._received,
            on_lost=self._wake.set,
        )
        async with session:
            self._begin(session)
            try:
                await self._pump(session)
            finally:
                await self._flush()

    async def _look_for_namesake(self) -> None:
        """See who has the name now, where this uplink had it before.  Errors: TakenOverError."""
        if self._presence.announced and self._will_retain:
            run = await namesake.run_online(self._broker, self._name, self._run)
            if run not in (None, self._run):
                raise TakenOverError("was given to another connection")

    def _begin(self, session: Session) -> None:
        self.connections += 1
        self._will_retain, self._will_qos = session.limits.retain, session.limits.maximum_qos
        self._presence.connected()
        self._results.connected(session)
        self._groups.connected()
        self._records.connected()
        self._detail(f"connected to broker {self._broker.name} as {self._name!r}: {session.limits}")
        self._say_limits(session.limits)

    def _say_limits(self, limits: BrokerLimits) -> None:
        if not limits.retain:
            self._say_once(
                f"broker {self._broker.name} keeps no retained messages: who subscribes later sees birth at the next"
                " connection and status when it is renewed"
            )
        if not limits.maximum_qos:
            self._say_once(
                f"broker {self._broker.name} has QoS 0 alone: a record counts as delivered once the broker has read it"
            )

    def _say_once(self, line: str) -> None:
        """Say a line once."""
        if line not in self._said_once and len(self._said_once) < _SAID_ONCE_MAX:
            self._said_once.add(line)
            self._say(line)
        else:
            self._detail(line)

    async def _pump(self, session: Session) -> None:
        """Send what is due, in the order of its weight; at the end, until nothing of it is left."""
        inflight = Inflight(session, self._broker.name, self._problems, self._wake)
        while True:
            self._wake.clear()
            await self._presence.subscribe(session)
            await self._groups.subscribe(session)
            await self._presence.send(inflight, time.monotonic())
            self._results.send(inflight)
            if self._stopping_since_s is not None:
                if not self._presence.due and self._results.settled and not inflight.flying:
                    return
                if self._stopped_for(_GOODBYE_S):
                    raise aiomqtt.MqttError("no acknowledgement at the end")
            else:
                while not self._presence.due and not self._results.due(inflight) and await self._records.send(inflight):
                    session.check()
            session.check()
            if not self._wake.is_set():
                await self._wake.wait()
                session.check()

    def _received(self, message: aiomqtt.Message) -> None:
        name = str(message.topic)
        parts = topics.split(name)
        member = self._presence.member_of(parts[0]) if parts is not None else None
        payload = message.payload if isinstance(message.payload, bytes) else b""
        if parts is not None and member is not None:
            if parts[1] == topics.COMMAND:
                self._results.take(member, message)
            elif parts[1] == topics.STATUS:
                self._presence.take_status(member, payload)
        elif (group := topics.split_group(name)) is not None:
            self._groups.take(group, message)
        self._results.acknowledge(message)

    async def _flush(self) -> None:
        await self._records.flush()
        await self._presence.flush()
