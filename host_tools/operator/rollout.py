"""Rolls a published release out in waves: each controller is told, and followed to its own verdict."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
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
from host_tools.operator.fleet_updates import Updated, words_of
from host_tools.operator.progress import Progress
from host_tools.operator.request import REPLIES
from host_tools.operator.waves import FAILED, INSTALLED, NOT_ASKED, NOT_REACHED, OTHER_BOARD, Verdict, halts

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
_OTHER_BOARD = ("wrong_board", "wrong_chip")
_LIVE = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)


@dataclass(frozen=True)
class Settings:
    """Settings of a rollout.  timeout_s: for a controller's own verdict.  mixed: boards of any kind are asked."""

    release: str
    halt_at_pct: float
    pause_s: float
    timeout_s: float
    mixed: bool = False


@dataclass
class Outcome:
    """How a rollout ended.  halted: why, "" where it was not.  broken: it can be gone on with, the broker was lost."""

    verdicts: list[Verdict] = field(default_factory=list)
    halted: str = ""
    broken: bool = False

    @property
    def ok(self) -> bool:
        return not self.halted and all(one.result in (INSTALLED, OTHER_BOARD) for one in self.verdicts)


@dataclass
class _Asked:
    device: str
    end_s: float
    status: str = ""
    over: tuple[str, str] | None = None  # result and reason


def roll_out(
    broker: Broker,
    settings: Settings,
    progress: Progress,
    known: Mapping[str, Updated],
    say: Callable[[str], None],
) -> Outcome:
    """Update wave after wave of what is planned; say takes a line for each controller and each wave.

    known: what the broker retains of each controller: a verdict that came while nobody rolled it out counts.
    Errors: MissingError where the broker cannot be reached at the start; a loss later halts the rollout.
    """
    rollout = _Rollout(broker, settings, progress, known, say)
    broken = False
    try:
        asyncio.run(rollout.run())
    except CONNECTION_ERRORS as error:
        if not rollout.begun:
            raise MissingError(why(broker, error)) from None
        broken = True
        rollout.halt(f"{why(broker, error)}; what was begun goes on without this command")
    return rollout.outcome(broken)


class _Rollout:
    def __init__(
        self,
        broker: Broker,
        settings: Settings,
        progress: Progress,
        known: Mapping[str, Updated],
        say: Callable[[str], None],
    ) -> None:
        self.begun = False
        self._progress = progress
        self._known = known
        self._settings = settings
        self._say = say
        self._halted = ""
        self._asked: dict[str, _Asked] = {}  # by topic level
        self._changed = asyncio.Event()
        self._broker = broker
        self._name = f"gridkeel-rollout-{secrets.token_hex(6)}"
        self._replies = f"{REPLIES}/{self._name}"

    def halt(self, reason: str) -> None:
        """Ask nobody any more."""
        if not self._halted:
            self._halted = reason
            self._say(f"halted: {reason}")

    def outcome(self, broken: bool) -> Outcome:
        """Return what became of everybody."""
        progress, found = self._progress, []
        for number, wave in enumerate(progress.waves, 1):
            for device in wave:
                open_now = Verdict(device, number, FAILED if device in progress.asked else NOT_ASKED, self._halted)
                found.append(progress.verdicts.get(device, open_now))
        return Outcome(found, self._halted, broken)

    async def run(self) -> None:
        progress = self._progress
        waves = progress.waves
        self._session = Session(self._broker, self._name, on_message=self._take, on_lost=self._changed.set)
        async with self._session:
            self.begun = True
            await self._session.subscribe(self._replies, qos=1)
            await self._session.subscribe([(f"{topics.PREFIX}/+/{topics.UPDATE}", _LIVE)])
            for number, wave in enumerate(waves, 1):
                if any(device not in progress.verdicts for device in wave):
                    if number > 1 and not any(device in progress.asked for device in wave):
                        await self._pause()
                    self._say(f"wave {number} of {len(waves)}: {len(wave)} controllers")
                await self._run_wave(number, wave)
                if self._halted:
                    return

    async def _pause(self) -> None:
        end_s = time.monotonic() + self._settings.pause_s
        while (left_s := end_s - time.monotonic()) > 0:
            self._session.check()
            await asyncio.sleep(min(left_s, _LOOK_S))

    async def _run_wave(self, number: int, wave: Sequence[str]) -> None:
        progress = self._progress
        for device in wave:
            self._take_meanwhile(device, number)
        verdicts = [progress.verdicts[device] for device in wave if device in progress.verdicts]
        waiting = [device for device in wave if device not in progress.verdicts]
        self._asked.clear()
        reason = halts(verdicts, len(wave), self._settings.halt_at_pct)
        if reason:
            self.halt(f"wave {number}: {reason}")
            waiting = [device for device in waiting if device in progress.asked]  # followed to their own ends
        while (waiting and not self._halted) or self._asked:
            while waiting and not self._halted and len(self._asked) < _AT_ONCE:
                await self._ask(waiting.pop(0))
            self._session.check()
            self._changed.clear()
            for verdict in self._ended(number):
                verdicts.append(verdict)
                progress.judge(verdict)
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

    def _take_meanwhile(self, device: str, number: int) -> None:
        """Take the verdict of a controller that was asked by an earlier run of this rollout."""
        known = self._known.get(device)
        before = self._progress.asked.get(device)
        if known is None or before is None or device in self._progress.verdicts or known.mark == before:
            return
        one = _Asked(device, 0.0)
        self._take_status(one, known.status, known.code)
        if one.over is not None:
            self._progress.judge(Verdict(device, number, *one.over))
            self._say(f"{device}: {one.over[0]}, meanwhile" + (f": {one.over[1]}" if one.over[1] else ""))

    async def _ask(self, device: str) -> None:
        known = self._known.get(device)
        self._progress.ask(device, known.mark if known else "")
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
        if result == "busy" and self._settings.release in reason:
            return  # an earlier run of this rollout asked it: it is under way
        unreached = result in ("offline", "busy", "expired")
        failed = OTHER_BOARD if self._is_other_board(reason) else FAILED
        one.over = NOT_REACHED if unreached else failed, f"{status}: {reason}" if reason else status

    def _is_other_board(self, reason: str) -> bool:
        return self._settings.mixed and reason.startswith(_OTHER_BOARD)

    def _take_record(self, level: str, status: str, code: str) -> None:
        one = self._asked.get(level)
        if one is None or one.over is not None:
            return
        self._take_status(one, status, code)

    def _take_status(self, one: _Asked, status: str, code: str) -> None:
        one.status = status
        if status == _INSTALLED:
            one.over = INSTALLED, ""
        elif status in _FAILED and code != "on_trial":
            words = words_of(code)
            reason = f"{status}: {code}: {words}" if words else status
            one.over = OTHER_BOARD if self._is_other_board(code) else FAILED, reason
