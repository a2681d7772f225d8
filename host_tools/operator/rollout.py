"""Rolls a published release out in waves: each controller is told, and followed to its own verdict."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from gridkeel.update import statuses
from host_tools.contract import topics
from host_tools.contract.online import document_of
from host_tools.errors import MissingError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session
from host_tools.operator.fleet_updates import words_of
from host_tools.operator.request import REPLIES
from host_tools.operator.waves import FAILED, INSTALLED, NOT_ASKED, NOT_REACHED, Verdict, halts

_AT_ONCE = 50  # controllers under way: a wave that fails is halted before it has begun everywhere
_TAKES_S = 10.0  # for a broker to take a publish
_LOOK_S = 1.0
_INSTALLED = statuses.NAMES[statuses.INSTALLED]
_FAILED = tuple(
    statuses.NAMES[number]
    for number in (
        statuses.INVALID_SIGNATURE,
        statuses.DOWNLOAD_FAILED,
        statuses.INSTALLATION_FAILED,
        statuses.INSTALL_VERIFICATION_FAILED,
    )
)
_LIVE = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)


@dataclass(frozen=True)
class Settings:
    """Settings of a rollout.  timeout_s: for a controller's own verdict."""

    release: str
    halt_at_pct: float
    pause_s: float
    timeout_s: float


@dataclass
class Outcome:
    """How a rollout ended.  halted: why, "" where it was not."""

    verdicts: list[Verdict] = field(default_factory=list)
    halted: str = ""

    @property
    def ok(self) -> bool:
        return not self.halted and all(one.result == INSTALLED for one in self.verdicts)


@dataclass
class _Asked:
    device: str
    end_s: float
    status: str = ""
    over: tuple[str, str] | None = None  # result and reason


def roll_out(broker: Broker, settings: Settings, waves: Sequence[Sequence[str]], say: Callable[[str], None]) -> Outcome:
    """Update wave after wave; say takes a line for each controller and each wave.

    Errors: MissingError where the broker cannot be reached at the start; a loss later halts the rollout.
    """
    rollout = _Rollout(broker, settings, say)
    try:
        asyncio.run(rollout.run(waves))
    except CONNECTION_ERRORS as error:
        if not rollout.begun:
            raise MissingError(why(broker, error)) from None
        rollout.halt(f"{why(broker, error)}; what was begun goes on without this command")
    return rollout.outcome(waves)


class _Rollout:
    def __init__(self, broker: Broker, settings: Settings, say: Callable[[str], None]) -> None:
        self.begun = False
        self._settings = settings
        self._say = say
        self._halted = ""
        self._asked: dict[str, _Asked] = {}  # by topic level
        self._verdicts: dict[str, Verdict] = {}
        self._changed = asyncio.Event()
        self._broker = broker
        self._name = f"gridkeel-rollout-{secrets.token_hex(6)}"
        self._replies = f"{REPLIES}/{self._name}"

    def halt(self, reason: str) -> None:
        """Ask nobody any more."""
        if not self._halted:
            self._halted = reason
            self._say(f"halted: {reason}")

    def outcome(self, waves: Sequence[Sequence[str]]) -> Outcome:
        """Return what became of everybody."""
        found = []
        for number, wave in enumerate(waves, 1):
            for device in wave:
                asked = device in {one.device for one in self._asked.values()}
                open_now = Verdict(device, number, FAILED if asked else NOT_ASKED, self._halted)
                found.append(self._verdicts.get(device, open_now))
        return Outcome(found, self._halted)

    async def run(self, waves: Sequence[Sequence[str]]) -> None:
        self._session = Session(self._broker, self._name, on_message=self._take, on_lost=self._changed.set)
        async with self._session:
            self.begun = True
            await self._session.subscribe(self._replies, qos=1)
            await self._session.subscribe([(f"{topics.PREFIX}/+/{topics.UPDATE}", _LIVE)])
            for number, wave in enumerate(waves, 1):
                self._say(f"wave {number} of {len(waves)}: {len(wave)} controllers")
                await self._run_wave(number, wave)
                if self._halted:
                    return
                if number < len(waves):
                    await self._pause()

    async def _pause(self) -> None:
        end_s = time.monotonic() + self._settings.pause_s
        while (left_s := end_s - time.monotonic()) > 0:
            self._session.check()
            await asyncio.sleep(min(left_s, _LOOK_S))

    async def _run_wave(self, number: int, wave: Sequence[str]) -> None:
        waiting, verdicts = list(wave), []
        self._asked.clear()
        while (waiting and not self._halted) or self._asked:
            while waiting and not self._halted and len(self._asked) < _AT_ONCE:
                await self._ask(waiting.pop(0))
            self._session.check()
            self._changed.clear()
            for verdict in self._ended(number):
                verdicts.append(verdict)
                self._verdicts[verdict.device] = verdict
                self._say(f"{verdict.device}: {verdict.result}" + (f": {verdict.reason}" if verdict.reason else ""))
            reason = halts(verdicts, len(wave), self._settings.halt_at_pct)
            if reason:
                self.halt(f"wave {number}: {reason}")
            elif self._asked and not self._changed.is_set():
                await self._wait()
            if self._halted and self._asked:
                await self._wait()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), _LOOK_S)

    async def _ask(self, device: str) -> None:
        level = topics.level(device)
        self._asked[level] = _Asked(device, time.monotonic() + self._settings.timeout_s)
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self._replies
        properties.CorrelationData = level.encode()
        properties.MessageExpiryInterval = max(1, round(self._settings.timeout_s))
        payload = json.dumps({"update": {"release": self._settings.release}}).encode()
        async with asyncio.timeout(_TAKES_S):
            code = await self._session.send(topics.topic(device, topics.COMMAND), payload, properties=properties)
        if code.is_failure:
            self._asked[level].over = NOT_REACHED, f"the broker does not take the command ({code})"

    def _ended(self, number: int) -> list[Verdict]:
        """Take out whoever has a verdict, or none within the time."""
        now_s, found = time.monotonic(), []
        for level, one in list(self._asked.items()):
            if one.over is None and now_s >= one.end_s:
                last = f"the last status is {one.status}" if one.status else "it never answered"
                one.over = FAILED, f"no verdict within {self._settings.timeout_s:g} s: {last}"
            if one.over is not None:
                found.append(Verdict(one.device, number, *one.over))
                del self._asked[level]
        return found

    def _take(self, message: aiomqtt.Message) -> None:
        name = str(message.topic)
        document = document_of(message.payload if isinstance(message.payload, bytes) else b"")
        if document is None or message.retain:
            return
        if name == self._replies:
            tag = getattr(message.properties, "CorrelationData", None) or b""
            self._take_answer(tag.decode("ascii", "replace"), document)
        elif (parts := topics.split(name)) is not None and parts[1] == topics.UPDATE:
            self._take_record(parts[0], str(document.get("status")), str(document.get("code")))
        self._changed.set()

    def _take_answer(self, level: str, document: dict[str, object]) -> None:
        one = self._asked.get(level)
        if one is None or one.over is not None or document.get("result") == "ok":
            return
        result = str(document.get("result"))
        reason = str(document.get("reason", ""))
        status = str(document.get("status", "")) or result
        unreached = result in ("offline", "busy", "expired")
        one.over = NOT_REACHED if unreached else FAILED, f"{status}: {reason}" if reason else status

    def _take_record(self, level: str, status: str, code: str) -> None:
        one = self._asked.get(level)
        if one is None or one.over is not None:
            return
        one.status = status
        if status == _INSTALLED:
            one.over = INSTALLED, ""
        elif status in _FAILED and code != "on_trial":
            words = words_of(code)
            one.over = FAILED, f"{status}: {code}: {words}" if words else status
